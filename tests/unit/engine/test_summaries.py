"""Summaries kept while a course runs, against the same numbers from the stored course."""

import numpy as np
import pytest

from livingdrug.engine.ensemble import compile_model
from livingdrug.engine.odes import Odes
from livingdrug.engine.program import CheckProgram
from livingdrug.engine.summaries import KINDS, Summary
from livingdrug.foundation.errors import BadInput, UnknownName

WAVE = Odes(
    states=("a", "b"),
    parameters=("speed",),
    defaults=(1.0,),
    assignments=(("height", "5 + 3 * a"),),
    rates=("speed * b", "-speed * a"),
    initial=("0", "1"),
)
GRADES = CheckProgram(
    (("grade", "floor(height / 2.7)"), ("worst", "max(worst, grade)"), ("over", "worst > 90")),
    {"worst": 0.0},
    (),
    "over",
)
DAYS = np.arange(0, 12.01, 1 / 3)
SPEEDS = np.linspace(0.4, 2.5, 11)[:, None]


def _run(summaries, outputs=(), program_on=None, **options):
    model = compile_model(
        WAVE, log_scales={}, linear_scales={}, outputs=outputs, program=GRADES, summaries=summaries, **options
    )
    return model.run(SPEEDS, DAYS, np.ones(DAYS.size) if program_on is None else program_on)


def _expected(kind, values, level):
    reached = np.flatnonzero(values >= level)
    match kind:
        case "max":
            return values.max()
        case "min":
            return values.min()
        case "last":
            return values[-1]
        case "time_of_max":
            return DAYS[np.argmax(values)]
        case "auc":
            return np.trapezoid(values, DAYS)
        case "first_time_above":
            return DAYS[reached[0]] if reached.size else np.nan
        case "last_time_above":
            return DAYS[reached[-1]] if reached.size else np.nan
        case "days_at_level":
            day = np.floor(DAYS + 1e-6)
            return sum(values[day == one].max() == level for one in np.unique(day))
    raise AssertionError(kind)


@pytest.mark.parametrize("of", ["height", "grade"])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_against_the_stored_course(kind, of):
    # expected: NumPy on the outputs of the same run
    level = 2.0 if of == "grade" else 7.5
    ensemble = _run([Summary("one", of, kind, level)], outputs=(of,))
    expected = [_expected(kind, values, level) for values in ensemble.outputs[:, :, 0]]
    np.testing.assert_allclose(ensemble.summaries[:, 0], expected, rtol=1e-13)


def test_summaries_are_the_same_without_outputs_and_for_other_lanes_and_chunks():
    # expected: bitwise equality
    summaries = [Summary("top", "a", "max"), Summary("area", "height", "auc"), Summary("worst", "worst", "last")]
    whole = _run(summaries, outputs=("a", "b", "height"))
    np.testing.assert_array_equal(_run(summaries).summaries, whole.summaries)
    np.testing.assert_array_equal(_run(summaries, lanes=4).summaries, whole.summaries)
    assert whole.summaries.shape == (11, 3)
    np.testing.assert_array_equal(whole.summaries[:, 2], whole.memory[:, 0])


def test_a_window_of_days():
    # expected: NumPy on the stored course between days 3 and 7
    ensemble = _run([Summary("area", "a", "auc", first_day=3, last_day=7)], outputs=("a",))
    inside = (DAYS >= 3) & (DAYS <= 7)
    expected = np.trapezoid(ensemble.outputs[:, inside, 0], DAYS[inside], axis=1)
    np.testing.assert_allclose(ensemble.summaries[:, 0], expected, rtol=1e-12)


def test_checks_without_the_program_do_not_count_for_its_names():
    # expected: by hand, the program runs on the first day only
    on = DAYS < 1
    ensemble = _run([Summary("area", "grade", "auc"), Summary("top", "a", "max")], ("grade", "a"), on)
    values = ensemble.outputs[:, on, 0]
    np.testing.assert_allclose(ensemble.summaries[:, 0], np.trapezoid(values, DAYS[on], axis=1))
    np.testing.assert_array_equal(ensemble.summaries[:, 1], ensemble.outputs[:, :, 1].max(axis=1))


def test_interpreter_agrees():
    # expected: the NumPy interpreter
    summaries = [Summary(kind, "height", kind, 7.0) for kind in sorted(KINDS)]
    np.testing.assert_allclose(_run(summaries, interpret=True).summaries, _run(summaries).summaries, rtol=1e-9)


def test_what_cannot_be_summed_up_is_refused():
    with pytest.raises(BadInput, match="no kind"):
        Summary("x", "a", "median")
    with pytest.raises(BadInput, match="needs a level"):
        Summary("x", "a", "first_time_above")
    with pytest.raises(UnknownName, match="nothing"):
        _run([Summary("x", "nothing", "max")])
    with pytest.raises(BadInput, match="share the name"):
        _run([Summary("x", "a", "max"), Summary("x", "b", "max")])
