"""Finding catalog files: names, paths, extra folders, and every way a file can be wrong."""

from __future__ import annotations

import pytest

from livingdrug.catalog.load import HERE, VARIABLE, Catalog, default_catalog, load_trial
from livingdrug.foundation.errors import CatalogError, UnitError, UnknownName

DRUG = """
title = "A drug of our own"
drug_class = "test"
route = "intravenous"
usual_dose = "1 mg"
enters = "steroid_amount"
amount_unit = "mg"
[amount_per_mg]
value = 2.0
unit = "mg/mg"
meaning = "Twice as strong"
kind = "input"
source = "definition"
"""


@pytest.fixture
def folder(tmp_path):
    for kind in ("drug", "trial", "evidence"):
        (tmp_path / kind).mkdir()
    return tmp_path


def write(folder, kind, name, text):
    path = folder / kind / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_in_an_extra_folder_is_a_new_drug(folder):
    write(folder, "drug", "ours", DRUG)
    catalog = Catalog([folder])
    assert catalog.load("drug", "ours").amount_per_mg.value == 2.0
    assert catalog.load("drug", "ours").id == "ours"
    assert {"ours", "fludarabine"} <= set(catalog.names("drug"))


def test_an_extra_folder_is_searched_first(folder):
    write(folder, "drug", "fludarabine", DRUG)
    assert Catalog([folder]).load("drug", "fludarabine").title == "A drug of our own"


def test_the_environment_names_extra_folders(folder, monkeypatch):
    write(folder, "drug", "ours", DRUG)
    monkeypatch.setenv(VARIABLE, str(folder))
    assert "ours" in default_catalog().names("drug")
    monkeypatch.setenv(VARIABLE, str(folder / "nowhere"))
    with pytest.raises(CatalogError, match="nowhere"):
        default_catalog()


def test_the_default_catalogue_is_read_once_until_a_file_changes(folder, monkeypatch):
    # expected: the same records while nothing changes; a changed base shows in what extends it, and a new file is found
    write(folder, "drug", "ours", DRUG)
    monkeypatch.setenv(VARIABLE, str(folder))
    first = default_catalog().load("drug", "ours")
    assert default_catalog().load("drug", "ours") is first
    path = write(folder, "drug", "ours", DRUG.replace("A drug of our own", "Another drug"))
    assert default_catalog().load("drug", "ours").title == "Another drug"
    base = default_catalog().path("product", "tisa_cel").read_text(encoding="utf-8")
    (folder / "product").mkdir()
    write(folder, "product", "base", base)
    write(folder, "product", "derived", 'extends = "base"\n')
    own = default_catalog().load("product", "derived").title
    write(folder, "product", "base", base.replace(own, "A changed base"))
    assert default_catalog().load("product", "derived").title == "A changed base" != own
    path.unlink()
    with pytest.raises(UnknownName):
        default_catalog().load("drug", "ours")


def test_a_path_stands_for_itself(folder):
    path = write(folder, "drug", "ours", DRUG)
    assert Catalog().load("drug", path).id == "ours"
    assert Catalog().load("drug", str(path)).id == "ours"


def test_an_unknown_name_offers_the_nearest():
    with pytest.raises(UnknownName, match='Did you mean "fludarabine"'):
        Catalog().load("drug", "fludarabin")
    with pytest.raises(UnknownName, match='Did you mean "drug"'):
        Catalog().load("drugs", "fludarabine")
    with pytest.raises(UnknownName, match='Did you mean "eliana"'):
        load_trial("elliana")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('title = "x', "at the end of the file, line 1"),
        ('title = "ok ok"\nroute = \n', "line 2, column"),
        (DRUG.replace("enters", "entres"), 'Did you mean "enters"'),
        (DRUG.replace('route = "intravenous"\n', ""), '"route": missing'),
        (DRUG.replace('route = "intravenous"', "route = 3"), '"route": got 3, expected a text in quotes'),
        (DRUG.replace("value = 2.0", "value = -2.0"), "expected more than 0"),
        (DRUG.replace("value = 2.0", 'value = "many"'), '"amount_per_mg.value": got "many"'),
        (DRUG.replace('kind = "input"', 'kind = "guessed"'), "expected one of 'reported'"),
        (DRUG.replace('kind = "input"', 'kind = "reported"'), 'needs status = "read" or "unverified"'),
        ('id = "ours"\n' + DRUG, "the id is the file's name"),
    ],
)
def test_a_faulty_file_is_told_with_file_key_and_expectation(folder, text, expected):
    path = write(folder, "drug", "ours", text)
    with pytest.raises(CatalogError) as caught:
        Catalog([folder]).load("drug", "ours")
    assert expected in str(caught.value)
    assert str(path) in str(caught.value)


