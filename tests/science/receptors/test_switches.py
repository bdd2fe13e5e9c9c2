"""Expected: published kinetics. Rimiducid 0.4 mg/kg: 85 to 95 % of the cells gone within 30 minutes (Di Stasi 2011, abstract), about 1 % left, which a second dose
hardly touches (serial activation, PMID 26708005, abstract). Dasatinib: function off, and back when the drug has gone (half-life of hours)."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.engine.ensemble import Dose, compile_model
from livingdrug.engine.odes import with_numbers
from livingdrug.engine.sbml.read import read_sbml
from livingdrug.model.assemble import assemble
from livingdrug.model.texts import package_texts

HOUR = 1.0 / 24.0
REST = {
    "body_size": (1.0, ""), "one_cell": (1.0, "cell"), "arrivals": (0.0, "cell/day"), "growth": (0.0, "1/day"), "start": (1.0e9, "cell"),
}  # fmt: skip


def lone(mechanism: str, equations: str, state: str, reads: str, **values: float):
    """A mechanism on a clump of cells and nothing else: a function from days and doses to values over time."""
    known = dict(package_texts())
    rows = "".join(
        f'[parameter.{name}]\nvalue = {value}\nunit = "{unit}"\nmeaning = "made up"\nkind = "assumed"\nsource = "a test"\n'
        for name, (value, unit) in REST.items()
        if name in equations + state or name in known[f"mechanisms/{mechanism}.ant"]
    )
    known["mechanisms/clump.ant"] = equations
    known["mechanisms/clump.toml"] = f'title = "A clump"\nsummary = "Of a test."\nreads = [{reads}]\n{state}{rows}'
    known["recipes/alone.toml"] = f'title = "A clump"\nsummary = "Of a test."\nmechanisms = ["clump", "{mechanism}"]\n'
    model = assemble("alone", texts=known)
    odes = with_numbers(
        read_sbml(model.sbml), {**model.shapes, **{name: one.value for name, one in model.neutral.items()}}
    )
    compiled = compile_model(
        odes, log_scales=model.log_scales, linear_scales=model.linear_scales, outputs=(*model.outputs, *model.states)
    )
    table = {**{name: one.value for name, one in model.parameters.items()}, **values}
    row = np.array([[table.get(name, default) for name, default in zip(odes.parameters, odes.defaults, strict=True)]])

    def over(days, doses):
        days = np.asarray(days, dtype=float)
        found = compiled.run(row, days, np.zeros(len(days), dtype=bool), doses, rtol=1e-7)
        assert found.status.max() < 2, list(found.sentences())
        return {name: found.outputs[0, :, i] for i, name in enumerate(compiled.outputs)}

    return over


CELLS = '[state.clump]\nmeaning = "Cells"\nunit = "cell"\nintegrate = "log"\nscale = 1.0\ninitial = "start"\n'


def switched(**values: float):
    return lone(
        "safety_switch",
        "car_t_total := clump;\nclump' = (growth - switch_kill) * clump;\n",
        CELLS,
        '"switch_kill"',
        **values,
    )


@pytest.fixture(scope="module")
def caspase():
    carried = Catalog().load("trait", "icasp9").parameter["caspase_switch"].value
    return switched(caspase_switch=carried)


def test_rimiducid_kills_nine_tenths_in_half_an_hour_and_leaves_a_hundredth(caspase):
    cells = caspase([0.0, 0.5 * HOUR, 1.0], [Dose(0, "rimiducid_amount", np.array([28.0]))])["clump"]
    assert 0.85 <= 1.0 - cells[1] / cells[0] <= 0.95
    assert cells[2] / cells[0] == pytest.approx(0.01, rel=0.15)


def test_what_stays_carries_less_of_the_switch_and_a_second_dose_kills_less(caspase):
    doses = [Dose(0, "rimiducid_amount", np.array([28.0])), Dose(2, "rimiducid_amount", np.array([28.0]))]
    found = caspase([0.0, 1.0, 2.0, 3.0], doses)
    first, second = found["clump"][1] / found["clump"][0], found["clump"][3] / found["clump"][2]
    assert found["caspase_carriers"][2] < 0.01
    assert second > 0.9 > first


def test_an_antibody_against_the_marker_needs_days_and_leaves_what_lacks_it():
    over = switched(surface_marker=0.8)
    cells = over([0.0, HOUR, 3.0, 60.0], [Dose(0, "marker_antibody", np.array([700.0]))])["clump"]
    share = cells / cells[0]
    assert share[1] > 0.98  # nothing in an hour
    assert 0.2 < share[2] < 0.8  # part of it in three days
    assert 0.2 <= share[3] < 0.45  # a fifth carries no marker


def test_a_pause_by_dasatinib_ends_within_a_day_or_two_of_the_last_dose():
    over = lone(
        "dasatinib", "watched := car_t_pause;\n", '[output.watched]\nmeaning = "Pause"\nunit = ""\n', '"car_t_pause"'
    )
    doses = [Dose(i, "dasatinib_amount", np.array([66.7])) for i in range(3)]
    days = [0.0, 8 * HOUR, 16 * HOUR, 17 * HOUR, 3.0]
    pause = over(days, doses)["watched"]
    assert pause[3] > 0.7
    assert pause[4] < 0.05
