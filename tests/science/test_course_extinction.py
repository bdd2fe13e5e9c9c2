"""Extinction of clones: Kendall's law as the course uses it, against closed formulas, a published model and chance itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from livingdrug.course.fate import fate_parameters, fate_program
from livingdrug.engine.ensemble import compile_model
from livingdrug.engine.odes import Odes
from livingdrug.model.instance import Clone

NEVER = 1e6
CLONES = tuple(
    Clone(name, name, {}, f"tumour_{name}", f"lineage_{name}", f"survivors_{name}") for name in ("positive", "negative")
)


@pytest.fixture(scope="module")
def clone():
    """One clone (the other is empty): killing kill * exp(-t / duration), as under a wave of CAR T cells."""
    thresholds = fate_parameters(np.array([1]), 0, CLONES)
    odes = Odes(
        states=("tumour_positive", "lineage_positive", "tumour_negative", "lineage_negative", "toxicity_exposure"),
        parameters=("start", "growth", "turnover", "kill", "duration", *thresholds),
        defaults=(2e4, 0.1, 0.1, 1.0, 8.0, *(1.0 for _ in thresholds)),
        assignments=(
            ("killing", "kill * exp(-time / duration)"),
            ("survivors_positive", "tumour_positive / lineage_positive"),
            ("survivors_negative", "tumour_negative / lineage_negative"),
        ),
        rates=(
            "(growth - killing) * tumour_positive",
            "turnover + killing + (growth - killing) * lineage_positive",
            "0", "0", "0",
        ),
        initial=("start", "1", "0", "1", "0"),
    )  # fmt: skip
    return compile_model(
        odes,
        log_scales=dict.fromkeys(("tumour_positive", "lineage_positive"), 1e-3),
        linear_scales={},
        outputs=("tumour_positive", "lineage_positive"),
        program=fate_program(CLONES),
    )


def simulated(clone, n, checks, *, seed=11, rules=True, **values):
    """Extinction day (n,), cells and mean size of a surviving lineage (n, checks)."""
    rows = clone.default_parameters(n)
    for name, value in {**fate_parameters(np.arange(1, n + 1), seed, CLONES), **values}.items():
        rows[:, clone.odes.parameters.index(name)] = value
    ensemble = clone.run(rows, checks, np.full(len(checks), rules), rtol=1e-5)
    assert set(ensemble.status.tolist()) == {0}
    day = ensemble.memory[:, clone.memory.index("positive_extinct_day")]
    return day, ensemble.outputs[:, :, 0], ensemble.outputs[:, :, 1]


def test_constant_rates_against_the_closed_formula(clone):
    # expected: linear birth-death process, P(extinct by t) = (d (1 - s) / (b - d s))^n0 with s = exp(-(b - d) t)
    n, cells = 6000, 20.0
    birth, death = 0.45, 0.35
    checks = np.arange(0.0, 61.0)
    day, _, _ = simulated(
        clone, n, checks, start=cells, growth=0.1, turnover=0.35, kill=0.0, extinction_positive_2=1e-12
    )
    for t in (5.0, 10.0, 20.0, 60.0):
        s = math.exp(-(birth - death) * t)
        known = (death * (1 - s) / (birth - death * s)) ** cells
        # the course uses exp(-n0 q) for (1 - q)^n0; of 20 cells with q near 0.2 that is a visible, known difference
        q = 1 - known ** (1 / cells)
        poisson = math.exp(-cells * q)
        share = np.mean(day <= t)
        assert abs(share - poisson) < 3.5 * math.sqrt(poisson * (1 - poisson) / n)


def test_for_clones_that_matter_the_poisson_form_is_the_exact_one():
    # expected: |(1 - q)^n0 - exp(-n0 q)| <= q; clones under therapy begin with more than 1e6 cells and survivors of order 1
    for n0 in (1e6, 1e9):
        for survivors in (0.1, 1.0, 5.0):
            q = survivors / n0
            assert abs(math.exp(n0 * math.log1p(-q)) - math.exp(-survivors)) < 1e-5


def test_mean_lineage_against_the_closed_formula(clone):
    # expected: constant rates b, d: T/g = n0 (b - d) / (b - d exp(-(b - d) t))
    checks = np.arange(0.0, 80.0, 0.5)
    for birth, death in ((0.2, 0.1), (0.1, 0.9), (0.3, 0.3001)):
        _, cells, lineage = simulated(
            clone, 1, checks, rules=False, start=1e6, growth=birth - death, turnover=death, kill=0.0
        )
        known = 1e6 * (birth - death) / (birth - death * np.exp(-(birth - death) * checks))
        # below a millionth of a lineage nothing is left to decide
        np.testing.assert_allclose(cells[0] / lineage[0], known, rtol=2e-4, atol=1e-6)


@pytest.mark.parametrize(("growth", "published"), [(0.01, 1.000), (0.05, 0.9963), (0.105, 0.619), (0.15, 2.2e-6)])
def test_kimmel_2021(growth, published):
    # expected: Kimmel et al. 2021 (doi:10.1098/rspb.2021.0229), their equations and parameters with Kendall extinction
    # over 400 days computed once outside this package; tumour in mL of 1e9 cells, T cells in cells/uL
    def rates(_, y):
        lymphocytes, car_t, _, log_lineage = y
        total = lymphocytes + car_t
        rate = 0.0251 + 0.525 * (total - 500) ** 2 / (0.423 * total**2 + (total - 500) ** 2)
        kill = 1.15 * car_t / (4.05 + car_t)
        # our g' = death + (birth - death) g, on the log scale
        return [
            -0.17 * lymphocytes * math.log(total / 500),
            -rate * car_t * math.log(total / 139),
            growth - kill,
            growth - kill + kill * math.exp(-log_lineage),
        ]

    start = [6.0, 0.36, math.log(94.86e9), 0.0]
    end = solve_ivp(rates, (0, 400), start, method="LSODA", rtol=1e-10, atol=1e-12).y[:, -1]
    extinct = math.exp(-math.exp(end[2] - end[3]))
    assert extinct == pytest.approx(published, rel=0.05 if published < 1e-3 else 1e-3)


def by_chance(n, start, growth, turnover, kill, duration, until, seed, dt=0.05):
    """Sizes of n clones simulated cell by cell in law: in each step with constant rates the number of survivors of a
    linear birth-death process is binomial, and each leaves a geometric number of cells (exact transition)."""
    random = np.random.default_rng(seed)
    cells = np.full(n, start, dtype=np.int64)
    for step in range(round(until / dt)):
        death = turnover + kill * math.exp(-(step + 0.5) * dt / duration)
        birth = growth + turnover
        e = math.exp((birth - death) * dt)
        gone, more = death * (e - 1) / (birth * e - death), birth * (e - 1) / (birth * e - death)
        alive = random.binomial(cells, 1 - gone)
        cells = alive.copy()
        some = alive > 0
        cells[some] += random.negative_binomial(alive[some], 1 - more)
    return cells


PULSE = {"start": 20_000, "growth": 0.1, "turnover": 0.1, "kill": 1.55, "duration": 8.0}


def test_a_killing_wave_against_chance(clone):
    # expected: direct stochastic simulation of 6,000 clones of 20,000 cells through the same wave
    n, until = 6000, 180.0
    known = by_chance(n, **PULSE, until=until, seed=5)
    checks = np.arange(0.0, until + 0.1, 1.0)
    day, cells, _ = simulated(clone, n, checks, **{**PULSE, "start": float(PULSE["start"])})
    extinct, ours = np.mean(known == 0), np.mean(day <= until)
    assert 0.2 < extinct < 0.8, "the wave must leave something to chance"
    assert abs(extinct - ours) < 3.5 * math.sqrt(2 * extinct * (1 - extinct) / n)
    # sizes of those that live, by day 180 all large: their mean, and their spread on the log scale
    theirs, living = known[known > 0].astype(float), cells[day > until, -1]
    assert living.min() > 1e5
    error = theirs.std() / theirs.mean() * math.sqrt(2 / len(theirs))
    assert living.mean() == pytest.approx(theirs.mean(), rel=3.5 * error)
    # the course draws a log-normal of the same mean and variance where chance gives a sum of exponentials
    variance = math.log1p((theirs.std() / theirs.mean()) ** 2)
    assert np.log(living).var() == pytest.approx(variance, rel=0.2)


def test_settled_survivors_keep_the_mean_of_all_clones(clone):
    # expected: conservation; E[size] = T, so survivors times their share is the deterministic course
    n, until = 20_000, 220.0
    checks = np.arange(0.0, until + 0.1, 2.0)
    values = {**PULSE, "start": float(PULSE["start"])}
    day, cells, _ = simulated(clone, n, checks, **values)
    _, mean, _ = simulated(clone, 1, checks, rules=False, **values)
    share = np.mean(day > until)
    assert cells[:, -1].mean() == pytest.approx(mean[0, -1], rel=3.5 * math.sqrt((1 - share) / share / n))


def test_when_the_clinic_looks_does_not_decide_who_is_cured(clone):
    # expected: T/g only falls, so looking 8-hourly, weekly or monthly finds the same clones extinct by the end
    values = {**PULSE, "start": float(PULSE["start"])}
    shares = []
    for spacing in (1 / 3, 7.0, 30.0):
        checks = np.arange(0.0, 210.0 + 1e-6, spacing)
        day, _, _ = simulated(clone, 2000, checks, **values)
        shares.append(np.mean(day < NEVER))
    assert np.ptp(shares) < 2 * math.sqrt(0.25 / 2000), shares


def test_when_the_clinic_looks_does_not_decide_who_is_cured_of_leukaemia(treated):
    # expected: the real model: 8-hourly checks in the first month against daily ones, later weekly against four-weekly;
    # thresholds are the same, so only marginal patients and shifted drug doses could differ
    people = treated(200)
    planned = np.array([people.checks[dose.check] for dose in people.doses])
    thin = np.unique(
        np.concatenate([planned, np.arange(-6.0, 60.0), np.arange(60.0, 1826.0, 28.0), people.checks[-1:]])
    )
    cured = []
    for days in (people.checks, thin):
        some = people.on_days(days)
        ensemble = some.run(rules=True)
        memory = some.ready.compiled.memory
        clones = [clone.name for clone in some.ready.model.clones]
        gone = [ensemble.memory[:, memory.index(f"{clone}_extinct_day")] < NEVER for clone in clones]
        cured.append(np.all(gone, axis=0))
    share = cured[0].mean()
    assert 0.05 < share < 0.95
    assert np.mean(cured[0] != cured[1]) < 0.05
    assert abs(cured[1].mean() - share) < 2 * math.sqrt(share * (1 - share) / len(people))
