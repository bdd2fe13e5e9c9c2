"""Risk scores: inputs with units, a formula or a table of points, cut-offs, worked examples; or the reason to refuse one."""

from __future__ import annotations

from pydantic import Field, model_validator

from livingdrug.catalog.records.base import CatalogRecord, Part
from livingdrug.catalog.records.scale import read_names
from livingdrug.foundation.quantities import Status
from livingdrug.foundation.units import factor


class ScoreInput(Part):
    """One thing a score reads.

    Attributes
    ----------
    unit
        Canonical unit; ``""`` for a plain number or a yes-or-no.
    meaning
        What it is, and when it is taken.
    low, high
        Plausible range in `unit`.
    whole
        Whole numbers only.
    words
        Words that stand for numbers, such as yes and no.
    synonyms
        Other names for it.
    molar_mass
        g/mol, where laboratories report it as a mass or as an amount of substance; 0 for never.
    """

    unit: str
    meaning: str = Field(min_length=3)
    low: float
    high: float
    whole: bool = False
    words: dict[str, float] = Field(default={})
    synonyms: tuple[str, ...] = ()
    molar_mass: float = 0.0


class Points(Part):
    """One line of a table of points; of the lines of an item that hold, the one with most points counts.

    Attributes
    ----------
    item
        The item of the score that the line belongs to.
    points
        What the line gives.
    condition
        Formula of inputs; the line holds where it is true.
    text
        The line in words.
    """

    item: str
    points: float
    condition: str
    text: str = Field(min_length=1)
    source: str = Field(min_length=3)
    where: str = ""
    seen_at: str = ""
    status: Status
    note: str = ""


class Band(Part):
    """What a score of at least this much means.

    Attributes
    ----------
    at_least
        Lowest score of the band.
    label
        Its name: low, high …
    meaning
        What it means.
    """

    at_least: float
    label: str
    meaning: str
    source: str = Field(min_length=3)
    where: str = ""
    seen_at: str = ""
    status: Status
    note: str = ""


class Probability(Part):
    """A published table of probabilities by score: between two of its scores nothing is made up.

    Attributes
    ----------
    of
        What is probable.
    scores, percent
        The table, rising.
    below_first, above_last
        The first percentage is an upper bound, the last one a lower bound.
    """

    of: str = Field(min_length=3)
    scores: tuple[float, ...] = Field(min_length=2)
    percent: tuple[float, ...]
    below_first: bool = False
    above_last: bool = False
    source: str = Field(min_length=3)
    where: str = ""
    seen_at: str = ""
    status: Status

    @model_validator(mode="after")
    def _sound(self) -> Probability:
        if len(self.scores) != len(self.percent):
            raise ValueError("probability: one percentage for every score")
        if list(self.scores) != sorted(set(self.scores)) or list(self.percent) != sorted(self.percent):
            raise ValueError("probability: scores and percentages must rise")
        if not 0 <= self.percent[0] <= self.percent[-1] <= 100:
            raise ValueError("probability: percentages lie between 0 and 100")
        return self


class Example(Part):
    """A worked example: inputs as text with units, and the score they make.

    Attributes
    ----------
    title
        What the example is.
    inputs
        Input -> value with its unit, as text.
    expected
        The score.
    tolerance
        By how much the score may differ.
    """

    title: str
    inputs: dict[str, str]
    expected: float
    tolerance: float = 0.0
    source: str = Field(min_length=3)
    where: str = ""
    seen_at: str = ""


class Score(CatalogRecord):
    """A score.

    Attributes
    ----------
    predicts
        What it is about, and in whom it was made.
    taken
        When the inputs are taken.
    formula
        The score as a formula of its inputs; empty when it is a sum of points.
    source, where, status
        Of the formula, or of the score as a whole.
    refused
        Why this score is not computed; empty when it is.
    input
        Name -> what the score reads.
    points
        Lines of a table of points.
    band
        What ranges of the score mean.
    probability
        Published probabilities by score.
    example
        Worked examples, which tests compute again.
    """

    predicts: str
    taken: str = ""
    note: str = ""
    source: str = Field(min_length=3)
    where: str = ""
    seen_at: str = ""
    status: Status
    refused: str = ""
    formula: str = ""
    input: dict[str, ScoreInput] = Field(default={})
    points: tuple[Points, ...] = ()
    band: tuple[Band, ...] = ()
    probability: Probability | None = None
    example: tuple[Example, ...] = ()

    @model_validator(mode="after")
    def _sound(self) -> Score:
        if self.refused:
            if self.formula or self.points:
                raise ValueError("a refused score has no formula and no points: verify it, then take out the refusal")
            return self
        if bool(self.formula) == bool(self.points):
            raise ValueError("a score has a formula or a table of points, one of the two")
        if not self.example:
            raise ValueError("a score that is computed has at least one worked example")
        read: set[str] = set()
        for where, text in self.formulas():
            names = read_names(text, where)
            unknown = sorted(set(names) - self.input.keys())
            if unknown:
                raise ValueError(f'{where}: "{text}" reads {", ".join(unknown)}, which is not among the inputs')
            read.update(names)
        idle = sorted(self.input.keys() - read)
        if idle:
            raise ValueError(f"input {', '.join(idle)} is read by nothing")
        for example in self.example:
            if set(example.inputs) != set(self.input):
                raise ValueError(f'example "{example.title}" must give exactly the inputs {", ".join(self.input)}')
        for name, one in self.input.items():
            factor(one.unit, one.unit)
            if not one.low < one.high:
                raise ValueError(f"input {name}: low must lie below high")
        bounds = [band.at_least for band in self.band]
        if bounds != sorted(set(bounds)):
            raise ValueError("bands must rise")
        return self

    def formulas(self) -> list[tuple[str, str]]:
        """The formulas to evaluate: one for the score, or one for each item of the table of points."""
        if self.formula:
            return [("score", self.formula)]
        found = []
        for item in dict.fromkeys(row.item for row in self.points):
            rows = sorted((row for row in self.points if row.item == item), key=lambda row: row.points, reverse=True)
            ladder = "".join(f"{row.points!r} if ({row.condition}) else " for row in rows)
            found.append((item, f"{ladder}0.0"))
        return found
