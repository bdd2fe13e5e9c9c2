"""Writes LLVM IR text for one vector width: types, constants, loads, stores, arithmetic."""

from __future__ import annotations

import struct
from collections.abc import Callable

# `contract` lets a multiplication and an addition become one fused instruction; nothing may be re-associated, so the
# bits do not depend on the number of lanes.
_FLAGS = "contract"


class Writer:
    """Lines of IR in which every value is a vector of `lanes` doubles (a plain double for one lane)."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        self.type = f"<{lanes} x double>" if lanes > 1 else "double"
        self.boolean = f"<{lanes} x i1>" if lanes > 1 else "i1"
        self.integer = f"<{lanes} x i64>" if lanes > 1 else "i64"
        self.suffix = f"v{lanes}f64" if lanes > 1 else "f64"
        self.align = min(64, 8 * lanes)
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

    def constant(self, number: float) -> str:
        bits = f"0x{struct.unpack('>Q', struct.pack('>d', number))[0]:016X}"
        return f"splat (double {bits})" if self.lanes > 1 else bits

    def whole(self, number: int) -> str:
        return f"splat (i64 {number})" if self.lanes > 1 else str(number)

    # ---- memory -----------------------------------------------------------------------------------------------------

    def address(self, pointer: str, index: int | str, stride: int) -> str:
        """Pointer to element `index` of an array whose elements lie `stride` doubles apart."""
        if isinstance(index, int):
            return self.value(f"getelementptr inbounds double, ptr {pointer}, i64 {index * stride}")
        return self.value(f"getelementptr inbounds [{stride} x double], ptr {pointer}, i64 {index}")

    def load(self, pointer: str, index: int | str, stride: int) -> str:
        return self.value(f"load {self.type}, ptr {self.address(pointer, index, stride)}, align {self.align}")

    def store(self, value: str, pointer: str, index: int | str, stride: int) -> None:
        self.line(f"store {self.type} {value}, ptr {self.address(pointer, index, stride)}, align {self.align}")

    # ---- arithmetic -------------------------------------------------------------------------------------------------

    def binary(self, instruction: str, a: str, b: str) -> str:
        return self.value(f"{instruction} {_FLAGS} {self.type} {a}, {b}")

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

    def loop(self, count: int, body: Callable[[str], None]) -> None:
        """Repeat `body`, which receives the name of the running index 0 ... count - 1."""
        self._count += 1
        k = self._count
        self.lines.append(
            f"  br label %before{k}\nbefore{k}:\n  br label %again{k}\nagain{k}:\n"
            f"  %i{k} = phi i64 [0, %before{k}], [%next{k}, %again{k}]"
        )
        body(f"%i{k}")
        self.lines.append(
            f"  %next{k} = add nuw nsw i64 %i{k}, 1\n  %more{k} = icmp ult i64 %next{k}, {count}\n"
            f"  br i1 %more{k}, label %again{k}, label %after{k}\nafter{k}:"
        )
