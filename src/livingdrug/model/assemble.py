"""Joins the mechanisms of a recipe into one model whose equations, names and units have been checked.

recipe ──► sheets + fragments ──► written out for each instance ──► one Antimony text ──► SBML ──► checked by us (units
with size) and by libSBML
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from livingdrug.foundation.errors import ModelError, UnitError, UnknownName
from livingdrug.foundation.quantities import Quantity
from livingdrug.foundation.units import factor
from livingdrug.model.composed import with_composed
from livingdrug.model.fragment import Mechanism, names_in
from livingdrug.model.instance import Clone, Instance, Instances
from livingdrug.model.instantiate import clones_of, completed, instantiate
from livingdrug.model.joined import joined_text, sound_sbml, units_of
from livingdrug.model.names import combinations, filled, kinds_in
from livingdrug.model.sheet import ROLES, MechanismSheet, Neutral, Output, Recipe, State, faults, recipe_from
from livingdrug.model.texts import ids, mechanism_of, package_texts, read_text, recipe_of, sheet_of, texts_in

MOST_OF_A_KIND = 64
"""Instances of one kind: hundreds are a model of thousands of states, and formulas nested as deep."""


@dataclass(frozen=True)
class Model:
    """A checked model.

    Attributes
    ----------
    id, recipe
        Name and the recipe it follows.
    antimony, sbml
        The joined text; the same as SBML Level 3 with units on every number. Time in days.
    parameters
        Every parameter of the mechanisms with its origin, overrides applied, in the sheet's unit.
    states, outputs
        Every state and recorded algebraic quantity.
    mechanisms
        By id, in the recipe's order, their names written out for each instance.
    neutral
        Names that no mechanism of this recipe provides, and the value standing in for them.
    instances
        Clones, sites, receptors …: kind -> name -> instance, in order.
    roles
        What other rooms may ask for (`livingdrug.model.sheet.ROLES`): role -> name, with placeholders where instances have
        one each.
    clones
        The populations of tumour cells, with their antigen patterns and the names of their states.
    shares
        Groups of parameters whose first of the list has what they leave: together they stay below 1.
    """

    id: str
    recipe: Recipe
    antimony: str
    sbml: str
    parameters: dict[str, Quantity]
    states: dict[str, State]
    outputs: dict[str, Output]
    mechanisms: dict[str, Mechanism]
    neutral: dict[str, Neutral]
    instances: dict[str, dict[str, Instance]]
    roles: dict[str, str]
    clones: tuple[Clone, ...]
    shares: tuple[tuple[str, ...], ...] = ()

    def named(self, role: str, **chosen: str) -> str:
        """The name of what plays a role: ``named("tumour_total")``, ``named("clone_cells", clone="positive")``.

        Raises
        ------
        ModelError
            No mechanism of this recipe has the role, or an instance is missing.
        """
        if role not in self.roles:
            raise ModelError(
                f"{self.id}: no mechanism of this recipe plays the role {role} ({ROLES.get(role, 'unknown')})\n"
                "  Add the mechanism that does, or name it in the [role] table of a sheet."
            )
        name = filled(self.roles[role], chosen)
        if kinds_in(name):
            raise ModelError(f"{self.id}: {role} is one for each {kinds_in(name)[0]}; say which")
        return name

    @property
    def title(self) -> str:
        """The recipe's title."""
        return self.recipe.title

    def called(self, title: str) -> Model:
        """The same model under the title of those whom it stands for; a recipe serves several diseases."""
        return replace(self, recipe=self.recipe.model_copy(update={"title": title}))

    @cached_property
    def shapes(self) -> dict[str, float]:
        """Parameters that give a law its form, the same for everybody: name -> value."""
        names = {name for part in self.mechanisms.values() for name in part.sheet.shapes}
        return {name: quantity.value for name, quantity in self.parameters.items() if name in names}

    @cached_property
    def stand_ins(self) -> dict[str, float]:
        """Neutral values of what no mechanism provides: name -> value."""
        return {name: neutral.value for name, neutral in self.neutral.items()}

    @cached_property
    def log_scales(self) -> dict[str, float]:
        """Scale of each state integrated as ln(1 + y/scale), in the state's unit."""
        return {name: state.scale for name, state in self.states.items() if state.integrate == "log"}

    @cached_property
    def linear_scales(self) -> dict[str, float]:
        """Scale of each state integrated as it is, in the state's unit."""
        return {name: state.scale for name, state in self.states.items() if state.integrate == "linear"}


