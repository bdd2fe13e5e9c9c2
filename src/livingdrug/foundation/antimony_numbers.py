"""Numbers in Antimony text that its reader takes in part: of "1d3", "0x10", "1_000" or "1e400" it makes 1, 0, 1 and 1 of a unit so called."""

from __future__ import annotations

import re
from math import isinf

TAKEN_IN_PART = (
    'of "{number}" Antimony reads the first digits alone.\n'
    "  Write it in decimals, such as 1000, 0.5 or 2e-3, and a unit after a space."
)
_APART = re.compile(r'"""(?:.|\n)*?"""|"[^"\n]*"|//[^\n]*|\#[^\n]*|/\*(?:.|\n)*?\*/')
_GLUED = re.compile(
    r"""(?<![\w.])(?>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)  # what is read
        (?:[_xXbBoOdDeE][+-]?[0-9]\w*|[eE](?!\w))                        # what would pass for a unit""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"(?<![\w.])(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][+-]?[0-9]+")


def number_read_in_part(text: str) -> tuple[str, int] | None:
    """The first number that Antimony would read in part, and its line; None where there is none.

    Examples
    --------
    >>> number_read_in_part("k = 5 mg;\\nn = 1_000"), number_read_in_part("k = 1e400"), number_read_in_part("k = 2.5e-3 // 1d3")
    (('1_000', 2), ('1e400', 1), None)
    """
    bare = _APART.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    glued = _GLUED.finditer(bare)
    endless = (found for found in _NUMBER.finditer(bare) if isinf(float(found[0])))
    found = min((*glued, *endless), key=lambda one: one.start(), default=None)
    return None if found is None else (found[0], bare.count("\n", 0, found.start()) + 1)
