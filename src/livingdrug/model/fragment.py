"""A mechanism's text: rate rules and assignment rules, statement by statement, with their lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from livingdrug.foundation.errors import ModelError
from livingdrug.model.sheet import MechanismSheet, read_sheet

_COMMENT = re.compile(r"//[^\n]*|#[^\n]*|/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"^([A-Za-z_]\w*)\s*('\s*=|:=)\s*(.+)$", re.DOTALL)
_NEW_RULE = re.compile(r"\n(?=\s*[A-Za-z_]\w*\s*(?:'\s*=|:=))")
_NUMBER = re.compile(r"(?<![\w.])((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?:\s+([A-Za-z_]\w*))?")
_WORD = re.compile(r"[A-Za-z_]\w*(?!\s*\()\b")
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
    path: Path
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


def read_mechanism(path: Path) -> Mechanism:
    """The mechanism whose sheet is at `path`, its fragment lying beside it with the ending .ant.

    Raises
    ------
    ModelError
        Sheet and fragment do not belong together: a state without rate rule, a rule for something not owned …
    """
    sheet = read_sheet(path)
    fragment = path.with_suffix(".ant")
    if not fragment.is_file():
        raise ModelError(
            f"{fragment.name}: missing beside {path.name}\n  A mechanism is two files, <id>.ant and <id>.toml."
        )
    text = fragment.read_text(encoding="utf-8")
    found = Mechanism(path.stem, path, sheet, text, read_statements(text, fragment.name))
    _check(found, fragment.name)
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
    return frozenset(_WORD.findall(_NUMBER.sub(" ", formula))) - _LANGUAGE


def units_in(formula: str) -> frozenset[str]:
    """The unit names written after numbers in an Antimony formula.

    Examples
    --------
    >>> sorted(units_in("max(1 cell, cells)*exp(-time/(3 day))"))
    ['cell', 'day']
    """
    return frozenset(match[2] for match in _NUMBER.finditer(formula) if match[2]) - _LANGUAGE


def _check(mechanism: Mechanism, file: str) -> None:
    sheet, seen = mechanism.sheet, {}
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
    stray = sorted(set(sheet.neutral) - mechanism.provides)
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
