"""Measures the known defects of the model: dose, burden, tocilizumab and steroids, in one typical patient and in many.

    python examples/defects.py                                      prints the tables
    python examples/defects.py docs/mechanisms/defects.md           writes them into the page, between its markers

Every scenario is one row of one simulation, without a guideline: nothing is given but what the scenario says. Extinction
and death from toxicity are switched off, so that only the equations speak. Takes about half a minute, most of it compiling.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from asking import a_page, asking, told, told_and_kept

from livingdrug.catalog.arms import Arm
from livingdrug.catalog.load import default_catalog, load_trial
from livingdrug.catalog.plan import plan_arm
from livingdrug.clinic.protocol import doses
from livingdrug.course.equations import Equations, equations, parameters_of
from livingdrug.engine.ensemble import Dose
from livingdrug.model.pages import table
from livingdrug.population.spread import individual_parameters

PATIENTS, SEED = 200, 11
WEIGHT_KG, BSA_M2, DOSE_PER_KG, BLASTS = 40.0, 1.3, 3.1e6, 0.5
LAST_DAY, CHECKS_PER_DAY = 60, 3
NEVER = 1e9


@dataclass(frozen=True)
class Scenario:
    """What differs from the usual: dose and burden as factors, drugs as (name, mg/kg, days)."""

    name: str
    dose: float = 1.0
    burden: float = 1.0
    drug: str = ""
    mg_per_kg: float = 0.0
    days: tuple[float, ...] = ()


def every(hours: float, first: float, last: float) -> tuple[float, ...]:
    """Days from first to last in steps of so many hours, on the checks."""
    return tuple(np.round(np.arange(first, last + 1e-9, hours / 24) * CHECKS_PER_DAY) / CHECKS_PER_DAY)


SCENARIOS = (
    Scenario("usual"),
    Scenario("dose / 10", dose=0.1),
    Scenario("dose x 3", dose=3.0),
    Scenario("burden / 100", burden=0.01),
    Scenario("burden / 10", burden=0.1),
    Scenario("burden x 3", burden=3.0),
    Scenario("tocilizumab 8 mg/kg on day 3", drug="tocilizumab", mg_per_kg=8.0, days=(3.0,)),
    Scenario("tocilizumab 8 mg/kg on day 5", drug="tocilizumab", mg_per_kg=8.0, days=(5.0,)),
    Scenario(
        "methylprednisolone 2 mg/kg daily, days 5 to 8", drug="methylprednisolone", mg_per_kg=2.0, days=every(24, 5, 8)
    ),
    Scenario(
        "methylprednisolone 2 mg/kg daily, days 2 to 8", drug="methylprednisolone", mg_per_kg=2.0, days=every(24, 2, 8)
    ),
    Scenario(
        "dexamethasone 10 mg every 8 h, days 5 to 8",
        drug="dexamethasone",
        mg_per_kg=10 / WEIGHT_KG,
        days=every(8, 5, 8),
    ),
)


def simulate(
    ready: Equations, quantities: dict, arm: Arm, patients: np.ndarray, *, spread: bool
) -> dict[str, np.ndarray]:
    """Outputs by name, each shaped (scenarios, patients, checks), and `day`."""
    catalog, names = default_catalog(), list(ready.odes.parameters)
    n, shape = len(patients), (len(SCENARIOS), len(patients))
    own = individual_parameters(quantities, patients, SEED, between_patient=spread)
    values = dict(zip(names, ready.odes.defaults, strict=True)) | own
    values |= {"weight": WEIGHT_KG, "bsa": BSA_M2, "age": 11.0, "toxicity_threshold": NEVER}
    values |= {name: 0.0 for name in names if name.startswith("extinction_")}
    full_marrow = own["tumour_capacity"] * WEIGHT_KG / own["reference_weight"]
    burden = np.array([one.burden for one in SCENARIOS])[:, None] * BLASTS * full_marrow
    rows = {name: np.broadcast_to(value, shape) for name, value in values.items()} | {"tumour_start": burden}
    parameters = np.ascontiguousarray(np.stack([rows[name].ravel() for name in names], axis=1))

    first = int(arm.first_day)
    checks = np.arange((LAST_DAY - first) * CHECKS_PER_DAY + 1) / CHECKS_PER_DAY + first
    at = lambda day: int(np.argmin(np.abs(checks - day)))  # noqa: E731
    given = [Dose(at(0), "car_t_infused", np.repeat([one.dose * DOSE_PER_KG * WEIGHT_KG for one in SCENARIOS], n))]
    for planned in doses(arm, np.array([WEIGHT_KG]), np.array([BSA_M2])):
        drug = catalog.load("drug", planned.drug)
        given.append(
            Dose(
                at(planned.day),
                drug.enters,
                np.full(n * len(SCENARIOS), planned.milligrams[0] * drug.amount_per_mg.value),
            )
        )
    for row, one in enumerate(SCENARIOS):
        for day in one.days:
            drug = catalog.load("drug", one.drug)
            amounts = np.zeros(shape)
            amounts[row] = one.mg_per_kg * WEIGHT_KG * drug.amount_per_mg.value
            given.append(Dose(at(day), drug.enters, amounts.ravel()))
    course = ready.compiled.run(parameters, checks, np.ones(len(checks), dtype=bool), given)
    if (course.status >= 2).any():
        raise RuntimeError(f"{int((course.status >= 2).sum())} courses did not finish")
    found = {name: course.outputs[:, :, i].reshape(*shape, len(checks)) for i, name in enumerate(ready.outputs)}
    return {**found, "day": checks}


def measures(found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What is compared, each shaped (scenarios, patients)."""
    day, first_month = found["day"], (found["day"] >= 0) & (found["day"] <= 28)
    cells, fever = found["car_t_per_ul"][:, :, first_month], found["temperature"][:, :, first_month] >= 38
    start = day[first_month]
    # the first day still holds the bolus of cells waiting to engraft
    late = start >= 1
    return {
        "Cmax": cells[:, :, late].max(axis=2),
        "Tmax": start[late][cells[:, :, late].argmax(axis=2)],
        "AUC 0-28": np.trapezoid(cells, start, axis=2),
        "IFN peak": found["ifn_gamma"][:, :, first_month].max(axis=2),
        "IL-6 peak": found["il6"][:, :, first_month].max(axis=2),
        "fever days": fever.sum(axis=2) / CHECKS_PER_DAY,
        "vasoplegia": found["vasoplegia"][:, :, first_month].max(axis=2),
        "brain": found["brain"][:, :, first_month].max(axis=2),
        "lowest log10 blasts": np.log10(np.maximum(found["tumour_total"].min(axis=2), 1e-3)),
    }


