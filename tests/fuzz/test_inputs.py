"""Whatever is written, the answer is exit 0 with sense or exit 2 with place and remedy: never a traceback, never a hang.

Expected values: sound files are read as they are; a changed one is either still sound or refused by name.
"""

from __future__ import annotations

import math
import tomllib
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from livingdrug.catalog.doses_told import doses_told
from livingdrug.catalog.load import Catalog, load_trial, read_toml
from livingdrug.foundation.amounts import NotAnAmount, read_amount, read_span
from livingdrug.foundation.errors import BadInput, UnitError
from livingdrug.foundation.expressions import read_formula
from livingdrug.foundation.units import convert_laboratory, read, read_one_or_range
from livingdrug.interop.user_tables.grading import graded, read_sign_table
from livingdrug.interop.user_tables.scoring import score_table
from tests.fuzz.making import as_file, changed, no_hang, quantities

CATALOG = Catalog()
SCALES = ["crs_astct", "icaht_early", "ctcae_neutrophils"]
TARGETS = st.sampled_from(["mg", "mg/m^2", "cell/kg", "1e9/L", "degC", "day", "U/L", "", "mL/min/(1.73 m^2)"])


def refused_well(problem: BaseException, named: str = "", longest: int = 6000) -> None:
    """A refusal is one of ours, says where, and does not repeat pages of input."""
    assert isinstance(problem, BadInput)
    assert named in str(problem)
    assert 10 < len(str(problem)) < longest


@given(quantities(), TARGETS)
def test_quantities(text, to):
    with no_hang():
        for reader in (read, read_one_or_range):
            try:
                found = reader(text, to, where='file.toml, "key"')
            except UnitError as problem:
                refused_well(problem, "file.toml", 600)
            else:
                for value in found if isinstance(found, tuple) else (found,):
                    assert math.isfinite(value)


@given(quantities())
def test_what_is_shown_back_is_read_as_the_same(text):
    with no_hang():
        try:
            amount = read_amount(text)
        except NotAnAmount:
            return
        again = read_amount(amount.told)
        assert again.value == pytest.approx(amount.value, rel=1e-9)
        if amount.unit:
            assert convert_laboratory(1.0, again.unit, amount.unit) == pytest.approx(1.0, rel=1e-9)


@given(
    st.floats(1e-6, 1e9),
    st.floats(1e-6, 1e9),
    st.sampled_from(["mg", "cell/kg", "10*6 cell/kg", "K/µL"]),
    st.sampled_from([" to ", "–", "-", " - "]),
)
def test_a_range_is_its_two_ends(low, high, unit, joint):
    low, high = sorted((float(f"{low:.6f}"), float(f"{high:.6f}")))
    span = read_span(f"{low:.6f}{joint}{high:.6f} {unit}")
    assert span is not None
    assert [end.value for end in span] == [low, high]
    with pytest.raises(NotAnAmount):
        read_amount(f"{low:.6f}{joint}{high:.6f} {unit}")


@given(st.text("abx019.+-*/<>=(), ifelsnordmax\"'[]_", max_size=60))
def test_formulas(text):
    with no_hang():
        try:
            formula = read_formula(text)
            formula.evaluate(dict.fromkeys(formula.names, 1.0))
        except BadInput as problem:
            refused_well(problem, longest=800)


CELLS = st.one_of(
    st.sampled_from(["A", "B", " A ", "001", "1", "", "NA", "0", "1", "2.5", "36,8", "39.4", "1,250", "1.250", "yes", "N", "TRUE", "low", "none", "x", "\"", "#", "-1", "1e400", "nan", "−3"]),
    st.text(max_size=5),
)  # fmt: skip
HEADINGS = st.sampled_from([
    "patient", "ID", "USUBJID", "site", "SUBJID", "day", "study_day", "ADY", "temp", "temp [degF]", "temp (C)", "ANC [10*3/uL]", "anc", "anc [9**9**9/L]", "anc [K/µL]",
    "PLT [10e9/L]", "plt", "pressor", "oxygen", "map", "fever_treated", "note", "", "crs_astct", "LDH [U/L]", "ldh", "creatinine [umol/L]", "creatinine (mg/dL)", "pateint", "[", "x]",
])  # fmt: skip


