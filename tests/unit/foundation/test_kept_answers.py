"""Answers of slow libraries are kept between processes, and are those that the library gives."""

import logging
import subprocess
import sys

import pytest

from livingdrug.foundation import kept_answers
from livingdrug.foundation.kept_answers import KeptAnswers

FILES, LIBRARIES = ("foundation/unit*.py",), ("pint",)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LIVINGDRUG_CACHE", str(tmp_path))
    return tmp_path


def _never():
    raise AssertionError("asked again")


def test_an_answer_is_found_once_and_kept_for_the_next_process(folder):
    first = KeptAnswers("colours", FILES, LIBRARIES)
    assert first.of("sky", lambda: ["blue", 0.1]) == ["blue", 0.1]
    assert first.of("sky", _never) == ["blue", 0.1]
    first.write()
    (file,) = folder.glob("colours.*.json")
    assert KeptAnswers("colours", FILES, LIBRARIES).of("sky", _never) == ["blue", 0.1]
    assert KeptAnswers("colours", (*FILES, "foundation/errors.py"), LIBRARIES).of("sky", lambda: "red") == "red"
    assert KeptAnswers("colours", FILES, ("numpy",)).of("sky", lambda: "red") == "red"
    assert file.exists()


def test_what_two_processes_learn_is_kept_of_both(folder):
    one, other = (KeptAnswers("colours", FILES, LIBRARIES) for _ in range(2))
    assert (one.of("sky", lambda: "blue"), other.of("grass", lambda: "green")) == ("blue", "green")
    one.write()
    other.write()
    third = KeptAnswers("colours", FILES, LIBRARIES)
    assert (third.of("sky", _never), third.of("grass", _never)) == ("blue", "green")


def test_a_damaged_file_is_found_anew_and_what_raises_is_not_kept(folder, caplog):
    first = KeptAnswers("colours", FILES, LIBRARIES)
    first.of("sky", lambda: "blue")
    first.write()
    (file,) = folder.glob("colours.*.json")
    file.write_bytes(file.read_bytes()[:-3] + b"xyz")
    with caplog.at_level(logging.WARNING):
        again = KeptAnswers("colours", FILES, LIBRARIES)
        assert again.of("sky", lambda: "grey") == "grey"
        again.write()
    assert "cannot be used" in caplog.text
    with pytest.raises(AssertionError):
        again.of("sea", _never)
    assert again.of("sea", lambda: "green") == "green"


def test_the_file_and_its_questions_stay_small(folder, monkeypatch):
    monkeypatch.setattr(kept_answers, "MOST", 3)
    many = KeptAnswers("colours", FILES, LIBRARIES)
    for k in range(5):
        many.of(str(k), lambda k=k: k)
    assert many.of("x" * 1000, lambda: 1) == 1
    assert many.of("x" * 1000, lambda: 2) == 2
    many.write()
    after = KeptAnswers("colours", FILES, LIBRARIES)
    assert [after.of(str(k), lambda: None) for k in range(5)] == [None, None, 2, 3, 4]


def test_a_folder_that_others_can_write_to_is_left_alone_without_a_word(folder, caplog):
    folder.chmod(0o777)
    with caplog.at_level(logging.WARNING):
        first = KeptAnswers("colours", FILES, LIBRARIES)
        assert first.of("sky", lambda: "blue") == "blue"
        first.write()
    assert not caplog.text
    assert not list(folder.iterdir())


ASK = """
import sys
from livingdrug.foundation.units import convert, factor
from livingdrug.foundation.limits import largest
from livingdrug.model.units import antimony_definition, parse_unit
from livingdrug.foundation.errors import UnitError
print(repr([factor("week", "day"), factor("1/uL", "1e9/L"), convert(7.0, "year", "day"), convert(101.3, "degF", "degC"), largest("mg/kg"),
            largest("kg"), parse_unit("pg/mL/day/cell"), antimony_definition("pg/mL"), factor("minutes", "day")]))
for one, other in (("mg", "day"), ("nonsense", "day"), ("day\\nx", "day")):
    try:
        factor(one, other)
    except UnitError as problem:
        print(problem)
print("pint" in sys.modules)
"""


def test_units_are_the_same_from_what_was_kept_and_without_pint(folder):
    """A second process needs pint only for temperatures, whose zero moves; numbers and words are those of the first."""
    told = [
        subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True).stdout
        for text in (ASK, ASK.replace('convert(101.3, "degF", "degC"), ', ""), ASK)
    ]
    first, without, again = (text.splitlines() for text in told)
    assert first == again
    assert first[-1] == "True"
    assert without[-1] == "False"
    assert without[1:-1] == first[1:-1]
