"""A small catalogue of one's own: two trials of half a year whose published results were simulated under known numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from livingdrug.catalog.load import HERE, Catalog
from livingdrug.catalog.parameter_set import ParameterSet
from livingdrug.catalog.plan import plan_arm
from livingdrug.catalog.questions import questions_of
from livingdrug.fitting.joint.simulated import simulated_endpoints
from livingdrug.fitting.joint.statistics import answer

TRUTH = {
    "mechanism/cytokines/parameter.ifn_production": 3.0e-8,
    "costimulation/cd28/parameter.killing_costimulation": 1.9,
    "disease/lbcl/parameter.tumour_growth": 0.1,
}
SHARES = ("lugano_orr", "lugano_cr", "crs_any_lee", "crs_severe_lee", "tocilizumab_use")
AMOUNTS = ("cmax_cells", "auc_0_28_cells", "crs_onset")
PUBLISHED_PATIENTS = 300


@dataclass(frozen=True)
class Small:
    """The catalogue, its folder, and the numbers its trials were simulated under."""

    folder: Path
    catalog: Catalog
    truth: dict[str, float]


def short_trial(text: str, title: str) -> str:
    """A trial file cut to half a year of follow-up and few visits."""
    lines, skipping = [], False
    for line in text.splitlines():
        if line.startswith("follow_up"):
            line = 'follow_up = "6 month"'
        elif line.startswith("title"):
            line = f'title = "{title}"'
        elif line.startswith("family"):
            continue
        elif line.startswith("imaging ="):
            line = "imaging = [0, 28, 90, 180]" if "[" in line else line
        elif line.startswith("kinetics ="):
            line = "kinetics = [4, 7, 10, 14, 28, 90]" if "[" in line else line
        elif line.startswith("blood ="):
            line = "blood = [0, 3, 7, 14, 28]" if "[" in line else line
        elif line.startswith("cytokines ="):
            line = "cytokines = [0, 3, 7]" if "[" in line else line
        skipping = line == "[[endpoint]]" or (skipping and line.startswith("id ="))
        if not skipping:
            lines.append(line)
    ends = "".join(f'\n[[endpoint]]\nid = "{name}"' for name in (*SHARES, *AMOUNTS))
    return "\n".join(lines) + ends + "\n"


def evidence_of(trial: str, catalog: Catalog, truth: dict[str, float]) -> str:
    """What a trial of `PUBLISHED_PATIENTS` other patients reports under the truth."""
    under = catalog.under(ParameterSet(truth))
    record = under.load("trial", trial)
    plan = plan_arm(record, record.arms[0].name, under, questions_of(record, under))
    found = simulated_endpoints(
        plan, [catalog.load("endpoint", name) for name in (*SHARES, *AMOUNTS)], np.arange(1, PUBLISHED_PATIENTS + 1), 99
    )
    rows = [f'title = "{trial}: what was simulated under known numbers"']
    for name in SHARES:
        told = found[name].patients["success"]
        rows.append(
            f'[[result]]\nendpoint = "{name}"\nvalue = {100 * told.mean():.4f}\nunit = "percent"\nstatistic = "proportion"\n'
            f'n = {len(told)}\nnumerator = {int(told.sum())}\nsource = "a simulation"\nstatus = "read"\nuse = "calibration"'
        )
    for name in AMOUNTS:
        told = answer(found[name], plan.arm.name, "middle", None, "median")
        unit = catalog.load("endpoint", name).unit
        rows.append(
            f'[[result]]\nendpoint = "{name}"\nvalue = {math.exp(told.number):.6g}\nunit = "{unit}"\nstatistic = "median"\n'
            f'n = {told.n}\nsource = "a simulation"\nstatus = "read"\nuse = "calibration"'
        )
    return "\n".join(rows) + "\n"


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    folder = tmp_path_factory.mktemp("catalog")
    for kind in ("trial", "evidence"):
        (folder / kind).mkdir()
    for name, base in (("first", "zuma_1"), ("second", "juliet")):
        text = (HERE / "trial" / f"{base}.toml").read_text(encoding="utf-8")
        (folder / "trial" / f"{name}.toml").write_text(short_trial(text, name.capitalize()), encoding="utf-8")
    catalog = Catalog([folder])
    for name in ("first", "second"):
        told = evidence_of(name, catalog, TRUTH)
        (folder / "evidence" / f"{name}.toml").write_text(told, encoding="utf-8")
    text = (folder / "trial" / "first.toml").read_text(encoding="utf-8")
    (folder / "trial" / "kept.toml").write_text(
        text.replace('role = "calibration"', 'role = "prediction"'), encoding="utf-8"
    )
    return Small(folder, Catalog([folder]), dict(TRUTH))
