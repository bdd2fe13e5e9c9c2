"""The looks of a drawing written into each of its elements, so that any program shows it as the report does.

In a page a mark names its role and the style sheet gives the colour. Taken out of the page it would be black: office programs and
editors read few style sheets and no variables. So the rules are applied here, once, and written as plain attributes.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as xml
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_STYLE = Path(__file__).parent / "templates" / "report.css"
SVG = "http://www.w3.org/2000/svg"
_WRITTEN = (
    "fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "opacity", "font-family", "font-size", "font-weight",
    "paint-order",
)  # fmt: skip
_INHERITED = {"font-family", "font-size", "font-weight"}
"""Written on text alone: elsewhere they mean nothing."""


@dataclass(frozen=True)
class _Step:
    """One part of a selector: an element's name, classes and attributes it must have."""

    tag: str
    classes: frozenset[str]
    attributes: tuple[str, ...]

    def fits(self, element: xml.Element) -> bool:
        tag = element.tag.rpartition("}")[2]
        return (
            (not self.tag or self.tag == tag)
            and self.classes <= set((element.get("class") or "").split())
            and all(name in element.attrib for name in self.attributes)
        )


@dataclass(frozen=True)
class _Rule:
    """Steps from the outermost to the element itself, how strongly they bind, and what they say."""

    steps: tuple[_Step, ...]
    strength: tuple[int, int, int]
    says: Mapping[str, str]

    def fits(self, path: Sequence[xml.Element]) -> bool:
        if not self.steps[-1].fits(path[-1]):
            return False
        above = iter(reversed(path[:-1]))
        return all(any(step.fits(element) for element in above) for step in reversed(self.steps[:-1]))


def plain(text: str) -> str:
    """The text with every var(--name) of the light page written out."""
    return re.sub(r"var\(--([\w-]+)\)", lambda found: _variables().get(found[1], "inherit"), text)


def inlined(drawing: str) -> xml.Element:
    """A drawing as a tree whose elements carry their light looks; classes, readings and invisible marks are gone.

    Parameters
    ----------
    drawing
        SVG text of `livingdrug.reports.charts`, without a name space.
    """
    root = xml.fromstring(drawing)
    for path in list(_paths(root)):
        _dress(path)
    _strip(root)
    return root


def as_text(root: xml.Element) -> str:
    """A dressed tree as the text of a file; every element in the name space of SVG."""
    rest = dict(root.attrib)
    root.attrib.clear()
    root.attrib.update({"xmlns": SVG, **rest})
    return xml.tostring(root, encoding="unicode")


def _paths(root: xml.Element) -> Iterator[tuple[xml.Element, ...]]:
    stack: list[tuple[xml.Element, ...]] = [(root,)]
    while stack:
        path = stack.pop()
        yield path
        stack += [(*path, child) for child in path[-1]]


def _dress(path: Sequence[xml.Element]) -> None:
    element = path[-1]
    found: dict[str, str] = {}
    for rule in _rules():
        if rule.fits(path):
            found.update(rule.says)
    for part in (element.attrib.pop("style", "")).split(";"):
        name, _, value = part.partition(":")
        if value:
            found[name.strip()] = plain(value.strip())
    is_text = element.tag in ("text", "tspan")
    for name in _WRITTEN:
        if name in found and (is_text or name not in _INHERITED):
            element.set(name, re.sub(r"(?<=\d)px\b", "", found[name]))


def _strip(root: xml.Element) -> None:
    for element in list(root.iter()):
        for child in list(element):
            if "reading" in (child.get("class") or "").split():
                element.remove(child)
        for name in ("class", "data-tip"):
            element.attrib.pop(name, None)


@cache
def _sheet() -> str:
    return re.sub(r"/\*.*?\*/", "", _STYLE.read_text(encoding="utf-8"), flags=re.S)


@cache
def _variables() -> dict[str, str]:
    """The names of the light page's colours and fonts -> what they are."""
    light = re.search(r":root\s*\{(.*?)\}", _sheet(), re.S)
    assert light is not None
    found = {name: " ".join(value.split()) for name, value in re.findall(r"--([\w-]+):\s*([^;]+);", light[1])}
    return {**found, "paper": "#ffffff"}  # a file lies on white, whatever the page's paper


@cache
def _rules() -> tuple[_Rule, ...]:
    """Rules about drawings, the weakest first."""
    found: list[_Rule] = []
    outside = re.sub(r"@[^{;]+\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", _sheet())
    for place, (selectors, body) in enumerate(re.findall(r"([^{}]+)\{([^{}]*)\}", outside)):
        for selector in selectors.split(","):
            words = selector.split()
            if len(words) > 1 and words[0] == "svg" and ":" not in selector:
                steps = tuple(_step(word) for word in words)
                strength = sum(len(s.classes) + len(s.attributes) for s in steps), sum(bool(s.tag) for s in steps)
                found.append(_Rule(steps, (*strength, place), dict(_declarations(body))))
    return tuple(sorted(found, key=lambda rule: rule.strength))


def _step(word: str) -> _Step:
    tag = re.match(r"[a-z]*", word)
    return _Step(
        tag[0] if tag else "",
        frozenset(re.findall(r"\.([\w-]+)", word)),
        tuple(re.findall(r"\[([\w-]+)\]", word)),
    )


def _declarations(body: str) -> Iterator[tuple[str, str]]:
    for part in body.split(";"):
        name, _, value = (piece.strip() for piece in part.partition(":"))
        if name == "font":  # weight size family
            weight, size, family = plain(value).split(maxsplit=2)
            yield from (("font-weight", weight), ("font-size", size.split("/")[0]), ("font-family", family))
        elif value:
            yield name, plain(value)
