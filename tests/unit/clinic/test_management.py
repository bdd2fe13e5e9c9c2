"""Rules as programs. Expected doses, intervals and limits are those of the Kymriah label 2018, section 2.4, table 1."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.catalog.load import Catalog
from livingdrug.catalog.records.guideline import Guideline
from livingdrug.catalog.signs import SHIPPED
from livingdrug.clinic.management import RuleInfo, compile_guideline, reason_text
from livingdrug.engine.program import NEVER, CheckProgram, joined
from livingdrug.foundation.errors import CatalogError
from livingdrug.foundation.expressions import read_formula

CATALOG = Catalog()
WELL = {name: sign.well for name, sign in SHIPPED.moment.items()}
CHECKS = np.concatenate([[-6.0, -1.0], np.arange(0, 106) / 3])
LIFE = CheckProgram(statements=(("dead", "1 if time >= dies_day else dead"),), memory={"dead": 0.0})


def compiled(name, until=60.0):
    guideline = name if isinstance(name, Guideline) else CATALOG.load("guideline", name)
    scales = {scale: CATALOG.load("scale", scale) for scale in guideline.scales}
    drugs = {drug: CATALOG.load("drug", drug) for drug in guideline.drugs}
    program, rules = compile_guideline(guideline, scales, drugs, active_until_day=until)
    return joined(LIFE, program), {rule.firing: rule for rule in rules}


STATES = tuple(sorted({CATALOG.load("drug", name).enters for name in CATALOG.names("drug")} - {""}))


def run(program, path, days=CHECKS, *, weight=40.0, age=30.0, dies_day=1e9):
    """A check program on one patient, in plain Python: signs at each check -> log of (day, firing, value), memories."""
    memory, states, log, locals_seen = dict(program.memory), dict.fromkeys(STATES, 0.0), [], []
    states["igg"] = 9.0
    for k, day in enumerate(days):
        seen = path(day) if callable(path) else {name: values[k] for name, values in path.items()}
        values = {
            **WELL,
            **states,
            "weight": weight,
            "age": age,
            "dies_day": dies_day,
            **seen,
            "time": float(day),
            **memory,
        }
        for name, text in program.statements:
            result = float(read_formula(text).evaluate(values))
            values[name] = result
            if name in memory:
                memory[name] = result
            if name in states and name not in seen:
                states[name] = result
        log += [(float(day), name, values[name]) for name in program.firings if values[name] != 0]
        locals_seen.append(values)
    return log, memory, locals_seen


def drug_log(log, rules, drug):
    return [(day, amount) for day, firing, amount in log if rules[firing].drug == drug]


def severe_from(day, until=1e9, level=3.0):
    def signs(t):
        on = day <= t <= until
        return {"temperature": 39.5 if on else 37.0, "pressor_level": level if on else 0.0}

    return signs


@pytest.mark.parametrize(("weight", "milligrams"), [(20, 240), (29.9, 358.8), (30, 240), (60, 480), (110, 800)])
def test_tocilizumab_dose_by_weight(weight, milligrams):
    """Label: 12 mg/kg below 30 kg, 8 mg/kg from 30 kg, at most 800 mg."""
    program, rules = compiled("kymriah_label_2018")
    log, _, seen = run(program, severe_from(3.0, until=3.1), weight=weight)
    assert drug_log(log, rules, "tocilizumab") == [(3.0, pytest.approx(milligrams))]
    assert seen[-1]["tocilizumab_central"] == pytest.approx(milligrams)


def test_fever_or_fluids_alone_get_no_tocilizumab():
    """Label: mild CRS gets antipyretics, oxygen, fluids and low-dose vasopressors only."""
    program, _rules = compiled("kymriah_label_2018")
    for level in (0.0, 1.0):
        log, *_ = run(program, severe_from(2.0, until=8.0, level=level))
        assert not log
    slowly = lambda t: {"temperature": 39.0, "pressor_level": min(2.0, max(0.0, np.floor(t - 2)))}  # noqa: E731
    assert not run(program, slowly)[0]


def test_refractory_course_follows_the_label():
    """Label: steroid when no better 12-18 h after the first tocilizumab, 2 mg/kg a day; at most 4 tocilizumab doses."""
    program, rules = compiled("kymriah_label_2018")
    log, memory, _ = run(program, severe_from(3.0, until=9.0), weight=50.0)
    tocilizumab = drug_log(log, rules, "tocilizumab")
    assert [round(day - 3, 2) for day, _ in tocilizumab] == [0, 1, 2, 3]
    steroid = drug_log(log, rules, "methylprednisolone")
    assert 12 / 24 <= steroid[0][0] - 3.0 <= 18 / 24
    on, off = [a for d, a in steroid if d <= 9.0], [a for d, a in steroid if d > 9.0]
    assert on == [pytest.approx(100.0)] * len(on)
    assert off == [pytest.approx(50.0), pytest.approx(25.0), pytest.approx(12.5)]
    assert memory["n_tocilizumab"] == 4
    assert memory["max_crs_penn"] == 4
    assert memory["onset_crs_penn_day"] == pytest.approx(3.0)


def test_improvement_spares_steroid_and_second_dose():
    """Label: a repeat and steroids only without clinical improvement."""
    program, rules = compiled("kymriah_label_2018")

    def better(t):
        return {
            "temperature": 39.0 if t >= 3 else 37,
            "pressor_level": 3.0 if 3 <= t < 3.3 else 1.0 if 3.3 < t < 6 else 0.0,
        }

    log, *_ = run(program, better)
    assert [rules[firing].id for _, firing, _ in log] == ["tocilizumab_first"]


def test_worsening_brings_the_steroid_at_once():
    """Label: worsening at any time after tocilizumab."""
    program, rules = compiled("kymriah_label_2018")
    worse = lambda t: {"temperature": 39.5, "pressor_level": 0.0 if t < 3 else 3.0 if t < 3.3 else 4.0}  # noqa: E731
    log, *_ = run(program, worse)
    assert drug_log(log, rules, "methylprednisolone")[0][0] == pytest.approx(3 + 1 / 3)


def test_nothing_before_infusion_after_death_or_after_the_acute_phase():
    """A dead patient, one not yet infused and one long after are not treated for CRS."""
    program, _ = compiled("kymriah_label_2018", until=5.0)
    assert not run(program, severe_from(-6.0, until=-0.5))[0]
    log, memory, _ = run(program, severe_from(3.0), dies_day=3.0)
    assert not log
    assert memory["max_crs_penn"] == 0
    assert not run(program, severe_from(6.0))[0]


def test_immunoglobulin_every_four_weeks_for_years():
    """PMC11272770 table 1: IgG of 400 mg/dL or less; 400 mg/kg every 4 weeks; 80 mL/kg turn it into +5 g/L."""
    program, rules = compiled("kymriah_label_2018")
    days = np.arange(0, 730.0, 7)
    log, *_ = run(program, lambda t: {"igg": 3.0}, days=days)
    given = drug_log(log, rules, "immunoglobulin")
    assert [day for day, _ in given] == list(np.arange(0, 730.0, 28))
    assert given[0][1] == pytest.approx(400 * 40)
    _, _, seen = run(program, lambda t: {} if t else {"igg": 4.0}, days=np.array([0.0]))
    assert seen[0]["igg"] == pytest.approx(4.0 + 5.0, abs=0.5)


def test_no_treatment_still_grades():
    """The empty policy: no firing, grades by the Penn table."""
    program, rules = compiled("no_treatment")
    log, memory, _ = run(program, severe_from(3.0))
    assert not log
    assert not rules
    assert (memory["max_crs_penn"], memory["max_crs_astct"]) == (4, 3)


def test_febrile_neutropenia_is_admitted_and_penn_two():
    """Penn grade 2 includes hospitalisation for febrile neutropenia (doi 10.1186/s13045-018-0653-x table 1)."""
    program, _ = compiled("no_treatment")
    sick = lambda t: {"temperature": 39.0 if 2 <= t < 4 else 37.0, "neutrophils": 0.1}  # noqa: E731
    _, memory, seen = run(program, sick)
    assert memory["max_crs_penn"] == 2
    assert memory["max_crs_astct"] == 1
    assert seen[-1]["admitted"] == 0
    assert seen[-1]["crs_penn"] == 0


def test_astct_keeps_the_grade_when_treatment_hides_the_fever():
    """PMC8021214 table 1: after antipyretics, tocilizumab or steroids fever is no longer required."""
    program, _ = compiled("no_treatment")
    path = lambda t: {"temperature": 39.0 if 2 <= t < 3 else 37.0, "pressor_level": 2.0 if 2.5 < t < 5 else 0.0}  # noqa: E731
    _, _, seen = run(program, path)
    by_day = {round(values["time"], 3): values["crs_astct"] for values in seen}
    assert by_day[4.0] == 3
    assert by_day[6.0] == 0
    alone = lambda t: {"pressor_level": 2.0 if t > 8 else 0.0}  # noqa: E731
    assert run(program, alone)[1]["max_crs_astct"] == 0


def test_lee_2014_waits_at_grade_2_unless_the_patient_is_old():
    """PMC9616161 table 4, column of Lee: supportive care at grade 2 without old age; our day of patience; grade 3 at once."""
    program, rules = compiled("lee_2014")
    grade_2, grade_3 = severe_from(3.0, until=6.0, level=1.0), severe_from(3.0, until=6.0, level=3.0)

    def first(path, age):
        given = drug_log(run(program, path, age=age)[0], rules, "tocilizumab")
        return given[0][0]

    assert first(grade_2, 59.0) == pytest.approx(4.0)
    assert first(grade_2, 60.0) == pytest.approx(3.0)
    assert first(grade_3, 30.0) == pytest.approx(3.0)
    brief = severe_from(3.0, until=3.5, level=1.0)
    assert not drug_log(run(program, brief, age=40.0)[0], rules, "tocilizumab")
    steroid = drug_log(run(program, grade_3, age=30.0)[0], rules, "dexamethasone")
    assert steroid[0][0] == pytest.approx(4.0)


def test_reason_is_told_in_numbers():
    """The sentence asked for in the log."""
    program, rules = compiled("kymriah_label_2018")
    log, _, seen = run(program, severe_from(3.0))
    day, firing, _ = log[0]
    values = next(v for v in seen if v["time"] == day)
    assert reason_text(rules[firing], values) == "Penn grade 4: vasopressor level 3, oxygen level 0, 39.5 degC"
    assert all(name in values for rule in rules.values() for name in rule.reads)


def test_a_reason_never_tells_hours_since_a_dose_that_was_not_given():
    # expected: the rule's words; a program holds an enormous number there, which is no time
    rule = RuleInfo(
        "again", "steroid", "given_again_mg", "mg", "{hours_since_first_steroid} h", ("hours_since_first_steroid",)
    )
    assert reason_text(rule, {"hours_since_first_steroid": (3.0 - NEVER) * 24}) == "unknown h"
    assert reason_text(rule, {"hours_since_first_steroid": 36.0}) == "36 h"


PATHS = st.lists(
    st.tuples(
        st.floats(36.5, 41.0), st.integers(0, 4), st.integers(0, 4), st.integers(0, 10), st.floats(0.0, 12.0),
        st.floats(0.0, 3.0),
    ),
    min_size=12, max_size=12,
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(PATHS, st.floats(8.0, 120.0), st.sampled_from(CATALOG.names("guideline")))
def test_limits_hold_on_any_course(blocks, weight, name):
    """Whatever the signs do: label limits of tocilizumab, and each guideline's own."""
    guideline = CATALOG.load("guideline", name)
    program, rules = compiled(name)
    days = np.arange(0, 48) / 3

    def path(t):
        temperature, pressor, oxygen, ice, igg, neutrophils = blocks[int(t * 3) // 4]
        return {
            "temperature": temperature, "pressor_level": float(pressor), "oxygen_level": float(oxygen),
            "ice_score": float(ice), "igg": igg, "neutrophils": neutrophils,
        }  # fmt: skip

    log, *_ = run(program, path, days=days, weight=weight)
    for drug in guideline.drugs:
        doses, limit = drug_log(log, rules, drug), guideline.limit[drug]
        gaps = np.diff([day for day, _ in doses])
        assert (gaps >= limit.min_interval_days - 2e-6).all()
        assert len(doses) <= (limit.at_most_doses or 10**6)
        if limit.mg_at_most:
            assert all(0 < amount <= limit.mg_at_most for _, amount in doses)
        if limit.at_most_in_24_hours:
            for day, _ in doses:
                assert sum(day - 1 + 2e-6 < other <= day for other, _ in doses) <= limit.at_most_in_24_hours
    tocilizumab = drug_log(log, rules, "tocilizumab")
    assert len(tocilizumab) <= 4
    assert all(amount <= 800 for _, amount in tocilizumab)


def a_guideline(**changes):
    rule = {
        "id": "r", "drug": "dexamethasone", "when": "temperature >= 39", "dose": {"fixed": "10 mg"}, "reason": "hot",
        "source": "made for this test", "status": "own", **changes.pop("rule", {}),
    }  # fmt: skip
    limit = {"min_interval": "8 hour", "source": "made for this test", "status": "own", **changes.pop("limit", {})}
    return Guideline.model_validate(
        {"id": "g", "title": "for tests", "source": "made for this test", "status": "own", "scales": ["crs_penn"],
         "rule": [rule], "limit": {"dexamethasone": limit}, **changes}
    )  # fmt: skip


def test_condition_must_persist():
    """persists_hours = 24: three 8-hourly intervals after the condition began."""
    program, _ = compiled(a_guideline(rule={"persists_hours": 24}))
    log, *_ = run(program, lambda t: {"temperature": 40.0 if 2 <= t <= 3.4 else 37.0})
    assert [round(day, 3) for day, *_ in log] == [3.0, 3.333]
    assert not run(program, lambda t: {"temperature": 40.0 if 2 <= t <= 2.9 else 37.0})[0]


def test_at_most_in_24_hours():
    """Two doses a day on an 8-hourly grid: hours 0 and 8, then 24 and 32."""
    program, _ = compiled(a_guideline(limit={"at_most_in_24_hours": 2}))
    log, *_ = run(program, lambda t: {"temperature": 40.0 if 0 <= t <= 1.5 else 37.0})
    assert [round(day * 24) for day, *_ in log] == [0, 8, 24, 32]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"rule": {"when": "presor_level > 1"}}, 'Did you mean "pressor_level"'),
        ({"rule": {"reason": "grade {crs_lee}"}}, "crs_lee"),
        ({"define": {"a": "b > 0", "b": "temperature"}}, '"b"'),
        ({"rule": {"id": "temperature"}}, "another name"),
        # what the program itself assigns or remembers: of a definition of that name one of the two would be lost
        *(
            ({"define": {name: "0"}}, f'"{name}" is a name that the program')
            for name in (
                "n_dexamethasone",
                "last_dexamethasone_day",
                "hours_since_dexamethasone",
                "wanted_r",
                "given_r_mg",
                "step_r",
                "max_crs_penn",
                "onset_crs_penn_day",
                "quiet_since_day",
                "steroid_amount",
            )
        ),
        ({"define": {"held_since_r_day": "0"}, "rule": {"persists_hours": 24}}, "held_since_r_day"),
        (
            {"define": {"temperature_before": "0"}, "rule": {"when": "temperature > temperature_before"}},
            "temperature_before",
        ),
    ],
)
def test_unknown_names_stop_at_the_door(changes, told):
    """By the documentation of compile_guideline."""
    with pytest.raises(CatalogError, match=told):
        compiled(a_guideline(**changes))


