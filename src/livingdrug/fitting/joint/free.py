"""Which numbers are fitted, which of them may move, and how many there are: read from the files, never listed in code.

growth_max = { value = 2.0, unit = "1/day", kind = "fitted", prior = { sd_log = 0.5 }, low = 0.5, high = 2.77, … }
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from livingdrug.catalog.load import read_toml
from livingdrug.catalog.parameter_set import SPREAD
from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.priors import Prior, Scale, off_scale, on_scale
from livingdrug.foundation.quantities import Quantity
from livingdrug.foundation.toml_files import parse_toml
from livingdrug.model.texts import package_texts

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog

SHARED = "shared"
LEVELS = {"mechanism": SHARED, "recipe": SHARED, "drug": SHARED, "infection": SHARED, "population": SHARED}
"""Level of a number by the kind of file it stands in; other kinds are levels of their own: disease, product, assay …"""
ASSUMED = Prior(sd_log=0.5)
"""Prior of a fitted number whose file gives none, when it is named to be free."""


@dataclass(frozen=True)
class Fitted:
    """A number of kind "fitted", where it stands.

    Attributes
    ----------
    address
        Kind, file and place (`livingdrug.catalog.parameter_set`).
    level
        ``"shared"``, or what it belongs to: ``"disease"``, ``"costimulation"``, ``"product"``, ``"assay"``, ``"trial"`` …
    quantity
        The number; of a spread, the number that spreads.
    """

    address: str
    level: str
    quantity: Quantity

    @property
    def is_spread(self) -> bool:
        """Whether the spread between patients is what is fitted."""
        return self.address.endswith(SPREAD)

    @property
    def value(self) -> float:
        """As it stands in the file."""
        return self.quantity.spread if self.is_spread else self.quantity.value

    @property
    def prior(self) -> Prior | None:
        """What was believed before; None when the file does not say."""
        return self.quantity.spread_prior if self.is_spread else self.quantity.prior


@dataclass(frozen=True)
class Free:
    """A number that moves, on the scale on which its prior is normal.

    Attributes
    ----------
    address, level, meaning, unit
        See `Fitted`.
    value
        Where the search begins.
    scale
        ``"linear"``, ``"log"`` or ``"logit"``; all numbers below are on it.
    centre, width
        Median and standard deviation of the prior.
    low, high
        Bounds; infinite for none.
    prior_assumed
        Whether the file gives no prior and `ASSUMED` stands in.
    """

    address: str
    level: str
    meaning: str
    unit: str
    value: float
    scale: Scale
    centre: float
    width: float
    low: float = -math.inf
    high: float = math.inf
    prior_assumed: bool = False

    @property
    def name(self) -> str:
        """Short for tables: the file and the last word of the place."""
        kind, file, place = self.address.split("/", 2)
        words = place.removesuffix(SPREAD).split(".")
        told = words[-1] + (" (spread)" if place.endswith(SPREAD) else "")
        return told if LEVELS.get(kind) == SHARED else f"{told}, {file}"

    def at(self, values: Mapping[str, float]) -> float:
        """Its value among these on its scale; the file's when it is not there."""
        return on_scale(values.get(self.address, self.value), self.scale)

    def off(self, number: float) -> float:
        """The value at this number of the scale."""
        return off_scale(number, self.scale)


def fitted_numbers(catalog: Catalog) -> tuple[Fitted, ...]:
    """Every number of kind "fitted" in the catalogue's files, the mechanisms' sheets and the recipes, by address.

    A file that extends another gives its own numbers only, so that each number is met once. The spread of a number with
    ``spread_prior`` is a number of its own.
    """
    found: list[Fitted] = []
    for kind, file, table in _tables(catalog):
        for place, quantity in _fitted_in(table, ""):
            address, level = f"{kind}/{file}/{place}", LEVELS.get(kind, kind)
            found.append(Fitted(address, level, quantity))
            if quantity.spread_prior:
                found.append(Fitted(address + SPREAD, level, quantity))
    return tuple(sorted(found, key=lambda one: one.address))


