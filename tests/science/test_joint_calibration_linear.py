"""Expected values: the textbook's posterior of a linear Gaussian model (Kalman's update, another route than the information form),
conditioning of one joint normal law for what is left out, and a simulation of differences between trials with known spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from livingdrug.fitting.joint.averaged import average
from livingdrug.fitting.joint.linear import Linear, between_trials, left_out, posterior
from livingdrug.fitting.joint.search import Found, search

P, R = 4, 14


@dataclass
class Line:
    """A biology that is a line: rows = base + slope @ point. A `Problem` without trials."""

    base: np.ndarray
    slope: np.ndarray
    published: np.ndarray
    noise: np.ndarray
    bend: float = 0.0

    def __post_init__(self) -> None:
        n, p = self.slope.shape
        self.fitted = np.ones(n, dtype=bool)
        self.group, self.kind = np.arange(n) // 2, np.arange(n) % 4 // 2
        self.family = np.arange(n) // 4
        self.centre, self.width = np.linspace(-0.5, 0.5, p), np.linspace(0.5, 2.0, p)
        self.low, self.high = np.full(p, -np.inf), np.full(p, np.inf)
        self.n_points = 0

    @property
    def rows(self):
        return self.published

    @property
    def concerns(self):
        return np.ones(self.slope.shape, dtype=bool)

    blocks = 2

    def simulate(self, points, done=None, *, slopes=False, block=0):
        self.n_points += len(points)
        straight = [self.base + self.slope @ point for point in points]
        return [line + self.bend * line**2 for line in straight]

    def covariance(self, point, *, weighted=True):
        return self.noise


@pytest.fixture
def line() -> Line:
    draw = np.random.default_rng(5)
    root = draw.normal(size=(R, R)) * 0.1
    return Line(
        draw.normal(size=R), draw.normal(size=(R, P)), draw.normal(size=R) * 2, root @ root.T + 0.05 * np.eye(R)
    )


def at(line: Line, point: np.ndarray) -> Linear:
    return Linear(
        point, line.simulate([point])[0], line.slope, line.published, line.noise, line.group, line.kind, line.centre, line.width
    )  # fmt: skip


def kalman(line: Line, noise: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Posterior mean and covariance in the gain form, from the prior, in one update."""
    prior, slope = np.diag(line.width**2), line.slope[rows]
    innovation = slope @ prior @ slope.T + noise[np.ix_(rows, rows)]
    gain = prior @ slope.T @ np.linalg.inv(innovation)
    mean = line.centre + gain @ (line.published - line.base - line.slope @ line.centre)[rows]
    return mean, prior - gain @ slope @ prior


TAU = np.array([0.3, 0.15])


def noise_of(line: Line, tau: np.ndarray) -> np.ndarray:
    """Errors and differences between trials, entry by entry."""
    noise = line.noise.copy()
    for i in range(R):
        for j in range(R):
            if line.group[i] == line.group[j] and line.kind[i] == line.kind[j]:
                noise[i, j] += tau[line.kind[i]] ** 2
    return noise


def test_posterior_is_the_textbooks_from_any_point(line: Line) -> None:
    mean, covariance = kalman(line, noise_of(line, TAU), np.ones(R, dtype=bool))
    for point in (line.centre, np.array([3.0, -2.0, 0.1, 7.0])):
        found = posterior(at(line, point), TAU)
        np.testing.assert_allclose(found.mean, mean, atol=1e-9)
        np.testing.assert_allclose(found.covariance, covariance, atol=1e-10)


def test_rows_left_out_are_predicted_as_by_conditioning_one_joint_normal_law(line: Line) -> None:
    rows = line.family == 1
    seen = ~rows
    # patients of different trials are different people: their errors are independent
    line.noise = np.where(line.family[:, None] == line.family[None, :], line.noise, 0.0)
    joint = line.slope @ np.diag(line.width**2) @ line.slope.T + noise_of(line, TAU)
    expected_all = line.base + line.slope @ line.centre
    weight = joint[np.ix_(rows, seen)] @ np.linalg.inv(joint[np.ix_(seen, seen)])
    expected = expected_all[rows] + weight @ (line.published - expected_all)[seen]
    covariance = joint[np.ix_(rows, rows)] - weight @ joint[np.ix_(seen, rows)]
    found = left_out(at(line, np.full(P, 0.7)), TAU, rows)
    np.testing.assert_allclose(found.expected, expected, atol=1e-9)
    np.testing.assert_allclose(found.covariance, covariance, atol=1e-9)
    total = sum(part**2 for part in found.parts.values())
    np.testing.assert_allclose(total, found.sd**2, atol=1e-12)


