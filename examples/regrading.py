"""One trial, several grading scales: JULIET's regrading and the agreement of grading systems, simulated and published.

python examples/regrading.py                          60 simulated trials of 111 infused patients, prints the tables
python examples/regrading.py 60 docs/regrading.md     writes them into the page, between its markers

Schuster 2020 regraded JULIET's 64 CRS events (Penn) on the scales of Lee and ASTCT; Maziarz 2020 regraded its neurological
events; Pennisi 2020 graded 102 other patients on every system. Here every simulated patient is graded on every scale at
every check, and a patient's grade is the highest within eight weeks. Nothing in this file is fitted to the published counts of
agreement; what the simulation was fitted to is told in docs/regrading.md.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from asking import tables, told
from numpy.typing import NDArray

from livingdrug.catalog.load import default_catalog, load_trial
from livingdrug.catalog.plan import plan_arm
from livingdrug.catalog.records.evidence import Published
from livingdrug.course.equations import parameters_of
from livingdrug.foundation.quantities import Quantity
from livingdrug.model.pages import table
from livingdrug.trial.misfit import misfits
from livingdrug.trial.run import run

SEED = 11
INFUSED = 111
"""Infused patients of one trial, as in Schuster 2020."""
MIXTURE = {"eliana": 53, "zuma_1": 36, "juliet": 13}
"""Patients of one simulated series like that of Pennisi 2020: 53 with leukaemia, 49 with lymphoma, 36 of them given axi-cel.
Her patients with leukaemia had another product (CD28 type, adults); children given tisagenlecleucel stand for them."""
ENROLLED_PER_INFUSED = 1.75
"""Enrolled for each infused: somewhat more than JULIET's 165 for 115, so that the last trial is full too."""
CRS = ("crs_penn", "crs_lee", "crs_astct", "crs_mskcc", "crs_cartox")
ICANS = ("icans_astct", "neurotoxicity_ctcae", "cres_cartox")
EVENTS = "neurological_events_ctcae"
SYSTEMS = {
    "CRS": ("crs", CRS),
    "ICANS": ("icans", ICANS),
    "ICANS with every neurological event": ("icans", ("icans_astct", EVENTS, "cres_cartox")),
}
"""What is compared -> rows of Pennisi 2020, and the scales that stand for her systems."""
AGREEMENT = Path(__file__).parent / "data" / "pennisi_2020.toml"


@dataclass(frozen=True)
class Compared:
    """One published count or share against simulated trials.

    Attributes
    ----------
    name
        What is counted.
    published
        The published number; in percent when `unit` is ``"%"``.
    simulated
        The same number in every simulated trial, shaped (trials,).
    unit
        ``""`` for patients, ``"%"``.
    """

    name: str
    published: float
    simulated: NDArray[np.float64]
    unit: str = ""

    @property
    def middle(self) -> tuple[float, float, float]:
        """Median, 5th and 95th percentile over the simulated trials."""
        median, low, high = np.quantile(self.simulated, [0.5, 0.05, 0.95])
        return float(median), float(low), float(high)

    @property
    def inside(self) -> bool:
        """Whether the published number lies within the 5th to 95th percentile."""
        _, low, high = self.middle
        return low <= self.published <= high


def highest_grades(
    trials: int,
    seed: int = SEED,
    parameters: Mapping[str, Quantity] | None = None,
    *,
    name: str = "juliet",
    size: int = INFUSED,
) -> pl.DataFrame:
    """Highest grade of each infused patient on every scale: columns trial, patient and one per scale.

    Parameters
    ----------
    trials
        Simulated trials of `size` patients each, cut from one run in the order of patient numbers.
    seed
        The run's seed.
    parameters
        Model parameters to use in place of the catalogue's.
    name
        The trial whose patients they are.
    size
        Infused patients of one simulated trial.
    """
    plan = load_trial(name)
    # grades are counted for eight weeks, on every scale
    scales = tuple(dict.fromkeys([*plan.scales, *CRS, *ICANS, EVENTS]))
    plan = plan.model_copy(update={"follow_up": "60 day", "scales": scales})
    result = run(plan, patients=int(trials * size * ENROLLED_PER_INFUSED), seed=seed, sample=0, parameters=parameters)
    infused = result.patients.filter(pl.col("status") == "infused").select("patient").sort("patient")
    worst = (
        result.grades.group_by("patient", "scale")
        .agg(pl.col("grade").max())
        .pivot(on="scale", index="patient", values="grade")
    )
    graded = infused.join(worst, on="patient", how="left").with_columns(pl.col(*CRS, *ICANS, EVENTS).fill_null(0))
    if graded.height < trials * size:
        raise SystemExit(f"only {graded.height} infused for {trials} trials of {size}: raise ENROLLED_PER_INFUSED")
    number = pl.int_range(pl.len()) // size
    return graded.head(trials * size).with_columns(number.alias("trial"))