def count_fitted(catalog: Catalog) -> dict[str, int]:
    """How many fitted numbers there are, by level, and ``"all"``.

    Spreads count where they have a prior of their own. Numbers that only one trial or one product's making carries count
    under ``"trial"`` and ``"making"``.
    """
    counts = Counter(one.level for one in fitted_numbers(catalog))
    return {"all": counts.total(), **dict(sorted(counts.items()))}


def free_numbers(catalog: Catalog, patterns: Sequence[str] = ()) -> tuple[Free, ...]:
    """The numbers that may move.

    Parameters
    ----------
    catalog
        Its files say which numbers are fitted, with prior and bounds.
    patterns
        Of addresses, such as ``"product/axi_cel/*"`` or ``"*kill_max"``; a fitted number that one of them matches is free
        even where its file gives no prior. All that have a prior when empty.

    Raises
    ------
    BadInput
        A pattern that matches nothing, or nothing is free.
    """
    known = fitted_numbers(catalog)
    for pattern in patterns:
        if not any(_matches(one, pattern) for one in known):
            raise BadInput(
                f'--free "{pattern}": no fitted number has such an address.\n'
                f"  Addresses look like {known[0].address if known else 'product/file/parameter.kill_max'}; * stands for anything."
            )
    chosen = [one for one in known if any(_matches(one, pattern) for pattern in patterns)]
    if not patterns:
        chosen = [one for one in known if one.prior is not None]
    if not chosen:
        raise BadInput(
            "no fitted number has a prior, so nothing may move.\n"
            '  Write prior = { sd_log = 0.5 } beside numbers of kind "fitted", or name them: --free "product/*".'
        )
    return tuple(_free(one) for one in chosen)


def _matches(one: Fitted, pattern: str) -> bool:
    return fnmatch(one.address, pattern) or (not one.is_spread and fnmatch(one.address.rsplit(".", 1)[-1], pattern))


def _free(one: Fitted) -> Free:
    quantity, prior = one.quantity, one.prior or ASSUMED
    if one.prior is None and not one.value > 0:
        raise BadInput(
            f"{one.address}: {one.value:g} has no logarithm, and its file gives no prior.\n  Write prior = {{ sd = … }} there."
        )
    low, high = (None, quantity.spread_high) if one.is_spread else (quantity.low, quantity.high)
    return Free(
        address=one.address, level=one.level, meaning=quantity.meaning, unit="" if one.is_spread else quantity.unit,
        value=one.value, scale=prior.scale,
        centre=on_scale(one.value if prior.median is None else prior.median, prior.scale), width=prior.width,
        low=-math.inf if low is None else on_scale(low, prior.scale),
        high=math.inf if high is None else on_scale(high, prior.scale), prior_assumed=one.prior is None,
    )  # fmt: skip


def _tables(catalog: Catalog) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(kind, file's name, table) of every file that may hold numbers."""
    for kind in catalog.kinds():
        for name in catalog.names(kind):
            path = catalog.path(kind, name)
            if "fitted" in path.read_text(encoding="utf-8-sig"):
                yield kind, name, read_toml(path)
    texts = {**package_texts(), **catalog.model_texts()}
    for place, text in sorted(texts.items()):
        folder, file = place.split("/", 1)
        if file.endswith(".toml") and "fitted" in text:
            yield folder.removesuffix("s"), file.removesuffix(".toml"), parse_toml(text.encode(), place)


def _fitted_in(node: Any, place: str) -> Iterator[tuple[str, Quantity]]:
    if not isinstance(node, dict):
        return
    if node.get("kind") == "fitted" and "value" in node:
        try:
            yield place, Quantity.model_validate(node)
        except ValidationError as problem:
            raise BadInput(f"{place}: {problem.errors()[0]['msg'].removeprefix('Value error, ')}.") from None
        return
    for key, part in node.items():
        yield from _fitted_in(part, f"{place}.{key}" if place else key)
