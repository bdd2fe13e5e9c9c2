"""A product, disease, costimulation or trait by itself: what it sets is a parameter of some mechanism, in its unit, sign and scale.

Whether it is one of a trial's own model is known when a trial is held together; until then a misspelt name would call a file sound.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from livingdrug.course.equations import bounded, in_unit_of
from livingdrug.foundation.errors import UnknownName
from livingdrug.foundation.quantities import Quantity
from livingdrug.model.texts import ids, sheet_of

LAYERS = ("product", "disease", "costimulation", "trait")
"""Kinds of catalogue files whose ``[parameter]`` stand in place of the mechanisms' own."""
_INSTANCE = re.compile(r"\\\{\w+\\\}")


def check_layer(
    who: str, layer: Mapping[str, Quantity], texts: Mapping[str, str], *, factors: Collection[str] = ()
) -> None:
    """Hold what a file sets against the sheets of all mechanisms.

    Parameters
    ----------
    who
        The file in words, for errors: ``'product "x"'``.
    layer
        Name -> number.
    texts
        Mechanisms by place, see `livingdrug.model.texts`; a parameter of each clone, site … is written ``access_{clone}`` there.
    factors
        Names whose numbers multiply what they find.

    Raises
    ------
    UnknownName
        No mechanism has that parameter.
    ModelError
        Another unit, sign, scale or size than the sheet has.
    """
    known = {name: own for one in ids("mechanisms", texts) for name, own in sheet_of(one, texts).parameter.items()}
    shapes = [(re.compile(_INSTANCE.sub(r"\\w+", re.escape(name))), own) for name, own in known.items() if "{" in name]
    for name, quantity in layer.items():
        own = known.get(name) or next((own for shape, own in shapes if shape.fullmatch(name)), None)
        if own is None:
            raise UnknownName("parameter of a mechanism", name, [one for one in known if "{" not in one])
        if name not in factors:
            bounded(who, name, in_unit_of(own, f"{who} sets {name}", quantity), own)
