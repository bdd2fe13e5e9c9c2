"""The freeze: every prediction trial run once under one set of parameters, from a clean and tagged commit, and never again under it.

    clean? tagged? new parameters? ──► every prediction trial, many times ──► predictions/<hash>.csv, <hash>.json, a line in log.md

The hash is that of all that can move a number: mechanisms, catalogue files but trials, evidence and endpoints, and the parameter set laid on them.
A second run for the same hash is refused, and the log says that it was asked for.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.catalog.plan import digest, plan_arm
from livingdrug.fitting.board.rows import OUTCOMES, BoardRow, as_csv, board_rows
from livingdrug.foundation.errors import BadInput
from livingdrug.trial import storage

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.parameter_set import ParameterSet
    from livingdrug.catalog.records.trial import Trial

LOG = "log.md"
PREDICTION, CALIBRATION = "prediction", "calibration"
NOT_PARAMETERS = ("trial", "evidence", "endpoint", "outcome", "association", "determinants", "comparison")
"""Kinds of files that say who is asked what, not how a body behaves."""
MODEL = Path(__file__).parents[2] / "model"


@dataclass(frozen=True)
class Commit:
    """Where a freeze was made from.

    Attributes
    ----------
    revision, tag
        The commit and the tag that points at it.
    """

    revision: str
    tag: str


@dataclass(frozen=True)
class Frozen:
    """A finished freeze: the hash, its rows, and the files written."""

    sha256: str
    rows: tuple[BoardRow, ...]
    files: tuple[Path, ...]


def freeze(
    catalog: Catalog,
    folder: Path,
    commit: Commit,
    *,
    replicates: int,
    draws: Sequence[ParameterSet] = (),
    between_trials: Mapping[str, float] | None = None,
    seed: int = 7,
    threads: int = 1,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    progress: Callable[[str, int, int], None] | None = None,
) -> Frozen:
    """Run every prediction trial once under the catalogue's parameters, and write what is predicted.

    Parameters
    ----------
    catalog
        With the parameter set of the calibration laid on.
    folder
        Where predictions stand: ``docs/predictions``.
    commit
        The clean, tagged commit that is run: see `clean_and_tagged`.
    replicates, draws, between_trials, seed, threads
        As for `livingdrug.fitting.board.rows.board_rows`.
    progress
        Called as progress(trial, replicates done, replicates).

    Raises
    ------
    BadInput
        These parameters have been frozen before: said in the log; or there is no prediction trial.
    """
    trials = [one for name in catalog.names("trial") if (one := catalog.load("trial", name)).role == PREDICTION]
    if not trials:
        raise BadInput('the catalogue has no trial with role = "prediction": there is nothing to freeze.')
    sha, when = parameters_sha256(catalog, draws), now().strftime("%Y-%m-%d %H:%M UTC")
    table, told = folder / f"{sha}.csv", folder / f"{sha}.json"
    folder.mkdir(parents=True, exist_ok=True)
    if table.exists() or told.exists():
        _log(
            folder,
            f"{when}: refused, parameters {sha[:12]} were frozen before; asked for at {commit.tag}, commit {commit.revision[:12]}",
        )
        raise BadInput(
            f"parameters {sha[:12]}… have been frozen before: {table} stands there.\n"
            f"  A prediction is made once. {folder / LOG} now says that a second run was asked for; compare with `livingdrug validate`."
        )
    _log(
        folder,
        f"{when}: begun, parameters {sha[:12]}, tag {commit.tag}, commit {commit.revision[:12]}, {len(trials)} trials",
    )
    rows: list[BoardRow] = []
    for trial in trials:
        rows += board_rows(
            trial, catalog, replicates=replicates, draws=draws, between_trials=between_trials, seed=seed, threads=threads,
            done=(lambda done, total, name=trial.id: progress(name, done, total)) if progress else None,
        )  # fmt: skip
    text = as_csv(rows, without=OUTCOMES)
    storage.write_json(
        told,
        {
            "note": "Simulation; not for patient care. Predictions made before any outcome was looked at.",
            "frozen_on": when, "tag": commit.tag, "commit": commit.revision, "parameters_sha256": sha,
            "predictions_sha256": hashlib.sha256(text.encode()).hexdigest(), "replicates": replicates, "draws": len(draws),
            "seed": seed, "designs_sha256": {trial.id: design_sha256(trial.id, catalog) for trial in trials},
            "uses": {trial.id: shown_by(trial, catalog) or "never seen" for trial in trials},
            "approvals": "an approval tells the sign of a trial: the uses of approved products were known to be approved",
        },
    )  # fmt: skip
    table.write_text(text, encoding="utf-8", newline="\n")
    _log(
        folder,
        f"{when}: frozen, {table.name}, {len(rows)} rows, sha256 {hashlib.sha256(text.encode()).hexdigest()[:12]}",
    )
    return Frozen(sha, tuple(rows), (table, told, folder / LOG))


def parameters_sha256(catalog: Catalog, draws: Sequence[ParameterSet] = ()) -> str:
    """Hash of everything that can move a number of a given design: mechanisms, catalogue, the parameter set and its draws."""
    found: dict[str, str] = {}
    for path in sorted(MODEL.rglob("*")):
        if path.suffix in (".ant", ".toml"):
            found[f"model/{path.relative_to(MODEL).as_posix()}"] = hashlib.sha256(path.read_bytes()).hexdigest()
    found |= {name: digest(text) for name, text in catalog.model_texts().items()}
    for kind in catalog.kinds():
        if kind not in NOT_PARAMETERS:
            for name in catalog.names(kind):
                found[f"{kind}/{name}"] = hashlib.sha256(catalog.path(kind, name).read_bytes()).hexdigest()
    return digest({"files": found, "set": catalog.parameters.sha256, "draws": [one.sha256 for one in draws]})


def design_sha256(name: str, catalog: Catalog) -> str:
    """Hash of a trial's design: every arm as planned, and what is asked."""
    trial = catalog.load("trial", name)
    plans = {arm.name: plan_arm(trial, arm.name, catalog).sha256() for arm in trial.arms}
    return digest({"plans": plans, "asked": [use.model_dump(mode="json") for use in trial.endpoints]})


