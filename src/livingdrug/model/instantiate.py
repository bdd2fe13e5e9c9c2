"""A mechanism for the instances of a recipe: names with placeholders become one name for each, totals become sums.

    recognition_{clone} := …;                     recognition_positive := …;   recognition_negative := …;
    antigen := total(recognition_{clone} * n);    antigen := (recognition_positive * n + recognition_negative * n);

What an instance has of its own replaces what the sheet says; a parameter that all share otherwise gets a second one beside
it, `growth_dim` beside `growth`, which the rules of that instance use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import TypeVar

from livingdrug.foundation.errors import ModelError, UnitError
from livingdrug.foundation.quantities import Quantity
from livingdrug.foundation.repeated import repeated
from livingdrug.foundation.units import factor
from livingdrug.model.fragment import Mechanism, Statement, check, names_in
from livingdrug.model.instance import Clone, Instance, Instances
from livingdrug.model.names import combinations, filled, kinds_in, written_out
from livingdrug.model.sheet import Output, State

_WORD = re.compile(r"[A-Za-z_]\w*")
_Item = TypeVar("_Item")
Chosen = Mapping[str, str]
ANTIGEN = "antigen"
"""What a sheet is scaled by that holds for whichever antigen the recipe's receptor sees."""
_PARAMETERS, _STATES = attrgetter("parameter"), attrgetter("state")


def completed(instances: Instances, parts: Iterable[Mechanism], recipe: str) -> dict[str, dict[str, Instance]]:
    """The instances with what the sheets give them as their own; a recipe's word counts before a sheet's.

    Raises
    ------
    ModelError
        A kind without instances that a mechanism needs, a kind nobody needs, or something own that no sheet has.
    """
    parts = list(parts)
    gathered = _gathered(instances, parts, recipe)
    instances = {kind: named for kind, named in instances.items() if kind not in gathered}
    _check_kinds({**instances, **gathered}, parts, recipe, set(gathered))
    known = {name for part in parts for name in (*part.sheet.parameter, *part.sheet.state)}
    whole: dict[str, dict[str, Instance]] = {}
    for kind, named in instances.items():
        whole[kind] = {}
        for name, instance in named.items():
            strange = sorted({*instance.parameter, *instance.state} - known)
            if strange:
                raise ModelError(
                    f"{recipe}: {kind} {name} has its own {', '.join(strange)}, which no mechanism of this recipe has\n"
                    f"  Write it as in the sheet: growth, or density_{{{kind}}}."
                )
            sheets = [part.sheet.own[kind][name] for part in parts if name in part.sheet.own.get(kind, {})]
            parameter = {key: value for own in (*sheets, instance) for key, value in own.parameter.items()}
            state = {key: value for own in (*sheets, instance) for key, value in own.state.items()}
            whole[kind][name] = instance.model_copy(update={"parameter": parameter, "state": state})
    return {**whole, **gathered}


def _gathered(instances: Instances, parts: list[Mechanism], recipe: str) -> dict[str, dict[str, Instance]]:
    """Kinds that a sheet makes of others; of each instance the words and antigens, not what it has of its own."""
    found: dict[str, dict[str, Instance]] = {}
    for part in parts:
        for kind, of in part.sheet.gathers.items():
            every = [(name, one) for each in of.kinds for name, one in instances.get(each, {}).items()]
            every += [(name, Instance(called=words)) for name, words in of.also.items()]
            names = [name for name, _ in every]
            twice = sorted(repeated(names))
            if twice:
                raise ModelError(
                    f"{recipe}: {twice[0]} is the name of two {kind}s ({', '.join((*of.kinds, *of.also))})\n"
                    "  Rename one of them."
                )
            found[kind] = {
                name: Instance(called=one.called, antigens={**one.antigens}, source=one.source) for name, one in every
            }
    return found


def _check_kinds(instances: Instances, parts: list[Mechanism], recipe: str, gathered: set[str]) -> None:
    for part in parts:
        for kind in part.sheet.per:
            if not instances.get(kind):
                raise ModelError(
                    f"{recipe}: mechanism {part.id} is written for each {kind}, and the recipe lists none\n"
                    f"  List them, [instance.{kind}.<name>], or leave the mechanism out."
                )
    needed = {kind for part in parts for kind in part.sheet.per}
    idle = sorted(set(instances) - needed - gathered)
    if idle:
        raise ModelError(
            f"{recipe}: no mechanism of this recipe is written for each {idle[0]}\n"
            f"  Correct the kind (mechanisms speak of each {', '.join(sorted(needed)) or 'nothing'}), or take it out."
        )


