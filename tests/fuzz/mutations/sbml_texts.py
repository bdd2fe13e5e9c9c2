"""Valid models of every construct, and changes of their structure: ids, mathematics, units, events, nesting, sizes."""

from __future__ import annotations

import random
import re
import sys
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path

import numpy as np

ANTIMONY = (
    "model a; A=10; B=0; k=0.3; J: A -> B; k*A; end",
    "model b; S=0; S' = 1 - sqrt(S); y := S^2 + sin(time); end",
    "model c; x=1; y=0; k=1; x' = -k*x; at (x < 0.5): y = y + 1, x = 2; at 1 after (time > 2), priority=2: k = 0.1; end",
    "function f(a, b)\n a/(b + a)\nend\nmodel d; compartment c = 2; species S in c; species P in c; S=5; P=0; v: S => P; c*f(S, 0.7); n = 4; q := piecewise(1, S > 2, 0); end",
    "model e; x=1; z=1; x' = z; z' = -x; w := x^2 + z^2; end",
    "model g; y=0; y' = 1/(1+exp(10*(time-1))); K=2; h := y^4/(K^4+y^4); end",
)  # fmt: skip
ET.register_namespace("math", "http://www.w3.org/1998/Math/MathML")
NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"
OPERATORS = (
    "plus", "minus", "times", "divide", "power", "exp", "ln", "root", "abs", "sin", "cos", "tan", "sinh", "tanh", "arcsin", "arccosh", "floor", "ceiling", "lt", "gt", "eq", "and", "or", "not",
    "factorial", "max", "min", "rem", "quotient", "xor", "sec", "csch", "arccot", "implies", "nonsense",
)  # fmt: skip
VALUES = (
    "0",
    "-1",
    "1",
    "1e308",
    "1e-308",
    "NaN",
    "INF",
    "-INF",
    "",
    "x",
    "1,5",
    "2.5",
    "1e400",
    "9" * 400,
    "0x10",
    "true",
)
TIMES = np.linspace(0.0, 5.0, 6)


@cache
def _models() -> tuple[str, ...]:
    from livingdrug.engine.sbml.source import sbml_text

    shipped = Path(__file__).resolve().parents[2] / "published" / "sbml"
    small = sorted(path for path in shipped.glob("*.xml") if path.stat().st_size < 60_000)
    return (*(sbml_text(text) for text in ANTIMONY), *(path.read_text(encoding="utf-8") for path in small[:3]))


def changed(chance: random.Random) -> str:
    """A valid model with one to three changes of structure, as XML again."""
    root = ET.fromstring(chance.choice(_models()))  # our own text
    for _ in range(chance.choice((1, 1, 2, 3))):
        if len(root):  # a model that lost everything has nothing left to spoil
            chance.choice(CHANGES)(root, chance)
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(30_000)  # ours to write; whoever reads it has to live with the usual one
    try:
        return ET.tostring(root, encoding="unicode")
    finally:
        sys.setrecursionlimit(before)


def _elements(root: ET.Element) -> list[tuple[ET.Element, ET.Element]]:
    return [(parent, child) for parent in root.iter() for child in parent]


def gone(root: ET.Element, chance: random.Random) -> None:
    parent, child = chance.choice(_elements(root))
    parent.remove(child)


def twice(root: ET.Element, chance: random.Random) -> None:
    parent, child = chance.choice(_elements(root))
    parent.append(child)


def moved(root: ET.Element, chance: random.Random) -> None:
    """Somewhere else, but not into itself."""
    parent, child = chance.choice(_elements(root))
    inside = set(child.iter())
    there = chance.choice([one for one in root.iter() if one not in inside])
    parent.remove(child)
    there.append(child)


def id_changed(root: ET.Element, chance: random.Random) -> None:
    found = [(one, key) for one in root.iter() for key in one.attrib]
    ids = [one.attrib["id"] for one in root.iter() if "id" in one.attrib]
    if found:
        one, key = chance.choice(found)
        one.attrib[key] = chance.choice(
            (
                *ids,
                "time",
                "lambda",
                "a b",
                "1x",
                "é",
                "x" * 3000,
                "__import__",
                "dimensionless",
                "true",
                "false",
                "",
                *VALUES,
            )
        )


def attribute_gone(root: ET.Element, chance: random.Random) -> None:
    found = [(one, key) for one in root.iter() for key in one.attrib]
    if found:
        one, key = chance.choice(found)
        del one.attrib[key]