@pytest.mark.parametrize("name", ["n_dexamethasone", "steroid_amount", "in_care"])
def test_a_scale_has_a_name_of_its_own(name):
    """As of definitions: a grade under the name of what is given would be taken for the dose."""
    guideline = a_guideline(scales=["crs_penn", name])
    scales = {one: CATALOG.load("scale", "crs_penn").model_copy(update={"id": one}) for one in guideline.scales}
    with pytest.raises(CatalogError, match=f'"{name}".*\n.*another name'):
        compile_guideline(
            guideline, scales, {"dexamethasone": CATALOG.load("drug", "dexamethasone")}, active_until_day=60.0
        )


@pytest.mark.parametrize("times", [2, 3])
def test_a_definition_that_is_a_number_keeps_it(times):
    """Twice 39.5 degrees is 79, three times is 118.5: above 100 only the second; as what a rule compares, and as a factor of its dose."""
    define = {"much": f"{times} * temperature", "fever": "temperature >= 38"}
    rule = {"when": "much >= 100 and fever", "dose": {"fixed": "1 mg", "factor": "much + fever"}}
    program, _ = compiled(a_guideline(rule=rule, define=define))
    log, *_ = run(program, lambda t: {"temperature": 39.5 if 2 <= t <= 2.1 else 37.0})
    assert [(day, amount) for day, _, amount in log] == ([] if times == 2 else [(2.0, pytest.approx(119.5))])


