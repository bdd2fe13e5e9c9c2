"""Times of samples. Expected: PopED's printed errors for warfarin; the D-optimal times that are known in closed form."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from livingdrug.fitting.information import Linear, best_times, gradients, information, log_determinant
from livingdrug.foundation.errors import BadInput


def plain(level, centre, times, noise=1.0) -> Linear:
    """One patient, no spread, errors of one size that is known."""
    slopes = gradients(lambda phi: level(phi, times), np.asarray(centre, dtype=float))
    return Linear(
        slopes, np.zeros((times.size, 0)), np.zeros((0, 0)), (), np.full(times.size, noise), np.zeros((0, times.size))
    )


def warfarin(times):
    """Nyberg 2015: CL 0.15, V 8, ka 1, 70 mg, variances 0.07, 0.02, 0.6, error 0.01 f² + 0.25."""

    def level(phi):
        cl, v, ka = np.exp(phi)
        return 70 * ka / (v * (ka - cl / v)) * (np.exp(-cl / v * times) - np.exp(-ka * times))

    centre = np.log([0.15, 8.0, 1.0])
    slopes, f = gradients(level, centre), level(centre)
    own = ((0, 0), (1, 1), (2, 2))
    return Linear(
        slopes, slopes, np.diag([0.07, 0.02, 0.6]), own, 0.01 * f**2 + 0.25, np.stack([f**2, np.ones_like(f)])
    )


def test_errors_are_popeds() -> None:
    # R: PopED, ex.2.e.warfarin.Ds.R with the reduced matrix: get_rse of 32 patients at 0.5, 1, 2, 6, 24, 36, 72, 120 h
    model = warfarin(np.array([0.5, 1, 2, 6, 24, 36, 72, 120]))
    error = np.sqrt(np.diag(np.linalg.inv(32 * information(model, range(8)))))
    relative = 100 * error / [1, 1, 1, 0.07, 0.02, 0.6, 0.01, 0.25]  # typical values are on the scale of logarithms
    poped = [5.096246, 3.031164, 14.260384, 29.761226, 36.681388, 26.748640, 32.011719, 25.637971]
    assert relative == pytest.approx(poped, rel=1e-6)


def test_the_best_times_are_better_than_popeds_start() -> None:
    times = np.arange(0.5, 120.5, 0.5)
    model = warfarin(times)
    start = [int(np.flatnonzero(times == t)[0]) for t in (0.5, 1, 2, 6, 24, 36, 72, 120)]
    best = best_times(model, times, 8)
    assert log_determinant(information(model, best)) > log_determinant(information(model, start))


def test_exponential_decline_is_sampled_at_one_over_its_rate() -> None:
    # Box and Lucas 1959, Biometrika 46:77-90: e^(-kt): t = 1/k; A e^(-kt): 0 and 1/k
    times = np.arange(0, 201) * 0.1
    one = plain(lambda phi, t: np.exp(-phi[0] * t), [0.25], times)
    assert times[list(best_times(one, times, 1))] == pytest.approx([4.0])
    two = plain(lambda phi, t: phi[0] * np.exp(-phi[1] * t), [3.0, 0.25], times)
    assert times[list(best_times(two, times, 2))] == pytest.approx([0.0, 4.0])


def test_box_and_lucas_two_rates() -> None:
    # Box and Lucas 1959: k1/(k1-k2) (e^(-k2 t) - e^(-k1 t)) with 0.7 and 0.2: 1.229 and 6.858
    times = np.arange(1, 1501) * 0.01
    model = plain(lambda k, t: k[0] / (k[0] - k[1]) * (np.exp(-k[1] * t) - np.exp(-k[0] * t)), [0.7, 0.2], times)
    assert times[list(best_times(model, times, 2))] == pytest.approx([1.23, 6.86], abs=0.011)


def test_a_line_is_sampled_at_its_ends_and_a_parabola_in_the_middle_too() -> None:
    # Kiefer and Wolfowitz: D-optimal for polynomials on [-1, 1]: the ends, and 0 for the second degree
    times = np.linspace(-1, 1, 41)
    line = plain(lambda b, t: b[0] + b[1] * t, [1.0, 1.0], times)
    assert times[list(best_times(line, times, 2))] == pytest.approx([-1, 1])
    bow = plain(lambda b, t: b[0] + b[1] * t + b[2] * t**2, [1.0, 1.0, 1.0], times)
    assert times[list(best_times(bow, times, 3))] == pytest.approx([-1, 0, 1])


def test_gaps_and_wanted_times_are_kept() -> None:
    times = np.arange(0, 61, dtype=float)
    model = plain(lambda p, t: p[0] * np.exp(-p[1] * t), [3.0, 0.1], times)
    best = times[list(best_times(model, times, 4, gap=5, always=[30]))]
    assert 30 in best
    assert np.diff(best).min() >= 5


def test_what_cannot_be_determined_says_so() -> None:
    times = np.arange(0, 10, dtype=float)
    model = plain(lambda p, t: p[0] + p[1] + 0 * t, [1.0, 1.0], times)  # a sum alone
    assert log_determinant(information(model, [0, 1, 2])) == -np.inf


@pytest.fixture(scope="module")
def fit():
    """A line fitted to five patients, as a fit's parts: no search is needed to ask for its times."""
    from livingdrug.fitting.error_models import error_model
    from livingdrug.fitting.population import Population
    from livingdrug.fitting.structure import load_model

    model = load_model("straight_line")
    p = len(model.names)
    population = Population(
        model.names, tuple(one.transform for one in model.parameters), np.arange(p), model.names, np.arange(p),
        np.tile(np.eye(p), (5, 1, 1)), np.ones(p, dtype=bool), np.eye(p, dtype=bool),
    )  # fmt: skip
    theta = SimpleNamespace(
        beta=np.array([2.0, 0.5])[:p], omega=np.diag([0.04, 0.01])[:p, :p], error=np.array([[0.3, 0.0]])
    )
    spec = SimpleNamespace(population=population, errors=(error_model("additive"),), error_fixed=False)
    data = SimpleNamespace(
        n_patients=5, time=np.tile(np.arange(0, 10.0), 5), doses=np.empty((0, 5)), outputs=("value",), occasions=("1",),
        time_unit="day",
    )  # fmt: skip
    return SimpleNamespace(model=model, specification=spec, theta=theta, data=data)


