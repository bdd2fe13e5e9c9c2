"""Bounds that spend alpha and beta. Expected: printed output of gsDesign and of rpact's own tests; level and power by integrating anew."""

from __future__ import annotations

import pytest

from livingdrug.design.beta_spending import beta_spending_bounds
from livingdrug.design.methods.group_sequential import METHOD
from livingdrug.design.spending import crossings, spent_by
from livingdrug.foundation.errors import BadInput, UnknownName

THIRDS = (1 / 3, 2 / 3, 1.0)
RPACT = [
    # looks, alpha, beta, what is spent, futility bounds, critical values, inflation: rpact, test-f_design_group_sequential.R (x2, x3, x7)
    ((0.2, 0.4, 1.0), 0.07, 0.14, "hwang_shih_decani(-1)", "hwang_shih_decani(-2)", (-1.1063623, -0.35992438), (2.364813, 2.1928805, 1.5660474), 1.0869177),
    ((0.3, 0.7, 1.0), 0.03, 0.34, "power(2.2)", "power(3.2)", (-1.1558435, 0.72836893), (2.8594012, 2.2435708, 1.9735737), 1.0555891),
    (THIRDS, 0.03, 0.2, "obrien_fleming", "pocock", (0.42062972, 1.2539286), (3.5815302, 2.417863, 1.9175839), None),
]  # fmt: skip


@pytest.mark.parametrize(("looks", "alpha", "beta", "up", "down", "lower", "upper", "inflation"), RPACT)
def test_bounds_are_rpacts(looks, alpha, beta, up, down, lower, upper, inflation) -> None:
    found = beta_spending_bounds(looks, alpha, beta, up, down)
    assert found.upper == pytest.approx(upper, abs=2e-6)
    assert found.lower[:-1] == pytest.approx(lower, abs=2e-6)
    if inflation is not None:
        assert found.inflation == pytest.approx(inflation, abs=2e-6)


def test_bounds_are_gsdesigns() -> None:
    # R: gsDesign(n.fix = 2058), as printed on r-help, 15 November 2011: N 734 1468 2202, what is spent, and both bounds
    found = beta_spending_bounds(THIRDS, 0.025, 0.1, "hwang_shih_decani(-4)", "hwang_shih_decani(-2)")
    assert [round(z, 2) for z in found.lower[:2]] == [-0.24, 0.94]
    assert round(found.upper[0], 2) == 3.01
    assert round(found.missed[0], 4) == 0.0148
    assert round(found.spent[0], 4) == 0.0013
    assert [round(2058 * found.inflation * t + 0.5) for t in THIRDS[:2]] == [734, 1468]  # rounded up there


@pytest.mark.parametrize("binding", [False, True])
@pytest.mark.parametrize("down", ["obrien_fleming", "pocock", "hwang_shih_decani(-2)"])
def test_level_and_power_are_what_was_asked(down: str, binding: bool) -> None:
    found = beta_spending_bounds((0.4, 0.7, 1.0), 0.025, 0.1, "obrien_fleming", down, binding=binding)
    lower = found.lower[:-1]
    above, below = crossings(found.fractions, found.upper, found.drift, lower)
    assert above.sum() == pytest.approx(0.9, abs=1e-6)
    assert below == pytest.approx([found.missed[0], found.missed[1] - found.missed[0], 0.0], abs=1e-6)
    kept = crossings(found.fractions, found.upper, 0.0, lower if binding else ())[0].sum()
    assert kept == pytest.approx(0.025, abs=1e-7)
    if not binding:  # whoever does stop below makes the level smaller
        assert crossings(found.fractions, found.upper, 0.0, lower)[0].sum() < 0.0249


def test_binding_bounds_are_lower_for_efficacy_and_need_less_information() -> None:
    free, bound = (beta_spending_bounds(THIRDS, 0.025, 0.1, "pocock", "pocock", binding=one) for one in (False, True))
    assert all(high > low for high, low in zip(free.upper[1:], bound.upper[1:], strict=True))
    assert free.inflation > bound.inflation > 1


@pytest.mark.parametrize(
    "name", ["power(0)", "power(-1)", "hwang_shih_decani(99)", "hwang_shih_decani", "power(x)", "obrien"]
)
def test_what_cannot_be_spent_is_refused(name: str) -> None:
    with pytest.raises(UnknownName, match="spending function"):
        spent_by(name, (0.5, 1.0), 0.025)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"beta_spending": "pocock", "futile_below": (0.0,)}, "not both"),
        ({"binding": True}, "cannot bind"),
        ({"beta_spending": "pocock", "beta": 0.98}, "beta"),
        ({"beta_spending": "pocok"}, "pocock"),
    ],
)
def test_keys_that_make_no_sense_are_refused(keys, told) -> None:
    with pytest.raises((BadInput, UnknownName), match=told):
        METHOD.planned(METHOD.Keys(events=100, **keys), 100)