def test_search_reaches_the_best_point_of_a_line_and_comes_to_rest(line: Line) -> None:
    mean, _ = kalman(line, noise_of(line, TAU), line.fitted)
    found = search(line, np.array([2.0, 2.0, -2.0, 2.0]), tau=TAU, robust=False)
    np.testing.assert_allclose(found.point, mean, atol=1e-6)
    np.testing.assert_allclose(found.jacobian, line.slope, atol=1e-9)
    assert found.at_rest


def test_search_of_a_bent_biology_finds_where_the_gradient_is_zero(line: Line) -> None:
    from scipy.optimize import minimize

    line.bend = 0.05
    noise = np.linalg.inv(noise_of(line, TAU))

    def distance(point: np.ndarray) -> float:
        residual = line.published - line.simulate([point])[0]
        return 0.5 * residual @ noise @ residual + 0.5 * (((point - line.centre) / line.width) ** 2).sum()

    best = minimize(distance, line.centre, method="BFGS", options={"gtol": 1e-9})
    found = search(line, line.centre, tau=TAU, robust=False, jacobians=6)
    # the search stops when half a chi-squared falls by less than 0.3
    assert found.objective - best.fun < 0.3
    assert found.objective == pytest.approx(distance(found.point))


def test_bounds_hold_and_the_others_go_where_they_then_should(line: Line) -> None:
    free, _ = kalman(line, noise_of(line, TAU), line.fitted)
    line.low = np.full(P, -np.inf)
    line.low[1] = free[1] + 0.4
    found = search(line, line.centre + 1.5, tau=TAU, robust=False, jacobians=6)
    assert found.point[1] == pytest.approx(line.low[1])
    # with the second number held there, the others have a closed form
    others = np.array([True, False, True, True])
    weight = np.linalg.inv(noise_of(line, TAU))
    slope = line.slope[:, others]
    left = line.published - line.base - line.slope[:, 1] * line.low[1]
    precision = slope.T @ weight @ slope + np.diag(1 / line.width[others] ** 2)
    best = np.linalg.solve(precision, slope.T @ weight @ left + line.centre[others] / line.width[others] ** 2)
    np.testing.assert_allclose(found.point[others], best, atol=1e-6)


def test_spread_between_trials_is_found_again() -> None:
    """400 trials of three rows each in two classes, spreads 0.4 and none; error of such an estimate is about 0.4 / sqrt(800)."""
    draw = np.random.default_rng(11)
    n = 1200
    group, kind = np.arange(n) // 3, (np.arange(n) // 3) % 2
    slope = draw.normal(size=(n, P))
    truth = np.array([0.3, -0.2, 0.5, 0.1])
    differences = np.where(np.arange(400) % 2 == 0, 0.4, 0.0) * draw.normal(size=400)
    published = slope @ truth + differences[group] + 0.1 * draw.normal(size=n)
    problem = Linear(
        truth, slope @ truth, slope, published, 0.01 * np.eye(n), group, kind, np.zeros(P), np.ones(P)
    )  # fmt: skip
    tau = between_trials(problem, np.array([0.1, 0.1]))
    assert tau[0] == pytest.approx(0.4, abs=0.05)
    assert tau[1] < 0.03


def test_line_through_draws_ends_at_the_textbooks_mean_from_a_search_that_stopped_short(line: Line) -> None:
    # the biology is a line, so that draws tell its slopes to the last of the doubt, and the middle of the law is Kalman's
    draw = np.random.default_rng(3)
    line.published = line.base + line.slope @ line.centre + 0.3 * draw.normal(size=R)
    point = line.centre + 0.1 * line.width
    wrong = line.slope + draw.normal(size=line.slope.shape)
    short = Found(point, line.simulate([point])[0], wrong, TAU, np.inf, False)
    found = average(line, short, [point + draw.normal(size=P) for _ in range(400)])
    assert found.averaged is not None
    mean, _ = kalman(line, noise_of(line, found.averaged.tau), line.fitted)
    np.testing.assert_allclose(found.averaged.slopes, line.slope, atol=0.01)
    np.testing.assert_allclose(found.point, mean, atol=0.02)
    np.testing.assert_allclose(found.averaged.offset, 0.0, atol=0.02)
    assert found.path[-1][0] == "middle of the draws"
    assert found.path[-1][1] < found.path[-2][1]
    # and from there other draws lead nowhere else
    again = average(line, found, [found.point + draw.normal(size=P) for _ in range(400)])
    np.testing.assert_allclose(again.point, found.point, atol=0.01)
