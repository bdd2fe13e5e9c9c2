"""Names in a model, and names that stand for several: ``tumour_{clone}`` is one name for each clone.

A rule with placeholders in the name that it defines is written once and holds for each instance. Inside ``total( )`` a
placeholder is summed over:

    killing_{clone} := kill_max * recognition_{clone};              one rule for each clone
    antigen := total(recognition_{clone} * tumour_{clone});         recognition_a * tumour_a + recognition_b * tumour_b

Instances have an order, and a rule may look at its neighbours in it: ``before(shell, cells_{shell}, none)`` is the cells of the shell
listed before, and ``none`` in the rule of the first; ``after( )`` is the same towards the last.
"""

from __future__ import annotations

import itertools
import keyword
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from livingdrug.foundation.errors import ModelError, UnitError
from livingdrug.model.units import parse_unit

RESERVED = frozenset(
    {
        "time",
        "exp",
        "log",
        "ln",
        "sqrt",
        "abs",
        "floor",
        "min",
        "max",
        "piecewise",
        "dimensionless",
        "total",
        "before",
        "after",
    }
)
NAME = r"(?:[A-Za-z_]|\{\w+\})(?:\w|\{\w+\})*"
"""Regular expression of a name, placeholders included."""
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_WORDS = re.compile(r"(?<![\w}])(total|before|after)\s*\(")
_STEP = {"before": -1, "after": 1}
_ADDS = re.compile(r"[-+<>=!&|]")


def _name(text: str) -> str:
    if not text.isidentifier() or not text.isascii() or keyword.iskeyword(text) or text in RESERVED:
        raise ValueError(
            f'"{text}" cannot be a name in a model: use letters, digits and _, and no word of the language'
        )
    return text


def _template(text: str) -> str:
    for kind in kinds_in(text):
        _name(kind)
    _name(_PLACEHOLDER.sub("x", text))
    return text


def _unit(text: str) -> str:
    try:
        parse_unit(text)
    except UnitError as problem:
        raise ValueError(str(problem)) from None
    return text


Name = Annotated[str, AfterValidator(_name)]
Template = Annotated[str, AfterValidator(_template)]
UnitText = Annotated[str, AfterValidator(_unit)]


class Part(BaseModel):
    """A frozen piece of a sheet or recipe; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def kinds_in(text: str) -> tuple[str, ...]:
    """The kinds of instances a name or formula speaks of, in order.

    Examples
    --------
    >>> kinds_in("recognition_{receptor}_{clone} * tumour_{clone}")
    ('receptor', 'clone')
    """
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(text)))


def filled(text: str, chosen: Mapping[str, str]) -> str:
    """A text with its placeholders replaced.

    Examples
    --------
    >>> filled("tumour_{clone}", {"clone": "dim"})
    'tumour_dim'
    """
    return _PLACEHOLDER.sub(lambda match: chosen.get(match[1], match[0]), text)


def combinations(kinds: Iterable[str], instances: Mapping[str, Iterable[str]]) -> Iterator[dict[str, str]]:
    """Every choice of one instance for each kind; the last kind varies fastest.

    Examples
    --------
    >>> [filled("{receptor}_{clone}", one) for one in combinations(["receptor", "clone"], {"receptor": "ab", "clone": "x"})]
    ['a_x', 'b_x']
    """
    kinds = list(kinds)
    for names in itertools.product(*(tuple(instances[kind]) for kind in kinds)):
        yield dict(zip(kinds, names, strict=True))


def written_out(
    formula: str,
    chosen: Mapping[str, str],
    instances: Mapping[str, Iterable[str]],
    place: str,
    write: Callable[[str, Mapping[str, str]], str] = filled,
) -> str:
    """A formula for one choice of instances, its totals as sums.

    Parameters
    ----------
    formula
        With placeholders and totals.
    chosen
        Kind -> instance, of the name that the formula defines.
    instances
        Kind -> every instance, in order.
    place
        File and line, for errors.
    write
        How a piece without a total becomes text, given its instances.

    Raises
    ------
    ModelError
        A placeholder that nothing chooses or sums, or a total with nothing to sum.

    Examples
    --------
    >>> written_out("birth - total(k_{clone} * n_{clone})", {}, {"clone": ("a", "b")}, "a test")
    'birth - (k_a * n_a + k_b * n_b)'
    """
    pieces, rest = [], formula
    while match := _WORDS.search(rest):
        ahead, inside, rest = rest[: match.start()], *_until_closed(rest[match.end() :], place)
        pieces.append(_piece(ahead, chosen, place, write))
        if match[1] in _STEP:
            piece, there = _of_neighbour(inside, _STEP[match[1]], chosen, instances, place)
            pieces.append(f"({written_out(piece, there, instances, place, write)})")
            continue
        kinds = [kind for kind in kinds_in(_without_totals(inside, place)) if kind not in chosen]
        if not kinds:
            raise ModelError(
                f"{place}: total({inside}) has nothing to sum: it needs a placeholder such as {{clone}} that does not\n"
                "  stand in the name the rule defines. Write the sum as a rule of its own and use its name here."
            )
        terms = [
            written_out(inside, {**chosen, **more}, instances, place, write) for more in combinations(kinds, instances)
        ]
        pieces.append(f"({' + '.join(f'({term})' if _ADDS.search(term) else term for term in terms)})")
    return "".join([*pieces, _piece(rest, chosen, place, write)])


def _of_neighbour(
    inside: str, step: int, chosen: Mapping[str, str], instances: Mapping[str, Iterable[str]], place: str
) -> tuple[str, Mapping[str, str]]:
    """The piece of formula that holds for a neighbour, and the choice it holds for."""
    parts = _arguments(inside)
    kind = parts[0].strip()
    if len(parts) != 3 or kind not in chosen:
        word = "before" if step < 0 else "after"
        raise ModelError(
            f"{place}: {word}({inside}) needs three parts: a kind that stands in the name the rule defines, what is asked of the\n"
            f"  neighbour, and what stands for it where there is none: {word}(shell, cells_{{shell}}, 0 cell)."
        )
    names = list(instances[kind])
    there = names.index(chosen[kind]) + step
    if not 0 <= there < len(names):
        return parts[2].strip(), chosen
    return parts[1].strip(), {**chosen, kind: names[there]}


def _arguments(inside: str) -> list[str]:
    """The text between commas that stand in no bracket."""
    parts, depth = [""], 0
    for character in inside:
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _piece(text: str, chosen: Mapping[str, str], place: str, write: Callable[[str, Mapping[str, str]], str]) -> str:
    open_kinds = [kind for kind in kinds_in(text) if kind not in chosen]
    if open_kinds:
        raise ModelError(
            f"{place}: {{{open_kinds[0]}}} stands neither in the name that the rule defines nor in a total( )\n"
            f"  Put it into the name to have one rule for each {open_kinds[0]}, or sum: total(… {{{open_kinds[0]}}} …)."
        )
    return write(text, chosen)


def _until_closed(text: str, place: str) -> tuple[str, str]:
    """What stands before the bracket that closes, and what after it."""
    depth = 1
    for i, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return text[:i], text[i + 1 :]
    raise ModelError(f"{place}: a bracket of total(, before( or after( is not closed\n  Close it.")


def _without_totals(text: str, place: str) -> str:
    found, rest = "", text
    while match := _WORDS.search(rest):
        inside, after = _until_closed(rest[match.end() :], place)
        found += rest[: match.start()] + ("" if match[1] == "total" else inside)
        rest = after
    return found + rest
