"""IR text to machine code, kept on disk: the only place that owns code and hands out its addresses."""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import llvmlite
import llvmlite.binding as llvm
import numpy as np

from livingdrug.engine.compiler.emission import object_code, target_machine
from livingdrug.engine.compiler.kernel import Kernel
from livingdrug.foundation.cache_folder import default_cache_dir, usable_folder
from livingdrug.foundation.sealed import read_sealed, write_sealed

_WHAT = "compiled kernels"


def host_lanes() -> int:
    """Lanes that suit this processor: 8 with AVX-512, else 4. Results do not depend on it."""
    return 8 if llvm.get_host_cpu_features().get("avx512f") else 4


class MachineCode:
    """Compiled kernels.

    Addresses are valid as long as this object lives: whoever keeps an address keeps the object.

    Parameters
    ----------
    ir
        IR text of a whole module; or of several, made side by side and kept one by one, where a function of one is called by those before.
    names
        Functions to look up.
    cache_dir
        Where to keep object code; None for the default place.
    """

    def __init__(self, ir: str | Sequence[str], names: tuple[str, ...], cache_dir: Path | str | None = None) -> None:
        self._machine = target_machine()
        self.from_cache = True
        folder = usable_folder(Path(cache_dir) if cache_dir is not None else default_cache_dir())
        codes = self._codes([ir] if isinstance(ir, str) else list(ir), folder)
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), self._machine)
        for code in codes:
            self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        self._addresses = {name: self._engine.get_function_address(name) for name in names}
        missing = [name for name, address in self._addresses.items() if not address]
        if missing:
            raise RuntimeError(f"the compiled module lacks {', '.join(missing)}; please report this")

    def _codes(self, modules: list[str], folder: Path | None) -> list[bytes]:
        if len(modules) == 1:
            return [self._code(modules[0], folder, apart=False)]
        with ThreadPoolExecutor(max_workers=len(modules), thread_name_prefix="machine-code") as pool:
            return list(pool.map(lambda one: self._code(one, folder, apart=True), modules))

    def _code(self, ir: str, folder: Path | None, *, apart: bool) -> bytes:
        """Object code of a module, from the cache or made and kept there."""
        key = "\n".join(
            [ir, llvmlite.__version__, str(llvm.llvm_version_info), self._machine.triple, llvm.get_host_cpu_name(),
             llvm.get_host_cpu_features().flatten()]
        )  # fmt: skip
        path = folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.o" if folder else None
        code = read_sealed(path, _WHAT) if path else None
        if code is None:
            self.from_cache = False
            # one machine for each: a module is made for the one it is given to
            code = object_code(ir, target_machine() if apart else self._machine, apart=apart)
            if path:
                write_sealed(path, code, _WHAT)
        return code

    def address(self, name: str) -> int:
        """Address of a function of this module."""
        return self._addresses[name]

    def call(self, kernel: Kernel, lanes: int, *arrays: np.ndarray) -> None:
        """Call one kernel on contiguous float64 arrays of the right sizes (the integrator calls addresses itself)."""
        if len(arrays) != len(kernel.arrays):
            raise TypeError(f"{kernel.name} takes {len(kernel.arrays)} arrays, got {len(arrays)}")
        aligned = []
        for wanted, given in zip(kernel.arrays, arrays, strict=True):
            size = wanted.size * (lanes if wanted.has_lanes else 1)
            if given.dtype != np.float64 or not given.flags.c_contiguous or given.size != size:
                raise TypeError(f"{kernel.name}: {wanted.name} must be {size} contiguous float64 numbers")
            copy = aligned_zeros(size)
            copy[:] = given.ravel()
            aligned.append(copy)
        pointers = [ctypes.c_void_p(copy.ctypes.data) for copy in aligned]
        ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(pointers))(self.address(kernel.name))(*pointers)
        for given, copy in zip(arrays, aligned, strict=True):
            given.ravel()[:] = copy


def aligned_zeros(size: int) -> np.ndarray:
    """Zeros on a 64-byte boundary, as vector loads want them."""
    room = np.zeros(size + 8)
    first = (-room.ctypes.data % 64) // 8
    return room[first : first + size]
