"""Plain letters for those that an output's encoding does not have."""

from __future__ import annotations

import unicodedata

INSTEAD = {
    "–": "-", "—": "-", "−": "-", "…": "...", "·": "-", "•": "-", "×": "x", "µ": "u", "μ": "u", "≥": ">=", "≤": "<=",
    "→": "->", "►": ">", "±": "+/-", "†": "+", "√": "sqrt", "∞": "inf", "≈": "~", "✓": "yes", "✗": "no", "°": " deg ",
    "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "─": "-", "━": "-", "│": "|",
}  # fmt: skip


def instead(problem: UnicodeError) -> tuple[str, int]:
    """What is written in place of letters that cannot be encoded: a codec error handler.

    Examples
    --------
    >>> import codecs
    >>> codecs.register_error("plain", instead)
    >>> "≥ 5 µg/mL – naïve ☃".encode("ascii", errors="plain")
    b'>= 5 ug/mL - naive ?'
    """
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    return "".join(map(_plain, problem.object[problem.start : problem.end])), problem.end


def _plain(letter: str) -> str:
    if letter in INSTEAD:
        return INSTEAD[letter]
    bare = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
    return bare or "?"
