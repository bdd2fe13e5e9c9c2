"""How much cure depends on a number nobody has measured: the turnover of leukaemia cells.

    python examples/turnover_sensitivity.py [patients]              prints the table
    python examples/turnover_sensitivity.py 500 docs/mechanisms/cure.md      writes it into the page as well

The same patients, three times; only `tumour_turnover` differs. Takes about half a minute with 500 patients.
"""

from __future__ import annotations

import polars as pl
from asking import tables, told

import livingdrug as ld
from livingdrug.catalog.load import default_catalog
from livingdrug.catalog.plan import plan_arm
from livingdrug.course.equations import parameters_of
from livingdrug.model.pages import table

TURNOVERS = (0.03, 0.1, 0.3)
SEED = 7


def text(patients: int) -> str:
    """The table as Markdown."""
    catalog, trial = default_catalog(), ld.load_trial("eliana")
    arm = trial.arms[0]
    usual = parameters_of(plan_arm(trial, arm.name, catalog))["tumour_turnover"]
    rows, n = [], 0
    for turnover in TURNOVERS:
        changed = {"tumour_turnover": usual.model_copy(update={"value": turnover})}
        result = ld.run(trial, patients=patients, seed=SEED, sample=0, parameters=changed)
        infused = result.patients.filter((pl.col("status") == "infused") & pl.col("truth_cured").is_not_null())
        shares = infused.select(
            pl.col("truth_cured").mean().alias("cured"),
            pl.col("truth_positive_clone_extinct_day").is_not_null().mean().alias("positive"),
            pl.col("truth_negative_clone_extinct_day").is_not_null().mean().alias("negative"),
            pl.col("responded_3mo").mean().alias("responded"),
        ).row(0)
        curves = [
            share
            for name in ("efs", "os")
            for share in result.endpoint(name).at([12, 36, 60], "month")["estimate"].to_list()
        ]
        of_relapses = result.endpoint("relapse_antigen_negative").table()["estimate"].to_list()[0]
        n_relapses = infused["relapse_day"].drop_nulls().len()
        numbers = [f"{100 * share:.0f}" for share in (*shares, *curves)]
        rows.append([f"{turnover:g}", *numbers, str(n_relapses), f"{100 * (of_relapses or 0):.0f}"])
        n = infused.height
    header = ["turnover [1/day]", "cured", "positive clone extinct", "negative clone extinct", "CR/CRi at 3 months",
              "EFS 12", "EFS 36", "EFS 60", "OS 12", "OS 36", "OS 60", "relapses", "of them antigen-negative"]  # fmt: skip
    return (
        f"{patients} enrolled, {n} infused, seed {SEED}; shares in percent of the infused, EFS and OS at months.\n\n"
        + table(header, rows)
    )


def main() -> None:
    """Prints the tables, and writes them into a page."""
    tables(__doc__, text, 500, "patients")


if __name__ == "__main__":
    told(main)
