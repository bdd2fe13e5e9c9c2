"""How programs and laboratories call the flag of results below the limit: the one list for every table of kinetics."""

from __future__ import annotations

import re

FLAG_NAMES = (
    "cens", "censored", "cens_flag", "cens_fl", "cen",
    "blq", "bql", "bloq", "blqfl", "bloqfl", "blq_flag", "blq_fl", "blqflag", "bql_flag", "bloq_flag", "is_blq", "is_bloq", "isblq", "pcblq", "pcblqfl", "lbblqfl",
    "lloqfl", "lloq_flag", "lloq_fl", "loq_flag", "lt_lloq", "lt_loq",
    "below_limit", "below_lloq", "below_loq", "below_lod", "below_detection", "below_detection_limit", "below_quantification_limit",
)  # fmt: skip
"""Names that mean it wherever they stand: 1 is below the limit."""
_SPEAKS_OF_LIMITS = re.compile(r"flag|qualif|detect|quantif|blq|bql|bloq|cens|lloq|(^|_)lo[qd](_|$)|below")


def is_flag(word: str) -> bool:
    """Whether a heading, in lower case and joined by _, is that flag."""
    return word in FLAG_NAMES


def may_be_flag(word: str) -> bool:
    """Whether a heading speaks of limits by another name: 1 may then be below the limit, or above it.

    >>> [may_be_flag(word) for word in ("cens", "result_flag", "detected", "weight", "blocked")]
    [True, True, True, False, False]
    """
    return is_flag(word) or bool(_SPEAKS_OF_LIMITS.search(word))