def shown_by(trial: Trial, catalog: Catalog) -> list[str]:
    """Calibration trials and registries that have shown one of a trial's products in its disease, in whatever line; none for a use never seen."""
    asked = _uses(trial)
    known = (catalog.load("trial", name) for name in catalog.names("trial") if catalog.has("evidence", name))
    return [one.id for one in known if one.role == CALIBRATION and asked & _uses(one)]


def _uses(trial: Trial) -> set[tuple[str, str]]:
    return {(arm.product, trial.disease) for arm in trial.arms if arm.product}


def clean_and_tagged(folder: Path) -> Commit:
    """The commit that a folder of version control stands at.

    Raises
    ------
    BadInput
        No version control, changes that are not committed, or no tag at this commit.
    """
    if _git(folder, "rev-parse", "--show-toplevel") is None:
        raise BadInput(f"{folder} is not under version control.\n  Run the freeze in a clone of the repository.")
    changed = _git(folder, "status", "--porcelain") or ""
    if changed.strip():
        first = changed.strip().splitlines()[0].strip()
        raise BadInput(
            f"the working tree is not clean ({first}, …): nobody could tell what was frozen.\n  Commit or remove the changes."
        )
    tag = _git(folder, "describe", "--tags", "--exact-match", "HEAD")
    if not tag:
        raise BadInput("no tag points at this commit.\n  Tag it first: git tag predictions-1")
    return Commit((_git(folder, "rev-parse", "HEAD") or "").strip(), tag.strip())


def frozen_in(folder: Path) -> dict[str, dict[str, Any]]:
    """Prediction trial -> the last freeze that holds it: date, hash and file; empty where nothing was frozen."""
    found: dict[str, dict[str, Any]] = {}
    if not folder.is_dir():
        return found
    stored = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    for one in sorted(stored, key=lambda each: str(each.get("frozen_on", ""))):
        for name in one.get("designs_sha256", {}):
            found[name] = {**one, "file": f"{one['parameters_sha256']}.csv"}
    return found


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _log(folder: Path, line: str) -> None:
    path = folder / LOG
    before = path.read_text(encoding="utf-8") if path.exists() else "# Freezes, and what was asked besides\n\n"
    path.write_text(f"{before}- {line}\n", encoding="utf-8", newline="\n")