def text() -> str:
    """Both tables as Markdown."""
    catalog, trial = default_catalog(), load_trial("eliana")
    arm = trial.arms[0]
    arm = arm.model_copy(update={"management": arm.management.model_copy(update={"guideline": "no_treatment"})})
    plan = plan_arm(trial.model_copy(update={"arms": (arm,)}), arm.name, catalog)
    ready, quantities = equations(plan), parameters_of(plan)
    typical = measures(simulate(ready, quantities, arm, np.array([1]), spread=False))
    many = measures(simulate(ready, quantities, arm, np.arange(1, PATIENTS + 1), spread=True))

    header = ["scenario", *typical]
    rows = [[one.name, *(f"{typical[key][i, 0]:.3g}" for key in typical)] for i, one in enumerate(SCENARIOS)]
    ratio_keys = ["Cmax", "AUC 0-28", "IFN peak", "IL-6 peak"]
    shift_keys = ["Tmax", "fever days", "vasoplegia", "brain"]
    ratios = []
    for i, one in enumerate(SCENARIOS[1:], start=1):
        cells = [f"x {np.median(many[key][i] / many[key][0]):.2f}" for key in ratio_keys]
        cells += [f"{np.median(many[key][i] - many[key][0]):+.2f}" for key in shift_keys]
        ratios.append([one.name, *cells])
    return (
        "The first proposal (before calibration, adult with lymphoma-like burden) against the model as it is.\n\n"
        + table(["measure", "first proposal", "now"], summary(typical))
        + f"\n\nOne typical patient ({WEIGHT_KG:g} kg, {100 * BLASTS:g} % blasts, {DOSE_PER_KG:.2g} cells/kg). CAR T cells in cells/uL,"
        " cytokines in pg/mL, days; vasoplegia and brain from 0 to 1.\n\n"
        + table(header, rows)
        + f"\n\nThe same in {PATIENTS} patients of that size with their spread: median of each patient's ratio to, or difference"
        " from, the usual.\n\n"
        + table(["scenario", *ratio_keys, *(f"{key}, difference" for key in shift_keys)], ratios)
    )


