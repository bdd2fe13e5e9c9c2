"""Running ensembles: doses, rules, memory, log, failures, and the same bits however patients are grouped."""

import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from livingdrug.engine.ensemble import Dose, compile_model
from livingdrug.engine.integrate import NOT_FINITE, STATUS
from livingdrug.engine.kept import compiled
from livingdrug.engine.odes import Odes
from livingdrug.engine.program import CheckProgram, joined
from livingdrug.engine.room import room_for
from livingdrug.foundation import kept
from livingdrug.foundation.errors import BadInput, ExpressionError, ModelError, UnknownName

DECAY = Odes(("y",), ("k",), (0.5,), (("twice", "2 * y"),), ("-k * y",), ("8",))


def _decay(program=None, outputs=("y",), **options):
    return compile_model(
        DECAY, log_scales={}, linear_scales={"y": 1e-3}, outputs=outputs, program=program, **options
    )  # fmt: skip


def _run(model, parameters, days, rtol=1e-4):
    n = len(parameters)
    doses = [
        Dose(2, "drug", 0.5 * parameters[:, 0]),
        Dose(0, "cells", np.full(n, 50.0)),
        Dose(6, "drug", np.full(n, 0.0)),
    ]
    return model.run(parameters, days, days >= 1, doses, rtol=rtol)


def _same(a, b, rows=slice(None)):
    np.testing.assert_array_equal(a.outputs, b.outputs[rows])
    for name in ("memory", "status", "stop_check", "steps"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name)[rows])


