"""A solid lesion without the rest of the body: its mechanisms, a bath of CAR T cells around it, and all else at rest. Helpers for tests."""

from __future__ import annotations

import numpy as np

from livingdrug.engine.ensemble import compile_model
from livingdrug.engine.odes import with_numbers
from livingdrug.engine.sbml.read import read_sbml
from livingdrug.model.assemble import assemble
from livingdrug.model.texts import package_texts

AT_REST = {
    "b_cells": (0.0, "cell"),
    "tumour_in_marrow": (0.0, ""), "body_size": (1.0, ""), "one_cell": (1.0, "cell"), "plasma_cells": (0.0, ""), "killing_fitness": (1.0, ""), "lymphodepletion_kill": (0.0, "1/day"), "memory_frailty": (1.0, ""),
    "niche": (1.0, ""), "reserve_shift": (0.0, ""), "steroid_lysis": (0.0, ""), "tumour_haste": (1.0, ""),
}  # fmt: skip
BATH = """
rim_middle_{lesion} := total(after(shell, 0 * middle_{lesion}_{shell}, middle_{lesion}_{shell}) + 0 * middle_{lesion}_{shell});
surface_inflow_{lesion} := bath_open * bath_motility * whole_area_{lesion} / (whole_radius_{lesion} - rim_middle_{lesion}) * (bath - rim_concentration_{lesion});
rim_concentration_{lesion} := total(after(shell, 0 * concentration_{lesion}_{shell}, concentration_{lesion}_{shell}) + 0 * concentration_{lesion}_{shell});
whole_area_{lesion} := sphere_surface * whole_radius_{lesion} * whole_radius_{lesion};
depth_inflow_{lesion} := 0 * surface_inflow_{lesion};
cavity_return := total(depth_inflow_{lesion});
cavity_arrivals := total(0 * surface_inflow_{lesion});
"""


def _sheet(title: str, more: str, parameters: dict[str, tuple[float, str]]) -> str:
    rows = [
        f'[parameter.{name}]\nvalue = {value}\nunit = "{unit}"\nmeaning = "made up"\nkind = "assumed"\nsource = "a test"\n'
        for name, (value, unit) in parameters.items()
    ]
    return f'title = "{title}"\nsummary = "{title}"\n{more}' + "\n".join(rows)


def lone_lesion(shells: int, *, bath: bool, values: dict[str, float], strains: str = "") -> tuple:
    """The compiled model of one lesion in so many shells, and the names of its CAR T cells, core first.

    Parameters
    ----------
    shells
        How many.
    bath
        Whether its surface is held at the concentration `bath` (parameter, cell/mL).
    values
        Parameters in place of the sheets'.
    """
    known = dict(package_texts())
    known["mechanisms/at_rest.toml"] = _sheet("All else at rest", "", AT_REST)
    known["mechanisms/at_rest.ant"] = ""
    reads = '"concentration_{lesion}_{shell}", "middle_{lesion}_{shell}", "whole_radius_{lesion}"'
    more = f'per = ["lesion", "shell"]\nreads = [{reads}]\n'
    own = {
        "bath": (1.0, "cell/mL"),
        "bath_open": (1.0, ""),
        "bath_motility": (1.44e-4, "cm^2/day"),
        "sphere_surface": (12.566370614359172, ""),
    }
    known["mechanisms/bath.toml"] = _sheet("A bath", more, own)
    known["mechanisms/bath.ant"] = BATH
    names = ["at_rest", "recognition", "tumour", "car_t", "lesion", *(["bath"] if bath else [])]
    listed = "".join(f"[instance.shell.s{i}]\n" for i in range(1, shells + 1))
    start = (
        '"tumour_{clone}" = { initial = "tumour_start * share_{lesion} * share_of_{strain} / n_shells", scale = 0.01 }'
    )
    strains = strains or "[instance.strain.positive]\nantigens = { CAR = 1 }\n"
    known["recipes/lone.toml"] = (
        f'title = "A lone lesion"\nsummary = "For tests"\nmechanisms = {names}\n[composed.clone]\nof = ["lesion", "shell", "strain"]\n'
        f"[composed.clone.state]\n{start}\n[instance.lesion.one]\n{listed}{strains}"
    ).replace("'", '"')
    model = assemble("lone", texts=known)
    baked = {**model.shapes, **{name: one.value for name, one in model.neutral.items()}}
    odes = with_numbers(read_sbml(model.sbml), baked)
    compiled = compile_model(
        odes, log_scales=model.log_scales, linear_scales=model.linear_scales, outputs=(*model.outputs, *model.states)
    )
    table = {**{name: one.value for name, one in model.parameters.items()}, **values}
    row = np.array([[table.get(name, default) for name, default in zip(odes.parameters, odes.defaults, strict=True)]])
    return model, compiled, row


def followed(compiled, row, days, doses=(), rtol: float = 1e-6):
    """name -> values over time of the only patient."""
    days = np.asarray(days, dtype=float)
    found = compiled.run(row, days, np.zeros(len(days), dtype=bool), list(doses), rtol=rtol)
    assert found.status.max() < 2, list(found.sentences())
    return {name: found.outputs[0, :, i] for i, name in enumerate(compiled.outputs)}