def instantiate(mechanism: Mechanism, instances: Instances, antigen: str = "") -> Mechanism:
    """The mechanism with every name written out.

    Parameters
    ----------
    mechanism
        As read from its files.
    instances
        From `completed`.
    antigen
        The one that the receptor sees, where instances tell several.

    Raises
    ------
    ModelError
        Two names become one; an instance lacks an antigen or factor that scales a parameter.
    """
    sheet, writer = mechanism.sheet, _Writer(mechanism, instances, antigen)
    if not sheet.per and not writer.own_keys & sheet.parameter.keys():
        return mechanism
    parameters = writer.parameters()
    states = writer.each(sheet.state, writer.state)
    statements = tuple(writer.statements())
    output = writer.each(sheet.output, writer.output)
    writer.check_names([*parameters, *states, *(s.target for s in statements if not s.is_rate)])
    formulas = [*(s.formula for s in statements), *(s.initial for s in states.values())]
    used = frozenset().union(*map(names_in, formulas))
    own_starts = frozenset().union(*(names_in(one) for one in writer.own_initials()))
    provided = {*parameters, *states, *(s.target for s in statements)}
    known = {*provided, *writer.every(sheet.reads)}
    borrowed = sorted((used & writer.own_names - parameters.keys()) | ((used & own_starts) - known))
    written = {
        "per": (),
        "shares": (),
        "scaled": {},
        "own": {},
        "gathers": {},
        "role": {},
        "reads": (*writer.every(sheet.reads), *borrowed),
        "offers": tuple(name for name in writer.every(sheet.offers) if name in parameters),
        "neutral": {filled(name, one): value for name, value in sheet.neutral.items() for one in writer.choices(name)},
        "parameter": parameters,
        "state": states,
        "output": output,
    }
    found = Mechanism(mechanism.id, sheet.model_copy(update=written), mechanism.text, statements)
    check(found)
    return found


def clones_of(roles: Mapping[str, str], instances: Instances) -> tuple[Clone, ...]:
    """The populations that the role ``clone_cells`` names, one for each choice of its placeholders."""
    if "clone_cells" not in roles:
        return ()
    found = []
    for chosen in combinations(kinds_in(roles["clone_cells"]), instances):
        several = [instances[kind][name] for kind, name in chosen.items()]
        found.append(
            Clone(
                name="_".join(chosen.values()),
                called=", ".join(
                    _words(instance, name) for instance, name in zip(several, chosen.values(), strict=True)
                ),
                antigens={name: value for instance in several for name, value in instance.antigens.items()},
                **{field: filled(roles[f"clone_{field}"], chosen) for field in ("cells", "lineage", "survivors")},
            )
        )
    return tuple(found)


def _words(instance: Instance, name: str) -> str:
    return instance.called or name.replace("_", " ")


