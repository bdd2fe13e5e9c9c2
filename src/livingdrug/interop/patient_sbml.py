"""One virtual patient as an SBML file: the arm's model with this patient's parameters, lymphodepletion and cells."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from livingdrug.foundation.errors import BadInput
from livingdrug.interop.sbml import export_sbml

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.records.trial import Trial


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

    from livingdrug.course.equations import parameters_of, title_of
    from livingdrug.course.simulate import start
    from livingdrug.manufacturing import make
    from livingdrug.population import draw
    from livingdrug.trial.door import planned
    from livingdrug.trial.standing import standing

    record, (plan,) = planned(trial, catalog, arms=[arm_name])
    cohort = draw(plan.population, np.array([patient], dtype=np.int64), seed)
    lots = make(plan, cohort, parameters_of(plan), seed)
    if not lots.treated[0]:
        raise BadInput(
            f"patient {patient} (seed {seed}) was never infused in arm {plan.arm.name}, so there is no course to export.\n"
            f"  Choose another patient; livingdrug patient {trial.id} --patient {patient} tells what happened."
        )
    begin = start(plan, cohort, lots, seed)
    model, values = (
        begin.ready.model.called(title_of(plan)),
        dict(zip(begin.ready.odes.parameters, begin.parameters[0].tolist(), strict=True)),
    )
    given = [(float(begin.days[dose.check]), dose.state, float(dose.amounts[0])) for dose in begin.doses]
    known = {name: value for name, value in values.items() if name in {*model.parameters, *model.neutral}}
    return export_sbml(
        model,
        path,
        parameters=known,
        doses=given,
        start_day=plan.arm.first_day,
        standing="; ".join(standing(record, [plan])),
    )
