"""The scoreboard as a page and as rows: published against simulated, trial by trial; predictions apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.catalog.load import Catalog, default_catalog
from livingdrug.foundation.errors import LivingDrugError
from livingdrug.reports.comparison import Compared, shown
from livingdrug.reports.html import page, write_page
from livingdrug.reports.own_size import frozen_words
from livingdrug.reports.own_size import section as own_size_section
from livingdrug.reports.page import Card, Cards, Figure, More, Note, Section, Table
from livingdrug.reports.sections.calibration import comparison_table, percentages, ratios, verdict
from livingdrug.reports.words import DASH, listed, plain, unit
from livingdrug.trial.misfit import Misfit
from livingdrug.trial.scoreboard import NEAR, Score, Scoreboard, near, recalled

if TYPE_CHECKING:
    from livingdrug.fitting.board.rows import BoardRow

LEAD = (
    "Rows used for calibration set a few parameters, so agreement there is a fit. Rows only compared were never fitted to, but "
    "belong to the same trial. Only a prediction, frozen before its outcome was looked at, tests the model."
)
USES = {"calibration": "Used for calibration", "comparison": "Only compared"}
FEW = 4
"""More trials than these are told in a table, and together at the top."""
PREDICTIONS = (
    "Trials kept for prediction. Their outcomes are not in the catalogue and nothing here is fitted to them; a prediction is "
    "frozen under a stated set of parameters and published whatever it says."
)


def write_scoreboard(
    board: Scoreboard,
    path: str | Path,
    *,
    catalog: Catalog | None = None,
    own_size: Sequence[BoardRow] = (),
    frozen: Mapping[str, Mapping[str, Any]] | None = None,
) -> Path:
    """Write the scoreboard as one self-contained HTML page.

    Parameters
    ----------
    catalog
        Where endpoints have their groups and short names; the default one when omitted.
    own_size
        Rows of trials simulated at their own size.
    frozen
        Prediction trial -> its freeze, where there is one.

    Raises
    ------
    BadInput
        The path is a folder, its folder is missing or not writable, or the disk is full.
    """
    return write_page(Path(path), render(board, catalog=catalog, own_size=own_size, frozen=frozen))


def render(
    board: Scoreboard,
    *,
    catalog: Catalog | None = None,
    own_size: Sequence[BoardRow] = (),
    frozen: Mapping[str, Mapping[str, Any]] | None = None,
) -> str:
    """The page as HTML text; see `write_scoreboard`."""
    numbers = _numbered(board.scores)
    at_own_size = own_size_section(own_size)
    sections = [
        *([_trials(board.scores)] if len(board.scores) > FEW else []),
        *([at_own_size] if at_own_size else []),
        *(_trial(score, numbers, catalog) for score in board.scores),
        _predictions(board, frozen or {}),
        _origin(board, numbers),
    ]
    facts = sorted({f"{s.manifest.get('patients')} patients" for s in board.scores})
    facts += sorted({f"seed {s.manifest.get('seed')}" for s in board.scores})
    versions = {str(s.manifest.get("livingdrug")) for s in board.scores}
    return page(
        "Scoreboard", "Published against simulated", _lead(board), facts, sections, cards=_cards(board, frozen or {}),
        version=versions.pop() if len(versions) == 1 else None,
    )  # fmt: skip


def rows(score: Score, use: str, *, catalog: Catalog | None = None) -> list[tuple[str, str, str, str]]:
    """Terminal rows of one use, by subject: what, published, simulated, z; farther than `NEAR` is marked."""
    told = []
    found = score.of_use(use)
    for one, c in sorted(zip(found, _told(score, found, catalog), strict=True), key=lambda pair: pair[1].place):
        mark = "  " if abs(one.z) <= NEAR else " *"
        told.append((_label(c), _number(one, one.published), _number(one, one.simulated), f"{one.z:+.1f}{mark}"))
    return told


def _label(c: Compared) -> str:
    return c.short + (f", {unit(c.unit)}" if not c.percent and c.unit else "")


def _number(one: Misfit, value: float) -> str:
    return f"{value:.0f} %" if one.share else plain(value, 2 if one.measure == "spread" else 3)


def counts(score: Score) -> str:
    """How many numbers are near, in a sentence."""
    return _counted([score])


def _counted(scores: Sequence[Score]) -> str:
    parts = [
        f"{near(found)} of {len(found)} {words} ({recalled(found)} recalled, not read)"
        for use, words in (("calibration", "used for calibration"), ("comparison", "only compared"))
        if (found := _of_use(scores, use))
    ]
    return f"Within {NEAR:g} published standard errors: {listed(parts)}." if parts else "Nothing to compare."


def _told(score: Score, found: Sequence[Misfit], catalog: Catalog | None) -> list[Compared]:
    """Comparisons in the words of their endpoints' files."""
    known = catalog or default_catalog()
    records = {}
    for one in found:
        try:
            records[one.row.endpoint] = known.load("endpoint", one.row.endpoint)
        except LivingDrugError:
            records[one.row.endpoint] = None
    return [shown(one, score.arm, records[one.row.endpoint]) for one in found]


def _of_use(scores: Sequence[Score], use: str) -> list[Misfit]:
    return [one for score in scores for one in score.of_use(use)]


def _name(score: Score) -> str:
    """A trial's title up to what it is about."""
    return score.title.split(":")[0]


