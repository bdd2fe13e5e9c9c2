"""Published models on our engine: printed numbers against ours.

published/<id>.toml ──► model ──► engine, scenario by scenario ──► printed · ours · difference

python -m livingdrug.interop.reproduction docs/reproductions     rewrites the tables in those pages
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.engine.odes import Odes
from livingdrug.foundation.errors import BadInput, CatalogError, SimulationFailed
from livingdrug.foundation.expressions import read_formula
from livingdrug.model.published import Published, PublishedModel, Scenario, Target, open_published, published_models

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.engine.ensemble import CompiledModel

Floats = NDArray[np.float64]
RTOL = 1e-10
"""Far below the last printed digit of any target."""
POINTS = 10_000
"""Checks of a course in which an extreme or a crossing is sought."""
_HAIR = 1e-11
BEGIN, END = "<!-- table: made by livingdrug.interop.reproduction -->", "<!-- end of table -->"


@dataclass(frozen=True)
class Reached:
    """One target and what our engine gives for it."""

    target: Target
    ours: float
    unit: str

    @property
    def difference(self) -> float:
        """Relative to the printed number; absolute when that is 0."""
        return (self.ours - self.target.value) / (abs(self.target.value) or 1.0)

    @property
    def within(self) -> bool:
        """Whether ours lies in the target's tolerance."""
        return self.target.accepts(self.ours)


def load_published(name: str) -> tuple[Odes, Published]:
    """The equations of a published model, and its citation, scenarios and targets.

    Examples
    --------
    >>> odes, about = load_published("frey_2010")
    >>> odes.states, about.doi
    (('central', 'peripheral'), '10.1177/0091270009350623')
    """
    from livingdrug.engine.sbml.read import read_sbml

    published = open_published(name)
    return read_sbml(published.model.sbml), published.about


def reproduce(name: str) -> pl.DataFrame:
    """Every target of a published model: printed against ours.

    Parameters
    ----------
    name
        A name of `livingdrug.model.published.published_models()`.

    Returns
    -------
    polars.DataFrame
        One row per target: scenario, quantity, measure, day, printed (as printed), ours, unit, relative_difference,
        within (its tolerance; null for measured data, which a model need not meet), provenance, where.

    Raises
    ------
    UnknownName
        No such model.
    SimulationFailed
        The integrator gave up.
    """
    import polars as pl

    rows = [
        {
            "scenario": reached.target.scenario,
            "quantity": reached.target.quantity,
            "measure": reached.target.measure,
            "day": reached.target.at,
            "printed": reached.target.printed,
            "ours": reached.ours,
            "unit": reached.unit,
            "relative_difference": reached.difference,
            "within": None if reached.target.provenance == "data" else reached.within,
            "provenance": reached.target.provenance,
            "where": reached.target.where,
        }
        for reached in reach(name)
    ]
    return pl.DataFrame(rows, schema_overrides={"day": pl.Float64, "within": pl.Boolean})


def reach(name: str) -> list[Reached]:
    """Every target of a published model with our value; errors as in `reproduce`."""
    from livingdrug.engine.ensemble import compile_model
    from livingdrug.engine.sbml.read import read_sbml

    published = open_published(name)
    about, model = published.about, published.model
    odes = read_sbml(model.sbml)
    names = tuple(dict.fromkeys(target.quantity for target in about.target))
    unit = {key: value.unit for key, value in (*model.states.items(), *model.outputs.items())}
    if strange := [key for key in names if key not in unit]:
        raise CatalogError(
            f"{name}.toml: targets name {', '.join(strange)}, which the model neither keeps nor puts out"
        )
    compiled = compile_model(
        odes, log_scales=model.log_scales, linear_scales=_exact(model.linear_scales), outputs=names
    )
    courses = {}
    for key in dict.fromkeys(target.scenario for target in about.target):
        wanted = [target for target in about.target if target.scenario == key]
        courses[key] = _course(published, about.scenario[key], compiled, wanted)
    return [
        Reached(
            target,
            _measured(
                target, courses[target.scenario][0], courses[target.scenario][1][:, names.index(target.quantity)]
            ),
            _time_or(target, unit[target.quantity]),
        )
        for target in about.target
    ]


def _exact(scales: dict[str, float]) -> dict[str, float]:
    return {name: 1e-3 * scale for name, scale in scales.items()}


def _time_or(target: Target, unit: str) -> str:
    return "day" if target.measure in ("day_of_max", "day_of_min", "first_day_below") else unit


