"""The signs there are, by kind: one vocabulary for scales, guidelines, wards, tables and stories, read from `sign/` of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from livingdrug.catalog.records.sign import Shown, Sign
from livingdrug.foundation.toml_files import read_toml_file

if TYPE_CHECKING:
    from livingdrug.catalog.lookup import Lookup


class Signs(Mapping[str, Sign]):
    """Every sign by name, in order: all that a scale may read.

    Examples
    --------
    >>> SHIPPED["temperature"].unit, "admitted" in SHIPPED.flags
    ('degC', True)
    """

    def __init__(self, signs: Iterable[Sign]) -> None:
        self._known = {sign.id: sign for sign in sorted(signs, key=lambda sign: (sign.order, sign.id))}

    def __getitem__(self, name: str) -> Sign:
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def __hash__(self) -> int:
        return hash(tuple(self._known))

    @cached_property
    def moment(self) -> dict[str, Sign]:
        """What a check can see. The model's outputs carry these names."""
        return self._of_kind("moment")

    @cached_property
    def flags(self) -> dict[str, Sign]:
        """What the ward knows besides the signs; 0 when nobody says otherwise."""
        return self._of_kind("flag")

    @cached_property
    def reported(self) -> dict[str, Sign]:
        """What only a person at the bedside can report; 0 when nobody does, and for the rules at a simulated check."""
        return self._of_kind("reported")

    @cached_property
    def course(self) -> dict[str, Sign]:
        """Summaries of a whole course, for scales that grade duration and not a moment."""
        return self._of_kind("course")

    @cached_property
    def complaints(self) -> tuple[str, ...]:
        """Signs that a table may lack: then nobody looked, and a grade is told with the highest it might be."""
        return tuple(name for name, sign in self.items() if sign.complaint)

    @cached_property
    def unseen(self) -> tuple[str, ...]:
        """What a scale may read that no output of a simulated course has: it stands at 0."""
        return tuple(name for name, sign in self.items() if sign.unseen_is_zero)

    @cached_property
    def shown(self) -> dict[str, Shown]:
        """Signs of a moment that are told of one patient, and how."""
        return {name: sign.shown for name, sign in self.moment.items() if sign.shown is not None}

    def _of_kind(self, kind: str) -> dict[str, Sign]:
        return {name: sign for name, sign in self.items() if sign.kind == kind}


SHIPPED = Signs(
    Sign.model_validate({**read_toml_file(path, called=f"sign/{path.name}"), "id": path.stem})
    for path in (Path(__file__).parent / "sign").glob("*.toml")
)
"""Those that come with the package; what is given none takes these."""


def signs_of(catalog: Lookup | None) -> Signs:
    """The signs of a catalogue: the package's, and those in folders of the user's own, which stand before them."""
    return SHIPPED if catalog is None else Signs(catalog.load("sign", name) for name in catalog.names("sign"))
