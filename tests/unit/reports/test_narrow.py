"""Tables in narrow windows. Expected: every cell's words are there and no line is longer than the window."""

import io
import re

import pytest
from rich.console import Console

from livingdrug.cli.screen import table
from livingdrug.reports.narrow import shared

COLUMNS = ("", "at", "%", "95 % interval", "n", "a heading of several words")
ROWS = [
    ("Neurotoxicity, any grade", "6 month", 66.7, "34.9 to 90.1", 12, "words that go on for a while"),
    ("Infused, of enrolled", "", 99.5, "73.5 to 100.0", 1234567, ""),
    ("an_id_that_is_longer_than_anything_else", None, "", "", 3, "x" * 50),
]


@pytest.mark.parametrize("width", [20, 30, 40, 50, 60, 80, 120, 200])
def test_no_cell_is_lost_and_no_line_too_long(width):
    told = io.StringIO()
    Console(file=told, width=width, force_terminal=True, no_color=True, legacy_windows=False).print(
        table(COLUMNS, ROWS, title="A title", right=("at", "%", "n"))
    )
    text = re.sub(r"\x1b\[[0-9;]*m", "", told.getvalue())
    assert max(map(len, text.splitlines())) <= width
    letters = re.sub(r"[^\w%]", "", text)
    for word in ("66.7", "99.5", "1234567"):  # numbers are never torn
        assert word in text
    for cell in ("A title", "heading", "34.9", "90.1", "73.5", "100.0", "month"):
        assert re.sub(r"[^\w%]", "", cell) in letters
    assert ("95 % interval: 34.9 to 90.1" in text) == (30 <= width <= 60)  # one block a row; at 20 letters it breaks


def test_short_columns_get_their_room_before_long_ones():
    # by hand: 30 letters for 5, 8 and 100 that need 4, 4 and 6: 16 are left, 1 and 4 are taken, 11 go to the long one
    assert shared([5, 8, 100], [4, 4, 6], 30) == [5, 8, 17]
    assert shared([5, 5], [5, 5], 99) == [5, 5]
