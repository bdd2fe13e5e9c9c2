"""IR text to object code: in this process, or in a process of its own where the text is long.

LLVM's time for a function of ten thousands of instructions goes into two schedulers, which gain nothing here: the order in which kernels
are written already keeps lives short. They can be switched off for a whole process only, so that long texts go to one of their own, which
imports little but llvmlite. Two such processes also work side by side; within one process LLVM is under a lock. No instruction is another, so that
results are the same to the last bit.

Of LLVM's passes only those run that change something: graphs are written without repetition, as vectors, and hardly branch. Values of long
texts then wait in memory between distant uses (`waiting`), which LLVM would find out slowly.
"""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm

from livingdrug.engine.compiler.waiting import with_waiting

_LOG = logging.getLogger("livingdrug.engine")
_LONG = 2_000_000  # characters; below, a second process costs more than it saves
_UNSCHEDULED = ("-enable-misched=false", "-post-RA-scheduler=false")
_SPREAD = "linearise"  # the kernel whose values are wanted again far away
_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from livingdrug.engine.compiler.emission import serve; serve()"


def target_machine() -> Any:
    """This processor, for code that is linked in memory."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=2, jit=True,
        codemodel="jitdefault",
    )  # fmt: skip


def object_code(ir: str, machine: Any, *, apart: bool = False) -> bytes:
    """Object code of a module; of a long one, or `apart`, by a process of its own, where one can be had."""
    apart = apart or len(ir) > _LONG
    return (_made_apart(ir) if apart else None) or _emitted(ir, machine, waits=apart)


def _emitted(ir: str, machine: Any, *, waits: bool) -> bytes:
    module = llvm.parse_assembly(ir)
    module.verify()
    module.triple = machine.triple
    module.data_layout = str(machine.target_data)
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=1))
    passes = llvm.create_new_module_pass_manager()
    passes.add_always_inliner_pass()
    passes.add_global_dead_code_eliminate_pass()
    passes.add_instruction_combine_pass()
    passes.add_reassociate_pass()  # of fractions only the order of operands, which decides what a fused multiply-add rounds
    passes.run(module, builder)
    if waits and f"define void @{_SPREAD}(" in ir:
        module = llvm.parse_assembly(with_waiting(str(module), _SPREAD))
        module.verify()
    return machine.emit_object(module)


def _made_apart(ir: str) -> bytes | None:
    """Object code by another process; None where there is no Python to start or it did not finish."""
    if "python" not in Path(sys.executable or "").name.lower():  # within a program of its own, which would start twice
        return None
    try:
        command = [sys.executable, "-P", "-c", _PROGRAM, str(Path(__file__).parents[3])]
        done = subprocess.run(command, input=ir.encode(), capture_output=True, check=False)
    except OSError as problem:
        _LOG.info("no process for machine code could be started (%s); making it here, which takes longer", problem)
        return None
    if done.returncode == 0 and done.stdout:
        return done.stdout
    _LOG.info("the process that makes machine code ended with %d; making it here, which takes longer", done.returncode)
    return None


def serve() -> None:
    """Read IR text and write object code: what a process of its own does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who asked
    for option in _UNSCHEDULED:
        llvm.set_option("", option)
    sys.stdout.buffer.write(_emitted(sys.stdin.buffer.read().decode(), target_machine(), waits=True))
