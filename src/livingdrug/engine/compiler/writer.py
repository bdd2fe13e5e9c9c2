"""Writes LLVM IR text for one vector width: types, constants, loads, stores, arithmetic."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

# `contract` lets a multiplication and an addition become one fused instruction; nothing may be re-associated, so the
# bits do not depend on the number of lanes. Which ones are fused depends on what else reads the product.
_FUSES = " contract"
_ELEMENTS = {64: "double", 32: "float"}


class Writer:
    """Lines of IR in which every value is a vector of `lanes` numbers (a plain number for one lane).

    Parameters
    ----------
    lanes
        Numbers in a vector.
    bits
        64 for doubles, 32 for single precision.
    fuses
        False: every operation rounds by itself, so that a value does not depend on what else is computed beside it.
    """

    def __init__(self, lanes: int, bits: int = 64, *, fuses: bool = True) -> None:
        self.lanes, self.bits, self.flags = lanes, bits, _FUSES if fuses else ""
        self.element = _ELEMENTS[bits]
        self.type = f"<{lanes} x {self.element}>" if lanes > 1 else self.element
        self.boolean = f"<{lanes} x i1>" if lanes > 1 else "i1"
        self.integer = f"<{lanes} x i{bits}>" if lanes > 1 else f"i{bits}"
        self.suffix = f"v{lanes}f{bits}" if lanes > 1 else f"f{bits}"
        self.align = min(64, bits // 8 * lanes)
        self.lines: list[str] = []
        self._count = 0

    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    def line(self, text: str) -> None:
        self.lines.append(f"  {text}")

    def value(self, text: str) -> str:
        """Name of a new value computed by an instruction."""
        self._count += 1
        self.line(f"%v{self._count} = {text}")
        return f"%v{self._count}"

    def label(self) -> int:
        """A number that no other label or value of this function has."""
        self._count += 1
        return self._count

    def constant(self, number: float) -> str:
        bits = f"0x{struct.unpack('>Q', struct.pack('>d', self.rounded(number)))[0]:016X}"
        return f"splat ({self.element} {bits})" if self.lanes > 1 else bits

    def rounded(self, number: float) -> float:
        """The nearest number of this precision; what is too large becomes infinite."""
        if self.bits == 64:
            return number
        try:
            return struct.unpack("f", struct.pack("f", number))[0]
        except OverflowError:
            return math.copysign(math.inf, number)

    def whole(self, number: int) -> str:
        return f"splat (i{self.bits} {number})" if self.lanes > 1 else str(number)

    # ---- memory -----------------------------------------------------------------------------------------------------

    def address(self, pointer: str, index: int | str, stride: int, bits: int = 0) -> str:
        """Pointer to element `index` of an array whose elements lie `stride` numbers (of `bits`, or its own) apart."""
        element = _ELEMENTS[bits or self.bits]
        if isinstance(index, int):
            return self.value(f"getelementptr inbounds {element}, ptr {pointer}, i64 {index * stride}")
        return self.value(f"getelementptr inbounds [{stride} x {element}], ptr {pointer}, i64 {index}")

    def load(self, pointer: str, index: int | str, stride: int, bits: int = 0) -> str:
        """Element of an array, widened to this writer's precision where the array's `bits` are fewer."""
        bits = bits or self.bits
        there = self if bits == self.bits else Writer(self.lanes, bits)
        address = self.address(pointer, index, stride, bits)
        read = self.value(f"load {there.type}, ptr {address}, align {there.align}")
        return read if bits == self.bits else self.value(f"fpext {there.type} {read} to {self.type}")

    def store(self, value: str, pointer: str, index: int | str, stride: int, bits: int = 0) -> None:
        """Write an element, rounded where the array's `bits` are fewer."""
        bits = bits or self.bits
        there = self if bits == self.bits else Writer(self.lanes, bits)
        if bits != self.bits:
            value = self.value(f"fptrunc {self.type} {value} to {there.type}")
        self.line(f"store {there.type} {value}, ptr {self.address(pointer, index, stride, bits)}, align {there.align}")

    # ---- arithmetic -------------------------------------------------------------------------------------------------

    def binary(self, instruction: str, a: str, b: str) -> str:
        return self.value(f"{instruction}{self.flags} {self.type} {a}, {b}")

    def exactly(self, instruction: str, a: str, b: str) -> str:
        """An operation that rounds by itself: never part of a fused instruction."""
        return self.value(f"{instruction} {self.type} {a}, {b}")

    def fused(self, a: str, b: str, c: str) -> str:
        """a b + c with one rounding."""
        return self.call(f"llvm.fma.{self.suffix}", a, b, c)

    def add(self, a: str, b: str) -> str:
        return self.binary("fadd", a, b)

    def subtract(self, a: str, b: str) -> str:
        return self.binary("fsub", a, b)

    def multiply(self, a: str, b: str) -> str:
        return self.binary("fmul", a, b)

    def divide(self, a: str, b: str) -> str:
        return self.binary("fdiv", a, b)

    def compare(self, predicate: str, a: str, b: str) -> str:
        return self.value(f"fcmp {predicate} {self.type} {a}, {b}")

    def select(self, condition: str, a: str, b: str) -> str:
        return self.value(f"select {self.boolean} {condition}, {self.type} {a}, {self.type} {b}")

    def call(self, function: str, *arguments: str) -> str:
        listed = ", ".join(f"{self.type} {argument}" for argument in arguments)
        return self.value(f"call {self.type} @{function}({listed})")

    def intrinsic(self, name: str, argument: str) -> str:
        return self.call(f"llvm.{name}.{self.suffix}", argument)

    # ---- structure --------------------------------------------------------------------------------------------------

    def begin(self, name: str, pointers: tuple[str, ...], attributes: str = "noinline nounwind") -> None:
        listed = ", ".join(f"ptr noalias %{pointer}" for pointer in pointers)
        self.lines.append(f"define void @{name}({listed}) {attributes} {{")

    def end(self) -> None:
        self.lines.append("  ret void\n}")

    def when_any(self, condition: str, body: Callable[[], None]) -> None:
        """Do `body` if a condition holds in any lane; what it finds goes through memory."""
        self._count += 1
        k = self._count
        if self.lanes > 1:
            bits = self.value(f"bitcast {self.boolean} {condition} to i{self.lanes}")
            condition = self.value(f"icmp ne i{self.lanes} {bits}, 0")
        self.lines.append(f"  br i1 {condition}, label %some{k}, label %none{k}\nsome{k}:")
        body()
        self.lines.append(f"  br label %none{k}\nnone{k}:")

    def loop(self, count: int, body: Callable[[str], None]) -> None:
        """Repeat `body`, which receives the name of the running index 0 ... count - 1."""

        def nothing(i: str) -> str:
            body(i)
            return ""

        self._loop(count, nothing)

    def total(self, count: int, term: Callable[[str], str]) -> str:
        """Sum of a term over the running index, added one after the other."""
        return self._loop(count, term)

    def _loop(self, count: int, body: Callable[[str], str]) -> str:
        self._count += 1
        k = self._count
        zero = "zeroinitializer" if self.lanes > 1 else self.constant(0.0)
        self.lines.append(
            f"  br label %before{k}\nbefore{k}:\n  br label %again{k}\nagain{k}:\n"
            f"  %i{k} = phi i64 [0, %before{k}], [%next{k}, %again{k}]\n"
            f"  %sum{k} = phi {self.type} [{zero}, %before{k}], [%more_sum{k}, %again{k}]"
        )
        term = body(f"%i{k}") or zero
        self.lines.append(
            f"  %more_sum{k} = fadd{self.flags} {self.type} %sum{k}, {term}\n"
            f"  %next{k} = add nuw nsw i64 %i{k}, 1\n  %more{k} = icmp ult i64 %next{k}, {count}\n"
            f"  br i1 %more{k}, label %again{k}, label %after{k}\nafter{k}:"
        )
        return f"%more_sum{k}"
