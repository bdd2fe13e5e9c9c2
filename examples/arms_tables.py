"""What scenarios come to, arm by arm among the same people, beside what was published of them: the tables of a page.

python examples/arms_tables.py docs/gentler.md                          binders, edits, switches, a dose in parts
python examples/arms_tables.py docs/several_receptors.md                a second receptor
python examples/arms_tables.py docs/any_blood_cancer.md                 CD7, CD33, CD123 and CD45
python examples/arms_tables.py docs/trials/ovarian_routes.md            so, too, every other page that PAGES names

Each writes into its page, between the markers; some seconds a scenario. A scenario with a file in `catalog/evidence` is told beside it: every
published row that the run can answer first, then the endpoints that the page asks for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from asking import a_page, asking, told, told_and_kept

import livingdrug as ld
from livingdrug.catalog.load import default_catalog
from livingdrug.catalog.records.evidence import Published
from livingdrug.model.pages import table
from livingdrug.reports.frontier import points
from livingdrug.trial.misfit import Misfit, misfits

PATIENTS, SEED = 300, 1
B_ALL = (("cr_cri_3mo", None), ("efs", 12), ("crs_severe", None), ("icans_severe", None))
AML = (
    ("eln_response_3mo", None),
    ("cr_3mo", None),
    ("efs", 12),
    ("tissue_damage_severe", None),
    ("last_detectable_infused", None),
    ("crs_severe_astct", None),
)
GLIOMA = (
    ("os", 6), ("tian_any", None), ("tian_severe", None), ("crs_any_astct", None), ("crs_severe_astct", None), ("icans_any", None),
    ("steroid_use", None), ("cmax_infused", None), ("toxicity_death", None),
)  # fmt: skip
SOLID = (
    ("pfs", 6), ("os", 12), ("crs_any_astct", None), ("icans_any", None), ("cmax_infused", None), ("tmax_infused", None),
    ("toxicity_death", None),
)  # fmt: skip
DONORS = (
    ("pfs", 12),
    ("last_detectable_infused", None),
    ("cmax_infused", None),
    ("infection_severe_8wk", None),
    ("toxicity_death", None),
)
PAGES: dict[str, dict[str, tuple[tuple[str, int | None], ...]]] = {
    "gentler": {"b_all_gentler": B_ALL, "b_all_switches": (*B_ALL, ("last_detectable", None))},
    "several_receptors": {
        "b_all_two_receptors": (("cr_cri_3mo", None), ("efs", 12), ("relapse_antigen_negative", None), ("crs_severe", None)),
        "lymphoma_two_receptors": (("lugano_orr", None), ("pfs", 12), ("relapse_antigen_negative", None)),
        "myeloma_two_receptors": (("imwg_orr", None), ("pfs", 12), ("relapse_antigen_negative", None), ("tissue_damage_any", None)),
    },
    "any_blood_cancer": {
        "t_all_fratricide": (
            ("manufacturing_failure", None), ("cr_cri_3mo", None), ("mrd_negative_3mo", None), ("efs", 12), ("cmax_infused", None),
            ("last_detectable_infused", None), ("crs_severe_astct", None), ("icans_any", None),
        ),
        "aml_marrow_rescue": AML,
        "aml_cd45_universal": AML,
    },
    "gd2_midline_glioma": {"gd2_midline_glioma": (("rano_orr", None), ("rano_dcr", None), *GLIOMA)},
    "b7h3_midline_glioma": {"b7h3_midline_glioma": GLIOMA},
    "gucy2c_colorectal": {
        "gucy2c_colorectal": SOLID,
        "gcc_cd19_colorectal": (*SOLID, ("crs_severe_astct", None), ("tissue_damage_severe", None), ("b_cell_aplasia", None)),
    },
    "ovarian_routes": {"ovarian_routes": (*SOLID, ("tissue_damage_any", None))},
    "ctx110_and_allo_715": {"ctx110_lymphoma": DONORS, "allo_715_myeloma": DONORS},
}  # fmt: skip
"""Page -> scenario -> endpoints told, at a month where one is named."""
FRONTIER = {"gentler": ("efs", "crs_severe")}
"""Pages that tell which arms nothing betters, on these two counts."""


def text(page: str) -> str:
    """The tables as Markdown."""
    parts = []
    for trial, asked in PAGES[page].items():
        result = ld.run(trial, patients=PATIENTS, seed=SEED, sample=0)
        known = {use.id for use in result.trial.endpoints}
        beside = beside_published(result, _published(trial))
        rows = [
            _row(result, name, month) for name, month in asked if name in known and (name, month) not in beside.told
        ]
        if page in FRONTIER:
            ahead = {one.arm: one.on_frontier for one in points(result, *FRONTIER[page])}
            rows.append(["nothing betters it on both", *("yes" if ahead[arm] else "" for arm in result.arms)])
        told = f"`livingdrug run {trial} -n {PATIENTS} --seed {SEED}`" + (
            "; the same people in each arm" if len(result.arms) > 1 else ""
        )
        if beside.rows:
            heads = ["published", "of", "published value", *result.arms, ""]
            parts += [
                f"{told}, 95 % intervals."
                + (" A row that tells of no one arm is held against each." if len(result.arms) > 1 else ""),
                table(heads, beside.rows),
            ]
            parts += (
                [f"Published, but not answered by this run: {', '.join(f'`{name}`' for name in beside.silent)}."]
                if beside.silent
                else []
            )
            parts += ["Not published, or not to be held against it:"] if rows else []
        else:
            parts += [f"{told}; 95 % intervals."]
        parts += [table(["", *result.arms], rows)] if rows else []
    return "\n\n".join(parts)


def _published(trial: str) -> tuple[Published, ...]:
    catalog = default_catalog()
    return tuple(catalog.load("evidence", trial).results) if catalog.has("evidence", trial) else ()


@dataclass(frozen=True)
class Beside:
    """Published rows beside each arm; (endpoint, month) that they tell; endpoints of rows that the run cannot answer.

    A row: endpoint, whom it tells of, published value with its 95 % interval, each arm's value with its own, inside or missed.
    """

    rows: list[list[str]]
    told: set[tuple[str, int | None]]
    silent: list[str]


def beside_published(result: ld.Result, published: Sequence[Published]) -> Beside:
    """What was published beside what each arm comes to."""
    beside = Beside([], set(), [])
    for row in published:
        by_arm = {arm: _against(result, row, arm) for arm in result.arms}
        found = {arm: one for arm, one in by_arm.items() if one is not None}
        if not found:
            beside.silent.extend([row.endpoint] if row.endpoint not in beside.silent else [])
            continue
        first = next(iter(found.values()))
        judged = {arm: one.inside for arm, one in found.items() if row.arm in ("", arm)}
        cells = [
            _told(found[arm].simulated, found[arm].simulated_limits, row.unit) if arm in found else "–"
            for arm in result.arms
        ]
        whom = "; ".join(filter(None, [row.population_note, "" if row.status == "read" else "recalled"]))
        title = first.title + (f", {row.at}" if row.at else "")
        beside.rows.append([title, whom, _published_value(row, first), *cells, _verdict(judged)])
        beside.told.add((row.endpoint, None))
    return beside


def _against(result: ld.Result, row: Published, arm: str) -> Misfit | None:
    found = misfits(result, [row.model_copy(update={"arm": ""})], arm)
    return next((one for one in found if one.measure == "value"), None) or _median(result, row, arm)


def _median(result: ld.Result, row: Published, arm: str) -> Misfit | None:
    """A published median of a time to an event, which `misfits` leaves out."""
    if (
        row.statistic != "median"
        or row.unit != "month"
        or row.endpoint not in {use.id for use in result.trial.endpoints}
    ):
        return None
    endpoint = result.endpoint(row.endpoint, arm)
    of_arm = pl.col("arm") == arm, pl.col("measure") == "median time"
    for one in endpoint.table().filter(*of_arm, pl.col("estimate").is_not_null()).iter_rows(named=True):
        low, high = (math.nan if one[end] is None else one[end] for end in ("ci_low", "ci_high"))
        published = (math.nan if row.ci_low is None else row.ci_low, math.nan if row.ci_high is None else row.ci_high)
        title = f"{endpoint.title}, median"
        return Misfit(row, "value", row.value, one["estimate"], math.nan, title, False, False, published, (low, high))
    return None


def _published_value(row: Published, one: Misfit) -> str:
    of = f", {row.numerator} of {row.n}" if row.numerator is not None and row.n else f", n = {row.n}" if row.n else ""
    return _told(one.published, one.published_limits, row.unit) + of


def _told(value: float, limits: tuple[float, float], unit: str) -> str:
    """A value with its limits: shares in whole percent."""
    digits = (lambda one: f"{one:.0f}") if unit == "percent" else _digits
    ends = "" if any(math.isnan(one) for one in limits) else f" ({digits(limits[0])} to {digits(limits[1])})"
    return digits(value) + {"percent": " %", "": ""}.get(unit, f" {unit}") + ends


def _verdict(judged: Mapping[str, bool | None]) -> str:
    missed = [arm for arm, inside in judged.items() if inside is False]
    if all(inside is None for inside in judged.values()):
        return "no interval told"
    if not missed:
        return "inside"
    return "missed" if len(missed) == len(judged) else f"missed: {', '.join(missed)}"


def _row(result: ld.Result, name: str, month: int | None) -> list[str]:
    endpoint = result.endpoint(name)
    title = endpoint.record.name + (f" at {month} months" if month is not None else "")
    return [title, *(cell(result, name, month, arm) for arm in result.arms)]


def cell(result: ld.Result, name: str, month: int | None, arm: str) -> str:
    """An arm's headline number, or its share at a month, with its 95 % interval."""
    endpoint = result.endpoint(name)
    if arm in endpoint.not_measured:
        return "–"
    if month is not None:
        row = next(one for one in endpoint.at([month], "month").iter_rows(named=True) if one["arm"] == arm)
        value, low, high, share = row["estimate"], row["ci_low"], row["ci_high"], True
    else:
        found = endpoint.shown().rows(arm)[0]
        value, low, high, share = found.estimate, found.ci_low, found.ci_high, found.measure in endpoint.shares
    if value is None:
        return "–"
    told = (
        f"{100 * one:.0f}" if share else _digits(one)
        for one in (value, low, high)
        if one is not None and not math.isnan(one)
    )
    middle, *ends = told
    unit = " %" if share else f" {endpoint.record.unit}" if getattr(endpoint.record, "unit", "") else ""
    return f"{middle}{unit}" + (f" ({' to '.join(ends)})" if len(ends) == 2 else "")


def _digits(value: float) -> str:
    """Three digits, and large numbers in full: 36,600."""
    return f"{float(f'{value:.3g}'):,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def main() -> None:
    """Writes a page's tables."""
    asked = asking(__doc__)
    asked.add_argument("page", type=a_page, help=f"one of: {', '.join(PAGES)}")
    page = asked.parse_args().page
    if page.stem not in PAGES:
        asked.error(f"no tables of {page}; there are some of: {', '.join(PAGES)}")
    told_and_kept(text(page.stem), page)


if __name__ == "__main__":
    told(main)
