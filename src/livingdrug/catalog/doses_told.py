"""What a trial's doses were read as: number, unit and days, to be shown back before anything is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livingdrug.catalog.arms import LABEL_WEIGHT_KG, Arm, Infusion, Portion
from livingdrug.catalog.records.route import INTRAVENOUS

if TYPE_CHECKING:
    from livingdrug.catalog.plan import Plan
    from livingdrug.catalog.records.trial import Trial


def doses_told(arm: Arm) -> list[str]:
    """One line for each drug, and one for the cells.

    Examples
    --------
    >>> from livingdrug.catalog.load import load_trial
    >>> for line in doses_told(load_trial("eliana").arms[0]):
    ...     print(line)
    fludarabine 30 mg/m^2 on days -6, -5, -4, -3
    cyclophosphamide 500 mg/m^2 on days -6, -5
    cells 200000 to 5e+06 cell/kg up to 50 kg, 1e+07 to 2.5e+08 cell above, on day 0
    """
    lines = [
        f"{given.drug} {given.dose_value:g} {given.dose_unit}{' for everybody' if given.dose_unit == 'mg' else ''}"
        f" on day{'s' if len(given.days) > 1 else ''} {', '.join(f'{day:g}' for day in given.days)}"
        for given in arm.drugs
    ]
    if arm.infusion is None:
        return lines
    portions = [f"{_part(portion)}on day {portion.day:g}{_above(portion)}{_by(portion)}" for portion in arm.infusions]
    return [*lines, f"cells {_cells(arm.infusion)}, {', '.join(portions)}"]


def bridging_told(plan: Plan) -> list[str]:
    """A line on who is bridged while the cells are made, and whose number that is; none where nobody waits or nobody may be.

    Examples
    --------
    >>> from livingdrug.catalog.load import default_catalog, load_trial
    >>> from livingdrug.catalog.plan import plan_arm
    >>> for trial, arm in [("transcend_mcl", "liso-cel"), ("juliet", "tisa-cel"), ("zuma_1", "axi-cel")]:
    ...     print(bridging_told(plan_arm(load_trial(trial), arm, default_catalog())))
    ['bridged while waiting: 66 %, told by the trial']
    ['bridged while waiting: 92 %, as in making/tisa_cel_dlbcl_trial (Bishop MR, Blood Adv 2019;3:2230)']
    []
    """
    arm = plan.arm
    if plan.making is None or not arm.bridging.allowed:
        return []
    of_disease = plan.disease.waiting.get("bridged")
    share = of_disease or plan.making.waiting["bridged"]
    place = f"disease/{plan.disease.id}" if of_disease else f"making/{plan.making.id}"
    whose = "told by the trial" if arm.bridging.share else f"as in {place} ({share.source})"
    return [f"bridged while waiting: {100.0 * share.value:g} %, {whose}"]


def _part(portion: Portion) -> str:
    if portion.fixed_cells:
        return f"{portion.fixed_cells:g} cell "
    return "" if portion.share == 1.0 else f"{portion.share:g} of it "


def _by(portion: Portion) -> str:
    return "" if portion.route == INTRAVENOUS else f", {portion.route.replace('_', ' ')}"


def _above(portion: Portion) -> str:
    other = portion.above
    return f" ({other.share:g} of it above a burden of {other.burden_percent:g} %)" if other else ""


def design_told(trial: Trial) -> str:
    """How people come to their arms: the kind, the ratio, the strata and the block.

    Examples
    --------
    >>> from livingdrug.catalog.load import load_trial
    >>> design_told(load_trial("eliana"))
    'design: single arm'
    """
    design, n = trial.planned_design, len(trial.arms)
    if design.kind == "single_arm":
        return "design: single arm"
    if design.kind == "paired":
        implied = "" if trial.design else " (nothing said; write [design] for another)"
        return f"design: paired, the same people in each of {n} arms{implied}"
    ratio = design.ratio or (1,) * n
    parts = [f"{' : '.join(map(str, ratio))} ({' : '.join(arm.name for arm in trial.arms)})"]
    parts.append(f"in blocks of {design.block or 2 * sum(ratio)}")
    strata = [f"{one.covariate} above {', '.join(f'{limit:g}' for limit in one.above)}" for one in design.strata]
    parts.append(f"within strata of {'; '.join(strata)}" if strata else "without strata")
    return f"design: randomised {', '.join(parts)}"


def calendar_told(trial: Trial) -> list[str]:
    """How patients enrol and when the data are cut, one line each; nothing where the trial does not say.

    Examples
    --------
    >>> from livingdrug.catalog.load import load_trial
    >>> calendar_told(load_trial("eliana"))
    []
    """
    enrolment, cutoff = trial.enrolment, trial.data_cutoff
    lines = []
    if enrolment is not None:
        slow = f", rising over the first {enrolment.ramp_up}" if enrolment.ramp_up else ""
        pace = f"over {enrolment.duration}" if enrolment.duration else f"at {enrolment.rate}"
        lines.append(f"enrolment {pace}{slow}, {enrolment.pattern}")
    return [*lines, cutoff.told()] if cutoff is not None else lines


def _cells(infusion: Infusion) -> str:
    if infusion.dose_fixed:
        told = f"{_span(infusion._light)} cell"
    elif infusion.dose_above_50kg:
        told = f"{_span(infusion._light)} cell/kg up to {LABEL_WEIGHT_KG:g} kg, {_span(infusion._heavy)} cell above"
    else:
        told = f"{_span(infusion._light)} cell/kg"
    return told + (f", at most {infusion._ceiling:g} cell" if infusion.dose_at_most else "")


def _span(ends: tuple[float, float]) -> str:
    return f"{ends[0]:g}" if ends[0] == ends[1] else f"{ends[0]:g} to {ends[1]:g}"
