"""Expected values: the catalogue, the mechanisms' texts and the scales say the same of each sign; limits read by hand in the sources named."""

from __future__ import annotations

import re

import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.catalog.records.sign import Sign
from livingdrug.catalog.signs import SHIPPED
from livingdrug.foundation.units import factor
from livingdrug.interop.user_tables.signs import columns_of
from livingdrug.model.texts import package_texts

CATALOG = Catalog()


def test_one_vocabulary_in_one_order():
    # generated: every file is a sign of one kind, and the order has no two in one place
    assert set(SHIPPED) == set(CATALOG.names("sign"))
    assert list(SHIPPED) == [*SHIPPED.moment, *SHIPPED.flags, *SHIPPED.reported, *SHIPPED.course]
    assert len({sign.order for sign in SHIPPED.values()}) == len(SHIPPED)


@pytest.mark.parametrize(
    "name", [name for name, sign in SHIPPED.items() if sign.read_from not in ("", "rules", "counts")]
)
def test_what_is_read_from_a_mechanism_is_written_there(name):
    # expected: the mechanism's own text makes an output or a state of this name
    text = package_texts()[f"mechanisms/{SHIPPED[name].read_from}.ant"]
    assert re.search(rf"(^|\n){name}\s*(:=|'\s*=)|(^|\n)species [^;]*\b{name}\b|-> {name}\b|(^|\n){name} = ", text), (
        name
    )


def test_no_other_output_of_the_signs_mechanism_is_left_out():
    # expected: every level and score that signs.ant makes by a ladder of thresholds is a sign of the catalogue
    text = package_texts()["mechanisms/signs.ant"]
    ladders = set(re.findall(r"(?:^|\n)(\w+) := piecewise", text))
    assert ladders
    assert ladders <= {name for name, sign in SHIPPED.moment.items() if sign.read_from == "signs"}


def test_every_scale_reads_signs_and_every_sign_has_a_reader():
    # generated: nothing in the vocabulary is there for nobody
    read = {name for scale in CATALOG.names("scale") for name in CATALOG.load("scale", scale).names}
    told = {name for name, sign in SHIPPED.moment.items() if sign.laboratory or sign.shown is not None}
    assert read <= set(SHIPPED)
    assert set(SHIPPED) - read <= told


def test_headings_mean_one_sign():
    # expected: no heading of one is the name or a heading of another
    meant: dict[str, str] = {}
    for name, sign in SHIPPED.items():
        for heading in (name, *sign.headings):
            assert meant.setdefault(heading, name) == name, heading
    assert list(columns_of(SHIPPED)) == list(SHIPPED)


def test_units_are_units():
    for sign in SHIPPED.values():
        assert factor(sign.unit, sign.unit) == 1.0


def test_limits_of_early_icaht():
    # by hand: Rejeski et al., early ICAHT counts days at or below 500 and 100 neutrophils per microlitre on days 0 to 30
    for per_ul in (500, 100):
        summary = SHIPPED.course[f"days_neutrophils_at_most_{per_ul}"].summary
        assert summary is not None
        assert (summary.counts, summary.how, summary.days) == ("neutrophils", "days_at_most", (0, 30))
        assert summary.limit * 1000 == per_ul  # 1e9/L is 1000 per microlitre


def test_what_stands_for_unseen():
    # by hand: nobody asks for CAPD in a simulated course, and its flags are kept by the rules
    assert set(SHIPPED.unseen) == {"died_of_toxicity", "capd_score", "fever_treated", "admitted", "pressor_hours"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"well": 60.0}, "well: 60 lies outside"),
        ({"levels": {"boiling": 99.0}}, "boiling"),
        ({"kind": "course"}, "has a summary"),
    ],
)
def test_a_sign_proves_itself(change, told):
    with pytest.raises(ValueError, match=told):
        Sign.model_validate({**SHIPPED.moment["temperature"].model_dump(), **change})