@dataclass
class _Writer:
    """Writes one mechanism's names and formulas out."""

    mechanism: Mechanism
    instances: Instances
    antigen: str = ""

    def __post_init__(self) -> None:
        shared = {
            (key, name)
            for named in self.instances.values()
            for name, instance in named.items()
            for key in instance.parameter
            if not kinds_in(key)
        }
        self.own_keys = {key for key, _ in shared}
        self.own_names = {f"{key}_{name}" for key, name in shared}

    def choices(self, name: str) -> Iterator[dict[str, str]]:
        """Every choice of instances for the placeholders of a name; none where the recipe has no such kind."""
        kinds = kinds_in(name)
        return combinations(kinds, self.instances) if all(kind in self.instances for kind in kinds) else iter(())

    def every(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(filled(name, one) for name in names for one in self.choices(name)))

    def each(self, table: Mapping[str, _Item], make: Callable[[str, _Item, Chosen], _Item]) -> dict[str, _Item]:
        """A table of the sheet with its names written out."""
        found: dict[str, _Item] = {}
        for name, item in table.items():
            for chosen in self.choices(name):
                self._add(found, filled(name, chosen), make(name, item, chosen))
        return found

    def _add(self, found: dict[str, _Item], name: str, item: _Item) -> None:
        if name in found:
            self._clash(name)
        found[name] = item

    def _clash(self, name: str) -> None:
        raise ModelError(
            f'{self.mechanism.id}.toml: two things come to be called "{name}" when names are written out\n'
            "  Give the instance another name in the recipe, or the sheet's name another form."
        )

    def check_names(self, names: list[str]) -> None:
        """No name may stand for two things."""
        twice = sorted(repeated(names))
        if twice:
            self._clash(twice[0])

    def parameters(self) -> dict[str, Quantity]:
        found: dict[str, Quantity] = {}
        for name, quantity in self.mechanism.sheet.parameter.items():
            for chosen in self.choices(name):
                if not self._rest(name, chosen):
                    self._add(found, filled(name, chosen), self.parameter(name, quantity, chosen))
            if not kinds_in(name):
                for kind, named in self.instances.items():
                    for one, instance in named.items():
                        if name in instance.parameter:
                            own = self.parameter(name, quantity, {kind: one})
                            self._add(found, f"{name}_{one}", own)
        return found

    def parameter(self, name: str, quantity: Quantity, chosen: Chosen) -> Quantity:
        own = self._own(_PARAMETERS, name, chosen)
        if own is not None:
            return own.model_copy(update={**_in_unit(own, quantity.unit, f"{self.mechanism.id}.toml, {name}"),
                                          "meaning": self._told(own.meaning, chosen)})  # fmt: skip
        if not chosen:
            return quantity
        change: dict[str, object] = {"meaning": self._told(quantity.meaning, chosen)}
        by = self.mechanism.sheet.scaled.get(name)
        if by is not None:
            ((kind, one),) = chosen.items()
            instance = self.instances[kind][one]
            scale = (
                instance.density_of(self.antigen) if by == ANTIGEN else {**instance.antigens, **instance.factor}.get(by)
            )
            if scale is None:
                raise ModelError(
                    f'{kind} {one} says nothing of {by}, which "{name}" of {self.mechanism.id}.toml is scaled by\n'
                    f"  Write antigens = {{ {by} = 1 }} or another density in [instance.{kind}.{one}]."
                )
            change["value"] = quantity.value * scale
            if quantity.spread_scale == "normal":
                change["spread"] = quantity.spread * scale
        return quantity.model_copy(update=change)

    def state(self, name: str, state: State, chosen: Chosen) -> State:
        own = self._own(_STATES, name, chosen)
        change = {} if own is None else own.model_dump(exclude_none=True)
        place = f"{self.mechanism.id}.toml, state.{name}.initial"
        change["initial"] = self.formula(change.get("initial", state.initial), chosen, place)
        return state.model_copy(update={**change, "meaning": self._told(state.meaning, chosen)})

    def own_initials(self) -> Iterator[str]:
        """Initial values that instances have of their own: they may speak of what other mechanisms own."""
        for named in self.instances.values():
            for instance in named.values():
                yield from (state.initial for state in instance.state.values() if state.initial is not None)

    def output(self, name: str, output: Output, chosen: Chosen) -> Output:
        return output.model_copy(update={"meaning": self._told(output.meaning, chosen)})

    def statements(self) -> Iterator[Statement]:
        for name in self.mechanism.sheet.shares:
            first, *others = self.every([name])
            yield Statement(first, False, " - ".join(["1", *others]), 1)
        for statement in self.mechanism.statements:
            place = f"{self.mechanism.id}.ant, line {statement.line}"
            for chosen in self.choices(statement.target):
                formula = self.formula(statement.formula, chosen, place)
                yield Statement(filled(statement.target, chosen), statement.is_rate, formula, statement.line)

    def formula(self, formula: str, chosen: Chosen, place: str) -> str:
        return written_out(formula, chosen, self.instances, place, self._piece)

    def _piece(self, text: str, chosen: Chosen) -> str:
        """A piece of formula with its names written out, shared parameters replaced by an instance's own."""
        text = filled(text, chosen)
        own = {
            key: f"{key}_{name}"
            for kind, name in chosen.items()
            for key in self.instances[kind][name].parameter
            if not kinds_in(key) and self._own(_PARAMETERS, key, chosen)
        }
        return _WORD.sub(lambda match: own.get(match[0], match[0]), text) if own else text

    def _rest(self, name: str, chosen: Chosen) -> bool:
        """Whether this instance of a share has what the others leave."""
        if name not in self.mechanism.sheet.shares:
            return False
        ((kind, one),) = chosen.items()
        return one == next(iter(self.instances[kind]))

    def _own(self, table: Callable[[Instance], Mapping[str, _Item]], name: str, chosen: Chosen) -> _Item | None:
        """What the chosen instances have of their own under this name."""
        tables = [(one, table(self.instances[kind][one])) for kind, one in chosen.items()]
        found = [(one, own[name]) for one, own in tables if name in own]
        if len(found) > 1:
            raise ModelError(
                f"{' and '.join(one for one, _ in found)} both have their own {name}, which one number cannot follow\n"
                "  Keep one of them, and override the full name in the recipe where needed."
            )
        return found[0][1] if found else None

    def _told(self, text: str, chosen: Chosen) -> str:
        return filled(text, {kind: _words(self.instances[kind][one], one) for kind, one in chosen.items()})


def _in_unit(own: Quantity, unit: str, place: str) -> dict[str, object]:
    """Value (and spread) of an own number in the sheet's unit."""
    if own.unit == unit:
        return {}
    try:
        scale = factor(own.unit, unit)
    except UnitError as problem:
        raise ModelError(f"{place}: an instance's own value: {problem}") from None
    spread = {"spread": own.spread * scale} if own.spread_scale == "normal" else {}
    return {"value": own.value * scale, "unit": unit, **spread}
