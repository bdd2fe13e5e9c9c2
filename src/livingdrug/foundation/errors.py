"""The family of errors a user may meet. Each says what is wrong, where, what was expected, what to do next.

LivingDrugError
├── BadInput                 exit code 2: stopped at the door
│   ├── UnknownName          no such product, trial, endpoint ...
│   ├── UnitError            a unit that does not fit the quantity
│   ├── CatalogError         a catalog file that does not hold together
│   ├── ExpressionError      a formula that cannot be read
│   └── ModelError           mechanisms that do not join into a sound model
├── SimulationFailed         exit code 3: some patients' courses did not finish
└── Interrupted              exit code 130: stopped by the user, finished work kept
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

LONGEST_LINE = 2000
"""Letters of one line of a message: a list of a million that was given is not told back."""


class LivingDrugError(Exception):
    """Anything that went wrong in a way we can explain."""

    exit_code = 1

    def __init__(self, *said: object) -> None:
        super().__init__(*(_shortened(one) if isinstance(one, str) else one for one in said))


def _shortened(text: str) -> str:
    """A message without the middle of lines that nobody can read.

    Examples
    --------
    >>> len(_shortened("got " + "1, " * 1_000_000 + "expected fewer.\\n  Give fewer."))
    2039
    """
    if len(text) <= LONGEST_LINE:
        return text
    half = LONGEST_LINE // 2
    return "\n".join(
        line
        if len(line) <= LONGEST_LINE
        else f"{line[:half]} … ({len(line) - LONGEST_LINE:,} letters) … {line[-half:]}"
        for line in text.split("\n")
    )


class BadInput(LivingDrugError):
    """Something the user gave us cannot be used as it is."""

    exit_code = 2


def did_you_mean(
    name: str, known: Iterable[str], *, cutoff: float = 0.5, shown: Mapping[str, str] | None = None
) -> str:
    """The nearest known name as a question, with a space before it; empty where none is near.

    Parameters
    ----------
    cutoff
        How alike the two have to be (difflib's ratio).
    shown
        Known name -> how it is written for people, where that differs.

    Examples
    --------
    >>> did_you_mean("elana", ["eliana", "juliet"]), did_you_mean("x", ["eliana"])
    (' Did you mean "eliana"?', '')
    """
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=cutoff)
    return f' Did you mean "{(shown or {}).get(near[0], near[0])}"?' if near else ""


class UnknownName(BadInput):
    """A name that is not in the catalogue; offers the nearest known ones.

    Parameters
    ----------
    kind
        What sort of thing was asked for, e.g. ``"product"``.
    name
        The name as given.
    known
        All names of this kind.
    hint
        The next step, one sentence.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str = "") -> None:
        names = sorted(known)
        guess = did_you_mean(name, names) if len(name) <= 200 else ""
        listed = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
        tail = f"\n  {hint}" if hint else ""
        shown = name if len(name) <= 80 else f"{name[:60]}… ({len(name)} letters)"
        super().__init__(f'no {kind} "{shown}".{guess}\n  Known: {listed or "none"}.{tail}')
        self.kind, self.name = kind, name


class UnitError(BadInput):
    """A quantity whose unit does not fit."""


class CatalogError(BadInput):
    """A catalog file that does not hold together."""


class ExpressionError(BadInput):
    """A formula that cannot be read or uses a name nobody provides."""


class ModelError(BadInput):
    """Mechanisms that do not join into a sound model."""


class SimulationFailed(LivingDrugError):
    """Some patients' courses did not finish; the others are returned."""

    exit_code = 3


class Interrupted(LivingDrugError):
    """Stopped by the user; what was finished is kept."""

    exit_code = 130


@contextmanager
def naming(place: str, remedy: str = "") -> Iterator[None]:
    """Refusals raised inside begin with the file they are about, unless they name it already, and end with what to do.

    Parameters
    ----------
    place
        The file; ``""`` where there is none.
    remedy
        Added as a second line to a refusal that has only one.

    Examples
    --------
    >>> with naming("model.xml"):
    ...     raise ModelError("no species")
    Traceback (most recent call last):
    livingdrug.foundation.errors.ModelError: model.xml: no species
    """
    try:
        yield
    except BadInput as problem:
        said = str(problem)
        if place and place not in said:
            said = f"{place}: {said}"
        if remedy and "\n" not in said.strip():
            said = f"{said.rstrip()}\n  {remedy}"
        problem.args = (said, *problem.args[1:])
        raise
