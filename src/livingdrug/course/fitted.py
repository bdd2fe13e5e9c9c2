"""Fitted values of mechanisms' sheets, laid on the parameters of an assembled model.

A sheet's number may have become several parameters (``density_{clone}`` one for each clone), some of them scaled by an antigen
or a factor; a recipe or an instance may have put its own in its place. Only what still comes from the sheet moves, in proportion.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from livingdrug.catalog.parameter_set import SPREAD
from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.quantities import Quantity
from livingdrug.model.assemble import Model
from livingdrug.model.names import filled
from livingdrug.model.texts import package_texts, recipe_of, sheet_of

_PLACEHOLDER = re.compile(r"\\\{\w+\\\}")
_ORIGIN = ("kind", "source", "where", "note", "spread_scale", "low", "high", "prior", "spread_prior", "status")


def laid_on(
    own: Mapping[str, Quantity], fitted: Mapping[str, float], model: Model, texts: Mapping[str, str]
) -> dict[str, Quantity]:
    """A model's parameters with fitted values in place.

    Parameters
    ----------
    own
        The assembled model's parameters.
    fitted
        Address -> value, of mechanisms and recipes; those of a mechanism or recipe that the model does not have are left out.
    model
        Which mechanisms and recipe there are.
    texts
        Mechanisms and recipes of the user's own.

    Raises
    ------
    BadInput
        A sheet has no number at an address.
    """
    found = dict(own)
    for address, value in fitted.items():
        spread = address.endswith(SPREAD)
        for name, scale in parameters_at(address.removesuffix(SPREAD), own, model, texts).items():
            moved = {"spread": value} if spread else {"value": value * scale}
            found[name] = found[name].model_copy(update=moved)
    return found


def parameters_at(
    address: str, own: Mapping[str, Quantity], model: Model, texts: Mapping[str, str]
) -> dict[str, float]:
    """The parameters that come from a sheet's number: name -> value relative to the sheet's; none where it has no say.

    Parameters
    ----------
    address
        ``"mechanism/car_t/parameter.growth_max"``, ``"mechanism/tumour/own.clone.negative.parameter.density_{clone}"`` or
        ``"recipe/lbcl_cd19/override.growth_max"``.
    own, model, texts
        See `laid_on`.
    """
    kind, file, place = address.split("/", 2)
    here = file in model.mechanisms if kind == "mechanism" else file == model.id
    if not here:
        return {}
    template, written = _written(kind, file, place, tuple(sorted(texts.items())))
    there = model.mechanisms[file].sheet.parameter if kind == "mechanism" else own
    pattern = re.compile(_PLACEHOLDER.sub(r"\\w+", re.escape(template)))
    return {
        name: quantity.value / written.value if written.value else 1.0
        for name, quantity in own.items()
        if name in there
        and pattern.fullmatch(name)
        and all(getattr(quantity, key) == getattr(written, key) for key in _ORIGIN)
    }


@lru_cache(maxsize=4096)
def _written(kind: str, file: str, place: str, texts: tuple[tuple[str, str], ...]) -> tuple[str, Quantity]:
    """Name and number as the sheet or recipe has them."""
    known = {**package_texts(), **dict(texts)}
    first, *words = place.split(".")
    name = words[-1]
    if kind != "mechanism":
        table = recipe_of(file, known).override
    elif first == "own":  # own.<kind>.<instance>.parameter.<name>: what one instance has of its own
        of_kind = sheet_of(file, known).own.get(words[0], {})
        table = of_kind[words[1]].parameter if words[1] in of_kind else {}
    else:
        table = sheet_of(file, known).parameter
    if name not in table:
        raise BadInput(
            f'the parameter set has "{kind}/{file}/{place}", and {file}.toml has no number there.\n'
            "  The set belongs to another version of the model: calibrate again."
        )
    template = filled(name, {words[0]: words[1]}) if first == "own" else name
    return template, table[name]
