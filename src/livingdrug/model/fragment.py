"""A mechanism's text: rate rules and assignment rules, statement by statement, with their lines."""

from __future__ import annotations

import re
from dataclasses import dataclass

from livingdrug.foundation.errors import ModelError
from livingdrug.model.names import NAME, kinds_in, written_out
from livingdrug.model.sheet import MechanismSheet, sheet_from

_COMMENT = re.compile(r"//[^\n]*|#[^\n]*|/\*.*?\*/", re.DOTALL)
_RULE = re.compile(rf"^({NAME})\s*('\s*=|:=)\s*(.+)$", re.DOTALL)
_NEW_RULE = re.compile(rf"\n(?=\s*{NAME}\s*(?:'\s*=|:=))")
_NUMBER = re.compile(r"(?<![\w.}])((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?:\s+([A-Za-z_]\w*))?")
_WORD = re.compile(rf"{NAME}(?!\s*\()(?![\w{{}}])")
_OF_KIND = re.compile(r"\b(?:before|after)\s*\(\s*\w+\s*,")  # the kind whose neighbour is meant is no name of the model
_KINDS = re.compile(r"\{\w+\}(?:_\{\w+\})*")
_LANGUAGE = frozenset({"time", "and", "or", "not", "true", "false", "pi", "exponentiale", "inf", "nan"})


@dataclass(frozen=True)
class Statement:
    """One rule of a fragment.

    Attributes
    ----------
    target
        The variable it defines.
    is_rate
        True for ``name' = …``, False for ``name := …``.
    formula
        Its right-hand side, on one line.
    line
        Where it begins in the fragment's file.
    """

    target: str
    is_rate: bool
    formula: str
    line: int

    @property
    def text(self) -> str:
        """The statement as Antimony."""
        return f"{self.target}' = {self.formula};" if self.is_rate else f"{self.target} := {self.formula};"


@dataclass(frozen=True)
class Mechanism:
    """A mechanism: its sheet, its statements, and the text they came from."""

    id: str
    sheet: MechanismSheet
    text: str
    statements: tuple[Statement, ...]

    @property
    def provides(self) -> frozenset[str]:
        """Every name this mechanism owns."""
        rules = {statement.target for statement in self.statements}
        return frozenset({*self.sheet.state, *self.sheet.parameter, *self.sheet.output, *rules})

    @property
    def formulas(self) -> tuple[str, ...]:
        """Right-hand sides and initial values."""
        return (*(s.formula for s in self.statements), *(s.initial for s in self.sheet.state.values()))


def mechanism_from(identifier: str, sheet: str, fragment: str, own: bool = False) -> Mechanism:
    """The mechanism in the texts of a sheet and of its fragment.

    Raises
    ------
    ModelError
        Sheet and fragment do not belong together: a state without rate rule, a rule for something not owned …
    """
    read = sheet_from(f"{identifier}.toml", sheet, own)
    found = Mechanism(identifier, read, fragment, read_statements(fragment, f"{identifier}.ant"))
    _check_placeholders(found)
    check(found)
    return found


def read_statements(text: str, file: str) -> tuple[Statement, ...]:
    """The rules in an Antimony fragment.

    Examples
    --------
    >>> read_statements("// decay\\ncells' = -rate*cells;", "decay.ant")
    (Statement(target='cells', is_rate=True, formula='-rate*cells', line=2),)
    """
    plain = _COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    statements, line = [], 1
    for chunk in plain.split(";"):
        for piece in _NEW_RULE.split(chunk):
            body = piece.strip()
            begins = line + piece[: len(piece) - len(piece.lstrip())].count("\n")
            line += piece.count("\n") + 1
            if body:
                statements.append(_statement(body, file, begins))
        line -= 1
    return tuple(statements)


def _statement(body: str, file: str, line: int) -> Statement:
    match = _RULE.match(body)
    if not match:
        raise ModelError(
            f'{file}, line {line}: "{body.splitlines()[0]}" is neither a rate rule (name\' = …;) nor an assignment rule '
            "(name := …;).\n  Values, units and initial values belong into the sheet beside it."
        )
    return Statement(match[1], match[2] != ":=", " ".join(match[3].split()), line)


def names_in(formula: str) -> frozenset[str]:
    """The model's names in an Antimony formula (no functions, no units after numbers).

    Examples
    --------
    >>> sorted(names_in("rate*exp(-time/(3 day))*cells"))
    ['cells', 'rate']
    """
    return frozenset(_WORD.findall(_NUMBER.sub(" ", _OF_KIND.sub("(", formula)))) - _LANGUAGE


