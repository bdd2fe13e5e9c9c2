"""Ways to spoil a text or bytes: lines, words, numbers, letters and bits, taken out, doubled, moved or replaced."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

NUMBERS = (
    "0", "-1", "1", "1,5", "1,250", "1.250", "1 250", "1e400", "1e-400", "1e308", "5e-324", "nan", "inf", "-inf", "9" * 25, "9" * 400, "0x10", "1_0", "½", "٣",
    "1e9", "1e15", "-0.0", "1.0.0", "--1", "5 to 3", "3 to 5", "3-5", "<5", "≥5", "true", "2**70", "1/3", "0.1", "100", "1000000", "-5", "36.6",
)  # fmt: skip
WORDS = (
    "", "x", "nan", "inf", "None", "null", "[]", "{}", "''", '""', "[[[[", "day", "mg", "mg/dL", "cell/kg", "9**9**9", "copy/ug", "yes", "no", "true", "false", "é", "\x00", "\ufeff",
    "../../etc", "a/b", "=", "#", ",", ";", "|", "\t", "\r", "%s", "{0}", "__import__('os')", "eliana", "tisa_cel", "1 day", "5 kg", "-3 day", "0 mg/m^2", "1e9 year", "x" * 300, "(" * 200,
)  # fmt: skip
_NUMBER, _WORD = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"), re.compile(r"\w+")


def _lines(text: str, chance: random.Random) -> tuple[list[str], int]:
    lines = text.split("\n")
    return lines, chance.randrange(len(lines))


def line_gone(text: str, chance: random.Random) -> str:
    lines, here = _lines(text, chance)
    return "\n".join(lines[:here] + lines[here + 1 :])


def line_twice(text: str, chance: random.Random) -> str:
    lines, here = _lines(text, chance)
    return "\n".join([*lines[: here + 1], *lines[here:]])


def lines_swapped(text: str, chance: random.Random) -> str:
    lines, here = _lines(text, chance)
    there = chance.randrange(len(lines))
    lines[here], lines[there] = lines[there], lines[here]
    return "\n".join(lines)


def cut(text: str, chance: random.Random) -> str:
    return text[: chance.randrange(len(text) + 1)]


def piece_gone(text: str, chance: random.Random) -> str:
    here = chance.randrange(len(text) + 1)
    return text[:here] + text[here + chance.choice((1, 2, 5, 40)) :]


def piece_put_in(text: str, chance: random.Random) -> str:
    here = chance.randrange(len(text) + 1)
    return text[:here] + chance.choice((*WORDS, *NUMBERS)) + text[here:]


def piece_moved(text: str, chance: random.Random) -> str:
    here, there, size = chance.randrange(len(text) + 1), chance.randrange(len(text) + 1), chance.randrange(1, 60)
    return text[:there] + text[here : here + size] + text[there:]


def _replaced(pattern: re.Pattern[str], words: Sequence[str]) -> Callable[[str, random.Random], str]:
    def replace(text: str, chance: random.Random) -> str:
        found = list(pattern.finditer(text))
        if not found:
            return text
        one = chance.choice(found)
        new = chance.choice(words) if chance.random() < 0.7 else chance.choice(found)[0]
        return text[: one.start()] + new + text[one.end() :]

    return replace


number_changed = _replaced(_NUMBER, NUMBERS)
word_changed = _replaced(_WORD, WORDS)


def word_misspelt(text: str, chance: random.Random) -> str:
    found = [one for one in _WORD.finditer(text) if len(one[0]) > 2]
    if not found:
        return text
    one = chance.choice(found)
    here = chance.randrange(one.start(), one.end())
    new = chance.choice(("", text[here] * 2, text[here].swapcase(), chance.choice("aeiou_-. ")))
    return text[:here] + new + text[here + 1 :]


WAYS = (line_gone, line_twice, lines_swapped, cut, piece_gone, piece_put_in, piece_moved, number_changed, number_changed, number_changed, word_changed, word_changed, word_misspelt)  # fmt: skip
"""Numbers and words more often than the rest: what is still a file of its kind goes further in."""


def spoiled(text: str, chance: random.Random) -> str:
    """The text after one to three of `WAYS`."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        text = chance.choice(WAYS)(text, chance)
    return text


def spoiled_bytes(data: bytes, chance: random.Random) -> bytes:
    """Bytes cut, flipped, doubled, or with foreign ones between them."""
    if not data:
        return b"\x00"
    here = chance.randrange(len(data))
    way = chance.randrange(7)
    if way == 0:
        return data[:here]
    if way == 1:
        return data[:here] + bytes([data[here] ^ 1 << chance.randrange(8)]) + data[here + 1 :]
    if way == 2:
        return data[:here] + chance.randbytes(chance.randrange(1, 40)) + data[here:]
    if way == 3:
        return data[:here] + data[here + chance.randrange(1, 200) :]
    if way == 4:
        return data + data[here:]
    if way == 5:
        return b""
    return chance.randbytes(chance.randrange(1, 400))