@pytest.mark.parametrize("weight", [20.0, 70.0, 110.0])
def test_a_taper_halves_what_the_patient_got_before(weight):
    """ASCO 2021 table 1, grade 4: 500 mg every 12 hours for 3 days, 250 for 2 days, 125 for 2 days, then 60 until grade 1."""
    program, rules = compiled("asco_2021")
    log, *_ = run(program, lambda t: severe_from(3.0, until=4.0, level=4.0)(t), weight=weight)
    given = [amount for _, firing, amount in log if rules[firing].drug == "methylprednisolone"]
    full = min(11.1 * weight, 333.3)
    published = np.repeat([500.0, 250.0, 125.0], [9, 6, 6]) / 500.0  # as many 8-hourly checks as days times 3
    assert np.array(given[:21]) / full == pytest.approx(published)
    assert max(given[21:], default=0.0) <= 60 / 500 * full * 1.001


def test_asco_2021_by_grade():
    """ASCO 2021 table 1: grade 2 tocilizumab only; grade 3 with dexamethasone 40 mg a day; grade 4 methylprednisolone 1 g."""
    program, rules = compiled("asco_2021")

    def drugs_on_the_first_day(pressor):
        log, *_ = run(program, severe_from(3.0, until=3.9, level=pressor), weight=70.0)
        totals = {}
        for day, firing, amount in log:
            if day < 3.9:
                totals[rules[firing].drug] = totals.get(rules[firing].drug, 0.0) + amount
        return totals

    assert drugs_on_the_first_day(0.0) == {}
    assert drugs_on_the_first_day(2.0) == pytest.approx({"tocilizumab": 3 * 560, "dexamethasone": 40}, rel=0.01)
    assert drugs_on_the_first_day(4.0) == pytest.approx({"tocilizumab": 3 * 560, "methylprednisolone": 1000}, rel=0.01)
    grade_two = {"temperature": 39.0, "oxygen_level": 1.0}
    log, *_ = run(program, lambda t: grade_two if 3 <= t < 3.9 else {}, weight=70.0)
    assert {rules[firing].drug for _, firing, _ in log} == {"tocilizumab"}
    low_pressure = {"temperature": 39.0, "pressor_level": 1.0}  # outlasts tocilizumab: 10 mg every 12 hours, grade 2
    log, *_ = run(program, lambda t: low_pressure if 3 <= t < 4.99 else {}, weight=70.0)
    doses = [(day, amount) for day, firing, amount in log if rules[firing].drug == "dexamethasone" and day < 4.99]
    assert [amount for _, amount in doses] == pytest.approx([6.65] * len(doses))
    assert np.diff([day for day, _ in doses]) == pytest.approx(1 / 3)


