"""What a run is made of, as hashes: two runs with equal manifests have equal frames."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.catalog.plan import digest
from livingdrug.foundation.errors import BadInput
from livingdrug.trial.standing import standing

if TYPE_CHECKING:
    from livingdrug.catalog.plan import Plan
    from livingdrug.catalog.records.trial import Trial

PACKAGES = ("antimony", "llvmlite", "numba", "numpy", "polars", "pydantic", "python-libsbml", "scipy")
"""In the order in which a stored manifest reads back, so that a report made later is the same page."""


def describe(
    plans: Sequence[Plan], trial: Trial, *, patients: int, seed: int, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """The manifest of a run: versions, seed, and content hashes of all that can move a number.

    Chunk size, threads and clock times are not in it, because results do not depend on them; nor do they on endpoints and
    outcomes, which are asked of the finished run.
    """
    files = {place: one for plan in plans for place, one in sorted(plan.hashes().items())}
    model = _folder_hashes("model", (".ant", ".toml"))
    fitted = {address: value for plan in plans for address, value in plan.fitted.items()}
    return {
        "note": "Simulation; not for patient care.",
        "livingdrug": _version("livingdrug"),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "trial": plans[0].trial,
        **({"standing": list(told)} if (told := standing(trial, plans)) else {}),
        "arms": [plan.arm.name for plan in plans],
        "design": trial.planned_design.model_dump(mode="json"),
        **_calendar(trial),
        "patients": patients,
        "seed": seed,
        "settings": dict(settings),
        "plan_sha256": digest({plan.arm.name: plan.sha256() for plan in plans}),
        "parameters_sha256": digest({**files, **model, **fitted}),
        **({"parameter_set_sha256": plans[0].parameter_set} if plans[0].parameter_set else {}),
        "code_sha256": code_sha256(),
        "catalog": files,
    }


def _calendar(trial: Trial) -> dict[str, Any]:
    """Enrolment and data cut-off, where the trial has them."""
    told = {"enrolment": trial.enrolment, "data_cutoff": trial.data_cutoff}
    return {name: one.model_dump(mode="json", exclude_defaults=True) for name, one in told.items() if one is not None}


def code_sha256() -> str:
    """Hash of this program's code, as this process found it."""
    return digest(_folder_hashes("", (".py",)))


def code_here() -> dict[str, str]:
    """Versions of Python and the libraries, and the hash of this program's code and model, as this process has them."""
    packages = {name: _version(name) for name in PACKAGES}
    code = {"code": code_sha256(), "model": digest(_folder_hashes("model", (".ant", ".toml")))}
    return {"python": platform.python_version(), **packages, **code}


def refuse_mismatch(stored: Mapping[str, Any], wanted: Mapping[str, Any], folder: Path) -> None:
    """Stop when a stored run is not the run that is asked for.

    Raises
    ------
    BadInput
        Names every difference.
    """
    different = [key for key in sorted({*stored, *wanted}) if stored.get(key) != wanted.get(key)]
    if not different:
        return
    lines = []
    for key in different:
        old, new = stored.get(key), wanted.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            names = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
            lines.append(f"    {key}: differs in {', '.join(names[:8])}")
        else:
            lines.append(f"    {key}: stored {_short(old)}, asked for {_short(new)}")
    raise BadInput(
        f"{folder} holds another run, so it cannot be resumed:\n"
        + "\n".join(lines)
        + "\n  Give the stored values, or write to another folder."
    )


def _short(value: Any) -> str:
    text = str(value)
    return f'"{text[:12]}…"' if len(text) == 64 else repr(value)


@cache
def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


@cache
def _folder_hashes(folder: str, endings: tuple[str, ...]) -> dict[str, str]:
    root = f"{Path(__file__).resolve().parent.parent}{os.sep}"
    files = (
        f"{place}{os.sep}{name}"
        for place, _, names in os.walk(os.path.join(root, folder).rstrip(os.sep))
        for name in names
        if name.endswith(endings) and not name.startswith(".")
    )
    return {path.removeprefix(root).replace(os.sep, "/"): _hash_file(path) for path in sorted(files)}


def _hash_file(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
