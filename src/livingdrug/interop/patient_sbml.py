"""One virtual patient as an SBML file: the arm's model with this patient's parameters, lymphodepletion and cells."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from livingdrug.foundation.errors import BadInput
from livingdrug.interop.sbml import export_sbml

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.records.trial import Record as Trial


def export_patient_sbml(
    trial: Trial, arm_name: str, patient: int, seed: int, path: Path | None = None, *, catalog: Catalog
) -> str:
    """The SBML text of one patient of a trial, written to `path` when given.

    Parameters
    ----------
    trial, arm_name
        The plan, and the arm.
    patient, seed
        The patient's number from 1, and the seed of the run it belongs to.
    path
        Where to write the file.
    catalog
        Where the trial's names are looked up.

    Raises
    ------
    BadInput
        The patient was never infused, so there is no course to export.

    Notes
    -----
    SBML time 0 is the first day of treatment; `interop.sbml` says how days are shifted. Rules of the clinic
    (tocilizumab, steroids) are not in the file: their doses depend on what is seen.
    """
    import numpy as np

    from livingdrug.clinic.protocol import check_days
    from livingdrug.course.equations import equations, parameter_quantities
    from livingdrug.course.individuals import patient_parameters
    from livingdrug.course.simulate import planned_doses
    from livingdrug.manufacturing import make
    from livingdrug.population import draw

    arm = trial.arm(arm_name)
    population = catalog.load("population", trial.population)
    cohort = draw(population, np.array([patient], dtype=np.int64), seed, catalog=catalog)
    process = arm.apheresis.making or catalog.load("product", arm.product).making_process
    lots = make(cohort, catalog.load("making", process), catalog.load("disease", trial.disease), arm, seed)
    if not lots.infused[0]:
        raise BadInput(
            f"patient {patient} (seed {seed}) was never infused in arm {arm.name}, so there is no course to export.\n"
            f"  Choose another patient; livingdrug patient {trial.id} --patient {patient} tells what happened."
        )
    ready = equations(trial, arm, catalog)
    quantities = parameter_quantities(trial, arm, catalog, ready.model)
    row = patient_parameters(ready.odes, quantities, population, cohort, lots, seed, clones=ready.model.clones)[0]
    values = dict(zip(ready.odes.parameters, row.tolist(), strict=True))
    checks = check_days(arm, trial.visits, trial.follow_up_days)
    planned = planned_doses(arm, cohort, lots, checks, catalog)
    given = [(float(checks[dose.check]), dose.state, float(dose.amounts[0])) for dose in planned]
    known = {name: value for name, value in values.items() if name in {*ready.model.parameters, *ready.model.neutral}}
    return export_sbml(ready.model, path, parameters=known, doses=given, start_day=arm.first_day)
