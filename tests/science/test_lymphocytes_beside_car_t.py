"""Lymphocytes that rise with CAR T cells: in the niche, in the blood count and in what copies are divided by, as one number of cells."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.engine.ensemble import compile_model
from livingdrug.engine.sbml.read import read_sbml
from livingdrug.model.assemble import assemble

DIPLOID_GENOME_PG = 6.6
"""Mass of a human diploid genome, textbook value."""
HELD = {
    "car_t": ("car_t_total", 0.0, "cell"),
    "infused": ("car_t_infused", 0.0, "cell"),
    "b": ("b_cells", 0.0, "cell"),
    "neutrophil": ("neutrophils", 0.0, "1e9/L"),
    "tumour": ("tumour_total", 0.0, "cell"),
    "capacity": ("tumour_capacity_body", 1e12, "cell"),
    "antibody": ("alemtuzumab_kill", 0.0, "1/day"),
    "steroid": ("steroid_lysis", 0.0, ""),
    "old": ("age_above", 0.0, ""),
}
"""What the two mechanisms read: parameter -> name of the quantity, value, unit."""
TEXTS = {
    "recipes/held.toml": """
title = "Lymphocytes beside CAR T cells that are held"
summary = "Two mechanisms without the others: what they read is a number."
mechanisms = ["body", "lymphodepletion", "held", "host_lymphocytes", "readouts"]
""",
    "mechanisms/held.ant": "".join(f"{name} := held_{word};\n" for word, (name, _, _) in HELD.items()),
    "mechanisms/held.toml": """
title = "Quantities that are held"
summary = "Constants."
reads = []
"""
    + "".join(
        f'[parameter.held_{word}]\nvalue = {value}\nunit = "{unit}"\nmeaning = "{name}"\n'
        'kind = "assumed"\nsource = "set by the test"\nwhere = ""\nstatus = "own"\n'
        for word, (name, value, unit) in HELD.items()
    ),
}
NAMES = ("niche_index", "host_total", "bystanders", "lymphocytes_per_ul", "leukocytes_per_ul", "car_t_copies_per_ug")


@pytest.fixture(scope="module")
def seen():
    """What is read of the reference adult late on, CAR T cells held: ``seen(held_car_t=1e11)["car_t_copies_per_ug"]``."""
    model = assemble("held", texts=TEXTS)
    odes = read_sbml(model.sbml)
    compiled = compile_model(odes, log_scales=model.log_scales, linear_scales=model.linear_scales, outputs=list(NAMES))
    days = np.array([0.0, 2000.0])

    def run(**values):
        values = {"weight": 70.0, **values}
        table = np.array([[values.get(name, one) for name, one in zip(odes.parameters, odes.defaults, strict=True)]])
        out = compiled.run(table, days, np.zeros(days.size, bool), (), rtol=1e-8).outputs[0][-1]
        return dict(zip(NAMES, out.tolist(), strict=True))

    return run


def alone(**values):
    """CAR T cells and what comes with them alone in blood."""
    return {
        "lymphocyte_input": 0.0, "cd4_input": 0.0, "lymphocyte_start_share": 1e-9, "lymphocyte_growth": 0.0, "cd4_growth": 0.0,
        "leukocyte_floor": 0.0, **values,
    }  # fmt: skip


@pytest.mark.parametrize("company", [1.0, 2.5, 9.0])
def test_copies_have_a_ceiling_that_company_divides(seen, company):
    # expected: of leukocytes that are CAR T cells and their company alone a microgram holds 1e6 pg / 6.6 pg genomes, one in `company` of them with copies
    read = seen(**alone(held_car_t=1e11, car_t_appetite=company, copies_per_cell=2.0))
    assert read["car_t_copies_per_ug"] == pytest.approx(2.0 * 1e6 / DIPLOID_GENOME_PG / company, rel=0.02)


def test_a_tenfold_expansion_shows_as_less_than_tenfold_copies(seen):
    # expected: c / (rest + company c) by hand, with 1,000 other leukocytes per microlitre: 100 and 1,000 CAR T cells, each with three others
    few, many = (
        seen(**alone(held_car_t=cells * 5e8, car_t_appetite=4.0, leukocyte_floor=1000.0)) for cells in (100.0, 1000.0)
    )
    ratio = many["car_t_copies_per_ug"] / few["car_t_copies_per_ug"]
    assert ratio == pytest.approx((1000 / 5000) / (100 / 1400), rel=1e-6)


@pytest.mark.parametrize("company", [1.0, 3.0])
def test_who_is_counted_in_blood_uses_up_the_niche(seen, company):
    # expected: steady state of the index by hand, (loss + consumption) / (loss + consumption x lymphocytes counted / set point), health 500 per microlitre
    read = seen(**alone(held_car_t=5e10, car_t_appetite=company, niche_loss=0.3, niche_consumption=3.0))
    assert read["lymphocytes_per_ul"] == pytest.approx(100 * company, rel=1e-6)
    assert read["niche_index"] == pytest.approx(3.3 / (0.3 + 3.0 * read["lymphocytes_per_ul"] / 500), rel=1e-4)


def test_without_car_t_cells_nobody_is_beside_them(seen):
    # expected: the count is the host's, whatever the company
    read = seen(car_t_appetite=9.0)
    assert read["bystanders"] == 0
    assert read["lymphocytes_per_ul"] == pytest.approx(read["host_total"] / 5e8, rel=1e-12)