def _lead(board: Scoreboard) -> str:
    if len(board.scores) > FEW:
        return f"{len(board.scores)} trials. {_counted(board.scores)}"
    sentences = [f"{_name(score)}: {counts(score)[0].lower()}{counts(score)[1:]}" for score in board.scores]
    return " ".join(sentences) or "No calibration trial was asked for."


def _cards(board: Scoreboard, there: Mapping[str, Mapping[str, Any]]) -> Cards | None:
    cards = []
    detail = f"within {NEAR:g} published standard errors"
    told = [(f"{_name(score)}: ", [score]) for score in board.scores]
    for name, scores in told if len(told) <= FEW else [("", [*board.scores])]:
        for use, words in USES.items():
            if found := _of_use(scores, use):
                title = f"{name}{words.lower()}" if name else words
                cards.append(Card(title, f"{near(found)} of {len(found)}", detail))
    frozen = sum(bool(one.frozen_on or one.trial in there) for one in board.predictions)
    cards.append(Card("Predictions frozen", f"{frozen} of {len(board.predictions)}", "trials kept for prediction"))
    return Cards(tuple(cards))


def _trials(scores: Sequence[Score]) -> Section:
    """Every trial in a line: how many of its rows are near."""
    told = []
    for score in scores:
        groups = [score.of_use(use) for use in USES]
        told.append((f"{_name(score)}\n{score.trial}", *(f"{near(mine)} of {len(mine)}" if mine else DASH for mine in groups),
                     str(recalled(score.misfits)) if score.misfits else DASH))  # fmt: skip
    table = Table(("trial", *(words.lower() for words in USES.values()), "recalled, not read"), tuple(told))
    return Section("trials", "Trial by trial", f"Rows within {NEAR:g} published standard errors.", (table,))


def _trial(score: Score, numbers: Mapping[str, int], catalog: Catalog | None) -> Section:
    everything = sorted(_told(score, score.misfits, catalog), key=lambda c: c.place)
    single = [one for one in score.misfits if one.measure == "value"]
    values = sorted(_told(score, single, catalog), key=lambda c: c.place)
    enrolled = score.manifest.get("patients")
    words = (
        f"{enrolled} patients enrolled, {score.n_infused} infused, arm {score.arm}, seed {score.manifest.get('seed')}."
    )
    if score.n_failed:
        words += f" {score.n_failed} simulations did not finish and are left out."
    words = " ".join([f"{words} {counts(score)}", *(f"{line[:1].upper()}{line[1:]}." for line in score.standing)])
    figures: list[Figure] = [*percentages(values), *ratios(values)]
    parts: list = [Note(words), Note(verdict(values)), *figures]
    for use, title in USES.items():
        chosen = [c for c in everything if c.row.use == use]
        if chosen:
            parts.append(comparison_table(chosen, numbers, title))
    if score.unanswered:
        parts.append(
            More(
                f"{len(score.unanswered)} published endpoints have no simulated counterpart",
                f"{', '.join(name.replace('_', ' ') for name in score.unanswered)}.",
            )
        )
    return Section(score.trial.replace("_", "-"), score.title, LEAD, tuple(parts))


def _predictions(board: Scoreboard, frozen: Mapping[str, Mapping[str, Any]]) -> Section:
    if not board.predictions:
        return Section(
            "predictions",
            "Predictions",
            PREDICTIONS,
            (Note("No trial kept for prediction is among these.", "missing"),),
        )
    table = Table(
        ("trial", "prediction", "parameters (SHA-256)"),
        tuple(
            (
                f"{one.title}\n{one.trial}",
                frozen_words(frozen.get(one.trial)) or one.sentence,
                str(frozen.get(one.trial, {}).get("parameters_sha256", one.parameters_sha256)) or DASH,
            )
            for one in board.predictions
        ),
        words=(1, 2),
    )
    return Section("predictions", "Predictions", PREDICTIONS, (table,))


def _origin(board: Scoreboard, numbers: Mapping[str, int]) -> Section:
    facts = [
        (f"{score.trial}: {words}", str(score.manifest[key]))
        for score in board.scores
        for key, words in (
            ("parameters_sha256", "parameters and catalogue (SHA-256)"),
            ("code_sha256", "code (SHA-256)"),
        )
        if score.manifest.get(key)
    ]
    parts = [Table(("", ""), tuple(facts), title="Runs", words=(1,))] if facts else []
    if numbers:
        statuses = _statuses(board.scores)
        sources = tuple((f"[{i}] {name}", statuses[name]) for name, i in numbers.items())
        note = "read: the number was seen in the source; unverified: recalled, to be checked."
        parts.append(Table(("source", "status"), sources, title="Sources", words=(1,), note=note))
    lead = "The same seed and the same hashes give the same numbers, on any machine and with any number of threads."
    return Section("origin", "Where this comes from", lead, tuple(parts))


def _numbered(scores: Sequence[Score]) -> dict[str, int]:
    """Sources in alphabetical order, numbered from 1."""
    names = sorted({one.row.source.strip() for score in scores for one in score.misfits})
    return {name: i for i, name in enumerate(names, 1)}


def _statuses(scores: Sequence[Score]) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for score in scores:
        for one in score.misfits:
            found.setdefault(one.row.source.strip(), set()).add(one.row.status)
    return {name: ", ".join(sorted(statuses)) for name, statuses in found.items()}