def test_compiled_and_interpreted_courses_agree(everything, arguments, parameters, days):
    # expected: the same integrator on the NumPy interpreter; only rounding differs
    fast = _run(compile_model(everything, **arguments), parameters, days)
    slow = _run(compile_model(everything, **arguments, interpret=True), parameters, days)
    np.testing.assert_array_equal(fast.steps, slow.steps)
    np.testing.assert_allclose(fast.outputs, slow.outputs, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(fast.firings.check, slow.firings.check)
    assert fast.firings.value.size > 5
    assert set(fast.status) == {0, 1}


def test_bits_do_not_depend_on_chunks_order_lanes_or_threads(everything, arguments, parameters, days):
    # expected: bitwise equality, the promise of the engine
    model = compile_model(everything, **arguments)
    whole = _run(model, parameters, days)
    for size in (1, 3, 8):
        for first in range(0, len(parameters), size):
            rows = slice(first, first + size)
            part = _run(model, parameters[rows], days)
            _same(part, whole, rows)
            mine = (whole.firings.patient >= first) & (whole.firings.patient < first + size)
            np.testing.assert_array_equal(part.firings.value, whole.firings.value[mine])
            np.testing.assert_array_equal(part.firings.patient + first, whole.firings.patient[mine])
    shuffled = np.random.default_rng(4).permutation(len(parameters))
    _same(_run(model, parameters[shuffled], days), whole, shuffled)
    for lanes in (4, 8):
        _same(_run(compile_model(everything, **arguments, lanes=lanes), parameters, days), whole)
    with ThreadPoolExecutor(2) as pool:
        parts = list(pool.map(lambda i: _run(model, parameters[i : i + 4], days), range(0, len(parameters), 4)))
    np.testing.assert_array_equal(np.concatenate([part.outputs for part in parts]), whole.outputs)


def test_another_output_changes_nothing_else(everything, arguments, parameters, days):
    # expected: bitwise equality of the outputs that stay
    whole = _run(compile_model(everything, **arguments), parameters, days)
    fewer = _run(compile_model(everything, **(arguments | {"outputs": ("mood", "given")})), parameters, days)
    columns = [arguments["outputs"].index(name) for name in ("mood", "given")]
    np.testing.assert_array_equal(fewer.outputs, whole.outputs[:, :, columns])


def test_outputs_are_recorded_before_doses_and_program_and_memory_after():
    # expected: by hand; a dose of 1 at day 1 is seen by the program, not by the recorded state of that check
    program = CheckProgram(
        (("seen", "y"), ("count", "count + 1"), ("y", "y + 10 if count == 3 else y"), ("later", "twice")),
        {"count": 0.0},
    )
    model = _decay(program, ("y", "seen", "count", "later", "twice", "k", "time"))
    got = model.run([[0.0]], [0, 1, 2, 3, 4], [1, 1, 0, 1, 1], [Dose(1, "y", np.array([1.0]))]).outputs[0]
    expected = [
        [8, 8, 1, 16, 16, 0, 0],
        [8, 9, 2, 18, 16, 0, 1],
        [9, np.nan, 2, np.nan, 18, 0, 2],
        [9, 9, 3, 38, 18, 0, 3],
        [19, 19, 4, 38, 38, 0, 4],
    ]
    np.testing.assert_allclose(got, expected, rtol=1e-14)


def test_firings_and_stop():
    # expected: by hand, y = 8 exp(-k t) falls below 1 after ln 8 / k days
    program = CheckProgram((("low", "y < 1"), ("size", "y if y < 3 else 0")), {}, ("size", "low"), "low")
    ensemble = _decay(program, ("y", "size")).run([[0.5], [0.25], [0.01]], np.arange(10), np.ones(10))
    assert ensemble.status.tolist() == [1, 1, 0]
    assert ensemble.stop_check.tolist() == [5, 9, 9]
    assert ensemble.sentences()[0] == STATUS[1]
    firings = ensemble.firings
    first = firings.patient == 0
    assert list(zip(firings.check[first], firings.firing[first], strict=True)) == [
        (2, 0),
        (3, 0),
        (4, 0),
        (5, 0),
        (5, 1),
    ]
    np.testing.assert_allclose(firings.value[0], 8 * np.exp(-1), rtol=1e-4)
    assert np.isnan(ensemble.outputs[0, 6:]).all()
    assert np.isfinite(ensemble.outputs[0, :6]).all()
    assert (firings.patient == 2).sum() == 0


def test_a_log_larger_than_its_buffer_is_complete():
    # expected: by hand, three firings at each of 200 checks
    program = CheckProgram((("a", "1"), ("b", "time + 1"), ("c", "2")), {}, ("a", "b", "c"))
    firings = _decay(program).run(np.full((3, 1), 0.5), np.arange(200), np.ones(200)).firings
    assert firings.value.size == 3 * 3 * 200
    np.testing.assert_array_equal(firings.patient, np.repeat([0, 1, 2], 600))
    np.testing.assert_array_equal(firings.check[:600], np.repeat(np.arange(200), 3))
    np.testing.assert_array_equal(firings.value[:6], [1, 1, 2, 1, 2, 2])


def test_a_failing_patient_leaves_the_others_alone():
    # expected: y' = y^2 from 1 runs to infinity at day 1 (exact: 1 / (1 - t)); the others are bitwise what they are alone
    odes = Odes(("y",), ("a",), (0.0,), (), ("a * y ** 2 - (1 - a) * y + log(max(a, -1) + 1) * 0.001",), ("1",))
    model = compile_model(odes, log_scales={}, linear_scales={"y": 1e-3}, outputs=("y",))
    days = np.array([0, 0.5, 2.0, 3.0])
    values = np.array([[0.0], [1.0], [0.1], [np.nan], [-1.0], [0.2]])
    ensemble = model.run(values, days, np.zeros(4))
    assert ensemble.status[[0, 2, 5]].tolist() == [0, 0, 0]
    assert ensemble.status[1] >= 2
    assert ensemble.status[3] == NOT_FINITE
    assert ensemble.status[4] == NOT_FINITE
    assert ensemble.stop_check.tolist() == [3, 1, 3, 0, 0, 3]
    np.testing.assert_allclose(ensemble.outputs[1, :2, 0], [1, 2], rtol=1e-3)
    assert np.isnan(ensemble.outputs[1, 2:]).all()
    good = [0, 2, 5]
    _same(model.run(values[good], days, np.zeros(4)), ensemble, good)


def test_impossible_doses_and_starts_are_told():
    # expected: by hand; a log state cannot fall below minus its scale
    model = compile_model(DECAY, log_scales={"y": 1.0}, linear_scales={}, outputs=("y",))
    days, off = [0, 1, 2], [0, 0, 0]
    taken = model.run([[0.5], [0.5]], days, off, [Dose(1, "y", np.array([-20.0, 0.0]))])
    assert taken.status.tolist() == [5, 0]
    started = model.run([[0.5], [0.5]], days, off, initial=[[-3.0], [4.0]])
    assert started.status.tolist() == [6, 0]
    assert np.isnan(started.outputs[0]).all()


def test_a_single_check_and_no_patients():
    # expected: by hand, the start only
    model = _decay()
    assert model.run([[0.5]], [3.0], [0]).outputs.tolist() == [[[8.0]]]
    assert model.run(np.zeros((0, 1)), [0.0, 1.0], [0, 0]).outputs.shape == (0, 2, 1)


def test_decayed_states_become_zero_at_checks():
    # expected: by hand, exp(-1000) of 8 is far below 1e-30 of the scale: zero, not a denormal number
    got = _decay().run([[10.0]], np.arange(0, 101, 2.0), np.zeros(51)).outputs[0, :, 0]
    assert got[-1] == 0.0
    assert (got[got != 0] > 1e-34).all()


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"checks": [0, 1, 1]}, BadInput, "ascending"),
        ({"program_on": [1]}, BadInput, "program_on"),
        ({"parameters": [[1.0, 2.0]]}, BadInput, "parameters"),
        ({"doses": [Dose(0, "z", np.ones(1))]}, BadInput, "not a state"),
        ({"doses": [Dose(7, "y", np.ones(1))]}, BadInput, "expected 0 to 2"),
        ({"doses": [Dose(0, "y", np.ones(3))]}, BadInput, "amounts shaped"),
        ({"initial": [[1.0], [2.0]]}, BadInput, "rows"),
        ({"rtol": 0.0}, BadInput, "rtol"),
    ],
)
def test_bad_runs_stop_at_the_door(change, error, words):
    # expected: an error that names the argument
    given = {"parameters": [[0.5]], "checks": [0, 1, 2], "program_on": [0, 0, 0], "doses": []} | change
    with pytest.raises(error, match=words):
        _decay().run(**given)