def assemble(
    recipe: str | Path,
    *,
    overrides: Mapping[str, Quantity] | None = None,
    states: Iterable[str] = (),
    mechanisms: Iterable[str] = (),
    instances: Mapping[str, Mapping[str, Instance | Mapping[str, Any]]] | None = None,
    texts: Mapping[str, str] | None = None,
    antigen: str = "",
) -> Model:
    """The model of a recipe.

    Parameters
    ----------
    recipe
        A recipe's id, such as ``"core"``, or the path of a recipe file; mechanisms may lie beside its folder.
    overrides
        Parameters that differ from sheet and recipe; any unit that converts to the sheet's.
    states
        States the model must have (those that drugs enter); a mechanism that owns one and is not in the recipe joins it.
    mechanisms
        Mechanisms that join beside the recipe's: a product's gates, healthy tissues, what cells of a supply bring.
    instances
        Clones, sites … of a disease or product, kind -> name -> instance; a kind given here replaces the recipe's list.
    texts
        Mechanisms and recipes that stand before the package's own, by place (``"mechanisms/car_t.ant"``); see `texts_in`.
    antigen
        The antigen that the product's first receptor sees, where clones tell several.

    Raises
    ------
    UnknownName
        No such recipe or mechanism.
    ModelError
        Names, equations, instances or units do not join into a sound model; says file, line or key, and the next step.
    """
    known, name, scenario, written, whole, parts = _written_out(recipe, texts, instances, states, mechanisms, antigen)
    file = f"{name}.toml"
    _check_owners(parts.values())
    neutral = _neutral_values(parts, whole, known, file)
    parameters = _parameters(parts.values(), {**scenario.override, **(overrides or {})}, file)
    _check_used(parts.values(), whole)
    text, lines = joined_text(name, scenario, parts.values(), parameters, neutral)
    sbml = sound_sbml(name, text, lines, parts.values(), units_of(parts.values(), parameters, neutral), scenario)
    owned = {name: state for part in parts.values() for name, state in part.sheet.state.items()}
    outputs = {name: output for part in parts.values() for name, output in part.sheet.output.items()}
    roles = _roles(written)
    clones = clones_of(roles, whole)
    shares = tuple(one for part in written for one in _shares(part.sheet, whole) if one)
    return Model(name, scenario, text, sbml, parameters, owned, outputs, parts, neutral, whole, roles, clones, shares)


def recipe_parameters(recipe: str | Path, *, texts: Mapping[str, str] | None = None) -> dict[str, Quantity]:
    """The parameters of a recipe with their origins, as `assemble` has them; nothing is joined, converted or checked.

    Parameters
    ----------
    recipe, texts
        As for `assemble`.

    Raises
    ------
    UnknownName, ModelError
        No such recipe or mechanism, or a file that cannot be read.
    """
    _, name, scenario, _, _, parts = _written_out(recipe, texts)
    return _parameters(parts.values(), scenario.override, f"{name}.toml")


def _written_out(
    recipe: str | Path,
    texts: Mapping[str, str] | None,
    instances: Mapping[str, Mapping[str, Instance | Mapping[str, Any]]] | None = None,
    states: Iterable[str] = (),
    mechanisms: Iterable[str] = (),
    antigen: str = "",
) -> tuple[Mapping[str, str], str, Recipe, list[Mechanism], dict[str, dict[str, Instance]], dict[str, Mechanism]]:
    """All texts, the recipe's id and record with those who join, mechanisms as written, instances, mechanisms written out for each."""
    known, name, scenario = _found(recipe, texts or {})
    file = f"{name}.toml"
    joined = tuple(one for one in mechanisms if one not in scenario.mechanisms)
    brought = (*joined, *_owners_of(states, (*scenario.mechanisms, *joined), known))
    listed = with_composed({**scenario.instance, **_checked(instances or {})}, scenario.composed, file)
    for kind, named in listed.items():
        if len(named) > MOST_OF_A_KIND:
            raise ModelError(
                f'recipe "{name}": {len(named):,} of "{kind}", each with equations of its own, expected at most {MOST_OF_A_KIND}.\n'
                "  Take fewer clones, lesions, shells or strains: some dozens show what many do."
            )
    scenario = scenario.model_copy(update={"mechanisms": (*scenario.mechanisms, *brought), "instance": listed})
    written = [mechanism_of(part, known) for part in scenario.mechanisms]
    whole = completed(listed, written, file)
    return known, name, scenario, written, whole, {part.id: instantiate(part, whole, antigen) for part in written}


def _shares(sheet: MechanismSheet, instances: Instances) -> list[tuple[str, ...]]:
    """For each share of a sheet the parameters of all instances but the first, which has what they leave."""
    found = []
    for name in sheet.shares:
        (kind,) = kinds_in(name)
        found.append(tuple(filled(name, {kind: one}) for one in list(instances[kind])[1:]))
    return found


def _found(recipe: str | Path, texts: Mapping[str, str]) -> tuple[Mapping[str, str], str, Recipe]:
    """All texts there are, the recipe's id, and the recipe."""
    if not (isinstance(recipe, Path) or "/" in recipe or recipe.endswith(".toml")):
        known = {**package_texts(), **texts}
        return known, recipe, recipe_of(recipe, known)
    path = Path(recipe)
    if not path.is_file():
        raise UnknownName("recipe", str(recipe), ids("recipes", {**package_texts(), **texts}), "There is no such file.")
    known = {**package_texts(), **texts_in([path.parent.parent]), **texts}
    return known, path.stem, recipe_from(path.name, read_text(path))


