"""One endpoint of one run: its numbers in a table, at given times, and as a curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.foundation.errors import BadInput
from livingdrug.outcome.estimators.cumulative_incidence import IncidenceCurve, cumulative_incidence
from livingdrug.outcome.estimators.exact_binomial import exact_binomial
from livingdrug.outcome.estimators.geometric_mean import geometric_mean
from livingdrug.outcome.estimators.kaplan_meier import SurvivalCurve, kaplan_meier
from livingdrug.outcome.estimators.log_rank import log_rank
from livingdrug.outcome.estimators.quantiles import median, quantiles

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.records.endpoint import Record as Endpoint

Floats = NDArray[np.float64]
CARRIED = 0.05  # how far beyond the last time watched a curve is carried on, as a share of that time


@dataclass(frozen=True)
class EndpointResult:
    """One endpoint of one run, by arm.

    Attributes
    ----------
    record
        The endpoint's definition.
    arms
        Arms shown, in the trial's order.
    patients
        One row per patient counted: arm, patient, and ``success``; or ``time_days`` and ``cause`` (0 censored, 1 the
        event, 2 a competing event); or ``value``. Patients whose simulation failed are never counted.
    n_left_out
        Patients counted by the definition, but without a value (quantities only), by arm.
    level
        Confidence level of all intervals.
    """

    record: Endpoint
    arms: tuple[str, ...]
    patients: pl.DataFrame
    n_left_out: dict[str, int]
    level: float = 0.95

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def title(self) -> str:
        return self.record.title

    def __repr__(self) -> str:
        return f"{self.title}: " + "; ".join(f"{arm} {self.headline(arm)}" for arm in self.arms)

    def headline(self, arm: str | None = None) -> str:
        """The first number of an arm (the first when omitted) in words: ``"81% (78-84), n = 812"``."""
        return _told(self._rows(self.arms[0] if arm is None else arm)[0])

    def at(self, times: Sequence[float] | float | None = None, unit: str | None = None) -> pl.DataFrame:
        """The curve at given times.

        Parameters
        ----------
        times
            Times from the endpoint's origin; the endpoint's own when omitted.
        unit
            Unit of `times`, e.g. ``"month"`` (a twelfth of 365.25 days); the endpoint's own when omitted.

        Returns
        -------
        One row per arm and time: arm, time, unit, estimate (a share between 0 and 1), ci_low, ci_high, n_at_risk.
        The estimate is null beyond the last time anybody was watched; it is carried on for one twentieth of that
        time, with nobody at risk, so that "5 years from remission" exists in a trial of 5 years from infusion.

        Raises
        ------
        BadInput
            The endpoint is not a time to an event; use `table`.
        """
        import polars as pl

        from livingdrug.foundation.units import factor

        self._must_be("time_to_event", "table()")
        unit = unit or self.record.at_unit
        wanted = np.atleast_1d(np.asarray(self.record.at if times is None else times, dtype=np.float64))
        if (wanted < 0).any() or not np.isfinite(wanted).all():
            raise BadInput(f"times must be finite and not negative, got {wanted.tolist()} {unit}.")
        days = wanted * factor(unit, "day")
        rows = []
        for arm in self.arms:
            found = self.estimate_curve(arm).at(days, beyond=CARRIED)
            keys = ("estimate", "ci_low", "ci_high")
            if isinstance(self.estimate_curve(arm), SurvivalCurve) and self.record.curve == "incidence":
                found = {**found, "estimate": 1 - found["estimate"]}
                found["ci_low"], found["ci_high"] = 1 - found["ci_high"], 1 - found["ci_low"]
            rows += [
                (arm, float(time), unit, *(float(found[key][i]) for key in keys), int(found["n_at_risk"][i]))
                for i, time in enumerate(wanted)
            ]
        columns = ["arm", "time", "unit", "estimate", "ci_low", "ci_high", "n_at_risk"]
        types = [pl.String, pl.Float64, pl.String, pl.Float64, pl.Float64, pl.Float64, pl.Int64]
        return pl.DataFrame(rows, schema=dict(zip(columns, types, strict=True)), orient="row").fill_nan(None)

    def curve(self) -> pl.DataFrame:
        """The whole step curve, beginning at time 0: arm, day, estimate, ci_low, ci_high, n_at_risk, n_events, n_censored.

        Raises
        ------
        BadInput
            The endpoint is not a time to an event.
        """
        import polars as pl

        self._must_be("time_to_event", "table()")
        parts = []
        for arm in self.arms:
            c = self.estimate_curve(arm)
            if isinstance(c, IncidenceCurve):
                estimate, low, high, start = c.incidence, c.ci_low, c.ci_high, 0.0
            elif self.record.curve == "incidence":
                estimate, low, high, start = 1 - c.survival, 1 - c.ci_high, 1 - c.ci_low, 0.0
            else:
                estimate, low, high, start = c.survival, c.ci_low, c.ci_high, 1.0
            n = int(c.n_at_risk[0]) if c.n_at_risk.size else 0
            lead = {"day": [0.0], "estimate": [start], "ci_low": [start], "ci_high": [start]}
            counts = {"n_at_risk": c.n_at_risk, "n_events": c.n_events, "n_censored": c.n_censored}
            steps = {"day": c.time, "estimate": estimate, "ci_low": low, "ci_high": high}
            columns = {name: np.concatenate([lead[name], steps[name]]) for name in steps}
            columns |= {name: np.concatenate([[n if name == "n_at_risk" else 0], v]) for name, v in counts.items()}
            parts.append(pl.DataFrame(columns).select(pl.lit(arm).alias("arm"), pl.all()))
        return pl.concat(parts).fill_nan(None)

    def table(self) -> pl.DataFrame:
        """Every number of this endpoint in one long table.

        Returns
        -------
        endpoint, arm, measure, time, time_unit, estimate, ci_low, ci_high, unit, n, n_events. Shares lie between
        0 and 1 with unit ``""``; null where a number does not exist (a median not reached, an interval of a range).
        Measures: ``proportion``; ``probability`` (at a time) and ``median time`` [month]; or ``median``,
        ``geometric mean``, ``geometric CV`` [%], ``mean``, ``minimum``, ``maximum`` and quantiles.
        The first row of each arm is the headline.
        """
        import polars as pl

        rows = [row for arm in self.arms for row in self._rows(arm)]
        frame = pl.DataFrame([{"endpoint": self.id, **row} for row in rows], schema=table_schema())
        numbers = pl.col("estimate", "ci_low", "ci_high")
        return frame.with_columns(pl.when(numbers.is_finite()).then(numbers))

    def compare(self) -> dict[str, float]:
        """Log-rank test between the arms of a time to event: statistic, degrees_of_freedom, p_value."""
        self._must_be("time_to_event", "table()")
        found = log_rank(
            self.patients["time_days"].to_numpy(),
            self.patients["cause"].to_numpy() == 1,
            self.patients["arm"].to_numpy(),
        )
        return {
            "statistic": found.statistic,
            "degrees_of_freedom": float(found.degrees_of_freedom),
            "p_value": found.p_value,
        }

    def estimate_curve(self, arm: str) -> SurvivalCurve | IncidenceCurve:
        """The estimator's own record of one arm (Kaplan-Meier, or Aalen-Johansen with competing events)."""
        self._must_be("time_to_event", "table()")
        rows = self._of(arm)
        time, cause = rows["time_days"].to_numpy(), rows["cause"].to_numpy()
        if self.record.competing_day is not None:
            return cumulative_incidence(time, cause, level=self.level)
        return kaplan_meier(time, cause == 1, level=self.level)

    def _of(self, arm: str) -> pl.DataFrame:
        import polars as pl

        return self.patients.filter(pl.col("arm") == arm)

    def _must_be(self, kind: str, instead: str) -> None:
        if self.record.kind != kind:
            raise BadInput(
                f'endpoint "{self.id}" is a {self.record.kind}, it has no curve over time.\n  Use .{instead} instead.'
            )

    def _rows(self, arm: str) -> list[dict[str, Any]]:
        rows = self._of(arm)
        if self.record.kind == "proportion":
            p = exact_binomial(int(rows["success"].sum()), rows.height, level=self.level)
            return [_row(arm, "proportion", p.estimate, p.ci_low, p.ci_high, "", p.n, p.n_events)]
        if self.record.kind == "time_to_event":
            return self._time_rows(arm, rows)
        return self._quantity_rows(arm, rows["value"].to_numpy())

    def _time_rows(self, arm: str, rows: pl.DataFrame) -> list[dict[str, Any]]:
        from livingdrug.foundation.units import factor

        n, n_events = rows.height, int((rows["cause"] == 1).sum())
        found = []
        if self.record.at:
            here = self.at().filter(self.at()["arm"] == arm)
            for line in here.iter_rows(named=True):
                row = _row(arm, "probability", line["estimate"], line["ci_low"], line["ci_high"], "", n, n_events)
                found.append({**row, "time": line["time"], "time_unit": line["unit"]})
        curve = self.estimate_curve(arm)
        if isinstance(curve, SurvivalCurve):
            month = factor("month", "day")
            middle, low, high = (day / month for day in curve.quantile(0.5))
            found.append(_row(arm, "median time", middle, low, high, "month", n, n_events))
        return found

    def _quantity_rows(self, arm: str, values: Floats) -> list[dict[str, Any]]:
        unit, n = self.record.unit, values.size
        if n == 0:
            return [_row(arm, self.record.summary.replace("_", " "), None, None, None, unit, 0, None)]
        m, low_high = median(values, level=self.level), quantiles(values, [0.05, 0.25, 0.75, 0.95])
        rows = [_row(arm, "median", m.estimate, m.ci_low, m.ci_high, unit, n, None)]
        positive = bool((values > 0).all())
        if positive:
            g = geometric_mean(values, level=self.level)
            rows.append(_row(arm, "geometric mean", g.estimate, g.ci_low, g.ci_high, unit, n, None))
            rows.append(_row(arm, "geometric CV", g.cv_percent, None, None, "%", n, None))
        rows.append(_row(arm, "mean", float(values.mean()), None, None, unit, n, None))
        for measure, value in zip(
            ("5th percentile", "25th percentile", "75th percentile", "95th percentile"), low_high, strict=True
        ):
            rows.append(_row(arm, measure, float(value), None, None, unit, n, None))
        rows.append(_row(arm, "minimum", float(values.min()), None, None, unit, n, None))
        rows.append(_row(arm, "maximum", float(values.max()), None, None, unit, n, None))
        headline = self.record.summary.replace("_", " ")
        return sorted(rows, key=lambda row: row["measure"] != headline)


