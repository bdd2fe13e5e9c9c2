"""Every source behind a report, numbered: the trial's design, published results, catalogue records, model parameters."""

from __future__ import annotations

from dataclasses import dataclass

from livingdrug.reports.source import Source


@dataclass(frozen=True)
class Reference:
    """One source, what it was used for, and whether its numbers were read there."""

    name: str
    uses: str
    status: str


def references(source: Source) -> list[Reference]:
    """All sources, in alphabetical order; assumptions and fits are not sources."""
    found: dict[str, tuple[set[str], set[str]]] = {}

    def note(name: str, used: str, status: str) -> None:
        uses, statuses = found.setdefault(name.strip(), (set(), set()))
        uses.add(used)
        statuses.add(status)

    for name in source.trial.sources:
        note(str(name), "design of the trial", "")
    for row in source.evidence.results if source.evidence is not None else ():
        note(row.source, "published results", row.status)
    for used, quantity in source.quantities():
        if quantity.kind in ("reported", "digitised", "derived"):
            note(quantity.source, used, quantity.status)
    return [
        Reference(name, ", ".join(sorted(uses)), ", ".join(sorted(s for s in statuses if s)) or "–")
        for name, (uses, statuses) in sorted(found.items(), key=lambda item: item[0].lower())
    ]


def reference_numbers(source: Source) -> dict[str, int]:
    """Name of each source -> its number in the list."""
    return {reference.name: i for i, reference in enumerate(references(source), 1)}
