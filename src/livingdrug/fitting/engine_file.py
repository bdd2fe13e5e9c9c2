"""The TOML file of a structural model as a checked record; what it means is told at the top of `engine_model`."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, ValidationError, model_validator

from livingdrug.catalog.load import read_toml
from livingdrug.catalog.told import told
from livingdrug.fitting.error_models import ERRORS
from livingdrug.fitting.transforms import TRANSFORMS
from livingdrug.foundation.errors import BadInput, did_you_mean
from livingdrug.foundation.numbers_alone import NumbersAlone

_STRICT = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
Name = Annotated[str, Field(min_length=1, max_length=200)]


def _one_of(what: str, known: Iterable[str]) -> AfterValidator:
    """A check that a word is one of those known."""
    names = list(known)

    def check(name: str) -> str:
        if name not in names:
            raise ValueError(f'no {what} "{name}".{did_you_mean(name, names)} Known: {", ".join(names)}')
        return name

    return AfterValidator(check)


class FreeParameter(NumbersAlone):
    """One parameter to estimate.

    Attributes
    ----------
    start
        The typical value to begin with, in the domain of `transform`.
    unit, meaning, transform, varies, spread
        As of `livingdrug.fitting.structure.Parameter`.
    """

    model_config = _STRICT

    start: float
    unit: str = ""
    meaning: str = ""
    transform: Annotated[str, _one_of("scale of a parameter", TRANSFORMS)] = "log"
    varies: bool = True
    spread: float = Field(0.5, gt=0.0, le=10.0)

    @model_validator(mode="after")
    def _in_domain(self) -> FreeParameter:
        scale = TRANSFORMS[self.transform]
        if not scale.low < self.start < scale.high:
            between = f"more than {scale.low:g}" if scale.high == inf else f"between {scale.low:g} and {scale.high:g}"
            raise ValueError(f"start is {self.start:g}, expected {between} on the {self.transform} scale")
        return self


class EngineFile(NumbersAlone):
    """What the file says.

    Attributes
    ----------
    title, source
        One line, and where the model comes from.
    sbml, antimony
        The model's file, beside this one; one of the two.
    measured
        What of the model is measured; several by their name in DVID.
    error
        Residual error: a name of `ERRORS`.
    doses
        CMT of the data -> state of the model.
    covariates
        Parameter of the model -> column of the data.
    log_states
        States over many decades -> size below which they do not matter.
    parameter
        Those to estimate.
    rtol
        Relative tolerance of the integration.
    """

    model_config = _STRICT

    title: str = ""
    source: str = ""
    sbml: str = ""
    antimony: str = ""
    measured: Name | Annotated[dict[Name, Name], Field(min_length=1)]
    error: Annotated[str, _one_of("residual error", ERRORS)] = "combined"
    doses: dict[Name, Name] = Field(default_factory=dict)
    covariates: dict[Name, Name] = Field(default_factory=dict)
    log_states: dict[Name, Annotated[float, Field(gt=0.0)]] = Field(default_factory=dict)
    parameter: dict[Name, FreeParameter] = Field(min_length=1)
    rtol: float = Field(1e-6, ge=1e-12, le=0.1)

    @model_validator(mode="after")
    def _one_model(self) -> EngineFile:
        if bool(self.sbml) == bool(self.antimony):
            raise ValueError("expected one of sbml and antimony, the model's file")
        return self


def read_engine_file(path: Path) -> EngineFile:
    """The record of a file.

    Raises
    ------
    BadInput
        It cannot be read, or a key or value of it cannot be used: with its place.
    """
    try:
        return EngineFile.model_validate(read_toml(path))
    except ValidationError as problem:
        raise BadInput(told(problem, EngineFile, str(path))) from None
