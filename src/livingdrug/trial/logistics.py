"""A network's replicates under each policy, kept one by one on the disk, so that a killed run loses nothing that was finished.

    plan.json ─► replicates/POLICY-0001.parquet … ─► measures.parquet, stays.parquet, network.toml, manifest.json ─► finished

A file is whole or absent; the manifest comes last, and replicates are removed after it.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug.catalog.plan import digest
from livingdrug.catalog.records.network import Network
from livingdrug.foundation.errors import BadInput
from livingdrug.manufacturing.network.journeys import AT_FACTORY, ENDS, STAGES, Journeys
from livingdrug.manufacturing.network.measures import WHOLE, measure
from livingdrug.manufacturing.network.people import n_of
from livingdrug.manufacturing.network.simulate import simulate
from livingdrug.manufacturing.network.soundness import check_counted, check_network
from livingdrug.trial import storage
from livingdrug.trial.estimate import refuse_network
from livingdrug.trial.lock import held

if TYPE_CHECKING:
    import polars as pl

PLAN, REPLICATES, MANIFEST, MEASURES, STAYS = (
    "plan.json",
    "replicates",
    "manifest.json",
    "measures.parquet",
    "stays.parquet",
)
OURS = (PLAN, REPLICATES, MANIFEST, MEASURES, STAYS)
SHOWN = 40
"""Patients whose stays are kept for a figure."""
Progress = Callable[[str, str, int, int], None]


@dataclass(frozen=True)
class Estimate:
    """A mean over replicates with its 95 % interval (Student's t)."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, values: np.ndarray) -> Estimate:
        """From one number a replicate; those of nobody are left out.

        >>> Estimate.of(np.array([1.0, 3.0])).mean
        2.0
        """
        from scipy.stats import t

        known = values[np.isfinite(values)]
        if known.size == 0:
            return cls(math.nan, math.nan, math.nan)
        mean = float(known.mean())
        if known.size == 1:
            return cls(mean, math.nan, math.nan)
        half = float(t.ppf(0.975, known.size - 1) * known.std(ddof=1) / math.sqrt(known.size))
        return cls(mean, mean - half, mean + half)


@dataclass(frozen=True)
class Logistics:
    """A finished run of a network.

    Attributes
    ----------
    network
        What was simulated.
    manifest
        Seed, patients, replicates, hash.
    measures
        Columns policy, replicate, measure, place, value.
    stays
        Stays of a sample of patients of the first replicate: policy, patient, stage, place, day_from, day_to, end.
    warnings
        What was told before the run.
    """

    network: Network
    manifest: dict[str, Any]
    measures: pl.DataFrame
    stays: pl.DataFrame
    warnings: tuple[str, ...]

    @cached_property
    def _values(self) -> dict[tuple[str, str, str], np.ndarray]:
        found: dict[tuple[str, str, str], list[float]] = {}
        for policy, _, name, place, value in self.measures.sort("policy", "replicate", maintain_order=True).iter_rows():
            found.setdefault((policy, name, place), []).append(value)
        return {key: np.array(values, dtype=float) for key, values in found.items()}

    def values(self, name: str, place: str = WHOLE, policy: str | None = None) -> np.ndarray:
        """One number a replicate, shaped (replicates,)."""
        return self._values.get((policy or self.network.policy, name, place), np.array([]))

    def estimate(self, name: str, place: str = WHOLE, policy: str | None = None) -> Estimate:
        """Mean over replicates, with its interval."""
        return Estimate.of(self.values(name, place, policy))

    def difference(self, name: str, policy: str, place: str = WHOLE) -> Estimate:
        """Another policy minus the network's own, replicate by replicate: the same patients with the same luck."""
        return Estimate.of(self.values(name, place, policy) - self.values(name, place))

    def table(self) -> pl.DataFrame:
        """Every measure of every policy with its interval: policy, measure, place, mean, low, high, replicates."""
        import polars as pl

        rows = [
            (policy, name, place, *_plain(Estimate.of(values)), int(np.isfinite(values).sum()))
            for (policy, name, place), values in self._values.items()
        ]
        columns = ["policy", "measure", "place", "mean", "low", "high", "replicates"]
        return pl.DataFrame(rows, schema=columns, orient="row")


def run_logistics(
    network: Network,
    *,
    patients: int | None = None,
    replicates: int | None = None,
    seed: int = 1,
    out: Path | None = None,
    resume: bool = False,
    force: bool = False,
    progress: Progress = lambda *told: None,
) -> Logistics:
    """Every replicate under every policy.

    Parameters
    ----------
    network
        The network; its soundness is checked first.
    patients, replicates
        Of one replicate, and how many; as the file says when omitted.
    seed
        The same seed gives the same patients, whatever the policy, and the same results.
    out
        Folder to write; None keeps the result in memory.
    resume, force
        Complete an interrupted run; replace what is in the folder.
    progress
        Called with (policy, stage, done, total).

    Raises
    ------
    BadInput
        The network cannot serve those who come, or the folder holds something else.
    """
    warnings = check_logistics(network, patients)
    n, r = n_of(network, patients), network.replicates if replicates is None else replicates
    if r < 2:
        raise BadInput(f"got {r} replicate, expected at least 2: one has no interval.")
    refuse_network(n, r, len(network.policies), out)
    manifest = {"network": network.id, "title": network.title, "patients": n, "replicates": r, "seed": seed,
                "policies": list(network.policies), "network_sha256": digest(network.model_dump(mode="json")),
                "livingdrug": _version()}  # fmt: skip
    folder = storage.make_folder(out) if out is not None else None
    with held(folder) if folder is not None else nullcontext():
        if folder is not None:
            _take(folder, manifest, resume=resume, force=force)
            if (folder / MANIFEST).exists():
                measures, stays = storage.read_frame(folder / MEASURES), storage.read_frame(folder / STAYS)
                return Logistics(network, manifest, measures, stays, warnings)
        measures, stays = _all(network, manifest, folder, progress)
        if folder is not None:
            _finish(folder, network, manifest, measures, stays)
    return Logistics(network, manifest, measures, stays, warnings)


def check_logistics(network: Network, patients: int | None = None) -> tuple[str, ...]:
    """What is to be told of a network before it is simulated; see `check_network` and `check_counted` for what is refused."""
    warnings = check_network(network)
    check_counted(network, n_of(network, patients))
    return warnings


def _all(
    network: Network, manifest: dict[str, Any], folder: Path | None, progress: Progress
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Measures of all replicates, and the stays of a sample under each policy."""
    import polars as pl

    total, measures, stays = manifest["replicates"], [], []
    for policy in network.policies:
        for k in range(total):
            place = folder / REPLICATES / f"{policy}-{k + 1:05d}.parquet" if folder is not None else None
            if place is None or not place.exists() or k == 0:  # the first one gives the sample, too
                found = simulate(
                    network, policy=policy, patients=manifest["patients"], seed=manifest["seed"], replicate=k
                )
                frame = measure(network, found).select(
                    pl.lit(policy).alias("policy"), pl.lit(k + 1).alias("replicate"), "measure", "place", "value"
                )
                if place is not None:
                    storage.write_frame(place, frame)
                if k == 0:
                    stays.append(_sample(network, found, policy))
            else:
                frame = storage.read_frame(place)
            measures.append(frame)
            progress(policy, "replicates", k + 1, total)
    return pl.concat(measures), pl.concat(stays)


def _sample(network: Network, found: Journeys, policy: str) -> pl.DataFrame:
    """Stays of the first patients that are counted."""
    import polars as pl

    first = int(np.searchsorted(found.people.arrived, network.warm_up_days))
    shown = (found.visit_patient >= first) & (found.visit_patient < first + SHOWN)
    centres, factories = ([one.name for one in places] for places in (network.centres, network.factories))
    rows = []
    for k in np.flatnonzero(shown):
        who, stage, place = (int(column[k]) for column in (found.visit_patient, found.visit_stage, found.visit_place))
        name = f"{centres[found.people.centre[who]]} {found.people.number[who] + 1}"
        where = (factories if stage in AT_FACTORY else centres)[place]
        rows.append(
            (
                policy,
                name,
                STAGES[stage],
                where,
                float(found.visit_from[k]),
                float(found.visit_to[k]),
                ENDS[found.end[who]],
            )
        )
    columns = {"policy": pl.String, "patient": pl.String, "stage": pl.String, "place": pl.String,
               "day_from": pl.Float64, "day_to": pl.Float64, "end": pl.String}  # fmt: skip
    return pl.DataFrame(rows, schema=columns, orient="row")


def _take(folder: Path, manifest: dict[str, Any], *, resume: bool, force: bool) -> None:
    """Begin in a folder, or go on there; what a kill left half-written is removed."""
    for left in [*folder.glob(".*.part"), *folder.glob(f"{REPLICATES}/.*.part")]:
        left.unlink(missing_ok=True)
    there = [name for name in OURS if (folder / name).exists()]
    if force:
        for name in [MANIFEST, *OURS]:  # the manifest first: what is left is no finished run
            path = folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    elif resume and PLAN in there:
        differs = [key for key, value in storage.read_json(folder / PLAN).items() if manifest.get(key) != value]
        if differs:
            raise BadInput(
                f"{folder} holds another run: {', '.join(differs)} differ.\n"
                "  Give the same network, numbers and seed, begin anew by --force, or choose another folder with -o."
            )
    elif there:
        state = "a finished run" if MANIFEST in there else "an unfinished run"
        raise BadInput(
            f"{folder} holds {state} ({there[0]}).\n"
            "  Go on with it by --resume, replace it by --force, or choose another folder with -o."
        )
    if not (folder / MANIFEST).exists():
        storage.make_folder(folder / REPLICATES)
        storage.write_json(folder / PLAN, manifest)


def _finish(
    folder: Path, network: Network, manifest: dict[str, Any], measures: pl.DataFrame, stays: pl.DataFrame
) -> None:
    storage.write_frame(folder / MEASURES, measures)
    storage.write_frame(folder / STAYS, stays)
    storage.write_json(folder / "network.json", network.model_dump(mode="json", by_alias=True))
    storage.write_json(folder / MANIFEST, manifest)
    shutil.rmtree(folder / REPLICATES, ignore_errors=True)


def _plain(found: Estimate) -> Iterator[float]:
    yield from (found.mean, found.low, found.high)


def _version() -> str:
    from importlib.metadata import version

    return version("livingdrug")
