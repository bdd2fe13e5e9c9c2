"""The freeze: prediction trials run once under one set of parameters, from a clean and tagged commit, and never again in the same folder.

    clean? tagged? not frozen before? ──► each trial, many times ──► predictions/<parameters>-<designs>.csv, .json, a line in log.md

The hash of parameters is that of all that can move a number: mechanisms, catalogue files but trials, evidence and endpoints, and the parameter set laid on
them. A trial that an earlier freeze holds, or a design that one holds under another name, is refused, and the log says that it was asked for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.catalog.plan import digest, plan_arm
from livingdrug.fitting.board.rows import OUTCOMES, BoardRow, as_csv, board_rows
from livingdrug.fitting.board.tagged import Commit
from livingdrug.foundation.errors import BadInput
from livingdrug.trial import storage
from livingdrug.trial.standing import standing_of

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
    names: Sequence[str] = (),
    replicates: int,
    draws: Sequence[ParameterSet] = (),
    between_trials: Mapping[str, float] | None = None,
    seed: int = 7,
    threads: int = 1,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    progress: Callable[[str, int, int], None] | None = None,
) -> Frozen:
    """Run prediction trials once under the catalogue's parameters, and write what is predicted.

    Parameters
    ----------
    catalog
        With the parameter set of the calibration laid on.
    folder
        Where predictions stand: ``docs/predictions``.
    commit
        The clean, tagged commit that is run: see `livingdrug.fitting.board.tagged.clean_and_tagged`.
    names
        Prediction trials to freeze; every one that no freeze in the folder holds when omitted.
    replicates, draws, between_trials, seed, threads
        As for `livingdrug.fitting.board.rows.board_rows`.
    progress
        Called as progress(trial, replicates done, replicates).

    Raises
    ------
    BadInput
        A trial or its design has been frozen before: said in the log; a name is not that of a prediction trial, or there is none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    when = now().strftime("%Y-%m-%d %H:%M UTC")
    sha = parameters_sha256(catalog, draws)
    new = _not_frozen(
        _asked(catalog, names),
        catalog,
        folder,
        named=bool(names),
        asked=f"{when}: refused, {{}}; asked for at {_place(commit)}",
    )
    designs = {trial.id: design_sha256(trial.id, catalog) for trial in new}
    stem = f"{sha[:12]}-{digest(designs)[:12]}"
    table, told = folder / f"{stem}.csv", folder / f"{stem}.json"
    _log(folder, f"{when}: begun, parameters {sha[:12]}, tag {_place(commit)}, {', '.join(designs)}")

    rows: list[BoardRow] = []
    for trial in new:
        mine = board_rows(
            trial, catalog, replicates=replicates, draws=draws, between_trials=between_trials, seed=seed, threads=threads,
            done=(lambda done, total, name=trial.id: progress(name, done, total)) if progress else None,
        )  # fmt: skip
        rows += _with_standing(trial, mine, catalog)

    text = as_csv(rows, without=OUTCOMES)
    sha_of_rows = hashlib.sha256(text.encode()).hexdigest()
    facts = {
        "frozen_on": when, "tag": commit.tag, "commit": commit.revision, "parameters_sha256": sha, "set_sha256": catalog.parameters.sha256,
        "predictions_sha256": sha_of_rows, "replicates": replicates, "draws": len(draws), "seed": seed, "designs_sha256": designs,
    }  # fmt: skip
    storage.write_json(told, {**facts, **_rests_on(new, catalog)})
    table.write_text(text, encoding="utf-8", newline="\n")
    _log(folder, f"{when}: frozen, {table.name}, {len(rows)} rows, sha256 {sha_of_rows[:12]}")
    return Frozen(sha, tuple(rows), (table, told, folder / LOG))


def _place(commit: Commit) -> str:
    return f"{commit.tag}, commit {commit.revision[:12]}"


def _not_frozen(trials: Sequence[Trial], catalog: Catalog, folder: Path, *, named: bool, asked: str) -> list[Trial]:
    """Those of the trials that no freeze in the folder holds; a refusal, said in the log, where one was named that is, or none is left."""
    frozen = frozen_in(folder)
    before = {trial.id: words for trial in trials if (words := _frozen_before(trial, frozen, catalog))}
    new = [trial for trial in trials if trial.id not in before]
    if before and (named or not new):
        held = "; ".join(before.values())
        _log(folder, asked.format(held))
        raise BadInput(
            f"{held}.\n  A prediction is made once; {folder / LOG} now says that a second run was asked for. Compare with `livingdrug validate`."
            "\n  Name trials that no freeze holds, or freeze another set of parameters in a folder of its own (-o)."
        )
    return new


