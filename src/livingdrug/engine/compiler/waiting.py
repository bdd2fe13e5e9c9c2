"""Long straight code whose values wait in memory between distant uses, so that LLVM finds registers for them in a third of the time.

LLVM gives each value a register for as long as it can. In a function of ten thousands of instructions thousands of values are wanted again far away,
and most of LLVM's time goes into ranges that end in memory all the same. Here such a value is stored when it is made, and read again where it is
next wanted; what was read from an argument that nothing is stored to is read again from there.

No instruction that computes is added, taken away or changed. Whether a product becomes part of a fused instruction depends on whether it is used
once: a value used once is left alone, and one used more often stays so, because equal instructions are made one here, as LLVM does later.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

_LONG = 2_000  # lines of a function; in shorter ones there is nothing to gain
_FAR = 100  # lines between two uses
_NAME = re.compile(r"%[\w.]+")
_NUMBER = re.compile(
    r"  %[\w.]+ = (?:(?:fadd|fsub|fmul|fdiv|fneg|call|load)[a-z ]*|select [^,]*, )(<\d+ x (?:double|float)>)"
)
_PURE = re.compile(r"  %[\w.]+ = (?!load|alloca|getelementptr)(\w+)(.*)")
_BYTES = {"double": 8, "float": 4}
_COMMUTE = ("fadd", "fmul")
_FUSES = " contract"


def with_waiting(ir: str, name: str) -> str:
    """IR text as LLVM prints it, in which values of the function of that name wait in memory, if it is long and without branches."""
    parts = re.split(r"(?m)^(?=define )", ir)
    return "".join(_waiting(part) if part.startswith(f"define void @{name}(") else part for part in parts)


def _waiting(function: str) -> str:
    if function.count("\n") < _LONG:
        return function
    body, end, rest = function.partition("\n}")
    first, *lines = body.split("\n")
    if any(not line.startswith("  ") or line.startswith("  br ") for line in lines):
        return function
    return "\n".join([first, *_Straight(lines).written()]) + end + rest


class _Straight:
    """The instructions of one function without branches."""

    def __init__(self, lines: list[str]) -> None:
        self.lines: list[str] = []
        self.made: dict[str, int] = {}
        self.uses: dict[str, list[int]] = defaultdict(list)
        self.base: dict[str, str] = {}
        self.stored: set[str] = set()
        for i, (line, names) in enumerate(_each_once(lines)):
            self.lines.append(line)
            if " = " in line:
                self.made[names[0]] = i
                if " = getelementptr " in line:
                    self.base[names[0]] = self.base.get(names[1], names[1])
                names = names[1:]
            elif line.startswith("  store "):
                self.stored.add(self.base.get(names[-1], names[-1]))
            for name in names:
                self.uses[name].append(i)

    def written(self) -> Iterator[str]:
        """The lines, with room for what waits before them."""
        room, before, after = list[str](), defaultdict[int, list[str]](list), dict[int, str]()
        renamed: dict[int, dict[str, str]] = defaultdict(dict)
        for name, i in self.made.items():
            uses = self.uses[name]
            kind = _kept(self.lines[i]) if uses and uses[-1] - i > _FAR else None
            again = kind is not None and self._lasts(self.lines[i])
            if kind is None or (len(uses) < 2 and not again):
                continue
            place = f"{kind}, ptr %wait.{name[1:]}, align {_size(kind)}"
            last, now, n = i, name, 0
            for j in dict.fromkeys(uses):
                if j - last > _FAR:
                    n += 1
                    now = f"%again{n}.{name[1:]}"
                    before[j].append(
                        self.lines[i].replace(f"{name} =", f"{now} =", 1)
                        if again
                        else f"  {now} = load volatile {place}"
                    )
                if n:
                    renamed[j][name] = now
                last = j
            if n and not again:
                room.append(f"  %wait.{name[1:]} = alloca {kind}, align {_size(kind)}")
                after[i] = f"  store volatile {kind} {name}{place.removeprefix(kind)}"
        yield from room
        for i, line in enumerate(self.lines):
            yield from before.get(i, ())
            names = renamed.get(i)
            yield _renamed(line, names) if names else line
            if i in after:
                yield after[i]

    def _lasts(self, made: str) -> bool:
        """Whether an instruction reads what stays where it is."""
        place = _NAME.findall(made)[-1]
        return " = load " in made and self.base.get(place, place) not in self.stored


def _kept(made: str) -> str | None:
    """The type of what an instruction makes, where it is a number that may wait; None for conditions, addresses and whole numbers."""
    found = _NUMBER.match(made)
    return found[1] if found else None


def _size(kind: str) -> int:
    lanes, _, element = kind.strip("<>").split(" ")
    return int(lanes) * _BYTES[element]


def _renamed(line: str, names: Mapping[str, str]) -> str:
    return _NAME.sub(lambda one: names.get(one[0], one[0]), line)


def _each_once(lines: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Lines with the names in them, equal instructions made one: the later names stand for the first."""
    known: dict[str, int] = {}
    same: dict[str, str] = {}
    left: list[tuple[str, list[str]]] = []
    for line in lines:
        names = _NAME.findall(line)
        if same and not same.keys().isdisjoint(names):
            line = _renamed(line, same)
            names = _NAME.findall(line)
        found = _PURE.match(line)
        if found is None:
            left.append((line, names))
            continue
        plain = found[2].replace(_FUSES, "")
        if found[1] in _COMMUTE:
            kind, _, pair = plain.partition("> ")
            plain = kind + "> " + ", ".join(sorted(pair.split(", ")))
        place = known.setdefault(found[1] + plain, len(left))
        if place == len(left):
            left.append((line, names))
            continue
        earlier, its = left[place]
        same[names[0]] = its[0]
        if _FUSES not in found[2]:  # what may be fused in one place only may not be in the other
            left[place] = earlier.replace(_FUSES, ""), its
    return left
