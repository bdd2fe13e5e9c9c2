"""Expected: place, what was got, what was expected and the next step in plain words, written out here; no word of a library."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from pydantic_core import PydanticKnownError, core_schema

from livingdrug.catalog.arms import Given, LymphodepletionDrug
from livingdrug.catalog.load import Catalog, default_catalog, read_record
from livingdrug.catalog.records.trial import Design, EndpointUse, Trial, Visits
from livingdrug.foundation.errors import BadInput, CatalogError, UnitError
from livingdrug.foundation.expressions import compared
from livingdrug.foundation.findings import OTHERWISE, expected
from livingdrug.trial.door import planned

PYTHON = re.compile(
    r"Input|should|valid|tuple|string|dict|instance|parse|integer|boolean|Value error|NoneType|float|iterable|<|True|False"
)
CONTEXT = {
    "gt": 1, "ge": 1, "lt": 1, "le": 1, "multiple_of": 2, "min_length": 1, "max_length": 3, "actual_length": 4,
    "pattern": "a+", "expected": "'a' or 'b'", "expected_tags": "'a', 'b'", "field_type": "Tuple", "error": "x",
}  # fmt: skip


@pytest.mark.parametrize("kind", get_args(core_schema.ErrorType))
def test_every_kind_of_finding_is_told_in_plain_words(kind):
    """Every kind that pydantic knows; the words of its own messages do not appear."""
    words = expected(kind, CONTEXT)
    assert words
    assert not PYTHON.search(words), words
    numbers = {"gt", "ge", "lt", "le", "multiple_of"}
    if kind.endswith(("_type", "_parsing")) and not numbers & {kind} and kind not in NOT_OF_FILES:
        assert words != OTHERWISE, kind
    if kind in ("greater_than", "too_short"):
        assert str(PydanticKnownError(kind, CONTEXT)) != words


NOT_OF_FILES = ("callable_type", "is_instance_of", "is_subclass_of", "get_attribute_error")


def trial_file(tmp_path, change) -> str:
    """What the door says to ELIANA's file with a change."""
    text = Catalog().path("trial", "eliana").read_text(encoding="utf-8").replace('"calibration"', '"design"')
    path = tmp_path / "mine.toml"
    path.write_text(change(text), encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read_record(path, Trial)
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: t.replace("days = [-6, -5, -4, -3]", "days = -6"), r'lymphodepletion\[1\]\.days": got -6, expected a list'),
        (lambda t: t.replace("days = [-6, -5, -4, -3]", "days = [-6, -5, -5]"), r'lymphodepletion\.days" of fludarabine: day -5 stands more than once'),
        (lambda t: t.replace('drug = "fludarabine"', "drug = 3"), 'drug": got 3, expected a text in quotes'),
        (lambda t: t.replace("allowed = true", 'allowed = "perhaps"'), 'allowed": got "perhaps", expected true or false'),
        (lambda t: re.sub(r"(?m)^enrolled.*", 'enrolled = "many"', t), 'enrolled": got "many", expected a whole number'),
        (lambda t: re.sub(r"(?m)^enrolled.*", "enrolled = 0", t), 'enrolled": got 0, expected more than 0'),
        (lambda t: re.sub(r"(?s)\[arm\.management\].*?\n\n", "management = 1\n\n", t, count=1), "management"),
    ],
)  # fmt: skip
def test_a_trial_file_is_refused_in_plain_words(tmp_path, change, told):
    said = trial_file(tmp_path, change)
    assert re.search(told, said), said
    assert not re.search(r"Input should|valid (string|tuple|integer|boolean)|tuple should", said)


def test_one_wrong_drug_is_one_problem(tmp_path):
    """Expected: the fault itself, and no second one that the list of arms is too short."""
    said = trial_file(tmp_path, lambda t: t.replace('drug = "fludarabine"', "drug = 3"))
    assert "problems" not in said
    assert "a list of" not in said