@st.composite
def tables(draw):
    """Bytes of a table: some headings, rows that mostly fit, any delimiter, quoting, line end and encoding."""
    delimiter = draw(st.sampled_from([",", ";", "\t", "|"]))
    headings = draw(st.lists(HEADINGS, min_size=1, max_size=8, unique=draw(st.integers(0, 9)) > 0))
    rows = draw(st.lists(st.lists(CELLS, min_size=len(headings), max_size=len(headings)), min_size=0, max_size=8))
    if rows and not draw(st.integers(0, 7)):
        rows[0] = rows[0][:-1]
    quote = (lambda cell: '"' + cell.replace('"', '""') + '"') if draw(st.booleans()) else (lambda cell: cell)
    lines = [delimiter.join(map(quote, row)) for row in [headings, *rows]]
    lines = [*draw(st.lists(st.sampled_from(["# comment", "", "sep=;"]), max_size=1)), *lines]
    text = draw(st.sampled_from(["\n", "\r\n", "\r"])).join(lines)
    data = text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])), errors="replace")
    return data[: draw(st.integers(0, len(data)))] if not draw(st.integers(0, 9)) else data


@given(tables())
def test_tables(tmp_path_factory, data):
    file = tmp_path_factory.getbasetemp() / "fuzz.csv"
    file.write_bytes(data)
    easix = CATALOG.load("score", "easix")
    with no_hang():
        for use in (
            lambda: graded(read_sign_table(file), None, catalog=CATALOG),
            lambda: score_table(file, easix),
            *(lambda one=one: graded(read_sign_table(file), [one], catalog=CATALOG) for one in SCALES),
        ):
            try:
                frame = use()
            except BadInput as problem:
                refused_well(problem, "fuzz.csv")
            else:
                assert frame.height > 0


REPLACEMENTS = st.one_of(
    quantities(), st.text(max_size=8), st.sampled_from([0, -1, 1, 2**60, 1e308, math.nan, math.inf, True, "", [], {}, [[]], "x" * 500, "../../x.toml", "a\x00b", "9**9**9 mg"]),
    st.integers(-10, 10), st.floats(), st.lists(st.floats(allow_nan=False), max_size=3), st.dictionaries(st.sampled_from(["value", "unit", "x"]), st.integers(0, 3), max_size=2),
)  # fmt: skip
TRIAL = read_toml(CATALOG.path("trial", "eliana"))


@given(changed(TRIAL, REPLACEMENTS))
def test_trials(tmp_path_factory, table):
    file = tmp_path_factory.getbasetemp() / "fuzz_trial.toml"
    text = as_file(table)
    assume(_is_toml(text))
    file.write_text(text, encoding="utf-8")
    with no_hang():
        try:
            trial = load_trial(file, CATALOG)
        except BadInput as problem:
            refused_well(problem, "fuzz_trial")
        else:
            assert trial.follow_up_days > 0
            for arm in trial.arms:
                assert doses_told(arm)


@pytest.mark.parametrize("kind", sorted(set(CATALOG.kinds()) - {"trial"}))
def test_catalogue_files(tmp_path_factory, kind):
    names = CATALOG.names(kind)
    if not names:
        pytest.skip("no file of this kind")
    folder = tmp_path_factory.mktemp(kind)

    @given(st.data())
    def tried(data):
        name = data.draw(st.sampled_from(names))
        text = as_file(data.draw(changed(read_toml(CATALOG.path(kind, name)), REPLACEMENTS)))
        assume(_is_toml(text))
        file: Path = folder / f"{name}.toml"
        file.write_text(text, encoding="utf-8")
        with no_hang():
            try:
                CATALOG.load(kind, file)
            except BadInput as problem:
                refused_well(problem)

    tried()


@given(st.binary(max_size=200), st.integers(0, 3000), st.integers(0, 8))
def test_broken_bytes_in_a_trial_file(tmp_path_factory, noise, place, n_cut):
    data = CATALOG.path("trial", "eliana").read_bytes()
    file = tmp_path_factory.getbasetemp() / "fuzz_bytes.toml"
    file.write_bytes(data[:place] + noise + data[place + n_cut :])
    with no_hang():
        try:
            load_trial(file, CATALOG)
        except BadInput as problem:
            refused_well(problem, "fuzz_bytes")


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except ValueError:
        return False
    return True
