"""A model of two mechanisms, small enough to check by hand: cells that grow, a drug that kills them."""

from __future__ import annotations

from pathlib import Path

ORIGIN = 'kind = "assumed", source = "made up for a test"'
CELLS_TOML = f"""
title = "Growth"
summary = "Cells grow and a drug kills them."
reads = ["drug_kill"]
[state.cells]
meaning = "Cells"
unit = "cell"
integrate = "log"
scale = 1e3
initial = "start_cells"
[parameter]
start_cells = {{ value = 1e6, unit = "cell", meaning = "Cells at the start", {ORIGIN} }}
growth = {{ value = 0.1, unit = "1/day", meaning = "Growth rate", {ORIGIN}, spread = 0.2 }}
capacity = {{ value = 1e9, unit = "cell", meaning = "Capacity", {ORIGIN} }}
steepness = {{ value = 2.0, unit = "", meaning = "Steepness", {ORIGIN} }}
[output.crowding]
meaning = "Share of the capacity used"
unit = ""
"""
CELLS_ANT = """// logistic growth
crowding := cells^steepness/(cells^steepness + capacity^steepness);
room := 1 - crowding;
cells' = growth*room*cells - drug_kill*cells;
"""
DRUG_TOML = f"""
title = "Drug"
summary = "A drug that decays."
[neutral]
drug_kill = {{ value = 0.0, unit = "1/day" }}
[state.drug]
meaning = "Drug"
unit = "mg"
integrate = "linear"
scale = 1.0
[parameter]
decay = {{ value = 0.5, unit = "1/day", meaning = "Decay rate", {ORIGIN} }}
potency = {{ value = 0.01, unit = "1/mg/day", meaning = "Killing rate for one mg", {ORIGIN} }}
[output.drug_kill]
meaning = "Killing rate"
unit = "1/day"
"""
DRUG_ANT = """drug_kill := potency*max(drug, 0)*piecewise(1, time > 1 day, 0);
drug' = -decay*drug;
"""


def write_small_model(folder: Path, **changes: str) -> Path:
    """The small model's files under a folder; `changes` replaces whole files (cells_toml=…, drug_ant=…)."""
    files = {"cells_toml": CELLS_TOML, "cells_ant": CELLS_ANT, "drug_toml": DRUG_TOML, "drug_ant": DRUG_ANT} | changes
    (folder / "mechanisms").mkdir(exist_ok=True)
    (folder / "recipes").mkdir(exist_ok=True)
    for name, text in files.items():
        stem, ending = name.split("_")
        (folder / "mechanisms" / f"{stem}.{ending}").write_text(text, encoding="utf-8")
    for name, parts in (("both", '["cells", "drug"]'), ("alone", '["cells"]')):
        text = f'title = "Small"\nsummary = "A model for tests."\nmechanisms = {parts}\n'
        (folder / "recipes" / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder
