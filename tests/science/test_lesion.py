"""A lesion in shells. Expected: diffusion into a sphere (Crank, analytic series), an independent finite-volume front with 400 layers, conservation, and laws."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from livingdrug.engine.ensemble import Dose
from tests.science.lone_lesion import followed, lone_lesion

RADIUS = 0.5  # cm
MOTILITY = 1.44e-4  # cm^2/day
VOLUME = 4.0 / 3.0 * np.pi * RADIUS**3
QUIET = {
    "kill_max": 0.0, "tumour_growth": 0.0, "growth_max": 0.0, "effector_death": 0.0, "exit_rate": 0.0, "exhaustion": 0.0, "exhausted_death": 0.0,
    "entry_per_volume_one": 0.0, "scaffold_share": 1e-9, "drained_share": 0.0, "memory_formation": 0.0, "memory_activation": 0.0, "supply_needed": 0.0,
    "tumour_start": VOLUME * 1.7e8, "motility": MOTILITY, "bath_motility": MOTILITY,
}  # fmt: skip
BATH = 1.0e6


@cache
def compiled(shells: int, bath: bool):
    return lone_lesion(shells, bath=bath, values={})


def with_values(shells: int, bath: bool, **values: float):
    """The course-maker of a lesion with these parameters: (compiled model, row)."""
    _, machine, row = compiled(shells, bath)
    row = row.copy()
    names = list(machine.odes.parameters)
    for name, value in {**QUIET, "bath": BATH, **values}.items():
        if name in names:
            row[0, names.index(name)] = value
    return machine, row


def inside(found, shells: int):
    return np.stack([found[f"car_t_in_one_s{i}"] for i in range(1, shells + 1)])


def filled_by_diffusion(time: float) -> float:
    """Crank, The Mathematics of Diffusion, eq. 6.20: share of the final amount in a sphere whose surface is held."""
    n = np.arange(1, 400)
    return float(1.0 - 6.0 / np.pi**2 * np.sum(np.exp(-MOTILITY * n**2 * np.pi**2 * time / RADIUS**2) / n**2))


@pytest.mark.slow
def test_diffusion_into_a_sphere_converges_to_the_series():
    days = np.array([0.0, 0.0305, 0.183]) * RADIUS**2 / MOTILITY
    exact = np.array([filled_by_diffusion(day) for day in days[1:]])
    assert exact == pytest.approx([0.5, 0.9], abs=2e-3)  # 50 % and 90 %: the well-known times
    errors = []
    for shells in (1, 2, 4, 8):
        machine, row = with_values(shells, True)
        share = inside(followed(machine, row, days), shells).sum(axis=0)[1:] / (BATH * VOLUME)
        errors.append(np.abs(share - exact).max())
    assert np.all(np.diff(errors) < 0.0)
    assert errors[-1] < 4e-3  # second order: a quarter with each doubling


@pytest.mark.slow
def test_a_front_is_too_fast_in_coarse_shells_and_converges():
    # reference: 400 layers of equal thickness with their own finite volumes, linear growth r and random walk D; the front speed is 2 sqrt(D r)
    rate, days = 0.4, np.linspace(0.0, 24.0, 97)
    reference = _arrival(_fine_front(rate, days), days)
    times = []
    for shells in (2, 4, 8):
        machine, row = with_values(
            shells,
            False,
            growth_max=rate,
            division_destiny=1e6,
            strength_half=1e-9,
            antigen_half=1.0,
            effector_death=0.0,
        )
        found = followed(machine, row, days, [Dose(0, f"car_t_in_one_s{shells}", np.array([1e4]))])
        cells = inside(found, shells)
        times.append(_arrival(cells[0] / (VOLUME / shells), days))
    errors = reference - np.array(times)
    assert np.all(errors > 0.0)  # coarse shells are too fast
    assert np.all(np.diff(errors) < 0.0)  # and each doubling brings them nearer


def _fine_front(rate: float, days: np.ndarray) -> np.ndarray:
    """Mean concentration [cell/mL] in the inner eighth of the sphere, by an independent radial scheme."""
    edges = np.linspace(0.0, RADIUS, 401)
    volume = 4.0 / 3.0 * np.pi * np.diff(edges**3)
    middle = (edges[1:] + edges[:-1]) / 2.0
    gate = MOTILITY * 4.0 * np.pi * edges[1:-1] ** 2 / np.diff(middle)
    outer = edges[:-1] ** 3 >= RADIUS**3 * 7.0 / 8.0 - 1e-9
    start = np.where(outer, 1e4 / volume[outer].sum(), 0.0)

    def slope(_, c):
        flux = gate * np.diff(c)
        return rate * c + (np.append(flux, 0.0) - np.insert(flux, 0, 0.0)) / volume

    found = solve_ivp(slope, (0.0, days[-1]), start, method="BDF", t_eval=days, rtol=1e-8, atol=1e-12)
    core = edges[1:] ** 3 <= RADIUS**3 / 8.0 + 1e-9
    return (found.y[core] * volume[core, None]).sum(axis=0) / volume[core].sum()


def _arrival(concentration: np.ndarray, days: np.ndarray) -> float:
    """When the core holds one cell in a thousandth of a millilitre."""
    return float(np.interp(np.log(1e3), np.log(np.maximum(concentration, 1e-300)), days))


def test_walking_conserves_cells():
    machine, row = with_values(4, False)
    found = followed(machine, row, [0.0, 1.0, 30.0, 400.0], [Dose(0, "car_t_in_one_s4", np.array([1e6]))])
    cells = inside(found, 4)
    assert cells.sum(axis=0)[1:] == pytest.approx(1e6, rel=2e-5)
    assert cells[:, -1] == pytest.approx(cells[:, -1].mean(), rel=0.05)  # spread evenly in the end


def test_shells_without_resistance_are_the_well_mixed_lesion():
    # one shell has no inside to walk through; with very fast walking and even supply four shells have none either
    killing = {
        "kill_max": 1.0, "growth_max": 1.0, "effector_death": 0.2, "exhaustion": 0.1, "exhausted_death": 0.2, "exit_rate": 0.3, "supply_depth_one": 1e6,
        "tumour_growth": 0.02,
    }  # fmt: skip
    days, totals = [0.0, 3.0, 10.0, 20.0], []
    for shells in (1, 4):
        machine, row = with_values(shells, False, motility=100.0, **killing)
        doses = [Dose(0, f"car_t_in_one_s{i}", np.array([4e6 / shells])) for i in range(1, shells + 1)]
        totals.append(followed(machine, row, days, doses)["tumour_total"])
    assert totals[1] == pytest.approx(totals[0], rel=1e-4)
    assert totals[0][-1] < 0.9 * totals[0][0]


def test_a_larger_lesion_is_infiltrated_less():
    shares = []
    for radius in (0.5, 2.0):
        volume = 4.0 / 3.0 * np.pi * radius**3
        machine, row = with_values(
            4,
            False,
            tumour_start=volume * 1.7e8,
            entry_per_volume_one=0.005,
            supply_depth_one=0.8,
            effector_death=0.2,
            engraftment_rate=1.0,
        )
        found = followed(machine, row, [0.0, 5.0], [Dose(0, "car_t_infused", np.array([1e8]))])
        shares.append(inside(found, 4)[:, -1].sum() / volume)
    assert shares[1] < 0.8 * shares[0]
