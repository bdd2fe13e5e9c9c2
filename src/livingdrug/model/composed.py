"""Kinds made of others: a clone for each lesion, shell and strain, named after them and inheriting what they have of their own.

    [composed.clone]
    of = ["lesion", "shell", "strain"]      liver, rim, dim  ->  clone liver_rim_dim

A fragment that is written for each clone needs no word of this; one that knows lesions writes `tumour_{lesion}_{shell}_{strain}`, which is
the same name.
"""

from __future__ import annotations

from collections.abc import Mapping

from livingdrug.foundation.errors import ModelError
from livingdrug.model.instance import Instance, Own, OwnState
from livingdrug.model.names import combinations, filled, kinds_in
from livingdrug.model.sheet import Composed


def with_composed(
    listed: Mapping[str, Mapping[str, Instance]], composed: Mapping[str, Composed], recipe: str
) -> dict[str, dict[str, Instance]]:
    """The listed instances and those of the composed kinds.

    Parameters
    ----------
    listed
        Kind -> name -> instance.
    composed
        Kind -> the kinds it is made of, all of them listed, and what all its instances have.
    recipe
        File, for errors.

    Raises
    ------
    ModelError
        A part that is not listed, or a composed kind that is listed besides.
    """
    found = {kind: dict(named) for kind, named in listed.items()}
    for kind, rule in composed.items():
        parts = rule.of
        lacking = [part for part in parts if not listed.get(part)]
        if lacking or kind in listed:
            why = f"{lacking[0]} is not listed" if lacking else "it is listed besides"
            raise ModelError(
                f"{recipe}: {kind} is composed of {', '.join(parts)}, but {why}\n"
                f"  List [instance.<kind>.<name>] for each part, and none for {kind}."
            )
        made = {}
        for chosen in combinations(parts, listed):
            name = "_".join(chosen.values())
            made[name] = _joined({part: listed[part][one] for part, one in chosen.items()}, chosen, kind, rule)
        found[kind] = made
        for part in parts:
            found[part] = {name: _without(instance, kind) for name, instance in found[part].items()}
    return found


def _joined(parts: Mapping[str, Instance], chosen: Mapping[str, str], kind: str, rule: Composed) -> Instance:
    """One instance of all that its parts say of the composed kind."""
    words = [one.called or chosen[part].replace("_", " ") for part, one in parts.items()]
    own: list[Own] = [rule, *(_only(one, kind) for one in parts.values())]
    state = {key: _filled(value, chosen) for one in own for key, value in one.state.items()}
    return Instance(
        called=", ".join(words),
        antigens={key: value for one in parts.values() for key, value in one.antigens.items()},
        factor={key: value for one in parts.values() for key, value in one.factor.items()},
        source="; ".join(dict.fromkeys(one.source for one in parts.values() if one.source)),
        parameter={key: value for one in own for key, value in one.parameter.items()},
        state=state,
    )


def _filled(state: OwnState, chosen: Mapping[str, str]) -> OwnState:
    return state if state.initial is None else state.model_copy(update={"initial": filled(state.initial, chosen)})


def _only(instance: Instance, kind: str) -> Instance:
    """What an instance says of another kind: its own numbers whose names have that kind's placeholder."""
    return instance.model_copy(
        update={
            "parameter": {key: value for key, value in instance.parameter.items() if kind in kinds_in(key)},
            "state": {key: value for key, value in instance.state.items() if kind in kinds_in(key)},
        }
    )


def _without(instance: Instance, kind: str) -> Instance:
    return instance.model_copy(
        update={
            "parameter": {key: value for key, value in instance.parameter.items() if kind not in kinds_in(key)},
            "state": {key: value for key, value in instance.state.items() if kind not in kinds_in(key)},
        }
    )
