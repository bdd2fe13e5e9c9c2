"""Products with several receptors as files of one's own, and the recognition that a plan's model computes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from livingdrug.catalog.load import Catalog, load_trial
from livingdrug.catalog.plan import Plan, plan_arm
from livingdrug.course.equations import equations, parameters_of

Recognised = Callable[..., float]
QUANTITY = 'value = {value}\nunit = "{unit}"\nmeaning = "made up for a test"\nkind = "assumed"\nsource = "made up for a test"\n'


def number(place: str, value: float, unit: str = "") -> str:
    """A number of a catalogue file."""
    return f"[{place}]\n" + QUANTITY.format(value=value, unit=unit)


@pytest.fixture
def own(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a file of one's own catalogue; returns the catalogue's folder."""

    def write(place: str, text: str) -> Path:
        path = tmp_path / "mine" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return tmp_path / "mine"

    return write


def product_with(receptors: str = "", target: str = "CD19", extra: str = "") -> str:
    """A product of the package's construct alone."""
    return (
        f'title = "A product of a test"\ngeneric_name = "none"\ntarget = "{target}"\ncostimulation = "4_1bb"\nvector = "lentiviral"\n'
        f'making_process = "point_of_care"\n{extra}{receptors}'
    )


def plan_with(product: str, folder: Path | None = None, trial: str = "eliana") -> Plan:
    """The first arm of a trial, giving this product."""
    catalog = Catalog([folder] if folder else [])
    record = load_trial(trial, catalog)
    arm = record.arms[0]
    apheresis = arm.apheresis.model_copy(update={"making": "", "of_another_product": False})
    arm = arm.model_copy(update={"product": product, "apheresis": apheresis})
    record = record.model_copy(update={"arms": (arm,), "design": None})
    return plan_arm(record, arm.name, catalog)


@pytest.fixture
def evaluated() -> Callable[[Plan, Mapping[str, float]], dict[str, float]]:
    """Every assigned quantity of a plan's model, evaluated as plain arithmetic outside the engine."""

    def values(plan: Plan, given: Mapping[str, float]) -> dict[str, float]:
        odes = equations(plan).odes
        known = dict(zip(odes.parameters, odes.defaults, strict=True))
        known |= {name: number.value for name, number in parameters_of(plan).items() if name in known}
        known |= dict.fromkeys(odes.states, 0.0) | {"time": 0.0, "t": 0.0}
        known |= {
            name: 1.0
            for name in ("crp_baseline", "ferritin_baseline", "ldh_ratio", "prior_lines", "haemoglobin_start")
            if name in known
        }
        known |= dict(given)
        functions = {"exp": math.exp, "log": math.log, "ln": math.log, "sqrt": math.sqrt, "abs": abs}
        found: dict[str, float] = {}
        for name, formula in odes.assignments:
            try:
                found[name] = float(eval(formula, {"__builtins__": {}}, {**functions, **known, **found}))
            except (ZeroDivisionError, ValueError, OverflowError, NameError):
                continue  # not what a test of recognition asks
        return found

    return values
