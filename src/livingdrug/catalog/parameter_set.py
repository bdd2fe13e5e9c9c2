"""Fitted values that stand in place of those in the files: one number for each address, laid on when a file is read.

An address is kind, file and place: ``"product/tisa_cel/parameter.killing_product"`` is the value that stands there,
``"mechanism/tumour/parameter.kill_max.spread"`` its spread between patients, ``"mechanism/car_t/parameter.growth_max"`` a
number of a mechanism's sheet. The files stay as they are.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

from livingdrug.foundation.errors import BadInput

SPREAD = ".spread"
MODEL_KINDS = ("mechanism", "recipe")
"""Kinds of addresses that are no files of the catalogue: the course looks after them (`livingdrug.course.fitted`)."""


@dataclass(frozen=True)
class ParameterSet:
    """Values by address.

    Attributes
    ----------
    values
        Address -> value, in the unit that stands in the file.
    """

    values: Mapping[str, float] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.values)

    @cached_property
    def by_file(self) -> dict[tuple[str, str], dict[str, float]]:
        """(kind, file's name) -> place -> value."""
        found: dict[tuple[str, str], dict[str, float]] = {}
        for address, value in self.values.items():
            kind, name, place = address.split("/", 2)
            found.setdefault((kind, name), {})[place] = float(value)
        return found

    @cached_property
    def of_model(self) -> dict[str, float]:
        """What belongs to mechanisms and recipes: address -> value."""
        return {address: value for address, value in self.values.items() if address.split("/", 1)[0] in MODEL_KINDS}

    @cached_property
    def sha256(self) -> str:
        """Hash of all addresses and values."""
        return sha256(json.dumps(dict(self.values), sort_keys=True).encode()).hexdigest()

    def laid_on(self, kind: str, name: str, table: dict[str, Any]) -> dict[str, Any]:
        """The table of a file with this set's values in it.

        Raises
        ------
        BadInput
            The file has no number at an address.
        """
        mine = self.by_file.get((kind, name))
        if not mine:
            return table
        table = copy.deepcopy(table)
        for place, value in mine.items():
            part, key = (place.removesuffix(SPREAD), "spread") if place.endswith(SPREAD) else (place, "value")
            node: Any = table
            for word in part.split("."):
                node = node.get(word) if isinstance(node, dict) else None
            if not isinstance(node, dict) or "value" not in node:
                raise BadInput(
                    f'the parameter set has "{kind}/{name}/{place}", and {kind}/{name}.toml has no number there.\n'
                    "  The set belongs to another version of the catalogue: calibrate again."
                )
            node[key] = value
        return table
