"""A published or assembled SBML model as equations the engine can integrate.

    SBML ──► species, parameters, compartments, rules, reactions ──► states · parameters · assignments · rates · initial

Every quantity has the meaning it has in SBML's own formulas: a species with hasOnlySubstanceUnits is an amount, any
other a concentration. Models with events are read by `engine.sbml.model.read_sbml_model`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from livingdrug.engine.odes import Odes
from livingdrug.engine.sbml.formulas import UnsupportedModel
from livingdrug.engine.sbml.model import read_sbml_model
from livingdrug.foundation.expressions import read_written

__all__ = ["UnsupportedModel", "evaluate_initial", "read_sbml"]


def read_sbml(source: str | Path) -> Odes:
    """The equations of an SBML or Antimony model without events.

    Parameters
    ----------
    source
        SBML (Level 1 to 3, core) or Antimony, as text or as the path of a file.

    Returns
    -------
    Odes
        Parameters are all constants: also compartments and species that never change, and local parameters of
        reactions, named ``reaction_parameter``. Reaction rates are assignments under the reaction's id. A name that is
        a word of Python gets a trailing underscore.

    Raises
    ------
    UnsupportedModel
        The model has something the engine does not do; says what and its id.
    BadInput
        Neither SBML nor Antimony, no such file, or assignments that need one another in a circle.
    """
    model = read_sbml_model(source)
    for event in model.events:
        raise UnsupportedModel(
            f'event "{event.id}"\n  Give doses and rules at checks instead, or use read_sbml_model and run_with_events.'
        )
    return model.odes


def evaluate_initial(odes: Odes, parameters: dict[str, float] | None = None) -> dict[str, float]:
    """Starting value of each state.

    Parameters
    ----------
    odes
        The model.
    parameters
        Values that differ from the defaults.
    """
    values = dict(zip(odes.parameters, odes.defaults, strict=True)) | (parameters or {})
    with np.errstate(all="ignore"):  # a value the model does not give is nan, said as inf - inf
        return {
            name: float(read_written(formula).evaluate(values))
            for name, formula in zip(odes.states, odes.initial, strict=True)
        }
