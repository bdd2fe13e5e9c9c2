"""Take the point of a calibration over into the files of the catalogue, so that runs without --parameters use it.

python examples/take_over.py runs/fit             what would change, and by how much
python examples/take_over.py runs/fit --write     writes it

Only numbers of kind "fitted" move, each in its own line of its own file; what else a file says, and how it is written, stays.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asking import a_folder, asking, told

from livingdrug.catalog.load import Catalog
from livingdrug.catalog.parameter_set import SPREAD
from livingdrug.fitting.joint.free import Fitted, fitted_numbers

SOURCE = Path(__file__).parents[1] / "src/livingdrug"
DIGITS = 4
"""Significant digits in files: two orders below what the data know of any of them."""


def file_of(address: str) -> Path:
    """Where the number of an address stands: mechanisms and recipes beside the model, all others in the catalogue."""
    kind, name, _ = address.split("/", 2)
    folder = SOURCE / ("model" if kind in ("mechanism", "recipe") else "catalog")
    return folder / (f"{kind}s" if kind in ("mechanism", "recipe") else kind) / f"{name}.toml"


def with_number(text: str, place: str, value: float) -> str:
    """A file's text with another number at a place (``parameter.growth_max``, ``….spread``).

    Raises
    ------
    ValueError
        The place is not written in one of the two ways that files have: a table of its own, or braces on one line.
    """
    key = "spread" if place.endswith(SPREAD) else "value"
    table, _, name = place.removesuffix(SPREAD).rpartition(".")
    written = f"{value:.{DIGITS}g}"
    inside = rf"^\[{re.escape(table)}\](?:(?!^\[).)*?" if table else r"\A(?:(?!^\[).)*?"
    own = rf"(^\[{re.escape(place.removesuffix(SPREAD))}\](?:(?!^\[).)*?^{key}\s*=\s*)[-+\w.]+"
    braces = rf"({inside}^{re.escape(name)}\s*=\s*\{{[^\n]*?(?<!\w){key}\s*=\s*)[-+\w.]+"
    for pattern in (own, braces):
        changed, times = re.subn(pattern, rf"\g<1>{written}", text, count=1, flags=re.MULTILINE | re.DOTALL)
        if times:
            return changed
    raise ValueError(f"{place} is not written as a table of its own, nor in braces on one line")


def moves(fitted: Mapping[str, Fitted], values: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Address -> from, to; of numbers that differ as they would be written."""
    told = {address: (one.value, values[address]) for address, one in fitted.items() if address in values}
    return {address: (a, b) for address, (a, b) in told.items() if f"{a:.{DIGITS}g}" != f"{b:.{DIGITS}g}"}


def _at(table: Mapping[str, Any], place: str) -> float:
    """The number at a place of a file that was read."""
    for word in place.removesuffix(SPREAD).split("."):
        table = table[word]
    return table["spread" if place.endswith(SPREAD) else "value"]


def main() -> int:
    """Tell or write; 2 where the calibration has a number that no file has."""
    asked = asking(__doc__)
    asked.add_argument("calibration", type=a_folder, help="folder of the calibration")
    asked.add_argument("--write", action="store_true", help="write it; otherwise only tell")
    given = asked.parse_args()
    values = json.loads((given.calibration / "parameters.json").read_text(encoding="utf-8"))["values"]
    fitted = {one.address: one for one in fitted_numbers(Catalog())}
    unknown = sorted(set(values) - set(fitted))
    if unknown:
        print(f"numbers that no file has as fitted: {', '.join(unknown)}", file=sys.stderr)
        return 2
    found = moves(fitted, values)
    for address, (before, after) in found.items():
        print(f"{address:80s} {before:12.5g} -> {after:12.5g}")
    if given.write:
        texts: dict[Path, str] = {}
        for address, (_, after) in found.items():
            path = file_of(address)
            texts[path] = with_number(
                texts.get(path) or path.read_text(encoding="utf-8"), address.split("/", 2)[2], after
            )
        tables = {path: tomllib.loads(text) for path, text in texts.items()}
        for address, (_, after) in found.items():
            table = tables[file_of(address)]
            assert f"{_at(table, address.split('/', 2)[2]):.{DIGITS}g}" == f"{after:.{DIGITS}g}", (
                f"not written: {address}"
            )
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
    print(f"{len(found)} of {len(values)} numbers {'written' if given.write else 'differ'}")
    return 0


if __name__ == "__main__":
    told(main)
