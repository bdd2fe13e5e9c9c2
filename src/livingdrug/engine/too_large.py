"""How large a model may be: what is accepted is machine code after some ten seconds of one processor, in far less than 4 GB.

Measured in docs/sbml.md. What is larger is refused before the work begins, with what was found and what is allowed.
"""

from __future__ import annotations

from typing import Any

from livingdrug.foundation.errors import BadInput

MOST_PARTS = 6_000
"""Species, reactions and rules of a model's text: reading takes two milliseconds for one; libSBML's checks grow faster than that."""
MOST_VALUES = 50_000
"""Values that rates and their derivatives are computed from, one after the other."""
MOST_OPERATIONS = 3_000_000
"""Multiplications in one elimination of the Jacobian."""
MOST_DENSE = 1_000
"""States where every place of the Jacobian has to be looked at: its elimination takes their third power."""
_REMEDY = (
    "Simulate it in parts, take out what your question does not need, or use a simulator made for models of this size."
)


def refuse_parts(model: Any) -> None:
    """Stop at a model of more parts than `MOST_PARTS`.

    Parameters
    ----------
    model
        Of libSBML.

    Raises
    ------
    BadInput
        With what was found.
    """
    species, reactions, rules = model.getNumSpecies(), model.getNumReactions(), model.getNumRules()
    if species + reactions + rules > MOST_PARTS:
        raise BadInput(
            f"the model is too large: {species:,} species, {reactions:,} reactions and {rules:,} rules, expected at most {MOST_PARTS:,} together,"
            f" so that machine code is made within seconds.\n  {_REMEDY}"
        )


def refuse_values(n_states: int, n_values: int) -> None:
    """Stop at rates that are computed from more than `MOST_VALUES` values."""
    if n_values > MOST_VALUES:
        raise BadInput(
            f"the equations are too long: the rates of {n_states:,} states and their derivatives take {n_values:,} operations, expected at most"
            f" {MOST_VALUES:,}, so that machine code is made within seconds.\n  {_REMEDY}"
        )


def refuse_operations(n_states: int, n_entries: int, n_operations: int) -> None:
    """Stop at a Jacobian whose elimination takes more than `MOST_OPERATIONS`."""
    if n_operations > MOST_OPERATIONS:
        raise BadInput(
            f"the equations depend on one another too widely: {n_states:,} states with {n_entries:,} derivatives that are not 0 take more than"
            f" {MOST_OPERATIONS:,} multiplications for each step.\n  {_REMEDY}"
        )


def refuse_dense(n_states: int) -> None:
    """Stop at more than `MOST_DENSE` states where the elimination has to look at every place."""
    if n_states > MOST_DENSE:
        raise BadInput(
            f"the equations depend on one another too widely: {n_states:,} states whose Jacobian fills up when it is eliminated, expected at most"
            f" {MOST_DENSE:,}.\n  {_REMEDY}"
        )