@pytest.mark.parametrize(
    ("odes", "options", "error", "words"),
    [
        (Odes(("y",), (), (), (), ("-q * y",), ("1",)), {}, ModelError, 'rate of "y" needs "q"'),
        (Odes(("y",), (), (), (("y", "2"),), ("-y",), ("1",)), {}, ModelError, "two things"),
        (Odes(("y",), (), (), (), (), ("1",)), {}, ModelError, "each state needs"),
        (Odes((), (), (), (), (), ()), {}, ModelError, "no state"),
        (Odes(("y",), ("k",), (), (), ("1",), ("1",)), {}, ModelError, "default"),
        (Odes(("y",), (), (), (), ("y.real",), ("1",)), {}, ExpressionError, "does not have"),
        (DECAY, {"outputs": ("z",)}, UnknownName, 'no output "z"'),
        (DECAY, {"log_scales": {"y": -1.0}}, ModelError, "positive"),
        (DECAY, {"log_scales": {"q": 1.0}}, ModelError, "not a state"),
        (DECAY, {"log_scales": {"y": 1.0}, "linear_scales": {"y": 1.0}}, ModelError, "both"),
        (DECAY, {"program": CheckProgram((("k", "1"),))}, ModelError, "assigns k"),
        (DECAY, {"program": CheckProgram((("a", "b"), ("b", "1")))}, ModelError, 'needs "b"'),
        (DECAY, {"program": CheckProgram((), {}, ("f",))}, ModelError, "no statement assigns"),
        (DECAY, {"program": CheckProgram((("y", "0"),), states=frozenset())}, ModelError, "assigns y, a state"),
        (DECAY, {"program": CheckProgram((), {"y": 1.0})}, ModelError, "memory uses names"),
    ],
)
def test_bad_models_stop_at_the_door(odes, options, error, words):
    # expected: an error that names the trouble
    given = {"log_scales": {}, "linear_scales": {}, "outputs": ()} | options
    with pytest.raises(error, match=words):
        compile_model(odes, **given)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (CheckProgram((("y", "0"),)), CheckProgram((("y", "1"),))),
        (CheckProgram((("a", "1"),)), CheckProgram((), {"a": 0.0})),
        (CheckProgram((), {"a": 0.0}), CheckProgram((), {"a": 0.0})),
    ],
)
def test_programs_that_share_a_name_are_not_joined(one, other):
    # expected: an error, since what one assigns the other would take for its own
    with pytest.raises(ModelError, match="own the same names"):
        joined(one, other)


def test_joined_programs_may_change_what_either_may():
    first = CheckProgram((("y", "0"),), states=frozenset({"y"}))
    second = CheckProgram((("a", "1"),), states=frozenset())
    assert joined(first, second).states == {"y"}
    assert joined(first, CheckProgram()).states is None


