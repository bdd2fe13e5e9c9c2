"""Every file of every catalog folder, found by looking: adding a file brings it these tests."""

from __future__ import annotations

import re

import pytest

from livingdrug.catalog.load import HERE, Catalog
from livingdrug.foundation.units import factor

CATALOG = Catalog()
FILES = [(kind, name) for kind in CATALOG.kinds() for name in CATALOG.names(kind)]


@pytest.mark.parametrize(("kind", "name"), FILES)
def test_the_file_loads_and_its_id_is_its_name(kind, name):
    assert CATALOG.load(kind, name).id == name
    assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", name), "names are lower case words joined by _"
    assert CATALOG.title(kind, name) == CATALOG.load(kind, name).title


@pytest.mark.parametrize(("kind", "name"), FILES)
def test_every_number_has_an_origin_and_a_unit(kind, name):
    for place, quantity in CATALOG.load(kind, name).quantities():
        assert len(quantity.source) >= 3, place
        # counts are written 1e9/L and clearances per 1.73 m^2; the unit parser takes no factors, so they are cut out
        unit = re.sub(r"\b1e\d+(?=/)", "1", re.sub(r"\b1\.73 ", "", quantity.unit))
        assert factor(unit, unit) == 1.0, place
        if quantity.kind in ("reported", "digitised", "derived"):
            assert quantity.status in ("read", "unverified"), place


def test_every_folder_with_files_is_a_kind():
    folders = {path.parent.name for path in HERE.glob("*/*.toml")}
    assert folders <= set(CATALOG.kinds())
