"""Cells against continued chemotherapy in residual childhood leukaemia: the table of docs/trials/residual_leukaemia.md.

python examples/residual_table.py                                            300 enrolled, prints the table
python examples/residual_table.py 300 docs/trials/residual_leukaemia.md      writes it into the page, between its markers
"""

from __future__ import annotations

from arms_tables import cell
from asking import tables, told

import livingdrug as ld
from livingdrug.catalog.load import default_catalog
from livingdrug.model.pages import table
from livingdrug.trial.misfit import compare_row

TRIAL, SEED = "b_all_residual_chemotherapy", 1
CELLS, DRUGS = "tisa-cel", "chemotherapy"
SHARES = (
    ("infused", None, "infused, of enrolled", (CELLS,)),
    ("efs_enrolled", 60, "event-free at 60 months, of all enrolled", (CELLS, DRUGS)),
    ("efs", 36, "event-free at 36 months, of the infused or treated", (CELLS, DRUGS)),
    ("os_enrolled", 60, "alive at 60 months, of all enrolled", (CELLS, DRUGS)),
    ("relapse_incidence", 24, "relapse by 24 months, of those in remission", (CELLS, DRUGS)),
    ("relapse_antigen_negative", None, "… without the antigen, of relapses", (CELLS, DRUGS)),
    ("non_relapse_mortality", 24, "death without relapse by 24 months", (CELLS, DRUGS)),
    ("crs_any_astct", None, "CRS, any grade", (CELLS,)),
    ("crs_severe_astct", None, "CRS, grade 3 or more", (CELLS,)),
)
MONTHS = (
    ("efs_restricted_mean_24mo", "event-free months of the first 24", (CELLS, DRUGS)),
    ("chemotherapy_months", "months of chemotherapy from the start of treatment, mean", (DRUGS,)),
    ("chemotherapy_intensive_months", "… of them of blocks", (DRUGS,)),
)


def text(n: int) -> str:
    """Who, the table, and the published rows with their verdicts, as Markdown."""
    result = ld.run(TRIAL, patients=n, seed=SEED, sample=0)
    rows = [[words, *(cell(result, name, month, arm) if arm in arms else "–" for arm in (CELLS, DRUGS))]
            for name, month, words, arms in SHARES]  # fmt: skip
    rows += [[words, *(_mean(result, name, arm) if arm in arms else "–" for arm in (CELLS, DRUGS))]
             for name, words, arms in MONTHS]  # fmt: skip
    spared = [result.endpoint("chemotherapy_months").shown().rows(arm)[0].estimate or 0.0 for arm in (CELLS, DRUGS)]
    blocks = [
        f"{n} enrolled, seed {SEED}, five years; intervals of 95 %.",
        table(["", CELLS, DRUGS], rows),
        f"Months of chemotherapy spared, the difference between the arms: {spared[1] - spared[0]:.1f}.",
        *(_published(result)),
    ]
    return "\n\n".join(blocks)


def _published(result: ld.Result) -> list[str]:
    told = []
    for row in default_catalog().load("evidence", TRIAL).results:
        for one in compare_row(result.endpoint(row.endpoint), row, row.arm):
            low, high = one.published_limits
            told.append(
                [f"{one.title}, {row.at}, {row.arm}", f"{one.published:.0f} % ({low:.0f} to {high:.0f})", f"{one.simulated:.0f} %",
                 "inside" if one.inside else "outside", row.source]
            )  # fmt: skip
    return [table(["published", "", "simulated", "", "source"], told)] if told else []


def _mean(result: ld.Result, name: str, arm: str) -> str:
    row = result.endpoint(name).shown().rows(arm)[0]
    if row.estimate is None:
        return "–"
    limits = f" ({row.ci_low:.1f} to {row.ci_high:.1f})" if row.ci_low is not None and row.ci_high is not None else ""
    return f"{row.estimate:.1f}{limits}"


def main() -> None:
    """Prints the tables, and writes them into a page."""
    tables(__doc__, text, 300, "enrolled")


if __name__ == "__main__":
    told(main)
