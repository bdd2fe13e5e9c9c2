"""Expected values: by hand. What waiting costs: four people, the same in two arms, one of whom is lost in the second."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from livingdrug.catalog.load import default_catalog
from livingdrug.catalog.roles import roles_in
from livingdrug.manufacturing.lots import DIED_WAITING, INFUSED, WITHDRAWN_WAITING
from livingdrug.reports.page import Section, Table
from livingdrug.reports.sections.waiting import section

ROLES = roles_in(default_catalog())


def people(first: str, arm: str) -> pl.DataFrame:
    """Responder alive after a year, dead on day 100, lost while waiting, alive when last seen on day 200."""
    return pl.DataFrame({
        "arm": [arm] * 4, "patient": [1, 2, 3, 4], "status": [first, INFUSED, DIED_WAITING, INFUSED], "enrolment_day": [-20.0, -30.0, -40.0, -50.0],
        "vein_to_vein_days": [20.0, 30.0, None, 50.0], "slot_days": [2.0, 4.0, 9.0, 6.0], "memory_fraction": [0.2, 0.4, 0.9, 0.6],
        "burden_percent_at_lymphodepletion": [10.0, 20.0, 30.0, 40.0],
        ROLES["first response"]: [28.0, None, None, None], ROLES["death"]: [None, 100.0, None, None], ROLES["last contact"]: [400.0, 100.0, None, 200.0],
    })  # fmt: skip


@pytest.fixture(scope="module")
def told() -> Section:
    frames = {"short": people(INFUSED, "short"), "long": people(WITHDRAWN_WAITING, "long")}
    source: Any = SimpleNamespace(
        arms=("short", "long"), roles=ROLES, has=lambda name: True, has_cells=lambda arm: True,
        patients=lambda arm, infused, columns: frames[arm], trial=SimpleNamespace(planned_design=SimpleNamespace(kind="paired")),
    )  # fmt: skip
    found = section(source)
    assert found is not None
    return found


def rows(told: Section, k: int) -> dict[str, list[str]]:
    tables = [part for part in told.parts if isinstance(part, Table)]
    return {row[0]: [cell.split("\n")[0] for cell in row[1:]] for row in tables[k].rows}


def test_shares_are_of_everyone_enrolled(told: Section) -> None:
    # of four: three infused and one lost, then two and two; one responded, then nobody. After a year the one who was last seen before is unknown
    found = rows(told, 0)
    assert found["Infused"] == ["75.0 %", "50.0 %"]
    assert found["Lost while waiting"] == ["25.0 %", "50.0 %"]
    assert found["Infused and responded"] == ["25.0 %", "0.0 %"]
    assert found["Infused, and alive a year after enrolment"] == ["33.3 %", "0.0 %"]


def test_days_tumour_and_cells(told: Section) -> None:
    # medians of 20, 30, 50 and of 30, 50 days from enrolment; of all burdens; of the memory cells of those who were infused
    found = rows(told, 0)
    assert next(cells for name, cells in found.items() if name.startswith("Enrolment to infusion")) == ["30", "40"]
    assert next(cells for name, cells in found.items() if name.startswith("Burden")) == ["25", "25"]
    assert next(cells for name, cells in found.items() if name.startswith("Memory cells")) == ["40", "50"]


def test_differences_are_within_people(told: Section) -> None:
    # one of four differs: 25 points; with one pair more on either side (Bonett and Price) the shares that differ are 2/6 and 1/6,
    # so the interval is -1/6 ± 1.96 sqrt((1/2 - 1/36) / 6), by hand -71.7 to 38.3
    (table,) = [part for part in told.parts if isinstance(part, Table) and part.title == "Against short, in points"]
    found = {row[0]: row[1] for row in table.rows}
    assert found["Infused"] == "−25.0\n−71.7 to +38.3"
    assert found["Lost while waiting"] == "+25.0\n−38.3 to +71.7"