def _told(row: dict[str, Any]) -> str:
    value, low, high = row["estimate"], row["ci_low"], row["ci_high"]
    if value is None or not np.isfinite(value):
        return f"{row['measure']} not reached" if row["measure"] == "median time" else "no patient counted"
    share = row["measure"] in ("proportion", "probability")
    show = (lambda x: f"{100 * x:.0f}") if share else (lambda x: f"{x:.3g}")
    unit = "%" if share else (f" {row['unit']}" if row["unit"] else "")
    known = low is not None and high is not None and np.isfinite([low, high]).all()
    interval = f" ({show(low)}-{show(high)})" if known else ""
    when = f" at {row['time']:g} {row['time_unit']}" if row["time"] is not None else ""
    return f"{show(value)}{unit}{interval}{when}, n = {row['n']}"


def _row(
    arm: str, measure: str, estimate: Any, low: Any, high: Any, unit: str, n: int, n_events: int | None
) -> dict[str, Any]:
    return {
        "arm": arm, "measure": measure, "time": None, "time_unit": None, "estimate": estimate,
        "ci_low": low, "ci_high": high, "unit": unit, "n": n, "n_events": n_events,
    }  # fmt: skip


def table_schema() -> dict[str, Any]:
    """Columns and types of `EndpointResult.table`."""
    import polars as pl

    texts = ("endpoint", "arm", "measure", "time_unit", "unit")
    order = (
        "endpoint",
        "arm",
        "measure",
        "time",
        "time_unit",
        "estimate",
        "ci_low",
        "ci_high",
        "unit",
        "n",
        "n_events",
    )
    return {
        name: pl.String if name in texts else pl.Int64 if name in ("n", "n_events") else pl.Float64 for name in order
    }
