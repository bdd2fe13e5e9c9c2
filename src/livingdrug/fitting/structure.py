"""A structural model: parameters, and a compiled function that gives one patient's levels at the times of measurement.

A model is one file of `fitting/models/` that defines MODEL. Its `predict` is called for one patient:

    predict(parameters (p,), times (m,), outputs (m,), doses (k, 5), level (m,))     writes `level`

Times ascend; doses have the columns of `KineticsData.doses`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module, resources
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import float64, int64, types, void
from numpy.typing import NDArray

from livingdrug.engine.kept import kept
from livingdrug.fitting.transforms import TRANSFORMS
from livingdrug.foundation.errors import BadInput, UnknownName

if TYPE_CHECKING:
    from livingdrug.fitting.data import KineticsData

SIGNATURE: Any = void(float64[::1], float64[::1], int64[::1], float64[:, ::1], float64[::1])
PREDICTOR: Any = types.FunctionType(SIGNATURE)
TIME, AMOUNT, DURATION, COMPARTMENT = 1, 2, 3, 4
"""Columns of a dose; column 0 is the patient."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a structural model.

    Attributes
    ----------
    name
        A whole word or the field's own symbol.
    unit
        In terms of {time}, {value} and {dose}, the units of the data; ``""`` for a plain number.
    meaning
        One phrase.
    transform
        Scale on which patients vary: a name of `TRANSFORMS`.
    varies
        Whether patients differ in it, unless the user says otherwise.
    spread
        Standard deviation between patients on that scale to begin with.
    """

    name: str
    unit: str
    meaning: str
    transform: str = "log"
    varies: bool = True
    spread: float = 0.5

    def __post_init__(self) -> None:
        if self.transform not in TRANSFORMS:
            raise UnknownName("transform", self.transform, TRANSFORMS)


@dataclass(frozen=True)
class StructuralModel:
    """What one patient's course is, given that patient's parameters.

    Attributes
    ----------
    title, source
        One line, and where it comes from.
    parameters
        In the order in which `predict` takes them.
    predict
        A function compiled by `compiled`; see the top of this file.
    propose
        Data -> typical values to begin with, by parameter name.
    error
        The usual residual error: a name of `error_models.ERRORS`.
    needs_doses
        Whether a patient without a dose makes no sense.
    outputs
        Names of what `predict` can give, in the order of its numbers.
    batch
        For a model without `predict`: data -> function of many patients at once; see `engine_model`.
    equations
        The same as Antimony or SBML text, for other programs; empty where there is none.
    measured, doses
        Output -> quantity of the equations; compartment of a dose -> its state, None where doses play no part.
    """

    title: str
    source: str
    parameters: tuple[Parameter, ...]
    predict: Any
    propose: Callable[[KineticsData], dict[str, float]]
    error: str = "combined"
    needs_doses: bool = False
    outputs: tuple[str, ...] = ("value",)
    batch: Callable[[KineticsData], Any] | None = None
    equations: str = ""
    measured: Mapping[str, str] = field(default_factory=lambda: {"value": "level"})
    doses: Mapping[str, str] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(parameter.name for parameter in self.parameters)


class Predictor(types.WrapperAddressProtocol):
    """A compiled `predict` whose address is looked up once: handing a Numba function on costs more than calling it."""

    def __init__(self, function: Any) -> None:
        found = function.get_compile_result(SIGNATURE)
        self.function = function
        self._address = int(found.library.get_pointer_to_function(found.fndesc.llvm_cfunc_wrapper_name))

    def __call__(self, *arguments: Any) -> None:
        """As the function itself."""
        self.function(*arguments)

    def __wrapper_address__(self) -> int:
        """Where the machine code begins."""
        return self._address

    def signature(self) -> Any:
        """Types of the arguments."""
        return SIGNATURE


def compiled(function: Callable[..., None]) -> Predictor:
    """A model's `predict` as machine code, kept on disk where that is possible."""
    return Predictor(kept(function, SIGNATURE, nogil=True, error_model="numpy"))


def formula_of_time(formula: str, parameters: tuple[Parameter, ...]) -> str:
    """Antimony equations of a level that is a formula of `time` and parameters."""
    lines = [f"  {parameter.name} = 1" for parameter in parameters]
    return "\n".join(
        [
            "model level_over_time",
            "  clock = 0",
            "  clock' = 1",
            *lines,
            f"  level := {formula.replace('time', 'clock')}",
            "end",
        ]
    )


def model_names() -> list[str]:
    """Names of all models that can be fitted.

    Examples
    --------
    >>> "stein2019" in model_names()
    True
    """
    folder = resources.files("livingdrug.fitting.models")
    names = [PurePath(file.name) for file in folder.iterdir()]
    return sorted(name.stem for name in names if name.suffix == ".py" and not name.stem.startswith("_"))


def load_model(name: str) -> StructuralModel:
    """A model by name, or from a TOML file (see `engine_model`).

    Raises
    ------
    UnknownName
        No such file in `fitting/models/`.
    """
    if name.endswith(".toml"):
        return import_module("livingdrug.fitting.engine_model").read_engine_model(name)
    known = model_names()
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    by_loose = {other.replace("_", ""): other for other in known}
    found = plain if plain in known else by_loose.get(plain.replace("_", ""))
    if found is None:
        raise UnknownName("model to fit", name, known, "livingdrug fit --list-models says what each is.")
    return import_module(f"livingdrug.fitting.models.{found}").MODEL


def refuse_missing_doses(model: StructuralModel, data: KineticsData) -> None:
    """Say which patients have no dose, when the model cannot do without."""
    if not model.needs_doses:
        return
    given = set(np.unique(data.doses[:, 0]).astype(int).tolist())
    absent = [data.patients[i] for i in range(data.n_patients) if i not in given]
    if absent:
        raise BadInput(
            f"{model.title}: {len(absent)} patients have no dose ({', '.join(absent[:8])}{', …' if len(absent) > 8 else ''}).\n"
            "  Give each a row with its amount in AMT (and EVID 1), or choose a model of levels after one infusion, such as stein2019."
        )


Floats = NDArray[np.float64]