def units_in(formula: str) -> frozenset[str]:
    """The unit names written after numbers in an Antimony formula.

    Examples
    --------
    >>> sorted(units_in("max(1 cell, cells)*exp(-time/(3 day))"))
    ['cell', 'day']
    """
    return frozenset(match[2] for match in _NUMBER.finditer(formula) if match[2]) - _LANGUAGE


def _check_placeholders(mechanism: Mechanism) -> None:
    """Every placeholder is of a kind that the sheet lists, and is either chosen by the name defined or summed."""
    sheet, one = mechanism.sheet, dict.fromkeys(mechanism.sheet.per, ("x",))
    rules = [(s.target, s.formula, f"{mechanism.id}.ant, line {s.line}") for s in mechanism.statements]
    rules += [(name, s.initial, f"{mechanism.id}.toml, state.{name}.initial") for name, s in sheet.state.items()]
    for target, formula, place in rules:
        strange = [kind for kind in kinds_in(f"{target} {formula}") if kind not in one]
        if strange:
            raise ModelError(
                f'{place}: speaks of each {strange[0]}, which "per" of {mechanism.id}.toml does not list\n'
                f'  Add "{strange[0]}" to it, or correct the placeholder.'
            )
        written_out(formula, dict.fromkeys(kinds_in(target), "x"), one, place)
    spoken = {kind for target, formula, _ in rules for kind in kinds_in(f"{target} {formula}")}
    idle = sorted(set(sheet.per) - spoken)
    if idle:
        raise ModelError(f'{mechanism.id}.toml: "per" lists {", ".join(idle)}, which no formula has\n  Take it out.')


def check(mechanism: Mechanism) -> None:
    """Raise ModelError unless sheet and statements belong together."""
    sheet, seen, file = mechanism.sheet, {}, f"{mechanism.id}.ant"
    for statement in mechanism.statements:
        at, target = f"{file}, line {statement.line}", statement.target
        if target in seen:
            raise ModelError(f'{at}: "{target}" has a rule already in line {seen[target]}\n  Keep one of the two.')
        seen[target] = statement.line
        if statement.is_rate and target not in sheet.state:
            raise ModelError(
                f'{at}: "{target}" has a rate rule but no [state.{target}] in {mechanism.id}.toml\n  Add it.'
            )
        if not statement.is_rate and (target in sheet.state or target in sheet.parameter):
            raise ModelError(f'{at}: "{target}" is a state or parameter of the sheet and cannot be assigned with :=')
    rates = {statement.target for statement in mechanism.statements if statement.is_rate}
    for name in sheet.state:
        if name not in rates:
            raise ModelError(f"{mechanism.id}.toml: state {name} has no equation\n  Write {name}' = …; in {file}.")
    for name in sheet.output:
        if name not in seen:
            raise ModelError(f"{mechanism.id}.toml: output {name} has no equation\n  Write {name} := …; in {file}.")
    for role, name in sheet.role.items():
        if name not in mechanism.provides:
            raise ModelError(f"{mechanism.id}.toml: role {role} names {name}, which this mechanism does not provide")
    provided = {_KINDS.sub("{}", name) for name in mechanism.provides}
    stray = sorted(name for name in sheet.neutral if _KINDS.sub("{}", name) not in provided)
    if stray:
        raise ModelError(
            f"{mechanism.id}.toml: neutral value for {', '.join(stray)}, which this mechanism does not provide"
        )
    used = frozenset().union(*(names_in(formula) for formula in mechanism.formulas))
    undeclared = sorted(used - mechanism.provides - set(sheet.reads))
    if undeclared:
        where = _first_use(mechanism, undeclared[0], file)
        raise ModelError(
            f'{where}: uses {", ".join(undeclared)}, which {mechanism.id}.toml neither owns nor lists in "reads"\n'
            "  Add a parameter or state for it, or list it in reads when another mechanism owns it."
        )
    idle = sorted(set(sheet.reads) - used)
    if idle:
        raise ModelError(f'{mechanism.id}.toml: "reads" lists {", ".join(idle)}, which no formula uses\n  Take it out.')


def _first_use(mechanism: Mechanism, name: str, file: str) -> str:
    for statement in mechanism.statements:
        if name in names_in(statement.formula):
            return f"{file}, line {statement.line}"
    return f"{mechanism.id}.toml, an initial value"
