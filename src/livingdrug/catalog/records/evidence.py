"""What a trial reported: one row for each published number, with where it was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from livingdrug.catalog.records.base import CatalogRecord, Part
from livingdrug.foundation.errors import CatalogError
from livingdrug.foundation.units import same_unit

if TYPE_CHECKING:
    from livingdrug.catalog.lookup import Lookup


class Published(Part):
    """One published result.

    Attributes
    ----------
    endpoint
        Endpoint id where the package has one, otherwise a descriptive name.
    value, unit
        As published; shares are in percent.
    statistic
        What the value is: proportion, median, mean, geometric mean, Kaplan-Meier estimate …
    n, numerator
        Patients in the analysis, and how many of them had the event.
    ci_low, ci_high
        95 % confidence limits, in `unit`.
    spread, spread_low, spread_high
        Range or interquartile range of single patients, and which of the two.
    cv_percent
        Geometric coefficient of variation between patients.
    at
        Time from infusion, as words or as number and unit (``"6 month"``).
    arm
        Arm of the trial whose patients the number tells of; the first arm with an answer when left out.
    population_note
        Who was analysed, at which data cut.
    source, where, status
        Primary citation; table or section; ``"read"`` when seen there, ``"unverified"`` when only recalled.
    seen_at
        Where the source was seen, when that was a copy or an abstract on another page.
    unverified_fields
        Fields of a row that was read, themselves only recalled.
    use
        ``"calibration"``: the model may be fitted to it; ``"comparison"``: shown beside the simulation only.
    """

    endpoint: str
    value: float
    unit: str
    statistic: str = ""
    n: int | None = Field(default=None, gt=0)
    numerator: int | None = Field(default=None, ge=0)
    ci_low: float | None = None
    ci_high: float | None = None
    spread: Literal["", "range", "iqr"] = ""
    spread_low: float | None = None
    spread_high: float | None = None
    cv_percent: float | None = Field(default=None, gt=0)
    at: str = ""
    arm: str = ""
    population_note: str = ""
    source: str = Field(min_length=3)
    where: str = ""
    seen_at: str = ""
    status: Literal["read", "unverified"]
    unverified_fields: tuple[str, ...] = ()
    use: Literal["calibration", "comparison"]
    note: str = ""

    @model_validator(mode="after")
    def _proves_itself(self) -> Published:
        place = f'"result" {self.endpoint} {self.at}'.rstrip()
        if self.n is not None and self.numerator is not None:
            if self.numerator > self.n:
                raise CatalogError(f"{place}: {self.numerator} of {self.n} patients is more than all.")
            share = 100.0 * self.numerator / self.n
            # Papers round to whole percent; 0.6 leaves room for that and for nothing else.
            if self.unit == "percent" and abs(share - self.value) > 0.6:
                raise CatalogError(
                    f"{place}: {self.numerator}/{self.n} is {share:.1f} %, the value says {self.value:g} %."
                )
        for low, high in ((self.ci_low, self.ci_high), (self.spread_low, self.spread_high)):
            if low is not None and high is not None and not low <= self.value <= high:
                raise CatalogError(f"{place}: {self.value:g} is outside its own limits {low:g} to {high:g}.")
        strangers = sorted(set(self.unverified_fields) - set(type(self).model_fields))
        if strangers:
            raise CatalogError(f'{place}: "unverified_fields" names "{strangers[0]}", which a result does not have.')
        if self.unit == "percent" and not 0.0 <= self.value <= 100.0:
            raise CatalogError(f"{place}: got {self.value:g} percent, expected 0 to 100.")
        return self


class Evidence(CatalogRecord):
    """The published results of one trial; the file has the trial's name.

    Attributes
    ----------
    sources
        Publications of the results.
    result
        One for each published number.
    """

    sources: tuple[str, ...] = ()
    seen_at: tuple[str, ...] = ()
    results: tuple[Published, ...] = Field(alias="result", min_length=1)

    def of(self, endpoint: str, at: str | None = None) -> tuple[Published, ...]:
        """All results of an endpoint, at one time when `at` is given."""
        return tuple(row for row in self.results if row.endpoint == endpoint and (at is None or row.at == at))

    def check_in(self, catalog: Lookup) -> None:
        """Outcomes of a prediction trial have no place here; an arm is one of the trial's, and an amount is in its endpoint's unit."""
        trial = catalog.as_written("trial", self.id) if catalog.has("trial", self.id) else {}
        arms = [str(arm.get("name")) for arm in trial.get("arm", ()) if isinstance(arm, dict)]
        for row in self.results if trial else ():
            if row.arm and row.arm not in arms:
                raise CatalogError(
                    f'"result" {row.endpoint} {row.at}: trial "{self.id}" has no arm "{row.arm}".\n  Name one of: {", ".join(arms)}.'
                )
        units = {name: _unit_of(name, catalog) for name in {row.endpoint for row in self.results}}
        for row in self.results:
            if (unit := units[row.endpoint]) and not same_unit(row.unit, unit):
                raise CatalogError(
                    f'"result" {row.endpoint} {row.at}: got the unit "{row.unit}", expected "{unit}", in which the endpoint is told.\n'
                    "  Convert value, limits and spread, and write that unit."
                )
        if trial.get("role") == "prediction":
            raise CatalogError(
                f'trial "{self.id}" has role "prediction": its outcomes must not be in the catalogue.\n'
                f"  Remove evidence/{self.id}.toml."
            )


def _unit_of(endpoint: str, catalog: Lookup) -> str:
    """Unit of an endpoint that is an amount; empty of shares, and of what no endpoint tells."""
    if not catalog.has("endpoint", endpoint):
        return ""
    table = catalog.as_written("endpoint", endpoint)
    return str(catalog.load("endpoint", endpoint).unit if "extends" in table else table.get("unit", ""))
