"""Units in files of one's own. Expected: by arithmetic, 0.02 an hour is 0.48 a day; a number that is used as it stands is refused in another unit."""

from __future__ import annotations

import pytest

from livingdrug.catalog.load import Catalog, default_catalog, load_trial
from livingdrug.catalog.own_units import HELD
from livingdrug.catalog.plan import plans_of
from livingdrug.course.equations import parameters_of
from livingdrug.foundation.errors import BadInput, ModelError

GROWTH = """title = "fast"
extends = "b_all"
summary = "B-ALL in all but its growth."
[parameter.tumour_growth]
value = {value}
unit = "{unit}"
meaning = "Net growth"
kind = "assumed"
source = "made up, to show how a disease is added"
"""


def _growth(tmp_path, value, unit):
    (tmp_path / "disease").mkdir()
    (tmp_path / "disease" / "fast.toml").write_text(GROWTH.format(value=value, unit=unit), encoding="utf-8")
    catalog = Catalog([tmp_path])
    trial = load_trial("eliana").model_copy(update={"disease": "fast"})
    return parameters_of(plans_of(trial, catalog)[0])["tumour_growth"]


def test_what_a_disease_sets_is_brought_to_the_models_unit(tmp_path):
    found = _growth(tmp_path, 0.02, "1/h")
    assert found.value == pytest.approx(0.48, rel=1e-12)
    assert found.unit == "1/day"


def test_another_quantity_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"sets tumour_growth to 0\.02 kg, expected a quantity in 1/day"):
        _growth(tmp_path, 0.02, "kg")


@pytest.mark.parametrize(
    ("kind", "name", "old", "new", "said"),
    [
        ("making", "tisa_cel_trial", 'unit = "day"', 'unit = "hour"', 'expected "day"'),
        ("making", "tisa_cel_trial", 'unit = "cell"', 'unit = "kg"', 'expected "cell"'),
        ("infection", "after_cd19_car_t", 'value = 0.08, unit = ""', 'value = 8, unit = "percent"', "expected no unit"),
        ("trial", "zuma_1", 'unit = "cell/uL"', 'unit = "cell/L"', 'expected "cell/uL"'),
        ("population", "b_all_paediatric_rr", 'unit = "percent"', 'unit = ""', '"covariate.'),
    ],
)
def test_a_number_that_is_used_as_it_stands_keeps_its_unit(tmp_path, kind, name, old, new, said):
    text = default_catalog().path(kind, name).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / kind).mkdir()
    (tmp_path / kind / "mine.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadInput, match=said) as told:
        Catalog([tmp_path]).load(kind, "mine")
    assert "mine.toml" in str(told.value)
    assert "Convert the number" in str(told.value)


def test_files_of_the_package_are_sound_as_files_of_ones_own(tmp_path):
    known = default_catalog()
    for kind in HELD:
        (tmp_path / kind).mkdir()
        for name in known.names(kind):
            (tmp_path / kind / f"{name}.toml").write_bytes(known.path(kind, name).read_bytes())
    mine = Catalog([tmp_path])
    assert all(mine.load(kind, name) is not None for kind in HELD for name in known.names(kind))