def mixed_grades(trials: int, seed: int = SEED) -> pl.DataFrame:
    """The same for simulated series of 102 patients mixed as `MIXTURE` says."""
    return pl.concat([highest_grades(trials, seed, name=name, size=n) for name, n in MIXTURE.items()], how="diagonal")


def juliet(grades: pl.DataFrame) -> list[Compared]:
    """Counts of Schuster 2020 and Maziarz 2020 beside those of every simulated trial."""
    rows = {row.endpoint: row for row in default_catalog().load("evidence", "juliet").results if row.numerator}
    found = [
        _count(grades, rows["crs_any"], "CRS by Penn", pl.col("crs_penn") >= 1),
        _count(grades, rows["crs_any_lee"], "CRS by Lee", pl.col("crs_lee") >= 1),
        _count(grades, rows["crs_any_astct"], "CRS by ASTCT", pl.col("crs_astct") >= 1),
    ]
    penn = pl.col("crs_penn")
    for scale, name in (("lee", "Lee"), ("astct", "ASTCT")):
        other = pl.col(f"crs_{scale}")
        for word, condition in (("same", other == penn), ("lower", other < penn), ("higher", other > penn)):
            row = rows[f"crs_{scale}_{word}"]
            found.append(_count(grades, row, f"{name} against Penn: {word} grade", (penn >= 1) & condition))
    return [
        *found,
        _count(grades, rows["icans_any"], "neurotoxicity by ASTCT", pl.col("icans_astct") >= 1),
        _count(grades, rows["neurological_events_any"], "neurological events by CTCAE", pl.col(EVENTS) >= 1),
    ]


def agreement(grades: pl.DataFrame, cohort: str = "JULIET") -> list[Compared]:
    """Shares of Pennisi 2020 beside those of every simulated series.

    "Same grade in every system" is counted twice: among all patients, and among those with any grade on any scale; the
    abstract does not say which it is. Nor does it say which events were graded by CTCAE: both readings are shown.

    Parameters
    ----------
    grades
        From `highest_grades` or `mixed_grades`.
    cohort
        Name of these patients, put before each row's name.
    """
    rows = _pennisi()
    found = []
    for name, (key, scales) in SYSTEMS.items():
        lowest, highest = pl.min_horizontal(*scales), pl.max_horizontal(*scales)
        present = (lowest >= 1) == (highest >= 1)
        same, any_grade = lowest == highest, highest >= 1
        published = rows[f"{key}_agreement_grade"]
        shares = {
            "agreed on presence": (rows[f"{key}_agreement_presence"], _share(grades, present)),
            "same grade in every system, of all": (published, _share(grades, same)),
            "same grade in every system, of those with any": (published, _share(grades.filter(any_grade), same)),
        }
        found += [Compared(f"{cohort}, {name}: {what}", value, shown, "%") for what, (value, shown) in shares.items()]
    return found


def incidence(grades: pl.DataFrame) -> list[Compared]:
    """How many of the mixed patients had anything by ASTCT, as in Pennisi 2020: are they alike at all?"""
    rows = _pennisi()
    return [
        Compared(f"mixed, {name} by ASTCT", rows[f"{key}_any_astct"], _share(grades, pl.col(scale) >= 1), "%")
        for name, key, scale in (("CRS", "crs", "crs_astct"), ("ICANS", "icans", "icans_astct"))
    ]


def _pennisi() -> dict[str, float]:
    file = tomllib.loads(AGREEMENT.read_text(encoding="utf-8"))
    return {row["endpoint"]: row["value"] for row in file["result"]}


def _count(grades: pl.DataFrame, row: Published, name: str, condition: pl.Expr) -> Compared:
    counts = grades.group_by("trial").agg(condition.sum().alias("n")).sort("trial")["n"]
    return Compared(name, float(row.numerator or 0), counts.to_numpy().astype(np.float64))


def _share(grades: pl.DataFrame, condition: pl.Expr) -> NDArray[np.float64]:
    shares = grades.group_by("trial").agg((100.0 * condition.mean()).alias("share")).sort("trial")["share"]
    return shares.to_numpy().astype(np.float64)


