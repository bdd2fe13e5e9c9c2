"""The formula language, against Python's own evaluation and NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.foundation.errors import ExpressionError
from livingdrug.foundation.expressions import read_formula

NAMES = ("a", "b", "c")
SPACE = {"exp": math.exp, "log": math.log, "sqrt": math.sqrt, "abs": abs, "floor": math.floor, "min": min, "max": max}
NUMBER = st.floats(min_value=-50, max_value=50).map(lambda value: round(value, 3))


def joined(parts):
    arithmetic = st.tuples(parts, st.sampled_from(["+", "-", "*"]), parts).map(lambda p: f"({p[0]} {p[1]} {p[2]})")
    condition = st.tuples(parts, st.sampled_from([">", ">=", "<", "<=", "==", "!="]), parts).map(" ".join)
    both = st.tuples(condition, st.sampled_from(["and", "or"]), condition).map(lambda p: f"({p[0]} {p[1]} {p[2]})")
    test = st.one_of(condition, both, condition.map(lambda text: f"not {text}"))
    choice = st.tuples(parts, test, parts).map(lambda p: f"({p[0]} if {p[1]} else {p[2]})")
    call = st.tuples(st.sampled_from(["min", "max"]), parts, parts).map(lambda p: f"{p[0]}({p[1]}, {p[2]})")
    single = st.tuples(st.sampled_from(["abs", "floor", "-"]), parts).map(lambda p: f"{p[0]}({p[1]})")
    return st.one_of(arithmetic, choice, call, single)


FORMULAS = st.recursive(st.one_of(st.sampled_from(NAMES), NUMBER.map(repr)), joined, max_leaves=12)


@settings(deadline=None, derandomize=True)
@given(FORMULAS, st.lists(st.tuples(NUMBER, NUMBER, NUMBER), min_size=1, max_size=5))
def test_any_formula_against_python(text, rows):
    # expected: Python's own eval of the same text, row by row
    columns = {name: np.array([row[i] for row in rows]) for i, name in enumerate(NAMES)}
    found = np.broadcast_to(np.asarray(read_formula(text).evaluate(columns), dtype=float), (len(rows),))
    for row, value in zip(rows, found, strict=True):
        known = float(eval(text, {"__builtins__": {}}, {**SPACE, **dict(zip(NAMES, row, strict=True))}))
        assert value == known


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("2 ** 10 - 1", 1023.0),
        ("-2 ** 2", -4.0),
        ("2 ** 3 ** 2", 512.0),
        ("7 / 2", 3.5),
        ("1 < 2 < 3", True),
        ("1 < 3 < 2", False),
        ("exp(log(5)) + sqrt(9)", 8.0),
        ("floor(-0.5)", -1.0),
        ("min(3, 1, 2) + max(3, 1, 2)", 4.0),
        ("sin(0.3)**2 + cos(0.3)**2", 1.0),
        ("4 * atan(1)", math.pi),
        ("1 if not 0 else 2", 1.0),
        ("3 if 0 and 1 else 2 if 0 or 1 else 9", 2.0),
    ],
)
def test_by_hand(text, known):
    # expected: arithmetic by hand
    assert float(read_formula(text).evaluate({})) == pytest.approx(float(known), rel=1e-15)


def test_columns_and_single_numbers_mix():
    # expected: NumPy's own broadcasting
    pressor, fever = np.array([0.0, 1.0, 3.0]), 38.5
    found = read_formula("2 if pressor >= 3 else 1 if fever >= 38 and pressor > 0 else 0").evaluate(
        {"pressor": pressor, "fever": fever}
    )
    assert found.tolist() == [0, 1, 2]


def test_free_names_are_sorted_and_functions_are_not_names():
    # expected: by hand
    assert read_formula("max(z, exp(a)) + b * a").names == ("a", "b", "z")


@pytest.mark.parametrize(
    "text",
    [
        "a.b", "a[0]", "lambda: 1", "__import__('os')", "open('x')", "'text'", "[1, 2]", "{1: 2}", "a @ b", "a // b",
        "a % b", "a | b", "~a", "a is b", "a in b", "f'{a}'", "exp(1, 2)", "min(1)", "exp(x=1)", "a := 1", "(yield)", "...",
        "None", "1 +", "", "a b",
    ],
)  # fmt: skip
def test_nothing_else_is_in_the_language(text):
    # expected: refused when read, with the text in the message
    with pytest.raises(ExpressionError):
        read_formula(text)


def test_a_missing_name_is_told():
    # expected: the formula, what it lacks and what there is
    with pytest.raises(ExpressionError, match=r'"igg \+ weight" needs igg; given: weight'):
        read_formula("igg + weight").evaluate({"weight": 1.0})


def test_a_program_may_write_what_a_person_may_not():
    # expected: 500 summands of 1, as a species in 500 reactions has them; a person's formula is bounded at 100 deep
    from livingdrug.foundation.expressions import read_written

    text = " + ".join(["x"] * 500)
    assert read_written(text).evaluate({"x": 1.0}) == 500.0
    with pytest.raises(ExpressionError, match="deeper than 100"):
        read_formula(text)


@pytest.mark.parametrize(
    "text", ["x + ½", 'x + 0."', "x +", "", "1 2", "x[0]", "import x", "9" * 400, "x.y", "\0", "(" * 60 + ")" * 60]
)
def test_a_formula_that_cannot_be_read_is_refused_with_what_to_do(text):
    # expected: two lines, the second of which says what a formula may hold or what to change
    with pytest.raises(ExpressionError) as refused:
        read_formula(text)
    said, *remedy = str(refused.value).split("\n")
    assert "formula" in said
    assert remedy
