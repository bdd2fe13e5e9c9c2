"""Every number that says "fitted" either moves in the joint fit or stands on its page among those that do not; expected from the two."""

from __future__ import annotations

import re
from pathlib import Path

from livingdrug.catalog.load import Catalog
from livingdrug.fitting.joint.free import fitted_numbers

PAGE = Path(__file__).parents[2] / "docs/joint_calibration.md"
OF_ONE_SOURCE = ("making", "experiment")
"""Kinds of files whose numbers are set to their own publication; the page says so in words."""


def test_numbers_without_a_prior_stand_on_the_page_and_no_others():
    section = PAGE.read_text(encoding="utf-8").partition("## Fitted by hand, and outside it")[2].partition("\n## ")[0]
    told = set()
    for line in section.splitlines():
        cells = [re.findall(r"`([\w/]+)`", cell) for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            told |= {(file, number) for file in cells[0] for number in cells[1]}
    there = {
        (address.rsplit("/", 1)[0], address.rsplit(".", 1)[-1].rsplit("/", 1)[-1])
        for address in (one.address for one in fitted_numbers(Catalog()) if one.prior is None)
        if address.split("/", 1)[0] not in OF_ONE_SOURCE
    }
    assert told == there