def _rests_on(trials: Sequence[Trial], catalog: Catalog) -> dict[str, Any]:
    """What a reader of the predictions has to know first."""
    return {
        "note": "Simulation; not for patient care. Predictions made before any outcome was looked at.",
        "standing": {
            one.id: list(standing_of(one, catalog)) or ["calibrated: no part of it is a scenario"] for one in trials
        },
        "uses": {one.id: shown_by(one, catalog) or "never seen" for one in trials},
        "approvals": "an approval tells the sign of a trial: the uses of approved products were known to be approved",
    }


def _asked(catalog: Catalog, names: Sequence[str]) -> list[Trial]:
    """The prediction trials of these names, or all of them."""
    known = {one.id: one for name in catalog.names("trial") if (one := catalog.load("trial", name)).role == PREDICTION}
    if not known:
        raise BadInput('the catalogue has no trial with role = "prediction": there is nothing to freeze.')
    if wrong := [name for name in names if name not in known]:
        raise BadInput(f'"{wrong[0]}" is no trial kept for prediction.\n  Known: {", ".join(known)}.')
    return [known[name] for name in dict.fromkeys(names)] if names else list(known.values())


def _frozen_before(trial: Trial, frozen: Mapping[str, Mapping[str, Any]], catalog: Catalog) -> str:
    """Which freeze holds a trial, or its design under another name; empty where none does."""
    as_named = {name: _design(trial.model_copy(update={"id": name}), catalog) for name in {trial.id, *frozen}}
    same = [name for name, one in frozen.items() if one["designs_sha256"][name] == as_named[name]]
    held = trial.id if trial.id in frozen else next(iter(same), "")
    if not held:
        return ""
    one = frozen[held]
    words = (
        f"{trial.id} was frozen on {one['frozen_on']} under parameters {one['parameters_sha256'][:12]} ({one['file']})"
    )
    if held != trial.id:
        return f"{words}, as {held}"
    return words if held in same else f"{words}; its plan has changed since, its prediction stands"


def _with_standing(trial: Trial, rows: Sequence[BoardRow], catalog: Catalog) -> list[BoardRow]:
    """The rows, those that rest on something never calibrated saying so."""
    told = {arm.name: "; ".join(standing_of(trial, catalog, [arm.name])) for arm in trial.arms}
    every = "; ".join(standing_of(trial, catalog))
    words = [told.get(row.arm, every) for row in rows]
    return [
        replace(row, provenance=f"{row.provenance}; {word}") if word else row
        for row, word in zip(rows, words, strict=True)
    ]


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
    return _design(catalog.load("trial", name), catalog)


def _design(trial: Trial, catalog: Catalog) -> str:
    plans = {arm.name: plan_arm(trial, arm.name, catalog).sha256() for arm in trial.arms}
    return digest({"plans": plans, "asked": [use.model_dump(mode="json") for use in trial.endpoints]})


def shown_by(trial: Trial, catalog: Catalog) -> list[str]:
    """Calibration trials and registries that have shown one of a trial's products in its disease, in whatever line; none for a use never seen."""
    asked = _uses(trial)
    known = (catalog.load("trial", name) for name in catalog.names("trial") if catalog.has("evidence", name))
    return [one.id for one in known if one.role == CALIBRATION and asked & _uses(one)]


def _uses(trial: Trial) -> set[tuple[str, str]]:
    return {(arm.product, trial.disease) for arm in trial.arms if arm.product}


def frozen_in(folder: Path) -> dict[str, dict[str, Any]]:
    """Prediction trial -> the last freeze that holds it: date, hashes and file; empty where nothing was frozen."""
    found: dict[str, dict[str, Any]] = {}
    if not folder.is_dir():
        return found
    stored = [(path, json.loads(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*.json"))]
    for path, one in sorted(stored, key=lambda each: str(each[1].get("frozen_on", ""))):
        for name in one.get("designs_sha256", {}):
            found[name] = {**one, "file": f"{path.stem}.csv"}
    return found


def _log(folder: Path, line: str) -> None:
    path = folder / LOG
    before = path.read_text(encoding="utf-8") if path.exists() else "# Freezes, and what was asked besides\n\n"
    path.write_text(f"{before}- {line}\n", encoding="utf-8", newline="\n")
