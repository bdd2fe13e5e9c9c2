"""Who responds, and why, as a page: published and simulated associations side by side, and what decides in each trial."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import polars as pl

from livingdrug.reports.association_rows import COLUMNS, by_topic, published, row, sentence, simulated, test_rows
from livingdrug.reports.charts.forest import Pair, draw_forest
from livingdrug.reports.html import page, write_page
from livingdrug.reports.page import Card, Cards, Figure, More, Note, Section, Table
from livingdrug.reports.words import DASH
from livingdrug.trial.associations.board import USES, Board
from livingdrug.trial.associations.compare import Compared
from livingdrug.trial.associations.determinants import KINDS

ROWS_ON_A_PAGE = 26
LEAD = {
    "shape": "These cohorts may be looked at while the model is shaped, so agreement here is no test of it.",
    "test": "These cohorts are kept to test the model: nothing is moved on their account.",
}
CAPTION = (
    "Bars are 95 % intervals; the simulated one is that of the finite number of simulated patients. An interval made from a "
    "printed count is ours."
)
DETERMINANTS = (
    "AUROC of what is known before infusion, beside the best of the random numbers that only the model knows. 0.5 tells nothing; "
    "above it more of the covariate goes with more of the outcome, below it with less. The hidden number is told whichever way it "
    "acts; ↓ says that less of it goes with the outcome. Where it is far ahead, a draw decides, and no covariate can stratify "
    "patients."
)
LOG_LIMIT = 20.0


def write_associations(board: Board, path: str | Path) -> Path:
    """Write the page as one self-contained HTML file.

    Raises
    ------
    BadInput
        The path is a folder, its folder is missing or not writable, or the disk is full.
    """
    return write_page(Path(path), render(board))


def render(board: Board) -> str:
    """The page as HTML text; see `write_associations`."""
    sections = [_use(board, use) for use in USES if board.of_use(use)]
    sections += [_determinants(board), _origin(board)]
    facts = [f"{len(board.manifests)} trials simulated"]
    facts += sorted({f"{m.get('patients')} patients each" for m in board.manifests})
    facts += sorted({f"seed {m.get('seed')}" for m in board.manifests})
    versions = {str(m.get("livingdrug")) for m in board.manifests}
    return page(
        "Self-test", "Who responds, and why", test_rows(board), facts, sections, cards=_cards(board),
        version=versions.pop() if len(versions) == 1 else None,
    )  # fmt: skip


def _cards(board: Board) -> Cards:
    cards = []
    for use, words in USES.items():
        if not board.of_use(use):
            continue
        s = board.summary(use)
        undecided = s.n_directions - s.n_right - s.n_wrong
        detail = f"of those published; {s.n_wrong} wrong, {undecided} undecided"
        cards.append(Card(f"{words}: direction right", f"{s.n_right} of {s.n_directions}", detail))
        cards.append(Card(f"{words}: size inside", f"{s.n_inside} of {s.n_sizes}", "published 95 % intervals"))
    if board.hidden:
        cards.append(Card("Kept to test the model", f"{sum(board.hidden.values())} rows", "not looked at"))
    return Cards(tuple(cards))


def _use(board: Board, use: str) -> Section:
    found = [one for one in board.of_use(use) if not one.unanswered]
    parts: list[Note | Figure | Table | More] = [Note(sentence(board.summary(use)))]
    parts += [*_ratios(found), *_shares(found), *_concordances(found), _table(board, found)]
    silent = [one for one in board.of_use(use) if one.unanswered]
    if silent:
        rows = tuple((f"{one.row.title}\n{one.association.cohort}", one.unanswered) for one in silent)
        parts.append(Table(("", "why"), rows, title="Cannot be told from these patients", words=(1,)))
    return Section(use, USES[use], LEAD[use], tuple(parts))


def _ratios(found: Sequence[Compared]) -> list[Figure]:
    rows = [one for one in found if one.measure.log and one.row.value]
    draw = partial(
        draw_forest, title="hazard or odds ratio, or ratio of medians", low=1 / LOG_LIMIT, high=LOG_LIMIT, log=True
    )
    legend = _legend("inside the published interval", "outside")
    return _figures("Ratios", [_pair(one, one.inside) for one in rows], draw, legend)


def _shares(found: Sequence[Compared]) -> list[Figure]:
    rows = [one for one in found if one.measure.unit == "percent"]
    draw = partial(draw_forest, title="% of the group", low=0.0, high=100.0, log=False, unit=" %")
    legend = _legend("inside the published interval", "outside")
    return _figures("Shares of a group", [_pair(one, one.inside) for one in rows], draw, legend)


def _concordances(found: Sequence[Compared]) -> list[Figure]:
    rows = [one for one in found if one.measure.null == 0.5]
    judged = {"right": True, "wrong": False}
    draw = partial(draw_forest, title="concordance; 0.5 is no association", low=0.0, high=1.0, log=False, null=0.5)
    legend = _legend("direction right", "direction wrong")
    pairs = [_pair(one, judged.get(one.direction)) for one in rows]
    return _figures("Directions", pairs, draw, legend)


def _pair(one: Compared, verdict: bool | None) -> Pair:
    def part(value: float, low: float, high: float) -> tuple[float, float | None, float | None]:
        return (value, low, high) if math.isfinite(low) and math.isfinite(high) else (value, None, None)

    value = math.nan if one.row.value is None else one.row.value
    label = one.row.title if one.row.value is not None else f"{one.row.title} ({published(one)})"
    tip = f"{one.association.cohort}: {one.row.title}: published {published(one)}, simulated {simulated(one)}"
    found = one.simulated
    return Pair(
        label,
        one.row.topic[:1].upper() + one.row.topic[1:],
        part(value, *one.published_limits),
        part(found.estimate, found.low, found.high),
        verdict,
        tip,
    )


def _figures(title: str, pairs: Sequence[Pair], draw, legend: tuple[tuple[str, str], ...]) -> list[Figure]:
    """Whole topics, as many as fit on a page, in one figure after the other."""
    pages: list[list[Pair]] = []
    for topic in sorted({pair.group for pair in pairs}, key=str.lower):
        mine = [pair for pair in pairs if pair.group == topic]
        if not pages or len(pages[-1]) + len(mine) > ROWS_ON_A_PAGE:
            pages.append([])
        pages[-1] += mine
    names = [title + (f" ({k} of {len(pages)})" if len(pages) > 1 else "") for k in range(1, len(pages) + 1)]
    return [
        Figure(name, partial(draw, one), legend=legend, caption=CAPTION if name == names[-1] else "")
        for name, one in zip(names, pages, strict=True)
    ]


def _legend(fit: str, misfit: str) -> tuple[tuple[str, str], ...]:
    return (
        ("published", "published"), ("simulated", "simulated"), ("verdict fit", fit), ("verdict misfit", misfit),
    )  # fmt: skip


def _table(board: Board, found: Sequence[Compared]) -> Table:
    rows: list[tuple[str, ...]] = []
    marks: list[tuple[int, str]] = []
    for topic, mine in by_topic(found):
        marks.append((len(rows), "group"))
        rows.append((topic, "", "", "", ""))
        for one in mine:
            title, *others = row(one)
            if one.direction == "wrong":
                marks.append((len(rows), "misfit"))
            trials = " + ".join(board.names[part.trial] for part in one.association.simulated_by)
            rows.append((f"{title}\n{one.association.cohort}; by {trials}", *others))
    return Table(COLUMNS, tuple(rows), title="All that can be told", marks=tuple(marks), words=(1, 2), roomy=True)


def _determinants(board: Board) -> Section:
    frame = board.determinants
    parts: list[Note | Figure | Table] = []
    if frame.is_empty():
        return Section(
            "determinants", "What decides", DETERMINANTS, (Note("No outcome has enough events.", "missing"),)
        )
    parts.append(_best(board))
    parts += [determinants_table(board, outcome) for outcome in frame["outcome"].unique(maintain_order=True)]
    return Section("determinants", "What decides", DETERMINANTS, tuple(parts))


def determinants_table(board: Board, outcome: str) -> Table:
    """One outcome: a column a trial; the best hidden number first, then all covariates together, then each."""
    mine = board.determinants.filter(pl.col("outcome") == outcome)
    trials = mine["trial"].unique(maintain_order=True).to_list()
    told = {(one["kind"], one["predictor"], one["trial"]): one["auroc"] for one in mine.to_dicts()}
    best = {one["trial"]: one for one in mine.filter(pl.col("kind") == KINDS[1]).to_dicts()}
    counts = {one["trial"]: f"{one['n_events']} of {one['n']}" for one in mine.to_dicts()}
    hidden = [
        f"{best[t]['auroc']:.2f}\n{best[t]['predictor'].replace('_', ' ')}" if t in best else DASH for t in trials
    ]

    def line(kind: str, name: str) -> tuple[str, ...]:
        return (name, *(f"{told[kind, name, t]:.2f}" if (kind, name, t) in told else DASH for t in trials))

    names = mine.filter(pl.col("kind") == KINDS[0])["predictor"].unique(maintain_order=True).to_list()
    rows = (
        ("have it", *(counts[t] for t in trials)), (KINDS[1], *hidden), line(KINDS[2], KINDS[2]),
        *(line(KINDS[0], name) for name in names),
    )  # fmt: skip
    return Table(("", *(board.names[t] for t in trials)), rows, title=outcome[:1].upper() + outcome[1:])


def _best(board: Board) -> Figure:
    """All covariates together against the best hidden number, whichever way it acts."""
    frame = board.determinants
    pairs = []
    none = {"auroc": math.nan, "ci_low": None, "ci_high": None, "predictor": DASH}
    for outcome, trial in frame.select("outcome", "trial").unique(maintain_order=True).iter_rows():
        mine = frame.filter((pl.col("outcome") == outcome) & (pl.col("trial") == trial)).to_dicts()
        both = [next((one for one in mine if one["kind"] == kind), none) for kind in (KINDS[2], KINDS[1])]
        known, hidden = ((one["auroc"], one["ci_low"], one["ci_high"]) for one in both)
        tip = (
            f"{board.names[trial]}, {outcome}: all covariates together {known[0]:.2f}; best hidden draw "
            f"{both[1]['predictor'].replace('_', ' ')} {hidden[0]:.2f}"
        )
        pairs.append(Pair(board.names[trial], outcome[:1].upper() + outcome[1:], known, hidden, None, tip))
    legend = (("published", "all covariates together"), ("simulated", "best hidden draw"))
    draw = partial(
        draw_forest, pairs, title="AUROC", low=0.3, high=1.0, log=False, null=0.5
    )  # fmt: skip
    caption = (
        "Covariates are told by a fit to other patients. The best of many hidden numbers without any effect lies above 0.5, too: the"
        " column “chance” of the data says how far above in half of all runs."
    )
    return Figure("Covariates against hidden draws", draw, caption=caption, legend=legend, data=frame)


def _origin(board: Board) -> Section:
    lines = dict.fromkeys((one.row.source, one.row.seen_at or DASH, one.row.status) for one in board.compared)
    words = {"read": "read", "abstract": "abstract read", "unverified": "recalled, to be checked"}
    sources = tuple((source, seen, words[status]) for source, seen, status in lines)
    hashes = tuple((f"{m.get('trial')}: {key}", str(m[name])) for m in board.manifests
                   for name, key in (("parameters_sha256", "parameters and catalogue (SHA-256)"),) if m.get(name))  # fmt: skip
    parts = (
        Table(("source", "seen at", "status"), sources, title="Sources", words=(1,)),
        Table(("", ""), hashes, title="Runs", words=(1,)),
    )
    lead = "The same seed and the same hashes give the same numbers, on any machine and with any number of threads."
    return Section("origin", "Where this comes from", lead, parts)
