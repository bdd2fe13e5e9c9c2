"""A small solid tumour as files of one's own: one lesion, one shell, so that a course costs little."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from livingdrug.catalog.load import Catalog, load_trial
from livingdrug.catalog.plan import Plan, plan_arm

NUMBER = '[parameter."{name}"]\nvalue = {value}\nunit = "{unit}"\nmeaning = "Made up for a test"\nkind = "assumed"\nsource = "made up for a test"\n'
LYMPHODEPLETION = "".join(
    f'[[arm.lymphodepletion]]\ndrug = "{drug}"\ndose = "{dose}"\ndays = [-5, -4, -3]\n'
    for drug, dose in (("fludarabine", "30 mg/m^2"), ("cyclophosphamide", "500 mg/m^2"))
)


def number(name: str, value: float, unit: str = "") -> str:
    """A parameter of a catalogue file."""
    return NUMBER.format(name=name, value=value, unit=unit)


@pytest.fixture
def own(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a file of one's own catalogue; returns the catalogue's folder."""

    def write(place: str, text: str) -> Path:
        path = tmp_path / "mine" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return tmp_path / "mine"

    write(
        "disease/small_glioma.toml",
        'title = "A small glioma of a test"\nextends = "diffuse_midline_glioma"\nshells = 1\nsurroundings = ["tgf_beta", "pd_l1"]\n',
    )
    return write


def plan_with(
    folder: Path,
    *,
    route: str = "",
    disease: str = "small_glioma",
    dose: str = "3e7 cell",
    given: str = "",
    product: str = "gd2_car_t",
) -> Plan:
    """One arm after `gd2_midline_glioma`: lymphodepletion, one infusion by this route, followed for 120 days."""
    catalog = Catalog([folder])
    text = catalog.path("trial", "gd2_midline_glioma").read_text(encoding="utf-8")
    head, _, rest = text.partition("[[arm]]")
    visits = "[visits]" + rest.partition("[visits]")[2]
    for days in (", 150, 180, 240, 300, 365, 450, 540, 630, 730]", ", 180, 270, 365]", ", 180, 365]"):
        visits = visits.replace(days, "]")
    head = head.replace('"2 year"', '"120 day"').replace('"diffuse_midline_glioma"', f'"{disease}"')
    way = f'route = "{route}"\n' if route else ""
    arm = (
        f'[[arm]]\nname = "one"\nproduct = "{product}"\n[arm.bridging]\nallowed = false\n{LYMPHODEPLETION}[arm.infusion]\nday = 0\n'
        f'dose_fixed = "{dose}"\n{way}{given}[arm.management]\nguideline = "no_treatment"\n\n'
    )
    path = folder / "trial" / "small.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(head + arm + visits, encoding="utf-8")
    record = load_trial("small", Catalog([folder]))
    return plan_arm(record, "one", Catalog([folder]))