@pytest.mark.parametrize("per_cycle", [3.0, 11.5])
def test_a_regimen_of_a_rule_adds_what_one_cycle_of_it_adds(per_cycle):
    # by definition; and parameter sets that differ in it share one code, so that draws need not wait for a compiler each
    drug, guideline = "high_dose_therapy_and_transplant", CATALOG.load("guideline", "responders_to_transplant")
    given_cycle = CATALOG.load("drug", drug)
    assert given_cycle.amount_per_cycle is not None
    amount = given_cycle.amount_per_cycle.model_copy(update={"value": per_cycle})
    scales = {scale: CATALOG.load("scale", scale) for scale in guideline.scales}
    drugs = {name: CATALOG.load("drug", name) for name in guideline.drugs}
    usual, _ = compile_guideline(guideline, scales, drugs, active_until_day=60.0)
    drugs[drug] = given_cycle.model_copy(update={"amount_per_cycle": amount})
    program, rules = compile_guideline(guideline, scales, drugs, active_until_day=60.0)
    log, _, seen = run(joined(LIFE, program), lambda t: {"tumour_left": 0.2}, np.arange(0.0, 100.0))
    assert [(day, dose) for day, firing, dose in log if rules[0].firing == firing] == [(60.0, 1.0)]
    assert seen[-1][given_cycle.enters] == per_cycle
    assert program.statements == usual.statements
