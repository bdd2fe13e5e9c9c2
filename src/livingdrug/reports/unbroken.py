"""What stays on one line of a page: ranges such as 71–89 and −3.4 to +3.4, and words whose end is too short for a line of its own.

Done by the style sheet, around the words: what is copied from the page, or searched for in it, holds no letter that is not seen.
"""

from __future__ import annotations

import re

_NAME = re.compile(r"<(/?)([a-z0-9]+)", re.I)
_NUMBER = r"\d[\d.,]*(?:e[-+−]?\d+)?"
_PARTS = re.compile(rf"(?:(?<![\w.])[-+−])?{_NUMBER}(?:–| to [-+−]?){_NUMBER}(?:\u00a0%)?")
_SHORT_END = re.compile(r"\w+-\w{1,4}\b(?!-)")
"""Of a heading: the names of products."""
_HEADINGS = frozenset({"h1", "h2", "h3"})
_LEFT_ALONE = frozenset({"script", "style", "svg", "title", "option", "textarea", "pre"})
_ENDS = {name: rf"</{name}(?![a-z0-9])" for name in sorted(_LEFT_ALONE)}
_WHOLE = "|".join(rf"<{name}(?![a-z0-9])[^>]*(?<!/)>(?:[^<]++|(?!{end})<)*+{end}[^>]*>" for name, end in _ENDS.items())
_TAG = re.compile(rf"(<!--.*?-->|{_WHOLE}|<[^>]*>)", re.DOTALL | re.I)
"""A comment, an element that is left alone with all that is in it, or a tag."""


def unbroken(page: str) -> str:
    """A page of HTML with each such word in an element of class ``whole``.

    Examples
    --------
    >>> unbroken("<h3>axi-cel</h3><p title='1–2'>5–10 of 20</p>")
    '<h3><span class="whole">axi-cel</span></h3><p title=\\'1–2\\'><span class="whole">5–10</span> of 20</p>'
    >>> unbroken("<small>−3.4 to +3.4</small>")
    '<small><span class="whole">−3.4 to +3.4</span></small>'
    """
    told, inside, heading = [], "", False
    for piece in _TAG.split(page):
        if piece.startswith("<"):
            found = _NAME.match(piece)
            if found:
                closes, name = bool(found[1]), found[2].lower()
                if inside:
                    inside = "" if closes and name == inside else inside
                elif name in _LEFT_ALONE and not closes and "</" not in piece and not piece.endswith("/>"):
                    inside = name  # an element that nobody closes
                elif name in _HEADINGS:
                    heading = not closes
        elif piece and not inside:
            if "–" in piece or " to " in piece:  # as in every range
                piece = _PARTS.sub(_whole, piece)
            piece = _SHORT_END.sub(_whole, piece) if heading else piece
        told.append(piece)
    return "".join(told)


def _whole(found: re.Match[str]) -> str:
    return f'<span class="whole">{found[0]}</span>'