def number_changed(root: ET.Element, chance: random.Random) -> None:
    found = [
        (one, key) for one in root.iter() for key in one.attrib if re.fullmatch(r"-?[\d.]+(e-?\d+)?", one.attrib[key])
    ]
    inner = list(root.iter(f"{NAMESPACE}cn"))
    if inner and (not found or chance.random() < 0.5):
        chance.choice(inner).text = chance.choice(VALUES)
    elif found:
        one, key = chance.choice(found)
        one.attrib[key] = chance.choice(VALUES)


def operator_changed(root: ET.Element, chance: random.Random) -> None:
    inner = [
        one for one in root.iter() if one.tag.startswith(NAMESPACE) and not len(one) and not (one.text or "").strip()
    ]
    if inner:
        chance.choice(inner).tag = NAMESPACE + chance.choice(OPERATORS)


def name_in_formula(root: ET.Element, chance: random.Random) -> None:
    inner = list(root.iter(f"{NAMESPACE}ci"))
    ids = [one.attrib["id"] for one in root.iter() if "id" in one.attrib]
    if inner:
        chance.choice(inner).text = f" {chance.choice((*ids, 'nobody', 'time', '', 'x' * 2000))} "


def nested(root: ET.Element, chance: random.Random) -> None:
    """A formula within itself, many times."""
    found = [(parent, child) for parent, child in _elements(root) if child.tag == f"{NAMESPACE}apply"]
    if not found:
        return
    parent, child = chance.choice(found)
    place = list(parent).index(child)
    whole = child
    for _ in range(chance.choice((3, 30, 300, 3000))):
        outer = ET.Element(f"{NAMESPACE}apply")
        outer.append(ET.Element(NAMESPACE + chance.choice(("minus", "exp", "abs", "sin", "not"))))
        outer.append(whole)
        whole = outer
    parent.remove(child)
    parent.insert(place, whole)


def many(root: ET.Element, chance: random.Random) -> None:
    """Hundreds of parameters, or of events."""
    lists = [
        one
        for one in root.iter()
        if one.tag.endswith(("listOfParameters", "listOfEvents", "listOfSpecies", "listOfReactions")) and len(one)
    ]
    if not lists:
        return
    place = chance.choice(lists)
    text = ET.tostring(place[0], encoding="unicode")
    for i in range(chance.choice((5, 40, 150))):
        place.append(ET.fromstring(re.sub(r'(?<=\bid=")', f"m{i}_", text)))


def unit_changed(root: ET.Element, chance: random.Random) -> None:
    found = [one for one in root.iter() if one.tag.endswith("unit")]
    if found:
        one = chance.choice(found)
        one.attrib[chance.choice(("kind", "exponent", "scale", "multiplier"))] = chance.choice(
            ("mole", "parsnip", "-3", "1e308", "0", "", "2.5", "second")
        )
    else:
        for one in root.iter():
            if one.tag.endswith("parameter"):
                one.attrib["units"] = chance.choice(("second", "parsnip", "mole", ""))


def about_events(root: ET.Element, chance: random.Random) -> None:
    """Delays, priorities and flags of events."""
    found = [one for one in root.iter() if one.tag.endswith(("}event", "}trigger"))]
    if found:
        one = chance.choice(found)
        one.attrib[chance.choice(("persistent", "initialValue", "useValuesFromTriggerTime"))] = chance.choice(
            ("true", "false", "maybe", "1", "")
        )


CHANGES = (gone, twice, moved, id_changed, id_changed, attribute_gone, number_changed, number_changed, number_changed, operator_changed, operator_changed, name_in_formula, name_in_formula, nested, many, unit_changed, about_events)  # fmt: skip


def told(path: Path) -> str:
    """What became of a model: its states at the end, or the sentence of a course that did not finish."""
    from livingdrug.engine.sbml.model import read_sbml_model
    from livingdrug.engine.with_events.driver import run_with_events
    from livingdrug.foundation.errors import SimulationFailed

    model = read_sbml_model(path)
    if not model.odes.states:
        return "no states"
    found = run_with_events(model, [model.odes.defaults], TIMES, rtol=1e-4, atol=1e-6, most_steps=20_000)
    sentence = found.sentences()[0]
    if sentence not in ("finished", "") and found.status[0] > 0:
        raise SimulationFailed(f"the course did not finish: {sentence}")
    return f"{sentence}: {found.outputs[0, -1].tolist()}"
