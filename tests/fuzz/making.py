"""What the fuzzer is made of: sound inputs of every kind, taken apart and put together wrongly, piece by piece."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

from hypothesis import strategies as st

LONGEST_SECONDS = 10
"""Of processor time, however busy the computer is; beyond this an input hangs the program: none takes a tenth of it."""


@contextmanager
def no_hang():
    """Raises when the block takes longer than `LONGEST_SECONDS`; where there is no such alarm (Windows) nothing is watched."""

    def late(*_: object) -> None:
        raise AssertionError(f"no answer after {LONGEST_SECONDS} s")

    if not hasattr(signal, "SIGPROF"):
        yield
        return
    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, LONGEST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


NUMBERS = st.one_of(
    st.sampled_from([
        "1", "0", "-1", "1.5", "1,5", "1,250", "1.250", "1 250", "1'250", "1,250,000", "1.250,5", "10e6", "1e9", "10^9", "10*9", "1e400", "1e-400",
        "−5", "+5", "5.", ".5", ",5", "1,,5", "1..5", "0x10", "nan", "inf", "٣", "9" * 60, "1_000", "5e", "½", "", "--5", "<5", "≥ 5", "~5", "1/2",
    ]),
    st.floats(allow_nan=True, allow_infinity=True).map(repr),
    st.integers().map(str),
)  # fmt: skip
UNITS = st.one_of(
    st.sampled_from([
        "mg", "mg/dL", "MG/DL", "K/µL", "k/uL", "G/L", "T/L", "10*3/uL", "x10^9/L", "×10⁹/L", "10e9/L", "10E3/uL", "[IU]/L", "[iU]/mL", "mm Hg", "mm[Hg]",
        "°C", "C", "degF", "Cel", "mL/min/1.73 m2", "mL/min/{1.73_m2}", "cells/kg", "cell/kg", "mg/m²", "mg.kg-1", "%", "", "/uL", "1/uL", "1e9/L",
        "9**9**9", "2^2^2^2", "mg**9**9", "(((mg)))", "((", "mg/0", "mg//L", "gr/dL", "M", "G", "parsnip", "mg mg", "mg per L per day", "{cells}/uL",
        "µg", "μg", "day", "wk", "mo", "yr", "h", "decibel", "degree_Reaumur", "delta_degC", "boltzmann_constant", "mg^0", "mg^-0", "1/1/1/mg",
    ]),
    st.text("mgLuµkK10369^*/()[]{}. -×x·%°e", max_size=24),
)  # fmt: skip
JOINTS = st.sampled_from([" to ", "-", "–", " – ", " - ", " ± ", "+/-", "..", " bis ", ";", "/"])
SPACES = st.sampled_from(["", " ", "  ", "\u00a0", "\u202f", "\t"])


@st.composite
def quantities(draw: Callable[..., Any]) -> str:
    """Texts that are quantities, nearly, or not at all."""
    one = draw(NUMBERS) + draw(SPACES) + draw(UNITS)
    shape = draw(st.integers(0, 5))
    if shape == 0:
        return one + draw(JOINTS) + draw(NUMBERS) + draw(SPACES) + draw(UNITS)
    if shape == 1:
        return draw(NUMBERS) + draw(JOINTS) + one
    if shape == 2:
        return one + draw(st.text(max_size=6))
    return one


@st.composite
def changed(draw: Callable[..., Any], table: Any, replacements: Any) -> Any:
    """A table of tables, lists and values with one to three of its places changed, taken out, doubled or moved."""
    result = _copy(table)
    for _ in range(draw(st.integers(1, 3))):
        place: Any = result
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            inner = place[key]
            if isinstance(inner, (dict, list)) and inner and draw(st.integers(0, 3)):
                place = inner
                continue
            what = draw(st.integers(0, 4))
            if what == 0:
                del place[key]
            elif what == 1 and isinstance(place, list):
                place.append(_copy(inner))
            elif what == 2 and isinstance(place, dict):
                place[draw(st.sampled_from([f"{key}x", key[:-1] or "x", "extends", "x" * 300, "é"]))] = place.pop(key)
            else:
                place[key] = _copy(draw(replacements))
            break
    return result


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_copy(part) for part in value]
    return value


def as_toml(value: Any) -> str:
    """A value as TOML text, tables within tables inline, so that whatever was changed is still TOML."""
    import datetime
    import json
    import math

    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {as_toml(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return repr(value)


def as_file(table: dict[str, Any]) -> str:
    """A whole TOML file: one line for each key."""
    import json

    return "\n".join(f"{json.dumps(key, ensure_ascii=False)} = {as_toml(value)}" for key, value in table.items()) + "\n"