def _course(
    published: PublishedModel, scenario: Scenario, compiled: CompiledModel, targets: list[Target]
) -> tuple[Floats, Floats]:
    """Days, and outputs shaped (days, outputs), of one scenario."""
    from livingdrug.engine.ensemble import Dose

    odes = compiled.odes
    values = dict(zip(odes.parameters, odes.defaults, strict=True))
    if strange := sorted(scenario.set.keys() - values.keys()):
        raise CatalogError(
            f"{published.about.id}.toml: a scenario sets {', '.join(strange)}, no parameter of the model"
        )
    values |= scenario.set
    # what only doses use is no part of the equations
    known = {name: quantity.value for name, quantity in published.model.parameters.items()} | values
    doses = [(float(read_formula(dose.day).evaluate(known)), dose) for dose in scenario.dose]
    switches = np.array([float(read_formula(text).evaluate(known)) for text in scenario.switch_days])
    special = [0.0, scenario.until, *(day for day, _ in doses), *switches]
    special += [target.at for target in targets if target.at is not None]
    grid = np.linspace(0.0, scenario.until, POINTS + 1) if any(t.measure != "value" for t in targets) else np.empty(0)
    days = np.unique(np.concatenate([np.array(special), grid]))
    days = days[np.append(True, np.diff(days) > 1e-9)]
    # one step that ends a hair before the equations change, one across: no step then sees both sides over a distance
    days = np.unique(np.concatenate([days, switches - _HAIR]))
    given = [
        Dose(int(np.abs(days - day).argmin()), dose.state, np.array([read_formula(dose.amount).evaluate(known)]))
        for day, dose in doses
    ]
    parameters = np.array([[values[name] for name in odes.parameters]])
    ensemble = compiled.run(parameters, days, np.zeros(days.size, bool), given, rtol=RTOL)
    if ensemble.status[0] > 1:
        raise SimulationFailed(
            f"{published.about.id}, {scenario.meaning}: {ensemble.sentences()[0]}\n"
            "  Look at the scenario's doses and parameters."
        )
    return days, ensemble.outputs[0]


def _measured(target: Target, days: Floats, course: Floats) -> float:
    """What a target asks of one course."""
    if target.at is not None:
        return float(course[np.abs(days - target.at).argmin()])
    if target.between is not None:
        inside = (days >= target.between[0]) & (days <= target.between[1])
        days, course = days[inside], course[inside]
    if target.below is not None:
        after = int(np.argmax(course < target.below))
        if after == 0:
            return float("nan")
        share = np.log(course[after - 1] / target.below) / np.log(course[after - 1] / course[after])
        return float(days[after - 1] + share * (days[after] - days[after - 1]))
    low = target.measure in ("min", "day_of_min")
    logs = np.log(np.maximum(course, np.finfo(float).tiny))  # a state may start at none
    day, value = _summit(days, -logs if low else logs)
    return day if target.measure.startswith("day") else float(np.exp(-value if low else value))


def _summit(days: Floats, height: Floats) -> tuple[float, float]:
    """Day and height of the highest point, by the parabola through it and its neighbours."""
    i = int(np.nanargmax(height))
    if i in (0, len(days) - 1):
        return float(days[i]), float(height[i])
    t, y = days[i - 1 : i + 2] - days[i], height[i - 1 : i + 2] - height[i]
    bend = (y[0] / t[0] - y[2] / t[2]) / (t[0] - t[2])
    slope = y[2] / t[2] - bend * t[2]
    if bend >= 0:
        return float(days[i]), float(height[i])
    step = -slope / (2 * bend)
    return float(days[i] + step), float(height[i] + slope * step + bend * step**2)


# Pages ---------------------------------------------------------------------------------------------------------------


def page_table(name: str) -> str:
    """The table of a reproduction page, as Markdown."""
    lines = [
        "| scenario | quantity | printed | ours | relative difference | within | printed by |",
        "|---|---|--:|--:|--:|---|---|",
    ]
    reached = reach(name)
    for row in reached:
        target = row.target
        unit = f" {row.unit}" if row.unit else ""
        lines.append(
            f"| {target.scenario} | {described(target)} | {target.printed}{unit} | {row.ours:.6g} |"
            f" {row.difference:+.1e} | {verdict(row)} | {target.provenance}: {target.where} |"
        )
    judged = [row for row in reached if row.target.provenance != "data"]
    lines.append(f"\n{sum(row.within for row in judged)} of {len(judged)} within tolerance.")
    return "\n".join(lines)


def verdict(row: Reached) -> str:
    """ "yes" or "NO" for within tolerance; "data" for measured values, which a model need not meet."""
    return "data" if row.target.provenance == "data" else "yes" if row.within else "NO"


def described(target: Target) -> str:
    """What a target is, in words.

    Examples
    --------
    >>> described(Target(quantity="car_t", measure="max", printed="7.18", provenance="paper", where="Table 1"))
    'car_t, highest'
    """
    words = {
        "value": f"day {target.at:g}" if target.at is not None else "",
        "max": "highest",
        "day_of_max": "day of the highest",
        "min": "lowest",
        "day_of_min": "day of the lowest",
        "first_day_below": f"first day below {target.below:g}" if target.below is not None else "",
    }
    span = f", days {target.between[0]:g} to {target.between[1]:g}" if target.between else ""
    return f"{target.quantity}, {words[target.measure]}{span}"


def write_tables(folder: Path) -> list[Path]:
    """Rewrite the tables between the markers of `<id>.md`, for every published model; returns the pages.

    Raises
    ------
    BadInput
        A page is missing or has no markers.
    """
    pages = []
    for name in published_models():
        page = folder / f"{name}.md"
        text = page.read_text(encoding="utf-8") if page.is_file() else ""
        if text.count(BEGIN) != 1 or text.count(END) != 1:
            raise BadInput(
                f"{page}: expected a page with one line {BEGIN} and one line {END}\n  Write it, then try again."
            )
        head, tail = text.split(BEGIN)[0], text.split(END)[1]
        page.write_text(f"{head}{BEGIN}\n{page_table(name)}\n{END}{tail}", encoding="utf-8", newline="\n")
        pages.append(page)
    return pages


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m livingdrug.interop.reproduction FOLDER")
    for written in write_tables(Path(sys.argv[1])):
        print(written)