def crossed(grades: pl.DataFrame, scale: str) -> str:
    """Penn grade by grade on another scale, in patients per trial (mean), as a Markdown table."""
    trials = int(grades["trial"].n_unique())
    counted = grades.group_by("crs_penn", scale).len()
    cells = {(penn, other): n / trials for penn, other, n in counted.rows()}
    rows = [[f"Penn {penn}", *(f"{cells.get((penn, other), 0.0):.1f}" for other in range(5))] for penn in range(5)]
    return table(["", *(f"{scale.removeprefix('crs_')} {other}" for other in range(5))], rows)


def sensitivity(trials: int, seed: int = SEED) -> str:
    """The counts of Lee and ASTCT against Penn when liver and kidney suffer less, as a Markdown table."""
    trial = load_trial("juliet")
    quantities = parameters_of(plan_arm(trial, trial.arms[0].name, default_catalog()))
    told = {}
    for factor in (1.0, 0.5, 0.25):
        scaled = {
            name: quantities[name].model_copy(update={"value": factor * quantities[name].value})
            for name in ("transaminase_rise", "creatinine_rise")
        }
        told[factor] = {one.name: one for one in juliet(highest_grades(trials, seed, scaled)) if "against" in one.name}
    rows = [
        [name, f"{one.published:g}", *(_range(told[factor][name]) for factor in told)]
        for name, one in told[1.0].items()
    ]
    return table(["quantity", "published", "as in the model", "half", "a quarter"], rows)


def _range(one: Compared) -> str:
    median, low, high = one.middle
    return f"{median:.0f} ({low:.0f} to {high:.0f})"


def whole_trial(patients: int = 1000, seed: int = 7) -> str:
    """Every published JULIET row that one large simulated trial answers, as a Markdown table."""
    rows = default_catalog().load("evidence", "juliet").results
    result = run("juliet", patients=patients, seed=seed, sample=0)
    told = []
    for one in misfits(result, rows):
        unit = "log SD" if one.measure == "spread" else one.row.unit.replace("percent", "%")
        number = f"{one.published:.3g} {unit}" if abs(one.published) < 1e6 else f"{one.published:.2g} {unit}"
        simulated = f"{one.simulated:.3g}" if abs(one.simulated) < 1e6 else f"{one.simulated:.2g}"
        seen = {"read": "yes", "unverified": "recalled"}[one.row.status]
        told.append([one.title, one.row.at, number, simulated, f"{one.z:+.1f}", one.row.use, seen])
    header = ["endpoint", "at", "published", "simulated", "z", "used for", "seen by us"]
    return f"{patients} enrolled, seed {seed}.\n\n{table(header, told)}"


def text(trials: int, seed: int = SEED) -> str:
    """Both comparisons as Markdown."""
    grades = highest_grades(trials, seed)
    mixed = mixed_grades(trials, seed)
    compared = [*juliet(grades), *agreement(grades), *incidence(mixed), *agreement(mixed, "mixed")]
    rows = []
    for one in compared:
        median, low, high = one.middle
        numbers = [f"{one.published:g}{one.unit}", f"{median:.0f}{one.unit}", f"{low:.0f} to {high:.0f}{one.unit}"]
        rows.append([one.name, *numbers, "yes" if one.inside else "**no**"])
    off = [one.name for one in compared if not one.inside]
    return "\n\n".join(
        [
            f"{trials} simulated trials of {INFUSED} infused patients, seed {seed}.",
            table(["quantity", "published", "simulated, median", "5th to 95th percentile", "published within"], rows),
            f"{len(compared) - len(off)} of {len(compared)} published numbers lie within the simulated range."
            + (f" Outside: {'; '.join(off)}." if off else ""),
            "Patients per trial (mean) by Penn and by Lee:",
            crossed(grades, "crs_lee"),
            "Patients per trial (mean) by Penn and by ASTCT:",
            crossed(grades, "crs_astct"),
            "## With less injury of liver and kidney",
            "The same, with the rise of transaminases and creatinine scaled (median, 5th to 95th percentile):",
            sensitivity(max(trials // 2, 1), seed),
            "## The trial itself",
            whole_trial(),
        ]
    )


def main() -> None:
    """Prints the tables, and writes them into a page."""
    tables(__doc__, text, 60, "simulated trials")


if __name__ == "__main__":
    told(main)
