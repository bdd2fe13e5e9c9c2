"""IR text to machine code, kept on disk: the only place that owns code and hands out its addresses."""

from __future__ import annotations

import ctypes
import hashlib
import logging
import os
import tempfile
from pathlib import Path

import llvmlite
import llvmlite.binding as llvm
import numpy as np

from livingdrug.engine.compiler.kernel import Kernel
from livingdrug.foundation.cache_folder import default_cache_dir, usable_folder
from livingdrug.foundation.trust import is_ours

_LOG = logging.getLogger("livingdrug.engine")
_OPTIMISATION = 1  # higher levels cost compile time and gain nothing: the vectors are already written out


def host_lanes() -> int:
    """Lanes that suit this processor: 8 with AVX-512, else 4. Results do not depend on it."""
    return 8 if llvm.get_host_cpu_features().get("avx512f") else 4


class MachineCode:
    """Compiled kernels.

    Addresses are valid as long as this object lives: whoever keeps an address keeps the object.

    Parameters
    ----------
    ir
        IR text of a whole module.
    names
        Functions to look up.
    cache_dir
        Where to keep object code; None for the default place.
    """

    def __init__(self, ir: str, names: tuple[str, ...], cache_dir: Path | str | None = None) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        target = llvm.Target.from_default_triple()
        self._machine = target.create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=2, jit=True,
            codemodel="jitdefault",
        )  # fmt: skip
        key = "\n".join(
            [ir, llvmlite.__version__, str(llvm.llvm_version_info), self._machine.triple, llvm.get_host_cpu_name(),
             llvm.get_host_cpu_features().flatten()]
        )  # fmt: skip
        folder = usable_folder(Path(cache_dir) if cache_dir is not None else default_cache_dir())
        path = folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.o" if folder else None
        code = _read(path) if path else None
        self.from_cache = code is not None
        if code is None:
            code = self._compile(ir)
            if path:
                _write(path, code)
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), self._machine)
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        self._addresses = {name: self._engine.get_function_address(name) for name in names}
        missing = [name for name, address in self._addresses.items() if not address]
        if missing:
            raise RuntimeError(f"the compiled module lacks {', '.join(missing)}; please report this")

    def _compile(self, ir: str) -> bytes:
        module = llvm.parse_assembly(ir)
        module.verify()
        module.triple = self._machine.triple
        module.data_layout = str(self._machine.target_data)
        options = llvm.create_pipeline_tuning_options(speed_level=_OPTIMISATION)
        options.loop_vectorization = False
        options.slp_vectorization = False
        options.loop_unrolling = False
        builder = llvm.create_pass_builder(self._machine, options)
        builder.getModulePassManager().run(module, builder)
        return self._machine.emit_object(module)

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


# ---- object code on disk --------------------------------------------------------------------------------------------


def _read(path: Path) -> bytes | None:
    """Object code; None if absent, damaged (the linker would crash on it), or such as another user could have written."""
    if not path.exists():
        return None
    try:
        content = path.read_bytes() if is_ours(path) else b""
    except OSError:
        return None
    digest, code = content[:32], content[32:]
    if hashlib.sha256(code).digest() == digest:
        return code
    _LOG.warning("compiled kernels kept in %s cannot be used (damaged, or not yours); compiling them again", path)
    return None


def _write(path: Path, code: bytes) -> None:
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(code).digest() + code)
        os.replace(temporary, path)
    except OSError as problem:
        _LOG.warning("could not keep compiled kernels in %s (%s)", path.parent, problem)