# Numbers of the uncalibrated first proposal, computed with its prototype: dose, burden and steroids one at a time.
FIRST = {
    "dose / 10": 0.18,
    "dose x 3": 1.87,
    "steroid": 0.45,
    "tocilizumab IL-6": 3.9,
    "tocilizumab": 1.0,
    "IL-6 power": 0.048,
}


def summary(typical: dict[str, np.ndarray]) -> list[list[str]]:
    """Each defect as one number: before and now, typical patient."""
    row = {one.name: i for i, one in enumerate(SCENARIOS)}

    def ratio(key: str, scenario: str) -> float:
        return float(typical[key][row[scenario], 0] / typical[key][0, 0])

    def power(key: str) -> float:
        least, most = (typical[key][row[name], 0] for name in ("burden / 100", "burden x 3"))
        return float(np.log(most / least) / np.log(300.0))

    tmax = [f"{typical['Tmax'][row[name], 0]:.1f}" for name in ("burden / 10", "usual", "burden x 3")]
    methyl, dexa = (next(name for name in row if name.startswith(drug)) for drug in ("methylpred", "dexa"))
    toci = "tocilizumab 8 mg/kg on day 3"
    return [
        ["Cmax, a tenth of the dose", f"x {FIRST['dose / 10']:.2f}", f"x {ratio('Cmax', 'dose / 10'):.2f}"],
        ["Cmax, three times the dose", f"x {FIRST['dose x 3']:.2f}", f"x {ratio('Cmax', 'dose x 3'):.2f}"],
        ["Tmax at burden / 10, usual, x 3 [day]", "6.4, 9.9, 15.2 (x 8)", ", ".join(tmax)],
        ["IL-6 peak rises as burden to the power", f"{FIRST['IL-6 power']:.2f}", f"{power('IL-6 peak'):.2f}"],
        ["IFN peak rises as burden to the power", "0.49", f"{power('IFN peak'):.2f}"],
        ["Cmax rises as burden to the power", "0.41", f"{power('Cmax'):.2f}"],
        ["Cmax under tocilizumab on day 3", f"x {FIRST['tocilizumab']:.2f}", f"x {ratio('Cmax', toci):.2f}"],
        [
            "IL-6 peak under tocilizumab on day 3",
            f"x {FIRST['tocilizumab IL-6']:.1f}",
            f"x {ratio('IL-6 peak', toci):.1f}",
        ],
        [
            "Cmax under dexamethasone, days 5 to 8",
            f"x {FIRST['steroid']:.2f} (60 ng/mL held)",
            f"x {ratio('Cmax', dexa):.2f} (10 mg every 8 h)",
        ],
        ["Cmax under methylprednisolone, days 5 to 8", "", f"x {ratio('Cmax', methyl):.2f} (2 mg/kg daily)"],
    ]


def main() -> None:
    """Prints the tables, and writes them into a page."""
    asked = asking(__doc__)
    asked.add_argument("page", type=a_page, nargs="?", help="page to write it into")
    page = asked.parse_args().page
    told_and_kept(text(), page)


if __name__ == "__main__":
    told(main)
