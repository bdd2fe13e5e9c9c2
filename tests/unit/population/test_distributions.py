"""Each distribution against SciPy or a table worked out by hand."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtr

from livingdrug.catalog.records.population import Covariate
from livingdrug.foundation.quantities import Quantity
from livingdrug.population.distributions import draw_value

Z = np.linspace(-3.0, 3.0, 61)


def covariate(kind: str, **numbers: float) -> Covariate:
    given = {
        name: Quantity(value=value, unit="", meaning="a test number", kind="assumed", source="this test")
        for name, value in numbers.items()
    }
    return Covariate(meaning="a test covariate", unit="", distribution=kind, number=given)


@pytest.mark.parametrize(
    ("kind", "numbers", "oracle"),
    [
        ("normal", {"mean": 3.0, "sd": 2.0}, stats.norm(3.0, 2.0)),
        ("normal", {"mean": 3.0, "sd": 2.0, "low": 1.0, "high": 4.0}, stats.truncnorm(-1.0, 0.5, loc=3.0, scale=2.0)),
        ("lognormal", {"median": 944.0, "sd_log": 0.81}, stats.lognorm(0.81, scale=944.0)),
        ("beta", {"mean": 0.5, "sd": 0.12}, stats.beta(0.5 * (0.25 / 0.0144 - 1), 0.5 * (0.25 / 0.0144 - 1))),
        ("uniform", {"low": 1.0, "high": 2.0}, stats.uniform(1.0, 1.0)),
    ],
)
def test_agrees_with_scipy(kind, numbers, oracle):
    # Expected: SciPy's quantile function at the same probability.
    np.testing.assert_allclose(draw_value(covariate(kind, **numbers), Z), oracle.ppf(ndtr(Z)), rtol=1e-7, atol=1e-12)


def test_logit_normal_median_and_one_standard_deviation():
    # Expected: by hand; logit(0.68) + 0.5 back-transformed is 0.77795.
    got = draw_value(covariate("logit_normal", median=0.68, sd_logit=0.5), np.array([0.0, 1.0]))
    np.testing.assert_allclose(got, [0.68, 1.0 / (1.0 + np.exp(-(np.log(0.68 / 0.32) + 0.5)))], rtol=1e-12)


def test_quantiles_run_through_the_given_points():
    # Expected: the points themselves, and the straight line between them.
    given = covariate("quantiles", p0=3.0, p50=11.0, p75=15.0, p100=24.0)
    z = stats.norm.ppf([0.25, 0.5, 0.625, 0.75])
    np.testing.assert_allclose(draw_value(given, z), [7.0, 11.0, 13.0, 15.0], rtol=1e-9)


def test_categories_and_yes_no_have_their_shares():
    # Expected: the shares in the definition, counted on an even grid of probability.
    z = stats.norm.ppf((np.arange(1000) + 0.5) / 1000)
    counts = np.bincount(draw_value(covariate("categorical", c1=0.1, c2=0.6, c5=0.3), z).astype(int), minlength=6)
    assert counts.tolist() == [0, 100, 600, 0, 0, 300]
    assert draw_value(covariate("bernoulli", probability=0.61), z).mean() == pytest.approx(0.61)


def test_faulty_definitions_say_what_is_missing():
    # Expected: our own rules for a population file.
    with pytest.raises(ValueError, match="sd_log"):
        covariate("lognormal", median=1.0)
    with pytest.raises(ValueError, match="add up to 1"):
        covariate("categorical", c1=0.5, c2=0.4)
    with pytest.raises(ValueError, match="p100"):
        covariate("quantiles", p50=1.0)
