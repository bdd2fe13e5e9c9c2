"""What scenarios with several arms come to among the same people: the tables of a page.

python examples/arms_tables.py docs/gentler.md              binders, edits, switches, a dose in parts
python examples/arms_tables.py docs/several_receptors.md    a second receptor
python examples/arms_tables.py docs/any_blood_cancer.md     CD7, CD33, CD123 and CD45

Each writes into its page, between the markers; some seconds a scenario.
"""

from __future__ import annotations

import sys
from pathlib import Path

import livingdrug as ld
from livingdrug.model.pages import table, write_generated
from livingdrug.reports.frontier import points

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
        rows = [_row(result, name, month) for name, month in asked if name in known]
        if page in FRONTIER:
            ahead = {one.arm: one.on_frontier for one in points(result, *FRONTIER[page])}
            rows.append(["nothing betters it on both", *("yes" if ahead[arm] else "" for arm in result.arms)])
        parts += [f"`livingdrug run {trial} -n {PATIENTS} --seed {SEED}`; the same people in each arm, 95 % intervals.", table(["", *result.arms], rows)]  # fmt: skip
    return "\n\n".join(parts)


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
    told = (f"{100 * one:.0f}" if share else _digits(one) for one in (value, low, high) if one is not None)
    middle, *ends = told
    unit = " %" if share else f" {endpoint.record.unit}" if getattr(endpoint.record, "unit", "") else ""
    return f"{middle}{unit}" + (f" ({' to '.join(ends)})" if len(ends) == 2 else "")


def _digits(value: float) -> str:
    """Three digits, and large numbers in full: 36,600."""
    return f"{float(f'{value:.3g}'):,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


if __name__ == "__main__":
    target = Path(sys.argv[1])
    told = text(target.stem)
    write_generated(target, told)
    sys.stdout.write(told + "\n")
