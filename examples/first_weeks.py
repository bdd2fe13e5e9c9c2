"""The first hundred days of simulated trials against published cytokines, counts and infections.

python examples/first_weeks.py                       prints every table
python examples/first_weeks.py docs                  writes them into docs/cytokines.md and docs/aftermath.md
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
from asking import asking, told
from numpy.typing import NDArray

from livingdrug.catalog.load import default_catalog, load_trial
from livingdrug.model.pages import table, write_generated
from livingdrug.trial.run import run

ROOT = Path(__file__).parents[1]
PUBLISHED = ROOT / "tests" / "published"
LABS = PUBLISHED / "crs_labs"
PATIENTS, SEED, DAYS = 500, 7, 100
ANALYTES = {
    "IFNg": "ifn_gamma",
    "IL6": "il6",
    "IL10": "il10",
    "C-reactive protein": "crp",
    "ferritin": "ferritin",
    "hemoglobin": "haemoglobin",
}
FLOORS = {"IFNg": 4.9, "IL6": 5.2, "IL10": 3.8}
"""What the source wrote where a cytokine was not raised or not measured; a simulated value below counts as this."""
GROUPS = {"grade0": (0, 0), "grade1-2": (1, 2), "grade3-4": (3, 4)}
FEWEST = 10
"""Days with fewer patients behind the quantiles are left out."""


@dataclass(frozen=True)
class Weeks:
    """Checks (C,), true signs (n, C) and the patients and events frames of those infused, in one order."""

    checks: NDArray[np.float64]
    truth: Mapping[str, NDArray[np.float64]]
    patients: pl.DataFrame
    events: pl.DataFrame

    def at(self, sign: str, days: NDArray[np.float64]) -> NDArray[np.float64]:
        """A sign at the first check of each day (n, days)."""
        return self.truth[sign][:, np.searchsorted(self.checks, days - 1e-6)]


@cache
def weeks(trial: str, patients: int = PATIENTS, seed: int = SEED) -> Weeks:
    """The trial cut to a hundred days, every true course kept."""
    plan = load_trial(trial, default_catalog())
    days = {name: tuple(float(d) for d in group if d <= DAYS) for name, group in plan.visits.days.items()}
    visits = plan.visits.model_copy(update={"days": days})
    plan = plan.model_copy(update={"follow_up": f"{DAYS} day", "visits": visits})
    result = run(plan, patients=patients, seed=seed, sample=patients)
    courses = result.courses
    checks = np.sort(courses["day"].unique().to_numpy())
    numbers = np.sort(courses["patient"].unique().to_numpy())
    grid = pl.DataFrame({"patient": np.repeat(numbers, len(checks)), "day": np.tile(checks, len(numbers))})
    grid = grid.join(courses, on=["patient", "day"], how="left", maintain_order="left")
    names = [name for name in grid.columns if name not in ("patient", "day", "arm")]
    truth = {name: grid[name].to_numpy().reshape(len(numbers), len(checks)) for name in names}
    frame = pl.DataFrame({"patient": numbers}).join(result.patients, on="patient", how="left", maintain_order="left")
    return Weeks(checks, truth, frame, result.events)


# ── cytokines by day and CRS group ──


def laboratory() -> list[dict[str, str]]:
    """Rows of the published daily quantiles."""
    with (LABS / "daily_quantiles_by_crs_group.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def bands(found: Weeks) -> dict[tuple[str, str], list[tuple[int, float, float, float, float]]]:
    """(analyte, group) -> (day, simulated median, published quartiles and median), days with enough patients.

    Ferritin is compared as a multiple of its group's median at day 0: the populations differ in iron from transfusions.
    """
    highest = found.patients["crs_astct_max"].to_numpy()
    rows = laboratory()
    result: dict[tuple[str, str], list[tuple[int, float, float, float, float]]] = {}
    for row in rows:
        name, group = row["analyte"], row["max_crs_group"]
        if name not in ANALYTES or int(row["n"]) < FEWEST:
            continue
        low, high = GROUPS[group]
        chosen = (highest >= low) & (highest <= high)
        day = int(row["relative_day"])
        values = np.maximum(found.at(ANALYTES[name], np.array([day]))[chosen, 0], FLOORS.get(name, 0.0))
        simulated = float(np.nanmedian(values))
        low_quartile, middle, high_quartile = (float(row[key]) for key in ("p25", "p50", "p75"))
        if name == "ferritin":
            start = next(r for r in rows if r["analyte"] == name and r["max_crs_group"] == group)
            scale = float(start["p50"])
            low_quartile, middle, high_quartile = low_quartile / scale, middle / scale, high_quartile / scale
            simulated /= float(np.nanmedian(found.at("ferritin", np.array([0.0]))[chosen, 0]))
        if name == "hemoglobin":
            simulated *= 10.0  # g/dL to g/L
        result.setdefault((name, group), []).append((day, simulated, low_quartile, middle, high_quartile))
    return result


def share_inside(rows: list[tuple[int, float, float, float, float]]) -> float:
    """Share of days on which the simulated median lies within the published quartiles (2 % for rounding)."""
    return float(np.mean([0.98 * low <= value <= 1.02 * high for _, value, low, _, high in rows]))


def peak(found: Weeks, sign: str, grade: int) -> float:
    """Median of the highest value on days 0 to 14 among patients with this highest ASTCT grade."""
    chosen = found.patients["crs_astct_max"].to_numpy() == grade
    inside = (found.checks >= 0) & (found.checks <= 14)
    return float(np.median(np.nanmax(found.truth[sign][np.ix_(chosen, inside)], axis=1)))


# ── counts, infections, second wave ──


def counts(found: Weeks) -> dict[str, float]:
    """Measures of cytopenia and infection, shares in percent; what each is compared with is in aftermath_targets.toml."""
    days = np.arange(61.0)
    neutrophils, platelets = found.at("neutrophils", days), found.at("platelets", days)
    severe = (neutrophils <= 0.5).sum(axis=1)
    told = {
        "neutrophils_500": severe > 0,
        "neutrophils_100": (neutrophils <= 0.1).any(axis=1),
        "neutrophils_500_7_days": severe >= 7,
        "neutrophils_500_14_days": severe >= 14,
        "platelets_50": (platelets < 50).any(axis=1),
        "hlh_like": np.nanmax(found.truth["hlh_like"], axis=1) >= 1,
    }
    highest = found.patients["crs_astct_max"].to_numpy()
    measures = {name: 100.0 * float(np.mean(values)) for name, values in told.items()}
    measures["hlh_like_in_severe_crs"] = 100.0 * float(np.mean(told["hlh_like"][highest >= 3]))
    measures["hlh_like_in_mild_crs"] = 100.0 * float(np.mean(told["hlh_like"][highest <= 2]))
    measures["median_days_500"] = float(np.median(severe))
    measures["intermittent_recovery"] = 100.0 * float(np.mean([_dips_twice(row) for row in neutrophils <= 0.5]))
    in_remission = found.patients["responded_3mo"].fill_null(False).to_numpy()
    for month, day in ((1, 28.0), (3, 90.0)):
        # Jain 2020 leaves out who progressed, died or had chemotherapy; month 3 among responders stands for that.
        here = ~np.isnan(found.at("neutrophils", np.array([day]))[:, 0]) & (in_remission if month == 3 else True)
        for name, sign, limit in (("neutrophils", "neutrophils", 1.0), ("platelets", "platelets", 50.0),
                                  ("haemoglobin", "haemoglobin", 8.0)):  # fmt: skip
            values = found.at(sign, np.array([day]))[here, 0]
            measures[f"{name}_recovered_month_{month}"] = 100.0 * float(np.mean(values > limit))
    measures["recovery_day"] = float(np.median(_recovery(found)))
    signs = {
        "acute_kidney_injury": found.truth["creatinine_ratio"] > 1.5,
        **{name: found.truth[name] >= 1 for name in ("headache", "tremor")},
    }
    acute = (found.checks >= 0) & (found.checks < 56)
    measures |= {name: 100.0 * float(np.mean(values[:, acute].any(axis=1))) for name, values in signs.items()}
    return measures | _score(found, neutrophils, platelets) | _infections(found) | _late(found)


def _recovery(found: Weeks) -> NDArray[np.float64]:
    """First day from which neutrophils stay above 500 per uL for three days (n,), from day 0; infinite when never."""
    above = found.at("neutrophils", np.arange(101.0)) > 0.5
    three = above[:, :-2] & above[:, 1:-1] & above[:, 2:]
    return np.where(three.any(axis=1), three.argmax(axis=1), np.inf)


def _dips_twice(low: NDArray[np.bool_]) -> bool:
    """Severe neutropenia, three days or more without it, and severe neutropenia again."""
    days = np.flatnonzero(low)
    return bool((np.diff(days) > 3).any())


def _score(found: Weeks, neutrophils: NDArray[np.float64], platelets: NDArray[np.float64]) -> dict[str, float]:
    """CAR-HEMATOTOX before treatment and what followed, days 0 to 60."""
    points = found.patients["car_hematotox"].to_numpy().astype(float)
    severe = (neutrophils <= 0.5).sum(axis=1)
    high, known = points >= 2, ~np.isnan(points)
    long = severe >= 14
    split = {
        f"hematotox_{name}_{what}": value
        for name, group in (("high", high), ("low", known & ~high))
        for what, value in (
            ("7_days", 100.0 * float(np.mean(severe[group] >= 7))),
            ("median_days", float(np.median(severe[group]))),
            ("platelets_50", 100.0 * float(np.mean((platelets[group] < 50).any(axis=1)))),
            ("late", 100.0 * float(np.mean((neutrophils[group, 21:] <= 1.0).any(axis=1)))),
        )
    }
    wins = points[long & known][:, None] - points[~long & known][None, :]
    return split | {
        "hematotox_high": 100.0 * float(np.mean(high[known])),
        "hematotox_high_14_days": 100.0 * float(np.mean(long[high])),
        "hematotox_low_14_days": 100.0 * float(np.mean(long[known & ~high])),
        "hematotox_area_under_curve": float(np.mean((wins > 0) + 0.5 * (wins == 0))),
    }


def _infections(found: Weeks) -> dict[str, float]:
    infections = found.events.filter(pl.col("event") == "infection")
    last = found.patients["last_contact_day"].to_numpy()
    early, late = (
        infections.filter(pl.col("day") <= 28),
        infections.filter((pl.col("day") > 28) & (pl.col("day") <= 90)),
    )
    both = infections.filter(pl.col("day") <= 90)
    n = found.patients.height
    first = early.group_by("patient").agg(pl.col("day").min())["day"].to_numpy()
    return {
        "infections_per_100_days_early": 100.0 * early.height / float(np.minimum(last, 28.0).sum()),
        "infections_per_100_days_late": 100.0 * late.height / float(np.clip(np.minimum(last, 90.0) - 28.0, 0.0, None).sum()),
        "infected_early": 100.0 * early["patient"].n_unique() / n,
        "first_infection_day": float(np.median(first)),
        "fungal_infection": 100.0 * both.filter(pl.col("detail") == "fungal")["patient"].n_unique() / n,
        "life_threatening_infection": 100.0 * both.filter(pl.col("grade") >= 4)["patient"].n_unique() / n,
        "bacterial_share_early": 100.0 * early.filter(pl.col("detail") == "bacterial").height / max(early.height, 1),
        "ivig": 100.0 * float(found.patients["ivig"].fill_null(False).mean()),  # type: ignore[arg-type]
    }  # fmt: skip


def _late(found: Weeks) -> dict[str, float]:
    n = found.patients.height
    causes = found.patients["death_cause"].fill_null("").to_numpy()
    died = found.patients["death_day"].fill_null(np.inf).to_numpy()
    igg = found.at("igg", np.array([0.0, 90.0]))
    never_given = ~found.patients["ivig"].fill_null(False).to_numpy() & ~np.isnan(igg[:, 1])
    return {
        "new_crs_after_day_14": 100.0 * found.patients.filter(pl.col("crs_onset_day") > 14).height / n,
        "new_icans_after_day_14": 100.0 * found.patients.filter(pl.col("icans_onset_day") > 14).height / n,
        "toxicity_death_day_28": 100.0 * float(np.mean((causes == "toxicity") & (died <= 28))),
        "infection_death_day_90": 100.0 * float(np.mean((causes == "infection") & (died <= 90))),
        "igg_change": 100.0 * float(np.median(igg[never_given, 1] / igg[never_given, 0] - 1.0)),
    }


# ── pages ──


def cytokine_table(found: Weeks) -> str:
    rows = []
    for (name, group), values in bands(found).items():
        shown = {day: (value, low, high) for day, value, low, _, high in values}
        cells = [
            f"{shown[d][0]:.3g} ({shown[d][1]:.3g}–{shown[d][2]:.3g})" if d in shown else "" for d in (1, 3, 5, 7, 9)
        ]
        rows.append([name, group, *cells, f"{100 * share_inside(values):.0f} % of {len(values)}"])
    return table(["analyte", "CRS group", *(f"day {d}" for d in (1, 3, 5, 7, 9)), "days inside"], rows)


def targets() -> list[dict]:
    """Published numbers with their tolerance."""
    return tomllib.loads((PUBLISHED / "aftermath_targets.toml").read_text(encoding="utf-8"))["target"]


def known_misfits() -> dict[tuple[str, str, float], str]:
    """Why a target is missed, by trial, measure and published number."""
    entries = tomllib.loads((PUBLISHED / "aftermath_known_misfits.toml").read_text(encoding="utf-8"))["misfit"]
    return {(one["trial"], one["measure"], one["published"]): one["reason"] for one in entries}


def aftermath_table() -> str:
    rows, known = [], known_misfits()
    for one in targets():
        value = counts(weeks(one["trial"]))[one["measure"]]
        inside = one["low"] <= value <= one["high"]
        verdict = (
            "inside"
            if inside
            else f"misfit: {known.get((one['trial'], one['measure'], one['published']), 'not explained')}"
        )
        rows.append([one["title"], one["trial"], f"{one['published']:g}", f"{one['low']:g}–{one['high']:g}", f"{value:.3g}",
                     verdict, one["source"]])  # fmt: skip
    return table(["measure", "simulated trial", "published", "accepted", "simulated", "", "source"], rows)


def main() -> None:
    """Prints the tables, or writes them into their pages."""
    asked = asking(__doc__)
    asked.add_argument("docs", nargs="?", choices=("docs",), help="write them into the pages")
    docs = asked.parse_args().docs
    words = f"{PATIENTS} enrolled, seed {SEED}, followed for {DAYS} days."
    pages = {
        "cytokines.md": f"ELIANA, {words}\n\n{cytokine_table(weeks('eliana'))}",
        "aftermath.md": f"{words}\n\n{aftermath_table()}",
    }
    for name, text in pages.items():
        if docs:
            write_generated(ROOT / "docs" / name, text)
        else:
            print(text, "\n")


if __name__ == "__main__":
    told(main)
