"""What an interrupted fit leaves behind, and how it goes on to the same bytes."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from livingdrug.fitting.data import KineticsData
from livingdrug.fitting.population import Theta
from livingdrug.fitting.saem import Settings, State
from livingdrug.fitting.sampling import Chains
from livingdrug.foundation.errors import BadInput
from livingdrug.trial.storage import make_folder, write_bytes

UNFINISHED = "unfinished_*.npz"


@dataclass(frozen=True)
class Checkpoint:
    """A place for the state of a fit; `mark` says of which fit it is."""

    folder: Path
    mark: str
    start: int = 0

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / f"unfinished_{self.start}.npz"

    def of_start(self, start: int) -> Checkpoint:
        """The place for the fit from another start."""
        return replace(self, start=start)

    @classmethod
    def of(
        cls, folder: Path | str | None, name: str, data: KineticsData, options: Mapping[str, Any], settings: Settings
    ) -> Checkpoint | None:
        """The place for one fit; None without a folder."""
        if folder is None:
            return None
        mark = hashlib.sha256()
        for part in (
            data.patient,
            data.time,
            data.value,
            data.censored,
            data.output,
            data.doses,
            data.occasion,
            data.changes,
        ):
            mark.update(np.ascontiguousarray(part).tobytes())
        mark.update(data.covariates.write_csv().encode())
        mark.update(json.dumps([name, options, asdict(settings)], sort_keys=True, default=str).encode())
        return cls(make_folder(Path(folder)), mark.hexdigest())

    def keep(self, state: State) -> None:
        """Write the state, whole or not at all."""
        chains = state.chains
        memory = io.BytesIO()
        np.savez(
            memory, mark=self.mark, beta=state.theta.beta, omega=state.theta.omega, error=state.theta.error,
            phi=chains.phi, fit=chains.fit, who=chains.who, chain=chains.chain, step=chains.step,
            joint_step=chains.joint_step, sweeps=chains.sweeps, first=state.statistics[0], second=state.statistics[1],
            own_mean=state.own_mean, own_spread=state.own_spread, curvature=state.curvature, trace=state.trace,
            done=state.done, counted=state.counted, share=state.theta.share,
        )  # fmt: skip
        write_bytes(self.path, memory.getvalue())

    def load(self) -> State | None:
        """The state kept; None when there is none.

        Raises
        ------
        BadInput
            It belongs to another fit, or is damaged.
        """
        path = self.path
        if not path.is_file():
            return None
        try:
            with np.load(path, allow_pickle=False) as file:
                kept = {name: file[name] for name in file.files}
        except (OSError, ValueError, EOFError) as problem:
            raise BadInput(f"{path} is damaged ({problem}).\n  Take it away and fit again.") from None
        if str(kept.get("mark", "")) != self.mark:
            raise BadInput(
                f"{path} is of another fit: its data, model, options or seed differ.\n"
                "  Ask for the same ones to go on, or choose another folder."
            )
        chains = Chains(
            kept["phi"], kept["fit"], kept["who"], kept["chain"], kept["step"], kept["joint_step"], int(kept["sweeps"])
        )
        theta = Theta(kept["beta"], kept["omega"], kept["error"], float(kept["share"]))
        return State(
            theta, chains, (kept["first"], kept["second"]), kept["own_mean"], kept["own_spread"], kept["curvature"],
            kept["trace"], int(kept["done"]), kept["counted"],
        )  # fmt: skip
