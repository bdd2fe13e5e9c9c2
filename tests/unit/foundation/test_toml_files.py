"""TOML files at the door: expected values from the TOML definition; what is beyond the bounds is refused with its place."""

import tomllib

import pytest

from livingdrug.foundation import toml_files
from livingdrug.foundation.errors import CatalogError, ExpressionError
from livingdrug.foundation.expressions import read_formula
from livingdrug.foundation.kept_answers import KeptAnswers
from livingdrug.foundation.toml_files import parse_toml, read_toml_file


def test_a_byte_order_mark_is_no_part_of_the_text():
    assert parse_toml('\ufefftitle = "µ"\n'.encode(), "a.toml") == {"title": "µ"}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"a = " + b"9" * 5000, "limit"), (b"a = 99999999999999999999", '"a": a whole number'), (b"[t]\nb = [1, 99999999999999999999]", '"t.b[2]"'),
        (b"a = " + b"[" * 3000, "too deep"), (b"a = " + b"[" * 30 + b"]" * 30, "deeper than"), (b"a" * 300 + b" = 1", "key of 300"),
        (b'a = "' + b"x" * 200_000 + b'"', "200000 letters"), (b"a = 2024-13-45", "not valid TOML"), (b"a = \xff", "UTF-8"),
        ("\ufeffa = 1".encode("utf-16-le"), "UTF-16"), (b"a = 1\na = 2", "not valid TOML"), (b"a = [1", "line 1"),
        (b".".join([b"a"] * 5000) + b" = 1", "deep"),
    ],
    ids=range(13),
)  # fmt: skip
def test_what_cannot_be_read_is_told_with_file_and_place(data, told):
    with pytest.raises(CatalogError, match=r"a\.toml") as caught:
        parse_toml(data, "a.toml")
    assert told in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_file_beyond_the_bound_is_not_read(tmp_path, monkeypatch):
    file = tmp_path / "a.toml"
    file.write_text("a = 1", encoding="utf-8")
    assert read_toml_file(file) == {"a": 1}
    monkeypatch.setattr(toml_files, "LARGEST_FILE", 2)
    with pytest.raises(CatalogError, match="at most"):
        read_toml_file(file)
    with pytest.raises(CatalogError, match="cannot be read"):
        read_toml_file(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("-" * 50_000 + "1", "letters"), ("-" * 3000 + "1", "deep"), ("+".join(["age"] * 700), "deeper than"), ("(" * 250 + "1" + ")" * 250, "cannot read"),
        ("99999999999999999999**2 > 1", "too large"), ("1e999 > 1", "too large"), ("9" * 5000, "letters"), ("a\0", "cannot read"),
    ],
    ids=range(8),
)  # fmt: skip
def test_formulas_are_bounded(text, told):
    with pytest.raises(ExpressionError) as caught:
        read_formula(text)
    assert told in str(caught.value)
    assert len(str(caught.value)) < 400


def test_whole_numbers_in_formulas_do_not_overflow():
    # 9^9^9 is beyond the largest float, so infinite; 2^-1 is a half: both by definition of the power
    assert read_formula("9**9**9 > 1e300").evaluate({})
    assert read_formula("a**-1").evaluate({"a": 2}) == 0.5


def test_a_file_of_the_package_is_the_same_table_when_it_was_read_before(tmp_path, monkeypatch):
    """Python's own reader gives every table; what is kept as JSON gives the same ones, a new one each time; dates are read anew."""
    monkeypatch.setenv("LIVINGDRUG_CACHE", str(tmp_path))
    monkeypatch.setattr(toml_files, "TABLES", KeptAnswers("tables", ("foundation/toml_files.py",), ()))
    paths = sorted((toml_files.PACKAGE / "catalog" / "drug").glob("*.toml"))
    assert len(paths) > 10
    first = [toml_files.read_toml_file(path) for path in paths]
    assert first == [tomllib.loads(path.read_text(encoding="utf-8")) for path in paths]
    toml_files.TABLES.write()
    monkeypatch.setattr(toml_files, "TABLES", KeptAnswers("tables", ("foundation/toml_files.py",), ()))
    monkeypatch.setattr(toml_files, "parse_toml", lambda data, name: pytest.fail("read again"))
    again = [toml_files.read_toml_file(path) for path in paths]
    assert [repr(one) for one in again] == [repr(one) for one in first]
    again[0]["title"] = "changed"
    assert repr(toml_files.read_toml_file(paths[0])) == repr(first[0])
    assert toml_files._told({"day": tomllib.loads("a = 2026-01-01")["a"]}) == ""
    assert toml_files._told({"value": float("nan")}) == ""
