"""Loops over a range of indices and tables of numbers, as IR: what the loops of an elimination and of a step are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from livingdrug.engine.compiler.writer import Writer


def table(name: str, numbers: Sequence[int]) -> str:
    """A constant of the module."""
    return f"@{name} = private constant [{len(numbers)} x i32] [{', '.join(f'i32 {one}' for one in numbers)}]"


def looked_up(w: Writer, name: str, size: int, index: str) -> str:
    """A number of a table, as an index."""
    place = w.value(f"getelementptr inbounds [{size} x i32], ptr @{name}, i64 0, i64 {index}")
    return w.value(f"zext i32 {w.value(f'load i32, ptr {place}, align 4')} to i64")


def plus(w: Writer, index: str, more: int) -> str:
    """An index and a number."""
    return w.value(f"add nuw nsw i64 {index}, {more}")


def least(w: Writer, a: str, b: str) -> str:
    """The lower of two indices."""
    return w.value(f"call i64 @llvm.umin.i64(i64 {a}, i64 {b})")


def each(
    w: Writer, first: str, end: str, body: Callable[..., Sequence[str] | None], start: Sequence[str] = ()
) -> list[str]:
    """Do `body` for every index from first to before end, which may be none; what it hands on begins as `start`."""
    k = w.label()
    w.lines += [
        f"  br label %pre{k}\npre{k}:\n  %none{k} = icmp uge i64 {first}, {end}",
        f"  br i1 %none{k}, label %exit{k}, label %body{k}\nbody{k}:\n  %i{k} = phi i64 [{first}, %pre{k}], [%next{k}, %latch{k}]",
    ]
    place, names = len(w.lines), [f"%a{k}_{q}" for q in range(len(start))]
    found = body(f"%i{k}", *names) or ()
    ways = [f"phi {w.type} [{one}, %pre{k}], [{new}, %latch{k}]" for one, new in zip(start, found, strict=True)]
    w.lines[place:place] = [f"  {name} = {way}" for name, way in zip(names, ways, strict=True)]
    w.lines += [
        f"  br label %latch{k}\nlatch{k}:\n  %next{k} = add nuw nsw i64 %i{k}, 1\n  %more{k} = icmp ult i64 %next{k}, {end}",
        f"  br i1 %more{k}, label %body{k}, label %exit{k}\nexit{k}:",
    ]
    return [w.value(way) for way in ways]
