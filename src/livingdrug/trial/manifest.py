"""What a run is made of, as hashes: two runs with equal manifests have equal frames."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from livingdrug.foundation.errors import BadInput

PACKAGES = ("numpy", "scipy", "numba", "llvmlite", "polars", "pydantic", "antimony", "python-libsbml")
# Told after the simulation, or only shown beside it: they cannot move a course.
_NOT_SIMULATED = ("endpoint", "evidence", "trial")
_ALWAYS_READ = ("assay", "scale", "guideline")
_TRIAL_TOLD = ("id", "title", "endpoint", "endpoints", "role", "sources")


def describe(
    trial: Any, arms: Sequence[str], *, patients: int, seed: int, settings: Mapping[str, Any], catalog: Any
) -> dict[str, Any]:
    """The manifest of a run: versions, seed, and content hashes of all that can move a number.

    Chunk size, threads and clock times are not in it, because results do not depend on them.
    """
    files = catalog_files(trial, catalog)
    model = _folder_hashes("model", (".ant", ".toml"))
    return {
        "note": "Simulation; not for patient care.",
        "livingdrug": _version("livingdrug"),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "trial": str(trial.id),
        "arms": list(arms),
        "patients": patients,
        "seed": seed,
        "settings": dict(settings),
        "trial_sha256": _hash_of({k: v for k, v in trial.model_dump(mode="json").items() if k not in _TRIAL_TOLD}),
        "parameters_sha256": _hash_of({**files, **model}),
        "code_sha256": _hash_of(_folder_hashes("", (".py",))),
        "catalog": files,
    }


def catalog_files(trial: Any, catalog: Any) -> dict[str, str]:
    """Content hash of every catalog file the simulation of this trial may read, by "kind/id".

    Found by following names: any text in the trial that is the id of a catalog record leads to that record, and so on.
    """
    kinds = [kind for kind in catalog.kinds() if kind not in _NOT_SIMULATED]
    known = {(kind, name) for kind in kinds for name in catalog.names(kind)}
    found = {key for key in known if key[0] in _ALWAYS_READ}
    waiting = sorted(found)
    words = set(_words(trial.model_dump(mode="json")))
    own = {path.stem: path for path in sorted(Path(word) for word in words if word.endswith(".toml")) if path.is_file()}
    for path in own.values():  # policies that are files of the user's
        words |= set(_words(catalog.load("guideline", path).model_dump(mode="json")))
    while True:
        new = {key for key in known - found if key[1] in words}
        found |= new
        waiting += sorted(new)
        if not waiting:
            break
        words = set()
        for kind, name in waiting:
            words |= set(_words(catalog.load(kind, name).model_dump(mode="json")))
        waiting = []
    files = {f"{kind}/{name}": _hash_file(Path(catalog.path(kind, name))) for kind, name in sorted(found)}
    return {**files, **{f"guideline/{name}.toml": _hash_file(path) for name, path in own.items()}}


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


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [word for key, inner in value.items() for word in (str(key), *_words(inner))]
    if isinstance(value, (list, tuple)):
        return [word for inner in value for word in _words(inner)]
    return []


@cache
def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


@cache
def _folder_hashes(folder: str, endings: tuple[str, ...]) -> dict[str, str]:
    root = Path(__file__).resolve().parent.parent
    files = sorted(path for path in (root / folder).rglob("*") if path.suffix in endings)
    return {path.relative_to(root).as_posix(): _hash_file(path) for path in files}


def _hash_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _hash_of(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
