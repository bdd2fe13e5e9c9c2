"""The check program of extinction and of death from toxicity, on a model of nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.course.fate import NEVER, SETTLED, WINDOWS, fate_parameters, fate_program
from livingdrug.engine.ensemble import compile_model
from livingdrug.engine.odes import Odes
from livingdrug.model.instance import Clone


def clone_called(name):
    """A clone with the names that the model below gives it."""
    return Clone(name, name, {}, f"tumour_{name}", f"lineage_{name}", f"survivors_{name}")


CLONES = tuple(map(clone_called, ("positive", "negative")))


def plain_model():
    """Two clones under killing at a constant rate, and a constant hazard of toxicity."""
    thresholds = fate_parameters(np.array([1]), 0, CLONES)
    odes = Odes(
        states=(
            "tumour_positive",
            "lineage_positive",
            "tumour_negative",
            "lineage_negative",
            "toxicity_exposure",
        ),
        parameters=("start", "growth", "turnover", "kill", "hazard", *thresholds),
        defaults=(1e5, 0.1, 0.1, 1.0, 0.0, *(1.0 for _ in thresholds)),
        assignments=(
            ("survivors_positive", "tumour_positive / lineage_positive"),
            ("survivors_negative", "tumour_negative / lineage_negative"),
        ),
        rates=(
            "(growth - kill) * tumour_positive",
            "turnover + kill + (growth - kill) * lineage_positive",
            "growth * tumour_negative",
            "turnover + growth * lineage_negative",
            "hazard",
        ),
        initial=("start", "1", "start", "1", "0"),
    )
    cells = ("tumour_positive", "lineage_positive", "tumour_negative", "lineage_negative")
    memory = ("positive_extinct_day", "negative_extinct_day", "toxicity_death_day", "dead")
    return compile_model(
        odes,
        log_scales=dict.fromkeys(cells, 1e-3),
        linear_scales={},
        outputs=(*cells, *memory),
        program=fate_program(CLONES),
    )


@pytest.fixture(scope="module")
def model():
    return plain_model()


def table(model, n, seed=3, **values):
    rows = model.default_parameters(n)
    for name, value in {**fate_parameters(np.arange(1, n + 1), seed, CLONES), **values}.items():
        rows[:, model.odes.parameters.index(name)] = value
    return rows


def remembered(model, ensemble, name):
    return ensemble.memory[:, model.memory.index(name)]


def test_extinct_at_the_first_check_below_the_threshold(model):
    # expected: T/g by hand; T = n0 exp(-0.9 t), g = (1 + c) exp(-0.9 t) ... solved from g' = 1.1 - 0.9 g, g(0) = 1
    checks = np.arange(0.0, 40.0)
    thresholds = np.array([3e4, 10.0, 0.5, 1e-3])
    rows = table(model, 4, extinction_positive_1=thresholds, extinction_positive_2=thresholds)
    days = remembered(model, model.run(rows, checks, np.ones(40), rtol=1e-6), "positive_extinct_day")
    survivors = 1e5 * np.exp(-0.9 * checks) / (1.1 / 0.9 + (1 - 1.1 / 0.9) * np.exp(-0.9 * checks))
    expected = [checks[np.argmax(survivors <= threshold)] for threshold in thresholds]
    assert days.tolist() == expected


def test_an_extinct_clone_stays_extinct_and_empty(model):
    # expected: zero cells from the check after extinction on; the untouched clone grows as exp(growth t)
    ensemble = model.run(table(model, 50), np.arange(0.0, 100.0), np.ones(100))
    day = remembered(model, ensemble, "positive_extinct_day")
    assert (day < 40).all()
    cells = ensemble.outputs[:, :, 0]
    after = np.arange(100.0)[None, :] > day[:, None]
    assert (cells[after] == 0).all()
    assert (cells[~after] > 0).all()
    assert (remembered(model, ensemble, "negative_extinct_day") == NEVER).all()
    # 50,000 founding lineages leave a noise of about half a percent, set when the clone passes SETTLED
    np.testing.assert_allclose(ensemble.outputs[:, -1, 2], 1e5 * np.exp(0.1 * 99), rtol=0.03)


def test_a_clone_that_never_was_is_not_called_extinct(model):
    # expected: a clone of no cells has no extinction day of its own
    ensemble = model.run(table(model, 3, start=0.0), np.arange(0.0, 20.0), np.ones(20))
    assert (remembered(model, ensemble, "positive_extinct_day") == NEVER).all()


def test_toxicity_kills_when_the_cumulative_hazard_passes_its_threshold(model):
    # expected: threshold / hazard, wherever the checks are
    thresholds = np.array([0.301, 1.0, 2.77, 50.0])
    rows = table(model, 4, hazard=0.1, toxicity_threshold=thresholds)
    for checks in (np.arange(0.0, 60.0, 1 / 3), np.arange(0.0, 60.0, 7.0)):
        ensemble = model.run(rows, checks, np.ones(len(checks)))
        np.testing.assert_allclose(
            remembered(model, ensemble, "toxicity_death_day")[:3], thresholds[:3] / 0.1, rtol=1e-4
        )
        assert ensemble.status.tolist() == [1, 1, 1, 0]
        assert remembered(model, ensemble, "dead").tolist() == [1, 1, 1, 0]


def test_thresholds_are_addressed_by_patient_clone_and_window():
    # expected: by construction, another company changes nothing and no two numbers are the same
    alone, many = (fate_parameters(who, 5, CLONES) for who in (np.array([137]), np.arange(1, 300)))
    assert all(alone[name][0] == many[name][136] for name in alone)
    assert len(np.unique(np.stack(list(many.values())))) == len(many) * 299
    for clone in CLONES:
        assert {f"extinction_{clone.name}_{window}" for window in range(1, WINDOWS + 1)} <= set(alone)
    assert "toxicity_threshold" in alone


def test_rescue_from_few_cells_opens_a_new_window(model):
    # expected: by hand; b = 0.2, d = 0.1 give g = 2 e^(0.1 t) - 1, so 20 cells leave 10 lineages. The survivor's mean
    # given survival passes SETTLED; its size is log-normal around it with the squared variation of a Poisson number (at
    # least 1) of exponential sizes, (2/m + 1)(1 - e^-m) - 1. From then on the second number decides, and a huge one
    # loses the clone at the next check
    deviations = np.array([-1.0, 0.0, 1.0])
    rows = table(model, 3, start=20.0, kill=0.0, extinction_positive_1=1e-9, extinction_positive_2=1e9)
    rows[:, model.odes.parameters.index("escape_positive_1")] = deviations
    checks = np.arange(0.0, 160.0)
    ensemble = model.run(rows, checks, np.ones(160))
    mean = 20 * np.exp(0.1 * checks)
    lineages = mean / (2 * np.exp(0.1 * checks) - 1)
    given_survival = mean / -np.expm1(-lineages)
    settles = int(np.argmax(given_survival > SETTLED))
    m = lineages[settles]
    variance = np.log((2 / m + 1) * -np.expm1(-m))
    sizes = given_survival[settles] * np.exp(np.sqrt(variance) * deviations - variance / 2)
    np.testing.assert_allclose(ensemble.outputs[:, settles, 0], mean[settles], rtol=1e-3)
    np.testing.assert_allclose(ensemble.outputs[:, settles + 1, 0], sizes * np.exp(0.1), rtol=1e-3)
    assert (remembered(model, ensemble, "positive_extinct_day") == checks[settles + 1]).all()
