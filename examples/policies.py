"""Virtual trials of policies: the tables of docs/policies.md, from the comparison files beside this script.

python examples/policies.py                              1,000 patients, prints the tables
python examples/policies.py 1000 docs/policies.md        writes them into the page, between its markers
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from asking import tables, told

import livingdrug as ld
from livingdrug.catalog.load import default_catalog
from livingdrug.model.pages import table
from livingdrug.outcome.estimators.geometric_mean import geometric_mean
from livingdrug.outcome.estimators.paired import paired_means
from livingdrug.trial.compare import Comparison, compare
from livingdrug.trial.same_people import run_policies

HERE = Path(__file__).parent
SEED = 7
AFTER = (1 / 3, 1.0, 2.0)  # days after the first dose


def virtual_trial(path: Path, patients: int) -> str:
    """One comparison file: its question, and what differs."""
    plan = default_catalog().load("comparison", path)
    result = run_policies(ld.load_trial(plan.trial), list(plan.policies), patients=patients, seed=SEED, sample=0)
    found = compare(result, endpoints=list(plan.endpoints))
    header = ["", *(f"`{name}`" for name in plan.policies), "difference (95 % interval)"]
    return f"### {plan.title}\n\n{plan.question} {found.n_pairs} pairs.\n\n{table(header, rows(found))}"


def rows(found: Comparison) -> list[list[str]]:
    """Two-year values of curves, everything else as it is."""
    told = []
    for row in found.table.filter(pl.col("time").is_null() | (pl.col("time") == 24)).to_dicts():
        if row["statistic"] in ("share", "incidence", "survival"):
            show, unit, sign = (lambda x: f"{100 * x:.1f} %"), " points", 100.0
        elif row["statistic"] == "mean":
            show, unit, sign = (lambda x: f"{x:.2f}"), "", 1.0
        else:
            show, unit, sign = (lambda x: f"{x:,.0f}"), "", 0.0
        title = row["title"] + (" at 2 years" if row["time"] else "") + (f" [{row['unit']}]" if row["unit"] else "")
        if sign == 0.0:
            apart = f"x {row['difference']:.2f} ({row['ci_low']:.2f} to {row['ci_high']:.2f})"
        else:
            value, low, high = (
                round(sign * row[key], 1 if sign > 1 else 2) + 0.0 for key in ("difference", "ci_low", "ci_high")
            )
            digits = 1 if sign > 1 else 2
            apart = f"{value:+.{digits}f}{unit} ({low:+.{digits}f} to {high:+.{digits}f})"
        told.append([title, show(row["reference_value"]), show(row["policy_value"]), apart])
    return told


def drug_effects(drug: str, policy: Path, patients: int) -> str:
    """The body after the first dose of a drug, against the same patients without it."""
    arms = ["basic_care", str(policy)]
    result = run_policies(ld.load_trial("eliana"), arms, patients=patients, seed=SEED, sample=patients)
    without, with_drug = result.arms
    first = result.log.filter((pl.col("arm") == with_drug) & (pl.col("drug") == drug)).group_by("patient").agg(
        pl.col("day").min().alias("first")
    )  # fmt: skip
    kept = ("il6", "temperature", "mean_arterial_pressure", "crp", "car_t_total")
    told = []
    for after in AFTER:
        sides = []
        for arm in (without, with_drug):
            course = result.courses.filter(pl.col("arm") == arm).join(first, on="patient")
            near = (pl.col("day") - pl.col("first") - after).abs() < 1e-6
            sides.append(course.filter(near).select("patient", *kept))
        both = sides[0].join(sides[1], on="patient", suffix="_drug").sort("patient")
        told.append([f"{24 * after:.0f} h", str(both.height), *(_moved(both, name) for name in kept)])
    names = ["after the first dose", "patients", "interleukin 6", "temperature [degC]", "mean arterial pressure [mmHg]",
             "CRP", "CAR T cells"]  # fmt: skip
    early_death = result.patients.filter(pl.col("death_day") <= 28)["patient"].implode()  # exposure would be cut short
    given = result.patients.filter(
        pl.col("patient").is_in(first["patient"].implode()) & ~pl.col("patient").is_in(early_death)
    )
    kinetics = []
    for column in ("cmax_copies_per_ug", "auc_0_28_day_copies_per_ug"):
        pairs = [given.filter(pl.col("arm") == arm).sort("patient")[column].to_numpy() for arm in (without, with_drug)]
        known = np.isfinite(pairs[0]) & np.isfinite(pairs[1]) & (pairs[0] > 0) & (pairs[1] > 0)
        kinetics.append(_ratio(pairs[0][known], pairs[1][known]))
    return (
        f"{table(names, told)}\n\nMeasured highest transgene level: {kinetics[0]}; exposure to day 28: {kinetics[1]}, of those "
        f"alive on day 28 either way. {first.height} were given the drug, first on day {first['first'].median():.1f} in the median."
    )


def _moved(both: pl.DataFrame, name: str) -> str:
    first, second = both[name].to_numpy(), both[f"{name}_drug"].to_numpy()
    if name in ("temperature", "mean_arterial_pressure"):
        apart = paired_means(first, second)
        return f"{apart.estimate:+.2f} ({apart.ci_low:+.2f} to {apart.ci_high:+.2f})"
    return _ratio(first, second)


def _ratio(first: np.ndarray, second: np.ndarray) -> str:
    if first.size < 2:
        return ""
    found = geometric_mean(second / first)
    return f"x {found.estimate:.2f} ({found.ci_low:.2f} to {found.ci_high:.2f})"


def text(patients: int) -> str:
    """All tables as Markdown."""
    trials = [virtual_trial(path, patients) for path in sorted((HERE / "comparisons").glob("*.toml"))]
    effects = [
        f"### {title}\n\n{drug_effects(drug, HERE / 'policies' / f'{policy}.toml', patients)}"
        for title, drug, policy in (
            ("Tocilizumab alone, at the label's moment", "tocilizumab", "tocilizumab_alone"),
            ("Methylprednisolone alone, 2 mg/kg a day", "methylprednisolone", "steroid_alone"),
        )
    ]
    return "\n\n".join(
        [
            f"{patients} enrolled in each simulated trial (ELIANA unless the question says another), seed {SEED}.",
            *trials,
            *effects,
        ]
    )


def main() -> None:
    """Prints the tables, and writes them into a page."""
    tables(__doc__, text, 1000, "patients")


if __name__ == "__main__":
    told(main)
