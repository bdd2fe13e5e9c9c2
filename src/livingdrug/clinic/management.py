"""A guideline as a program: at every check, signs become grades, grades become doses, and limits always hold.

Order of one check:

    flags      fever treated, admitted, hours on vasopressors
    grades     every scale, its maximum and its onset
    wanted     each rule's condition, from the signs before any dose of this check
    given      rule by rule, in the guideline's order, inside the drug's limits
    remember   the signs at this check and at each dose
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.arms import CYCLE
from livingdrug.catalog.records.drug import Drug
from livingdrug.catalog.records.guideline import Dose, Guideline, Limit, Rule
from livingdrug.catalog.records.scale import Scale
from livingdrug.catalog.signs import SHIPPED, Signs
from livingdrug.clinic.grading import grade_formula
from livingdrug.engine.program import NEVER, CheckProgram, without_never
from livingdrug.foundation.errors import CatalogError, did_you_mean
from livingdrug.foundation.expressions import is_condition, read_formula

MOMENT = 1e-6
"""Days; checks on thirds of a day are not exact in floating point, so intervals are compared with this slack."""

PATIENT_PARAMETERS = ("weight", "age", "bsa")


@dataclass(frozen=True)
class RuleInfo:
    """What a firing means.

    Attributes
    ----------
    id, drug
        Rule and drug as in the catalogue.
    firing
        Name of the program's local; its nonzero value is the dose in `unit`.
    unit
        Unit of the logged amount.
    reason
        Template with names in braces.
    reads
        Signs and grades the reason names: record these to tell it.
    """

    id: str
    drug: str
    firing: str
    unit: str
    reason: str
    reads: tuple[str, ...]


def reason_text(rule: RuleInfo, values: Mapping[str, float]) -> str:
    """The reason of one firing, filled from that check's signs and grades.

    Examples
    --------
    >>> rule = RuleInfo("a", "tocilizumab", "given_a_mg", "mg", "Penn grade {crs_penn} at {temperature} degC",
    ...                 ("crs_penn", "temperature"))
    >>> reason_text(rule, {"crs_penn": 3.0, "temperature": 39.42})
    'Penn grade 3 at 39.4 degC'
    """

    columns = {name: np.array([value]) for name, value in values.items()}
    return reason_texts(rule, columns, 1)[0]


def reason_texts(rule: RuleInfo, values: Mapping[str, NDArray[np.float64]], n: int) -> list[str]:
    """The reasons of n firings of a rule, filled from the signs and grades of their checks, each shaped (n,)."""
    parts = re.split(r"{(\w+)}", rule.reason)
    texts = [parts[:1] * n]
    for name, after in zip(parts[1::2], parts[2::2], strict=True):
        shown = ["unknown"] * n
        if name in values:
            met, place = np.unique(without_never(name, values[name]), return_inverse=True)
            words = [_shown(value) for value in met.tolist()]
            shown = [words[k] for k in place]
        texts += [shown, [after] * n]
    return list(map("".join, zip(*texts, strict=True)))


def _shown(value: float) -> str:
    if value != value:
        return "unknown"
    return str(round(value)) if abs(value - round(value)) < 1e-9 else f"{value:.1f}"


def compile_guideline(
    guideline: Guideline,
    scales: Mapping[str, Scale],
    drugs: Mapping[str, Drug],
    *,
    active_until_day: float,
    signs: Signs = SHIPPED,
    seen: Collection[str] = (),
) -> tuple[CheckProgram, list[RuleInfo]]:
    """A guideline as a check program, and what its firings mean.

    The program leaves each scale's grade in a local of the scale's id; it remembers `n_<drug>`, `last_<drug>_day`,
    `first_<drug>_day`, `max_<scale>`, `onset_<scale>_day` (`NEVER` before), `fever_treated` and `admitted`, and of a regimen `<drug>_per_cycle`. It reads `dead`, a memory that the program joined before it owns; nothing happens once it is set.

    Formulas of rules may read signs, flags, grades, the guideline's definitions, `weight`, `age`, `bsa`, `time` [day],
    `n_<drug>`, `n_<rule>`, `step_<rule>` (firings since last restarted), `hours_since_<drug>` (huge when never given),
    `hours_since_first_<drug>` (very negative when never given), `max_<scale>`, `<sign>_before` (previous check) and
    `<sign>_at_<drug>` (at the drug's last dose).

    Parameters
    ----------
    guideline
        The policy.
    scales
        Scale id -> record; all are graded, the guideline's own must be among them.
    drugs
        Drug id -> record, for every drug the rules give.
    active_until_day, signs
        Acute rules fire from day 0 to this day; rules marked long_term go on to the end. The signs there are.
    seen
        Outputs of the model: reported signs among them that are seen at checks.

    Raises
    ------
    CatalogError
        A rule reads a name nobody provides, or a scale or drug is missing.
    """
    _complete(guideline, scales, drugs)
    known = _known_names(guideline, scales, signs)
    used = _used_names(guideline, known, signs)
    memory: dict[str, float] = {}
    statements: list[tuple[str, str]] = [("in_care", "1 if dead == 0 and time >= 0 else 0")]
    _flags(guideline, statements, memory)
    _grades(scales.values(), signs, seen, statements, memory)

    # wanted: every condition is read before any dose of this check is given
    for drug in guideline.drugs:
        statements.append((f"hours_since_{drug}", f"(time - last_{drug}_day + {MOMENT!r}) * 24"))
        statements.append((f"hours_since_first_{drug}", f"(time - first_{drug}_day + {MOMENT!r}) * 24"))
    statements.extend((name, _defined(text)) for name, text in guideline.define.items())
    for rule in guideline.rule:
        _wanted(rule, active_until_day, statements, memory)
    for sign in signs.moment:
        if any(f"{sign}_at_{drug}" in used for drug in guideline.drugs) or f"{sign}_before" in used:
            statements.append((f"{sign}_now", sign))

    # given: in the guideline's order, inside the limits
    infos = []
    memory.update(_of_drugs(guideline, signs, used))
    for rule in guideline.rule:
        drug, named = drugs[rule.drug], guideline.episode.fever_treated_by
        if drug.counted_in == CYCLE:  # remembered, not written into the code: parameter sets differ in it
            memory[_per_cycle(rule.drug)] = drug.amount_per_unit
        treats_fever = rule.drug in named if named else drug.lowers_fever
        kept = [sign for sign in signs.moment if f"{sign}_at_{rule.drug}" in used]
        statements.extend(_given(rule, guideline.limit[rule.drug], drug, treats_fever, kept))
        infos.append(
            RuleInfo(rule.id, rule.drug, f"given_{rule.id}_mg", drug.counted_in, rule.reason, rule.reason_names)
        )

    for sign in signs.moment:
        if f"{sign}_before" in used:
            memory[f"{sign}_before"] = signs[sign].well
            statements.append((f"{sign}_before", f"{sign}_now"))
    _refuse_own_names(guideline, scales, statements, memory)
    return CheckProgram(tuple(statements), memory, tuple(info.firing for info in infos), None, _entered(drugs)), infos


def _of_drugs(guideline: Guideline, signs: Signs, used: Collection[str]) -> dict[str, float]:
    """What is remembered of each drug, before any was given."""
    memory: dict[str, float] = {}
    for drug in guideline.drugs:
        memory.update({f"n_{drug}": 0.0, f"last_{drug}_day": -NEVER, f"first_{drug}_day": NEVER})
        for back in range(2, (guideline.limit[drug].at_most_in_24_hours or 1) + 1):
            memory[f"dose_{back}_back_{drug}_day"] = -NEVER
        memory.update({f"{sign}_at_{drug}": signs[sign].well for sign in signs.moment if f"{sign}_at_{drug}" in used})
    return memory


def _defined(text: str) -> str:
    """A definition's value: 1 or 0 of a condition, otherwise what it comes to."""
    return f"1 if ({text}) else 0" if is_condition(text) else text


def _entered(drugs: Mapping[str, Drug]) -> frozenset[str]:
    """States of the model that a dose of any of these changes."""
    return frozenset(drug.enters for drug in drugs.values() if drug.enters)


def _refuse_own_names(
    guideline: Guideline, scales: Collection[str], statements: list[tuple[str, str]], memory: Mapping[str, float]
) -> None:
    """A definition or scale has a name that nothing else in the program assigns or remembers: one of the two would be lost."""
    names = [name for name, _ in statements]
    for kind, own in (("definition", guideline.define), ("scale", scales)):
        if taken := [name for name in own if name in memory or names.count(name) > 1]:
            raise CatalogError(
                f'guideline "{guideline.id}": "{taken[0]}" is a name that the program of every guideline keeps for itself.\n'
                f"  Give the {kind} another name."
            )


def _flags(guideline: Guideline, statements: list[tuple[str, str]], memory: dict[str, float]) -> None:
    """Fever counts as treated until an episode has been quiet long enough; admission follows the guideline."""
    episode, admission = guideline.episode, guideline.admission
    memory.update({"fever_treated": 0.0, "admitted": 0.0, "quiet_since_day": NEVER, "pressor_since_day": NEVER})
    over = f"time - quiet_since_day >= {episode.ends_after_hours!r} / 24 - {MOMENT!r}"
    statements += [
        ("quiet_since_day", f"{NEVER!r} if ({episode.active_when}) else min(quiet_since_day, time)"),
        ("fever_treated", f"0 if in_care == 0 or {over} else 1 if ({episode.fever_treated_when}) else fever_treated"),
        ("pressor_since_day", f"min(pressor_since_day, time) if in_care and pressor_level >= 2 else {NEVER!r}"),
        ("pressor_hours", "max(time - pressor_since_day, 0) * 24"),
    ]
    if admission:
        statements.append(
            (
                "admitted",
                f"0 if in_care == 0 else 1 if ({admission.when})"
                f" else 0 if ({admission.discharge_when}) or {over} else admitted",
            )
        )


def _grades(
    scales: Iterable[Scale],
    signs: Signs,
    seen: Collection[str],
    statements: list[tuple[str, str]],
    memory: dict[str, float],
) -> None:
    for scale in scales:
        for name, text in grade_formula(scale, without=("died_of_toxicity",), known=signs, seen=seen):
            statements.append((name, f"({text}) if {'in_care' if scale.after_infusion else 'dead == 0'} else 0"))
        memory.update({f"max_{scale.id}": 0.0, f"onset_{scale.id}_day": NEVER})
        statements.append((f"max_{scale.id}", f"max(max_{scale.id}, {scale.id})"))
        statements.append(
            (f"onset_{scale.id}_day", f"min(onset_{scale.id}_day, time) if {scale.id} >= 1 else onset_{scale.id}_day")
        )


def _wanted(rule: Rule, active_until_day: float, statements: list[tuple[str, str]], memory: dict[str, float]) -> None:
    memory.update({f"n_{rule.id}": 0.0, f"step_{rule.id}": 0.0})
    allowed = f"in_care and time >= {rule.from_day!r}"
    if not rule.long_term:
        allowed += f" and time <= {active_until_day + MOMENT!r}"
    if rule.at_most_doses is not None:
        allowed += f" and n_{rule.id} < {rule.at_most_doses}"
    if rule.persists_hours > 0:
        since = f"held_since_{rule.id}_day"
        memory[since] = NEVER
        statements.append((since, f"min({since}, time) if in_care and ({rule.when}) else {NEVER!r}"))
        held = f"time - {since} >= {rule.persists_hours!r} / 24 - {MOMENT!r}"
        statements.append((f"wanted_{rule.id}", f"1 if {allowed} and {held} else 0"))
    else:
        statements.append((f"wanted_{rule.id}", f"1 if {allowed} and ({rule.when}) else 0"))


def _given(rule: Rule, limit: Limit, drug: Drug, treats_fever: bool, remembered: list[str]) -> list[tuple[str, str]]:
    name, given = rule.drug, f"given_{rule.id}_mg"
    inside = [f"time - last_{name}_day >= {limit.min_interval_days!r} - {MOMENT!r}"]
    if limit.at_most_doses is not None:
        inside.append(f"n_{name} < {limit.at_most_doses}")
    if limit.at_most_in_24_hours is not None:
        k = limit.at_most_in_24_hours
        oldest = f"dose_{k}_back_{name}_day" if k > 1 else f"last_{name}_day"
        inside.append(f"time - {oldest} >= 1 - {MOMENT!r}")
    statements = [(given, f"{_milligrams(rule.dose, limit)} if wanted_{rule.id} and {' and '.join(inside)} else 0")]
    if not drug.supportive:
        per_unit = _per_cycle(name) if drug.counted_in == CYCLE else f"{drug.amount_per_unit!r}"
        per_unit += f" / {drug.amount_scales_with}" if drug.amount_scales_with else ""
        statements.append((drug.enters, f"{drug.enters} + {given} * {per_unit}"))
    statements += [
        (f"n_{name}", f"n_{name} + 1 if {given} > 0 else n_{name}"),
        (f"n_{rule.id}", f"n_{rule.id} + 1 if {given} > 0 else n_{rule.id}"),
        (f"step_{rule.id}", f"step_{rule.id} + 1 if {given} > 0 else step_{rule.id}"),
        (f"first_{name}_day", f"min(first_{name}_day, time) if {given} > 0 else first_{name}_day"),
    ]
    for back in range(limit.at_most_in_24_hours or 1, 1, -1):
        newer = f"dose_{back - 1}_back_{name}_day" if back > 2 else f"last_{name}_day"
        this = f"dose_{back}_back_{name}_day"
        statements.append((this, f"{newer} if {given} > 0 else {this}"))
    statements.append((f"last_{name}_day", f"time if {given} > 0 else last_{name}_day"))
    if treats_fever:
        statements.append(("fever_treated", f"1 if {given} > 0 else fever_treated"))
    statements += [(f"step_{other}", f"0 if {given} > 0 else step_{other}") for other in rule.restarts]
    statements += [(f"{sign}_at_{name}", f"{sign}_now if {given} > 0 else {sign}_at_{name}") for sign in remembered]
    return statements


def _per_cycle(drug: str) -> str:
    return f"{drug}_per_cycle"


def _milligrams(dose: Dose, limit: Limit) -> str:
    if dose.mg_fixed is not None:
        text = f"{dose.mg_fixed!r}"
    elif dose.kg_below is not None:
        text = f"({dose.mg_per_kg_below!r} if weight < {dose.kg_below!r} else {dose.mg_per_kg!r}) * weight"
    else:
        text = f"{dose.mg_per_kg!r} * weight"
    # The factor acts on what the patient would get: half of a capped dose is half the cap.
    if dose.mg_at_most is not None:
        text = f"min({text}, {dose.mg_at_most!r})"
    if dose.factor:
        text = f"({dose.factor}) * ({text})"
    if limit.mg_at_most is not None:
        text = f"min({text}, {limit.mg_at_most!r})"
    return text


def _known_names(guideline: Guideline, scales: Mapping[str, Scale], signs: Signs) -> set[str]:
    known = {*signs.moment, *signs.flags, *scales, *PATIENT_PARAMETERS, "time", "in_care", "dead"} - {
        "died_of_toxicity"
    }
    for name in (*guideline.define, *(rule.id for rule in guideline.rule)):
        if name in known or name in guideline.drugs:
            raise CatalogError(
                f'guideline "{guideline.id}": "{name}" is already the name of a sign, grade, drug or patient value.\n'
                "  Give the rule or definition another name."
            )
    known |= set(guideline.define)
    known |= {f"max_{name}" for name in scales} | {f"onset_{name}_day" for name in scales}
    known |= {f"{sign}_before" for sign in signs.moment}
    for drug in guideline.drugs:
        known |= {f"n_{drug}", f"last_{drug}_day", f"hours_since_{drug}", f"hours_since_first_{drug}"}
        known |= {f"{sign}_at_{drug}" for sign in signs.moment}
    for rule in guideline.rule:
        known |= {f"n_{rule.id}", f"step_{rule.id}"}
    return known


def _used_names(guideline: Guideline, known: set[str], signs: Signs) -> set[str]:
    """Every name the guideline's formulas read, each of them known; definitions only read earlier ones."""
    flags_only = {*signs.moment, *signs.flags}
    texts = [("episode.active_when", guideline.episode.active_when, flags_only)]
    texts.append(("episode.fever_treated_when", guideline.episode.fever_treated_when, flags_only))
    if guideline.admission:
        texts.append(("admission.when", guideline.admission.when, flags_only))
        texts.append(("admission.discharge_when", guideline.admission.discharge_when, flags_only))
    later = set(guideline.define)
    for name, text in guideline.define.items():
        texts.append((f"define.{name}", text, known - later))
        later.discard(name)
    for rule in guideline.rule:
        texts.append((f"rule {rule.id}, when", rule.when, known))
        if rule.dose.factor:
            texts.append((f"rule {rule.id}, dose.factor", rule.dose.factor, known))
        texts.append((f"rule {rule.id}, reason", " + ".join(rule.reason_names) or "0", known))
    used: set[str] = set()
    for where, text, allowed in texts:
        names = set(read_formula(text).names)
        for name in sorted(names - allowed):
            guess = did_you_mean(name, allowed, cutoff=0.6)
            raise CatalogError(
                f'guideline "{guideline.id}", {where}: nobody provides "{name}".{guess}\n'
                "  A guideline may read signs, flags, grades of its scales, its definitions (earlier ones), patient"
                " weight, age and bsa, and what compile_guideline remembers."
            )
        used |= names
    return used


def _complete(guideline: Guideline, scales: Mapping[str, Scale], drugs: Mapping[str, Drug]) -> None:
    for kind, wanted, given in (("scale", guideline.scales, scales), ("drug", guideline.drugs, drugs)):
        missing = [name for name in wanted if name not in given]
        if missing:
            raise CatalogError(
                f'guideline "{guideline.id}" needs the {kind} {", ".join(missing)}; given: {", ".join(given) or "none"}.\n'
                f"  Load it from the catalogue and pass it in `{kind}s`."
            )
