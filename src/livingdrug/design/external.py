"""A borrowed control: one arm against patients of another run, as they are, weighted, or matched; and how drift misleads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.design.propensity import (
    HOW,
    Effect,
    balance,
    difference,
    effective_size,
    log_hazard_ratio,
    matches,
    propensity,
    weights,
)  # fmt: skip
from livingdrug.foundation import streams
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.foundation.notebook import as_html

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.trial.result import Result

Floats = NDArray[np.float64]
Z95 = 1.959963984540054
MOST_REPLICATES = 100_000


@dataclass(frozen=True)
class People:
    """Those an endpoint counts: covariates (n, p), and outcome: success (n,), or time [day] and event (n,)."""

    x: Floats
    names: tuple[str, ...]
    success: NDArray[np.bool_] | None = None
    time: Floats | None = None
    event: NDArray[np.bool_] | None = None

    @property
    def n(self) -> int:
        return len(self.x)

    def only(self, rows: Any) -> People:
        """Some of them."""
        outcome = {
            name: None if (one := getattr(self, name)) is None else one[rows] for name in ("success", "time", "event")
        }
        return People(self.x[rows], self.names, **outcome)

    def seen(self, names: Sequence[str]) -> People:
        """With some covariates alone."""
        return People(
            self.x[:, [self.names.index(name) for name in names]], tuple(names), self.success, self.time, self.event
        )


@dataclass(frozen=True, repr=False)
class External:
    """An arm against an external control.

    Attributes
    ----------
    table
        One row a way (as they are, weighting, matching): how, measure, estimate, ci_low, ci_high, n_trial, n_external (effective), p_value.
        Trial minus external, or the hazard ratio of the trial to it.
    balance
        One row a covariate: standardised difference under each way.
    """

    endpoint: str
    table: pl.DataFrame
    balance: pl.DataFrame

    def __repr__(self) -> str:
        told = [
            f"{row['how']} {row['estimate']:.3g} ({row['ci_low']:.3g} to {row['ci_high']:.3g})"
            for row in self.table.to_dicts()
        ]
        return f"{self.endpoint}, {self.table['measure'][0]}: {'; '.join(told)}"

    def _repr_html_(self) -> str:
        """For notebooks."""
        return as_html(repr(self), self.table, self.balance, titles=("", "Standardised differences"))


def external_control(
    run: Result, control: Result, endpoint: str, covariates: Sequence[str], *, arm: str | None = None, control_arm: str | None = None
) -> External:  # fmt: skip
    """One arm of a run against an arm of another: as they are, weighted to the trial's people, and matched to them.

    Parameters
    ----------
    run, control
        Finished runs.
    endpoint
        A proportion or a time to event.
    covariates
        Numbers known at the start, columns of ``result.patients``, that the propensity may use.
    arm, control_arm
        The first of each when omitted.

    Raises
    ------
    BadInput
        Another kind of endpoint, people without these covariates, nobody who is alike, or no events.
    UnknownName
        No such covariate, arm or endpoint.
    """
    mine, theirs = people_of(run, endpoint, covariates, arm), people_of(control, endpoint, covariates, control_arm)
    return against(mine, theirs, run.endpoint(endpoint).title)


def against(mine: People, theirs: People, title: str) -> External:
    """People of a trial against others who had the same endpoint, called by its title; raises as `external_control`."""
    import polars as pl

    rows, apart = [], {"covariate": list(mine.names)}
    for how in HOW:
        found, weight, inside = _effect(mine, theirs, how)
        apart[how] = balance(np.concatenate([mine.x, theirs.x]), inside, weight).tolist()
        rows.append(
            {
                "how": how,
                **_told(found, mine),
                "n_trial": effective_size(weight[inside]),
                "n_external": effective_size(weight[~inside]),
            }
        )
    return External(title, pl.DataFrame(rows), pl.DataFrame(apart))


def drift(
    run: Result, endpoint: str, covariates: Sequence[str], *, drifting: str, drifts: Sequence[float], n: int, m: int,
    replicates: int = 500, seed: int = 1, arm: str | None = None,
) -> pl.DataFrame:  # fmt: skip
    """How far a borrowed control misleads when its patients differ: all are of one arm of one run, so every true difference is none.

    In each replicate n people are drawn for the trial, and m others for the control, by odds that rise e-fold to the power `drift` for
    each standard deviation of the drifting covariate. The propensity knows `covariates`; one that drifts and is not among them stays hidden.

    Parameters
    ----------
    run
        A finished run of many people.
    drifting
        The covariate in which the control differs.
    drifts
        How far, e.g. ``(0, 0.5, 1)``.
    n, m
        Size of trial and control.
    replicates, seed
        Of the draws.

    Returns
    -------
    One row a drift and way: drift, how, measure, bias (difference, or logarithm of the hazard ratio), its Monte Carlo error, mean
    standard error, type_1_error (two-sided 0.05) with its Monte Carlo error, and replicates that could be told.

    Raises
    ------
    BadInput
        Too few people in the run for these sizes, or numbers that make no sense.
    """
    import polars as pl

    whole = people_of(run, endpoint, dict.fromkeys([*covariates, drifting]), arm)
    if min(n, m) < 2 or whole.n < 1.5 * (n + m):
        raise BadInput(
            f"got a trial of {n} and a control of {m} from {whole.n} people; expected sizes from 2, and at least {1.5 * (n + m):.0f} people to draw from.\n"
            "  Run the trial with more patients (-n), or draw fewer."
        )
    if (
        not 1 <= replicates <= MOST_REPLICATES
        or not drifts
        or not np.isfinite(np.asarray(drifts, float)).all()
        or max(map(abs, drifts)) > 5
    ):
        raise BadInput(
            f"expected 1 to {MOST_REPLICATES:,} replicates and drifts between -5 and 5, got {replicates} and {list(drifts)}."
        )
    column = whole.x[:, whole.names.index(drifting)]
    if column.std() == 0:
        raise BadInput(f'everybody has one value of "{drifting}", so it cannot drift.\n  Name another covariate.')
    score, numbers = (column - column.mean()) / column.std(), np.arange(whole.n, dtype=np.int64)
    rows = []
    for far in drifts:
        effects: dict[str, list[Effect]] = {how: [] for how in HOW}
        for r in range(replicates):
            trial = np.argsort(streams.uniform(seed, "design/external/trial", numbers, r), kind="stable")[:n]
            keys = streams.exponential(seed, "design/external/control", numbers, r) * np.exp(-far * score)
            keys[trial] = np.inf
            control = np.argsort(keys, kind="stable")[:m]
            mine, theirs = (whole.only(chosen).seen(covariates) for chosen in (trial, control))
            for how in HOW:
                try:
                    effects[how].append(_effect(mine, theirs, how)[0])
                except (
                    BadInput
                ):  # no events on a side, nobody alike: this trial cannot be told, and the row says how many could
                    continue
        rows += [{"drift": float(far), "how": how, **_summary(found, whole)} for how, found in effects.items() if found]
    return pl.DataFrame(rows)


def people_of(run: Result, endpoint: str, covariates: Sequence[str] | Mapping[str, Any], arm: str | None) -> People:
    """Those whom an endpoint counts in an arm, with their covariates; who lacks one is refused, not dropped."""
    import polars as pl

    chosen = arm or run.arms[0]
    found = run.endpoint(endpoint, chosen)
    known = run.patients.columns
    for name in covariates:
        if name not in known or (not run.patients[name].dtype.is_numeric() and run.patients[name].dtype != pl.Boolean):
            numbers = [c for c in run.questions.covariates if c in known]
            raise UnknownName("covariate of this run", name, numbers)
    frame = found.patients.join(
        run.patients.filter(pl.col("arm") == chosen).select("patient", *covariates), on="patient", how="left"
    )
    x = frame.select(pl.col(name).cast(pl.Float64) for name in covariates).to_numpy()
    if not np.isfinite(x).all():
        bad = next(name for k, name in enumerate(covariates) if not np.isfinite(x[:, k]).all())
        raise BadInput(
            f'not everybody counted by "{endpoint}" has a value of "{bad}".\n  Name covariates that are known at the start.'
        )
    if frame.height < 2:
        raise BadInput(f'endpoint "{endpoint}" counts {frame.height} patients of arm "{chosen}".\n  Give a larger run.')
    if "success" in frame.columns:
        return People(x, tuple(covariates), success=frame["success"].cast(pl.Boolean).to_numpy())
    if "cause" in frame.columns:
        return People(
            x, tuple(covariates), time=frame["time_days"].to_numpy().astype(float), event=frame["cause"].to_numpy() == 1
        )
    raise BadInput(f'endpoint "{endpoint}" is a {found.record.kind}; expected a proportion or a time to event.')


def _effect(mine: People, theirs: People, how: str) -> tuple[Effect, Floats, NDArray[np.bool_]]:
    inside = np.arange(mine.n + theirs.n) < mine.n
    weight = np.ones(inside.size)
    if how != "none":
        chance = propensity(np.concatenate([mine.x, theirs.x]), inside)
        weight = weights(chance, inside) if how == "weighting" else matches(chance, inside)
        if weight[inside].sum() < 2 or weight[~inside].sum() <= 0:
            raise BadInput(
                "nobody of the control is like the trial's people.\n  Use fewer covariates, or another control."
            )
    if mine.success is not None and theirs.success is not None:
        return difference(np.concatenate([mine.success, theirs.success]), inside, weight), weight, inside
    time, event = (
        np.concatenate([np.asarray(getattr(side, name)) for side in (mine, theirs)]) for name in ("time", "event")
    )
    return log_hazard_ratio(time, event, inside, weight), weight, inside


def _told(found: Effect, mine: People) -> dict[str, Any]:
    from scipy.special import ndtr

    ends = [found.estimate, found.estimate - Z95 * found.error, found.estimate + Z95 * found.error]
    ratio = mine.success is None
    value, low, high = (float(np.exp(end)) if ratio else float(end) for end in ends)
    measure = "hazard ratio" if ratio else "difference of proportions"
    return {
        "measure": measure,
        "estimate": value,
        "ci_low": low,
        "ci_high": high,
        "p_value": float(2 * ndtr(-abs(found.z))),
    }


def _summary(found: Sequence[Effect], whole: People) -> dict[str, Any]:
    estimates = np.array([one.estimate for one in found])
    wrong = np.mean([abs(one.z) > Z95 for one in found])
    k = len(found)
    return {
        "measure": "log hazard ratio" if whole.success is None else "difference of proportions",
        "bias": float(estimates.mean()), "bias_error": float(estimates.std(ddof=1) / np.sqrt(k)) if k > 1 else None,
        "standard_error": float(np.mean([one.error for one in found])), "type_1_error": float(wrong),
        "type_1_error_error": float(np.sqrt(wrong * (1 - wrong) / k)), "replicates": k,
    }  # fmt: skip