def test_a_fit_gives_times_errors_and_their_worth(fit) -> None:
    from livingdrug.fitting.schedules import sampling_times

    found = sampling_times(fit, 4, candidates=np.arange(0, 10.0), patients=20)
    assert found.reference == tuple(np.arange(0, 10.0))
    assert {0.0, 9.0} <= set(found.times)
    assert found.efficiency is not None
    assert 0 < found.efficiency < 1  # four samples hold less than ten
    same = sampling_times(fit, 4, candidates=np.arange(0, 10.0), patients=80)
    assert same.expected["se"].to_numpy() == pytest.approx(found.expected["se"].to_numpy() / 2)
    again = sampling_times(fit, 4, candidates=np.arange(0, 10.0), reference=found.times)
    assert again.efficiency == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"samples": 0}, "samples"),
        ({"samples": 40}, "samples"),
        ({"samples": 4, "gap": 5}, "gap"),
        ({"samples": 1}, "do not determine"),
        ({"samples": 3, "always": [0.5]}, "not among"),
        ({"samples": 3, "lloq": 1e9}, "fewer than"),
        ({"samples": 3, "candidates": []}, "times to choose from"),
    ],
)
def test_what_makes_no_schedule_is_refused(fit, asked, told) -> None:
    from livingdrug.fitting.schedules import sampling_times

    with pytest.raises(BadInput, match=told):
        sampling_times(fit, **{"candidates": np.arange(0, 10.0), **asked})