def _checked(
    instances: Mapping[str, Mapping[str, Instance | Mapping[str, Any]]],
) -> dict[str, dict[str, Instance]]:
    """Instances as records; those of a disease or product come as tables."""
    found: dict[str, dict[str, Instance]] = {}
    for kind, named in instances.items():
        found[kind] = {}
        for name, given in named.items():
            try:
                found[kind][name] = Instance.model_validate(given)
            except ValidationError as problem:
                raise ModelError(faults(problem, f"{kind} {name}")) from None
    return found


def _roles(parts: Iterable[Mechanism]) -> dict[str, str]:
    roles: dict[str, str] = {}
    for part in parts:
        for role, name in part.sheet.role.items():
            if role in roles:
                raise ModelError(
                    f'"{roles[role]}" and "{name}" of {part.id}.toml both play the role {role}\n'
                    "  Keep one of the two mechanisms in the recipe, or take the role from one of their sheets."
                )
            roles[role] = name
    return roles


def _owners_of(states: Iterable[str], mechanisms: Sequence[str], texts: Mapping[str, str]) -> tuple[str, ...]:
    """Mechanisms that own these states and are not listed yet, sorted."""
    wanted = set(states)
    for name in mechanisms if wanted else ():
        wanted -= _owned(sheet_of(name, texts), wanted)
    found: set[str] = set()
    for name in ids("mechanisms", texts) if wanted else ():
        owned = set() if name in mechanisms else _owned(sheet_of(name, texts), wanted)
        if owned:
            found.add(name)
            wanted -= owned
    if wanted:
        raise ModelError(
            f"a drug enters the state {', '.join(sorted(wanted))}, which no mechanism owns\n"
            "  Correct the name, or write the mechanism (mechanisms/<id>.ant and .toml in a catalog folder) that has it."
        )
    return tuple(sorted(found))


def _owned(sheet: MechanismSheet, wanted: Iterable[str]) -> set[str]:
    """Which of these states a sheet owns; `car_t_in_{cavity}` owns `car_t_in_ventricles`."""
    one_kind = [name for name in sheet.state if len(kinds_in(name)) == 1]
    patterns = [re.compile(re.sub(r"\\\{\w+\\\}", r"\\w+", re.escape(name))) for name in one_kind]
    return {name for name in wanted if name in sheet.state or any(one.fullmatch(name) for one in patterns)}


def _check_owners(parts: Iterable[Mechanism]) -> None:
    owner: dict[str, str] = {}
    for part in parts:
        for name in sorted(part.provides):
            if name in owner:
                raise ModelError(
                    f'"{name}" has two owners: mechanisms {owner[name]} and {part.id}\n'
                    f'  Rename it in one of them, or let one list it in "reads".'
                )
            owner[name] = part.id


def _neutral_values(
    parts: Mapping[str, Mechanism], instances: Instances, texts: Mapping[str, str], recipe: str
) -> dict[str, Neutral]:
    """Values for what is read and not provided, from the sheets of the mechanisms that are left out."""
    provided = {name for part in parts.values() for name in part.provides}
    wanted = {name: part.id for part in parts.values() for name in part.sheet.reads if name not in provided}
    if not wanted:
        return {}
    known: dict[str, Neutral] = {}
    for left_out in ids("mechanisms", texts):
        if left_out not in parts:
            for name, value in sheet_of(left_out, texts).neutral.items():
                if all(kind in instances for kind in kinds_in(name)):
                    for chosen in combinations(kinds_in(name), instances):
                        known.setdefault(filled(name, chosen), value)
    for name, reader in wanted.items():
        if name not in known:
            raise ModelError(
                f'{recipe}: mechanism {reader} reads "{name}", which no mechanism of the recipe provides '
                "and which has no neutral value.\n"
                f'  Add the mechanism that owns it to the recipe, or "{name}" to the [neutral] table of its sheet.'
            )
    return {name: known[name] for name in wanted}


def _parameters(parts: Iterable[Mechanism], overrides: Mapping[str, Quantity], recipe: str) -> dict[str, Quantity]:
    parameters = {name: quantity for part in parts for name, quantity in part.sheet.parameter.items()}
    for name, quantity in overrides.items():
        if name not in parameters:
            raise ModelError(f"{recipe}: override of {name}, which is no parameter of this model\n  Is it misspelt?")
        unit = parameters[name].unit
        try:
            value = quantity.value * (1.0 if quantity.unit == unit else factor(quantity.unit, unit))
        except UnitError as problem:
            raise ModelError(f"{recipe}: override of {name}: {problem}") from None
        parameters[name] = quantity.model_copy(update={"value": value, "unit": unit})
    return parameters


def _check_used(parts: Iterable[Mechanism], instances: Instances) -> None:
    parts = list(parts)
    # a parameter of which instances have their own is not idle when none is left that shares it
    own = {key for named in instances.values() for instance in named.values() for key in instance.parameter}
    used = frozenset().union(*(names_in(formula) for part in parts for formula in part.formulas))
    for part in parts:
        idle = sorted(set(part.sheet.parameter) - used - own - set(part.sheet.offers))
        if idle:
            raise ModelError(
                f"{part.id}.toml: no equation of this model uses the parameter {', '.join(idle)}\n"
                '  Use it, take it out, or list it in "offers" when rules, doses or the population need it.'
            )
