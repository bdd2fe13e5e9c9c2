"""Expected values: SciPy's distributions, and differences of the log density itself for its derivatives."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import log_ndtr
from scipy.stats import norm

from livingdrug.fitting import kernels
from livingdrug.fitting.draws import normals, uniforms
from livingdrug.fitting.error_models import ERRORS
from livingdrug.fitting.transforms import CODES, TRANSFORMS
from livingdrug.foundation import streams


@pytest.mark.parametrize("z", [-60.0, -26.0, -24.9, -8.0, -1.0, 0.0, 2.0, 5.9, 6.1, 9.0])
def test_log_normal_cdf(z: float) -> None:
    assert kernels.log_normal_cdf(z) == pytest.approx(log_ndtr(z), rel=1e-10, abs=1e-300)


def test_density_of_measured_and_censored_results() -> None:
    # combined error: standard deviation 0.5 + 0.1 * 4
    code = ERRORS["combined"].code
    assert kernels.log_density(3.0, 0, 4.0, code, 0.5, 0.1) == pytest.approx(norm.logpdf(3.0, 4.0, 0.9))
    assert kernels.log_density(3.0, 1, 4.0, code, 0.5, 0.1) == pytest.approx(norm.logcdf(3.0, 4.0, 0.9))
    assert kernels.log_density(3.0, -1, 4.0, code, 0.5, 0.1) == pytest.approx(norm.logsf(3.0, 4.0, 0.9))
    log = ERRORS["lognormal"].code
    expected = norm.logpdf(math.log(3.0), math.log(4.0), 0.6) - math.log(3.0)
    assert kernels.log_density(3.0, 0, 4.0, log, 0.6, 0.0) == pytest.approx(expected)
    assert kernels.log_density(3.0, 0, -1.0, log, 0.6, 0.0) == -math.inf


@pytest.mark.parametrize("name", list(ERRORS))
@pytest.mark.parametrize("censored", [0, 1, -1])
def test_derivatives_are_those_of_the_density(name: str, censored: int) -> None:
    code, h = ERRORS[name].code, 1e-5
    a, b, y, f = 0.7, 0.2, 3.0, 3.9

    def density(f: float, la: float, lb: float) -> float:
        return kernels.log_density(y, censored, f, code, math.exp(la), math.exp(lb))

    la, lb = math.log(a), math.log(b)
    scaled = math.log(y) if name == "lognormal" else y  # terms are told on the scale on which values are compared
    terms = kernels.measured_terms(scaled, censored, f, code, a, b)
    assert terms[1] == pytest.approx((density(f + h, la, lb) - density(f - h, la, lb)) / (2 * h), rel=1e-6, abs=1e-9)
    assert terms[3] == pytest.approx((density(f, la + h, lb) - density(f, la - h, lb)) / (2 * h), rel=1e-6, abs=1e-9)
    assert terms[4] == pytest.approx((density(f, la, lb + h) - density(f, la, lb - h)) / (2 * h), rel=1e-6, abs=1e-9)
    score, bend, curvature = np.zeros((1, 2)), np.zeros((1, 3)), np.zeros((1, 3))
    kernels.row_sums(
        np.array([f]), np.array([0, 1]), np.array([0]), np.array([0, 1]), np.array([scaled]), np.array([censored]),
        np.array([0]), np.array([code]), np.array([a]), np.array([b]), np.empty(1), score, bend, curvature,
    )  # fmt: skip
    k = 1e-3
    aa = (density(f, la + k, lb) - 2 * density(f, la, lb) + density(f, la - k, lb)) / k**2
    ab = (density(f, la + k, lb + k) - density(f, la + k, lb - k) - density(f, la - k, lb + k) + density(f, la - k, lb - k)) / (4 * k**2)  # fmt: skip
    bb = (density(f, la, lb + k) - 2 * density(f, la, lb) + density(f, la, lb - k)) / k**2
    np.testing.assert_allclose(bend[0], [aa, ab, bb], rtol=1e-4, atol=1e-5)
    assert curvature[0, 0] >= 0
    assert curvature[0, 2] >= 0


def test_random_numbers_are_those_of_the_streams() -> None:
    patient, chain = np.arange(5, dtype=np.int64), np.full(5, 3, np.int64)
    ours = uniforms(7, "a purpose", patient, chain, 11, 4)
    for q in range(4):
        np.testing.assert_array_equal(ours[q], streams.uniform(7, "a purpose", patient + (chain << 32), 11 + q))
    np.testing.assert_array_equal(normals(7, "a purpose", patient, chain, 0, 1)[0], streams.normal(7, "a purpose", patient + (chain << 32)))  # fmt: skip


@pytest.mark.parametrize("name", list(TRANSFORMS))
def test_scales_invert_and_the_compiled_one_agrees(name: str) -> None:
    scale, x = TRANSFORMS[name], np.linspace(-3, 3, 13)
    np.testing.assert_allclose(scale.forward(scale.back(x)), x, atol=1e-9)
    np.testing.assert_allclose(scale.slope(x), (scale.back(x + 1e-6) - scale.back(x - 1e-6)) / 2e-6, rtol=1e-6)
    compiled = [kernels.from_normal_scale(CODES[name], value) for value in x]
    np.testing.assert_allclose(compiled, scale.back(x), rtol=1e-14)
