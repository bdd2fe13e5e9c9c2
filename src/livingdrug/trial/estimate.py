"""What a run will take of memory, disk and time, before it starts; what no computer of this size should try is refused.

The numbers are of runs measured on the catalogue's trials, rounded up: they tell a minute from a day and 1 GB from 100 GB,
not more. Frames are held in memory as a whole when a run is finished, so memory grows with the patients.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from livingdrug.foundation.arguments import whole
from livingdrug.foundation.errors import BadInput

if TYPE_CHECKING:
    from livingdrug.catalog.plan import Plan

USUAL_MEMORY_GB = 4.0
"""A run that needs more is refused unless more is allowed."""
USUAL_CHUNK, SMALLEST_CHUNK = 500, 100
"""Patients computed together at most, unless asked otherwise; and at least, where threads could share fewer."""
_LOG = logging.getLogger("livingdrug.trial")
# Measured in November 2026 on ELIANA (6000 patients of 297 visit rows and checks, 119 outputs), one thread: 857 MB in all,
# 430 MB of them without patients; frames of 26 kB a patient, 3 kB on disk; then 22 s of processor time, later 9 s.
_GROUND = 450e6  # bytes of the program, its libraries and compiled models
_ROW, _OTHER_ROWS = 70, 15_000  # bytes in memory of a result, and of a patient's other frames
_COPIES = 3  # chunks, their union, and what outcomes and the report make of it
_COPIES_OF_COURSES = 3
_ROW_ON_DISK, _OTHER_ON_DISK = 10, 2_000
_COURSE_ON_DISK = 0.5  # of the course in memory
_FILES_OF_CHUNK = 64e3  # bytes: a dozen small files
_CHECK_SECONDS, _CHUNK_SECONDS, _START_SECONDS = 6e-6, 0.1, 5.0
_FEWEST_CHECKS = 200
# Of the example's network of four policies: 3 kB and 20 microseconds a patient (60,000 patients), measured on busy cores.
_JOURNEY, _JOURNEY_SECONDS = 6e3, 2e-5
_MEASURES, _MEASURES_ON_DISK = 60e3, 20e3  # bytes of a replicate's measures under one policy
_TOLD_SECONDS, _TOLD_BYTES = 120.0, 1.5e9
_GB = 1e9


@dataclass(frozen=True)
class Needs:
    """What a run will take, rounded up.

    Attributes
    ----------
    memory
        Resident at most [byte].
    disk
        Of the run folder at most, while it is finished [byte].
    seconds
        On the threads asked for.
    chunk
        Patients computed together.
    """

    memory: float
    disk: float
    seconds: float
    chunk: int

    def __str__(self) -> str:
        return f"about {_size(self.memory)} of memory, {_size(self.disk)} of disk and {_time(self.seconds)}"


def estimate(
    plans: Sequence[Plan], *, patients: int, shares: Sequence[float], chunk: int | None, threads: int, sample: int,
    memory_gb: float,
) -> Needs:  # fmt: skip
    """What a run will take.

    Parameters
    ----------
    plans
        Of the arms that are run.
    patients
        Enrolled.
    shares
        Of those enrolled, the part in each of these arms: by the design's ratio, also when an arm is run alone; 1 where
        everyone is in every arm.
    chunk
        Patients computed together; when None, the usual number, or as many as half the memory holds.
    threads
        Chunks computed at a time.
    sample
        Patients of each arm whose course is kept.
    memory_gb
        What may be used.
    """
    from livingdrug.course.equations import equations, watched

    memory, disk, seconds, watched_bytes, whole_bytes = _GROUND, 0.0, 0.0, 0, 0
    for plan, share in zip(plans, shares, strict=True):
        kept = min(sample, patients) * share
        rows = sum(len(one.days) for one in plan.measured)
        checks = _checks(plan)
        ready = equations(plan)
        course = 8 * checks * len(ready.outputs)
        whole_bytes = max(whole_bytes, course)
        watched_bytes = max(watched_bytes, 8 * checks * len(watched(plan, ready)))
        memory += patients * share * _COPIES * (_ROW * rows + _OTHER_ROWS) + kept * course * _COPIES_OF_COURSES
        disk += 2 * (patients * share * (_ROW_ON_DISK * rows + _OTHER_ON_DISK) + kept * course * _COURSE_ON_DISK)
        seconds += patients * share * checks * _CHECK_SECONDS
    one_patient = _COPIES_OF_COURSES * watched_bytes
    if chunk is None:
        most = _COPIES_OF_COURSES * (whole_bytes if sample else watched_bytes)
        fits = int(0.5 * (memory_gb * _GB - _GROUND) / (threads * most))
        even = max(SMALLEST_CHUNK, ceil(patients * max(shares) / threads))
        chunk = max(1, min(USUAL_CHUNK, fits, even))
    together = min(chunk, max(1.0, patients * max(shares)))
    n_chunks = sum(max(1.0, patients * share / together) for share in shares)
    at_once = min(threads, n_chunks)
    memory += at_once * together * one_patient
    if sample:  # the chunks that hold the sample keep everything
        memory += min(at_once, len(plans)) * together * _COPIES_OF_COURSES * (whole_bytes - watched_bytes)
    disk += n_chunks * _FILES_OF_CHUNK
    seconds = _START_SECONDS + (seconds + n_chunks * _CHUNK_SECONDS) / at_once
    return Needs(memory, disk, seconds, chunk)


def refuse_numbers(**numbers: int | None) -> None:
    """Stop at a number of patients, seed, threads, chunk or sample that is none, too small, or absurdly large.

    Raises
    ------
    BadInput
        Names it, with what was expected.
    """
    least = {"patients": 1, "seed": 0, "threads": 1, "chunk": 1, "sample": 0}
    most = {"threads": 1024, "chunk": 100_000, "sample": 2**31, "patients": 2**31, "seed": 2**63 - 1}
    for name, value in numbers.items():
        if value is None and name in ("threads", "chunk"):
            continue
        number = whole(name, value, least[name])
        if number > most[name]:
            shown = f"{number:,}" if number < 10**30 else "a number of more than 30 digits"
            raise BadInput(f"{name}: got {shown}, expected at most {most[name]:,}.\n  Give a smaller number.")


def refuse_memory(memory_gb: float) -> None:
    """Stop where memory is no positive number [GB]."""
    if isinstance(memory_gb, bool) or not isinstance(memory_gb, (int, float)) or not 0 < memory_gb < float("inf"):
        raise BadInput(f"memory_gb: got {memory_gb!r}, expected a positive number of gigabytes, such as 4.")


def refuse_hopeless(
    patients: int, threads: int | None, memory_gb: float, *, of_each: float = _COPIES * _OTHER_ROWS, on_disk: float = 2.0 * _OTHER_ON_DISK
) -> None:  # fmt: skip
    """Stop at once, before a model is compiled, where the patients' barest rows would not fit.

    Parameters
    ----------
    patients, threads, memory_gb
        As they were asked for.
    of_each, on_disk
        What a patient takes at least in memory and on the disk [bytes].

    Raises
    ------
    BadInput
        What the run would take at least.
    """
    memory = _GROUND + patients * of_each
    if memory > memory_gb * _GB:
        seconds = patients * _FEWEST_CHECKS * _CHECK_SECONDS / (threads or 1)
        least = Needs(memory, patients * on_disk, seconds, USUAL_CHUNK)
        raise BadInput(_too_much(patients, least, memory_gb))


def refuse_at_once(plans: Sequence[Plan], patients: Sequence[int], threads: int | None) -> None:
    """Stop where patients that are simulated in one piece, in as many pieces at a time as there are threads, would not fit.

    For work that keeps numbers and no frames: replicates, sensitivity, windows, calibration.

    Parameters
    ----------
    plans, patients
        Each arm's, and how many it has in one piece.
    threads
        Pieces computed at a time.

    Raises
    ------
    BadInput
        What it would take, against `USUAL_MEMORY_GB`.
    """
    from livingdrug.course.equations import equations, watched

    most, workers = max(patients, default=0), threads or 1
    piece, free = float(sum(patients)) * _COPIES * _OTHER_ROWS, USUAL_MEMORY_GB * _GB - _GROUND
    if piece <= free:  # else refused without a look at the model
        rows = sum(n * sum(len(one.days) for one in plan.measured) for plan, n in zip(plans, patients, strict=True))
        courses = (
            n * _checks(plan) * len(watched(plan, equations(plan))) for plan, n in zip(plans, patients, strict=True)
        )
        piece += _COPIES * _ROW * rows + _COPIES_OF_COURSES * 8 * max(courses, default=0)
    if workers * piece > free:
        fit = int(free / piece)
        fewer = f", or on fewer threads (--threads {fit})" if 1 <= fit < workers else ""
        of_threads = f" on each of {workers} threads" if workers > 1 else ""
        raise BadInput(
            f"{most:,} patients simulated in one piece{of_threads} would take about {_size(_GROUND + workers * piece)} of memory, and {USUAL_MEMORY_GB:g} GB are allowed.\n"
            f"  Simulate fewer patients (-n){fewer}."
        )


def refuse_held(held: float, what: str) -> None:
    """Stop at results that memory would not hold.

    Raises
    ------
    BadInput
        What they would take, and what to change.
    """
    if _GROUND + held > USUAL_MEMORY_GB * _GB:
        raise BadInput(
            f"the results of {what} would take about {_size(_GROUND + held)} of memory, and {USUAL_MEMORY_GB:g} GB are allowed.\n"
            "  Ask for fewer of them, fewer patients (-n) or fewer endpoints; kept in a folder (out=…, -o …) they take less."
        )


def refuse_too_much(needs: Needs, *, patients: int, memory_gb: float, folder: Path | None) -> None:
    """Stop a run that would take more memory or disk than there is; say what a long one takes.

    Raises
    ------
    BadInput
        What it would take, what there is, and what to change.
    """
    if needs.memory > memory_gb * _GB:
        raise BadInput(_too_much(patients, needs, memory_gb))
    if folder is not None:
        place = _standing(folder)
        free = shutil.disk_usage(place).free
        if needs.disk > free:
            raise BadInput(
                f"{patients:,} patients would take {needs},\n  and {place} has {_size(free)} of disk left.\n"
                "  Choose another folder (-o), simulate fewer patients (-n) or keep fewer courses (--sample)."
            )
    if needs.seconds > _TOLD_SECONDS or needs.memory > _TOLD_BYTES or needs.disk > _TOLD_BYTES:
        _LOG.warning("This run takes %s.", needs)


def refuse_network(patients: int, replicates: int, policies: int, folder: Path | None) -> None:
    """Stop at replicates of a network that would take more memory or disk than there is; say what long ones take.

    Raises
    ------
    BadInput
        What they would take, and what to change.
    """
    told = replicates * policies
    memory = _GROUND + patients * _JOURNEY + told * _MEASURES
    needs = Needs(memory, 2.0 * told * _MEASURES_ON_DISK, _START_SECONDS + patients * told * _JOURNEY_SECONDS, patients)
    what = f"{replicates:,} replicates of {patients:,} patients under {policies} policies would take {needs}"
    less = "  Simulate fewer patients (-n) or replicates (-r), or fewer policies."
    if memory > USUAL_MEMORY_GB * _GB:
        raise BadInput(f"{what},\n  and {USUAL_MEMORY_GB:g} GB of memory are allowed.\n{less}")
    if folder is not None and needs.disk > (free := shutil.disk_usage(_standing(folder)).free):
        raise BadInput(f"{what},\n  and {_standing(folder)} has {_size(free)} of disk left.\n{less}")
    if needs.seconds > _TOLD_SECONDS or needs.memory > _TOLD_BYTES:
        _LOG.warning("This run takes %s.", needs)


def _standing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    place = folder.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    return place


def _too_much(patients: int, needs: Needs, memory_gb: float) -> str:
    return (
        f"{patients:,} patients in chunks of {needs.chunk} would take {needs},\n"
        f"  and {memory_gb:g} GB of memory are allowed.\n"
        "  Simulate fewer patients (-n), keep fewer courses (sample, --sample), use smaller chunks (--chunk) or fewer\n"
        "  threads (--threads); or allow more by memory_gb (--memory), if this computer has it."
    )


def _checks(plan: Plan) -> int:
    from livingdrug.clinic.protocol import check_days

    return len(check_days(plan.arm, plan.visits, plan.follow_up_days))


def _size(n_bytes: float) -> str:
    return f"{n_bytes / _GB:,.1f} GB" if n_bytes >= 0.95e9 else f"{max(1.0, n_bytes / 1e6):,.0f} MB"


def _time(seconds: float) -> str:
    for unit, size in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:.0f} seconds"