def test_all_findings_are_told_at_once(folder):
    write(folder, "drug", "ours", DRUG.replace("enters", "entres").replace("route", "rout"))
    with pytest.raises(CatalogError, match="4 problems"):
        Catalog([folder]).load("drug", "ours")


def test_a_unit_of_another_dimension_is_a_unit_error(folder):
    path = write(folder, "drug", "ours", DRUG.replace("mg/mg", "mg/day"))
    with pytest.raises(UnitError, match="amount_per_mg") as caught:
        Catalog([folder]).load("drug", "ours")
    assert str(path) in str(caught.value)


def test_a_folder_a_missing_file_and_a_binary_file(folder):
    with pytest.raises(CatalogError, match="is a folder"):
        load_trial(folder / "trial")
    with pytest.raises(CatalogError, match="there is no file"):
        load_trial("trial/nowhere.toml")
    binary = folder / "trial" / "binary.toml"
    binary.write_bytes(b"\x89PNG\xff\xfe\x00")
    with pytest.raises(CatalogError, match="is not text"):
        load_trial(binary)
    empty = write(folder, "trial", "empty", "")
    with pytest.raises(CatalogError, match="problems"):
        load_trial(empty)


MAKING = """
title = "A process of our own"
extends = "{base}"
[waiting.slot]
value = 2
unit = "day"
meaning = "Wait for a slot"
kind = "input"
source = "our own plant"
"""


def test_a_file_laid_over_another_states_only_what_differs(folder):
    (folder / "making").mkdir()
    write(folder, "making", "ours", MAKING.format(base="tisa_cel_trial"))
    ours, base = (Catalog([folder]).load("making", name) for name in ("ours", "tisa_cel_trial"))
    assert ours.waiting["slot"].value == 2
    assert ours.waiting["slot"].spread != base.waiting["slot"].spread, "a number of one's own replaces the other whole"
    assert ours.waiting["booking"] == base.waiting["booking"]
    assert (ours.making, ours.product) == (base.making, base.product)


def test_files_that_extend_one_another_in_a_circle_are_refused(folder):
    (folder / "making").mkdir()
    write(folder, "making", "one", MAKING.format(base="two"))
    write(folder, "making", "two", MAKING.format(base="one"))
    with pytest.raises(CatalogError, match="one -> two -> one is a circle"):
        Catalog([folder]).load("making", "one")


def test_a_file_laid_over_one_that_is_not_there_says_so(folder):
    (folder / "making").mkdir()
    write(folder, "making", "ours", MAKING.format(base="tisa_cell_trial"))
    with pytest.raises(UnknownName, match="tisa_cel_trial"):
        Catalog([folder]).load("making", "ours")


def test_a_file_of_ones_own_that_no_longer_fits_a_trial_is_named(tmp_path):
    own = tmp_path / "assay" / "qpcr_transgene.toml"
    own.parent.mkdir()
    text = (HERE / "assay" / own.name).read_text(encoding="utf-8")
    own.write_text(text.replace("car_t_copies_per_ug", "car_t_per_ul"), encoding="utf-8")
    with pytest.raises(CatalogError, match="in place of the package's own: 4 problems") as refused:
        load_trial("eliana", Catalog([tmp_path]))
    assert str(own) in str(refused.value)


@pytest.mark.parametrize(
    "head",
    [
        'title = "Mine, é"\n', '\ufefftitle="Mine, é"\r\n', '# of our own\n\ntitle = "Mine, é"\n', 'title = "Mine, \\u00e9"  # a word\n',
        'note = """\ntitle = "another"\n"""\ntitle = \'Mine, é\'\n',
    ],
)  # fmt: skip
def test_a_title_is_read_without_the_rest_of_the_file(tmp_path, head):
    # expected: what is written there, whatever stands below
    file = tmp_path / "drug" / "mine.toml"
    file.parent.mkdir()
    file.write_bytes(f"{head}nobody_knows_this_key = 1\n".encode())
    assert Catalog([tmp_path]).title("drug", "mine") == "Mine, é"


def test_a_title_that_is_taken_over_is_told(tmp_path):
    file = tmp_path / "product" / "mine.toml"
    file.parent.mkdir()
    file.write_text('extends = "tisa_cel"\n', encoding="utf-8")
    assert Catalog([tmp_path]).title("product", "mine") == Catalog().load("product", "tisa_cel").title
