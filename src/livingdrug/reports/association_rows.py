"""Associations as rows: what was published, what is simulated, whether direction and size agree."""

from __future__ import annotations

import math
from collections.abc import Sequence

from livingdrug.reports.words import DASH, known, plain, unit
from livingdrug.trial.associations.board import Board, Summary
from livingdrug.trial.associations.compare import Compared

COLUMNS = ("", "published", "simulated", "direction", "size")
SIGNS = {"higher": "more", "lower": "less", "none": "no association"}
TIMED = {"higher": "earlier events", "lower": "later events", "none": "no association"}
SIZES = {True: "inside", False: "outside", None: DASH}


def row(one: Compared) -> tuple[str, str, str, str, str]:
    """Title, published, simulated, direction and size of an association that can be told."""
    return one.row.title, published(one), simulated(one), one.direction or DASH, SIZES[one.inside]


def published(one: Compared) -> str:
    """The published figure with its interval, or its direction in a word."""
    if one.row.value is None:
        return (TIMED if one.row.endpoint else SIGNS)[one.row.direction]
    low, high = one.published_limits
    text = figure(one, one.row.value, low, high)
    if one.row.reference_value is not None:
        text += f", against {figure(one, one.row.reference_value)}"
    return text + ("" if one.row.status != "unverified" else " (recalled)")


def simulated(one: Compared) -> str:
    """The simulated figure with its interval, or why there is none."""
    if one.unanswered:
        return one.unanswered
    found = one.simulated
    text = figure(one, found.estimate, found.low, found.high) if found.known else "not reached"
    return text + (f", against {figure(one, one.reference.estimate)}" if one.reference is not None else "")


def figure(one: Compared, value: float, low: float = math.nan, high: float = math.nan) -> str:
    """A figure of a row's measure with its interval: ``2.1 (1.6–2.8)``, ``48 % (37–59)``."""
    share = one.measure.unit == "percent"
    told = f"{value:.0f} %" if share and known(value) else plain(value, 3)
    if known(low) or known(high):
        ends = (f"{end:.0f}" if share else plain(end, 3) for end in (low, high))
        told += f" ({DASH.join(end if end != DASH else '∞' for end in ends)})"
    months = "month" if one.row.endpoint and one.row.measure == "median" else ""
    name = "" if share else unit(one.row.unit or months)
    return f"{told} {name}".rstrip()


def by_topic(found: Sequence[Compared]) -> list[tuple[str, list[Compared]]]:
    """Rows under their topics with a capital, topics in the order of the alphabet."""
    topics = sorted({one.row.topic for one in found}, key=str.lower)
    return [(topic[:1].upper() + topic[1:], [one for one in found if one.row.topic == topic]) for topic in topics]


def sentence(summary: Summary) -> str:
    """How many are met, in a sentence."""
    parts = [f"{summary.n_answered} of {summary.n_rows} published rows can be asked of the simulated patients."]
    if summary.n_directions:
        undecided = summary.n_directions - summary.n_right - summary.n_wrong
        parts.append(
            f"The direction is right in {summary.n_right} of {summary.n_directions} ({100 * summary.share_right:.0f} %),"
            f" wrong in {summary.n_wrong}, undecided in {undecided}."
        )
    if summary.n_sizes:
        parts.append(
            f"The size lies inside the published interval in {summary.n_inside} of {summary.n_sizes}"
            f" ({100 * summary.share_inside:.0f} %)."
        )
    return " ".join(parts)


def test_rows(board: Board) -> str:
    """What is said of the rows kept to test the model."""
    n = sum(board.hidden.values())
    if n:
        return (
            f"{n} rows kept to test the model were not looked at. --with-test-rows shows them; whoever has seen them cannot"
            " use them to test a model that is changed afterwards."
        )
    if board.of_use("test"):
        return (
            "Rows kept to test the model are shown. What is changed in the model from here on cannot be tested with them"
            " any more."
        )
    return "No rows kept to test the model belong to what was asked."