def test_a_dose_under_given_is_called_by_its_own_place():
    with pytest.raises(UnitError, match=r'^"given\.dose" of fludarabine'):
        Given(drug="fludarabine", dose="30", days=(1,))
    with pytest.raises(CatalogError, match=r'^"given\.dose" of fludarabine(.|\n)*Look at the unit'):
        Given(drug="fludarabine", dose="30 g/m^2", days=(1,))
    with pytest.raises(CatalogError, match=r'^"lymphodepletion\.dose" of fludarabine(.|\n)*take the drug out'):
        LymphodepletionDrug(drug="fludarabine", dose="0 mg/m^2", days=(1,))


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Design(kind="randomised", ratio=(1, 0)), r"design\.ratio(.|\n)*\[2, 1\]"),
        (lambda: Design(kind="randomised", ratio=(2, 1), block=4), r"design\.block(.|\n)*Write 3 or 6"),
        (lambda: Design(kind="randomised", strata=[{"covariate": "age_years", "above": [10]}] * 2), r"design\.strata(.|\n)*twice(.|\n)*Keep one"),
        (lambda: Visits(days={"blood": (0, 7, 14)}, window_days={"blood": 400}), r"window_days\.blood(.|\n)*at most 3\.5(.|\n)*smaller window"),
        (lambda: Visits(days={"blood": (7,)}, window_days={"blood": 400}), r"window_days\.blood(.|\n)*at most 31"),
        (lambda: Visits(days={"blood": (7,)}, window_days={"blood": -1}), r"window_days\.blood(.|\n)*Write 0"),
        (lambda: EndpointUse(id="os", at_months=(-6, 12)), r"at_months(.|\n)*of os(.|\n)*\[6, 12, 24\]"),
        (lambda: EndpointUse(id="os", at_months=(12, 6)), r"at_months(.|\n)*rising"),
    ],
)  # fmt: skip
def test_numbers_that_were_taken_in_silence_are_refused_with_a_remedy(make, told):
    with pytest.raises(CatalogError, match=told):
        make()


@pytest.mark.parametrize(
    ("stratum", "told"),
    [
        ('covariate = "age_year"\nabove = [10]', r'no covariate of population "b_all_paediatric_rr" for "design\.strata" is called "age_year"\. Did you mean "age_years"'),
        ('covariate = "age_years"\nabove = [-3]', r"nobody is at most -3(.|\n)*Give limits inside"),
        ('covariate = "female"\nabove = [1]', r"nobody is above 1"),
    ],
)  # fmt: skip
def test_strata_that_part_nobody_are_refused(tmp_path, stratum, told):
    text = Catalog().path("trial", "eliana").read_text(encoding="utf-8").replace('"calibration"', '"design"')
    before, arm, after = text.partition("[[arm]]")
    arm, visits, rest = (arm + after).partition("[visits]\n")
    other = arm.replace('name = "tisa-cel"', 'name = "other"')
    design = f'[design]\nkind = "randomised"\n[[design.strata]]\n{stratum}\n'
    path = tmp_path / "mine.toml"
    path.write_text(before + design + arm + other + visits + rest, encoding="utf-8")
    with pytest.raises(BadInput, match=told):
        planned(path, Catalog())


def scale(tmp_path, condition: str):
    (tmp_path / "scale").mkdir(exist_ok=True)
    file = tmp_path / "scale" / "mine.toml"
    file.write_text(
        f'title = "My own scale"\ntoxicity = "CRS"\n[[row]]\ngrade = 1\ndomain = "fever"\ncondition = "{condition}"\n'
        'text = "hot"\nsource = "this test"\nstatus = "own"\n',
        encoding="utf-8",
    )
    return Catalog([tmp_path]).load("scale", "mine")


def test_a_scale_of_ones_own_reads_known_signs_within_their_bounds(tmp_path):
    """Expected: the nearest sign; the bounds of a temperature, 25 to 45 degC; a limit inside passes."""
    with pytest.raises(CatalogError, match=r'no sign "temperatur"(.|\n)*Did you mean "temperature"'):
        scale(tmp_path, "temperatur >= 38")
    with pytest.raises(
        BadInput, match=r"row 1(.|\n)*temperature lies from 25 to 45 degC(.|\n)*100\.4(.|\n)*Correct the limit"
    ):
        scale(tmp_path, "temperature >= 100.4")
    assert scale(tmp_path, "temperature >= 38").row[0].grade == 1


def test_what_a_formula_compares_is_found_on_either_side():
    assert compared("-2 < x and not (y == 3 or min(x, 1) > 4)") == [("x", -2.0), ("y", 3.0)]


def test_a_law_of_loss_has_all_its_numbers(tmp_path):
    whole = (default_catalog().folders[-1] / "loss/while_waiting.toml").read_text(encoding="utf-8")
    before, _, rest = whole.partition("[numbers.loss_progression]")
    (tmp_path / "loss").mkdir()
    (tmp_path / "loss/while_waiting.toml").write_text(before + rest[rest.index("\n[") :], encoding="utf-8")
    with pytest.raises(CatalogError, match="lacks loss_progression"):
        Catalog([tmp_path]).load("loss", "while_waiting")