def test_machine_code_is_kept_and_damage_is_noticed(tmp_path):
    # expected: the second compilation reads the file; a damaged file is compiled again, with the same results
    first = _decay(cache_dir=tmp_path)
    assert not list(tmp_path.iterdir())  # nothing is compiled before anything runs
    assert not first._code.made.from_cache
    (path,) = tmp_path.iterdir()
    second = _decay(cache_dir=tmp_path)
    assert second._code.made.from_cache
    path.write_bytes(path.read_bytes()[:-10])
    third = _decay(cache_dir=tmp_path)
    assert not third._code.made.from_cache
    runs = [model.run([[0.7]], [0, 1, 5], [0, 0, 0]) for model in (first, second, third)]
    _same(runs[0], runs[1])
    _same(runs[0], runs[2])


def test_a_cache_that_cannot_be_written_is_told_once(tmp_path, caplog, monkeypatch):
    # expected: one warning, and correct results; a file where a folder should be is unwritable even for root
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with caplog.at_level(logging.WARNING, "livingdrug.engine"):
        for _ in range(2):
            got = _decay(cache_dir=tmp_path / "file" / "kernels").run([[0.5]], [0, 2], [0, 0])
    assert sum("LIVINGDRUG_CACHE" in record.message for record in caplog.records) == 1
    np.testing.assert_allclose(got.outputs[0, 1, 0], 8 * np.exp(-1), rtol=1e-4)


def test_an_integrator_that_cannot_be_cached_still_compiles(caplog, monkeypatch):
    # expected: the function works, and one warning for two functions
    real = kept.njit

    def without_cache(*, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return real(**options)

    monkeypatch.setattr(kept, "njit", without_cache)
    kept._tell_of_no_cache.cache_clear()
    with caplog.at_level(logging.WARNING, "livingdrug.engine"):
        assert compiled(lambda a: a + 1)(2) == 3
        assert compiled(lambda a: a * 2)(2) == 4
    assert sum("NUMBA_CACHE_DIR" in record.message for record in caplog.records) == 1


@pytest.mark.slow
def test_the_first_compilation_says_what_it_does(tmp_path):
    # expected: one line on the error stream the first time, none the second
    code = (
        "from livingdrug.engine.ensemble import compile_model\n"
        "from livingdrug.engine.odes import Odes\n"
        "odes = Odes(('y',), ('k',), (1.0,), (), ('-k * y',), ('1',))\n"
        "compile_model(odes, log_scales={}, linear_scales={}, outputs=()).run([[1.0]], [0, 1], [0, 0])\n"
    )
    told = []
    for _ in range(2):
        environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
        run = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, encoding="utf-8", check=True
        )
        told.append(run.stderr)
    assert "once for this installation" in told[0]
    assert told[1] == ""


def test_only_what_is_kept_is_stored_and_has_the_same_bits():
    # expected: the columns of the same run that stores everything, bit by bit
    odes = Odes(("y",), ("k",), (1.0,), (("double", "2 * y"),), ("-k * y",), ("1",))
    program = CheckProgram((("seen", "y + 1"), ("last", "time")), {"last": -1.0}, ("seen",))
    model = compile_model(
        odes, log_scales={}, linear_scales={}, outputs=("y", "seen", "double", "last"), program=program
    )
    given = np.linspace(0.1, 2.0, 19)[:, None]
    whole = model.run(given, [0, 1, 5], [1, 1, 0])
    for keep in (("double",), ("last", "y"), ("seen", "double"), ()):
        part = model.run(given, [0, 1, 5], [1, 1, 0], keep=keep)
        columns = [place for place, name in enumerate(model.outputs) if name in keep]
        assert part.outputs.tobytes() == np.ascontiguousarray(whole.outputs[:, :, columns]).tobytes()
        assert part.memory.tobytes() == whole.memory.tobytes()
    room = room_for(19, 3, 4)
    room[:] = 0.0
    first = model.run(given[:7], [0, 1, 5], [1, 1, 0], into=room[:7])
    both = first.followed_by(model.run(given[7:], [0, 1, 5], [1, 1, 0], into=room[7:]), room)
    _same(both, whole)
    with pytest.raises(BadInput, match="nowhere"):
        model.run(given, [0, 1], [0, 0], keep=("nowhere",))
    with pytest.raises(BadInput, match="into"):
        model.run(given, [0, 1], [0, 0], into=room)
