"""One endpoint of one run: its numbers in a table, at given times, as a curve, and between arms.

What the numbers are is the estimator's; this file only asks it, arm by arm.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.foundation.notebook import as_html
from livingdrug.outcome import between_arms
from livingdrug.outcome.checks import check_finite
from livingdrug.outcome.estimator import Asked, Reading, Row
from livingdrug.outcome.everyone import OWN, why_untested

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.records.endpoint import Endpoint

Floats = NDArray[np.float64]


NOBODY = "no patient counted"


@dataclass(frozen=True)
class EndpointResult:
    """One endpoint of one run, by arm.

    Attributes
    ----------
    asked
        The endpoint's definition, kind, estimator and confidence level.
    arms
        Arms shown, in the trial's order.
    patients
        One row per patient counted: arm, patient, and the kind's columns: ``success``; or ``time_days`` and ``cause`` (0
        censored, 1 the event, 2 a competing event); or ``value``. Patients whose simulation failed are never counted.
    n_left_out
        Patients counted by the definition, but without a value (quantities only), by arm.
    not_measured
        Arms that cannot answer, because nobody there could see what the endpoint reads: arm -> what. Nobody of them is counted.
    design
        How patients came to their arms: ``"randomised"`` (each person in one arm: `compare` tests independent groups),
        ``"paired"`` (the same people in every arm: `paired`) or ``"single_arm"`` (nothing said; as paired).
    n_enrolled
        Patients of these arms whose simulation finished, counted by the definition or not.
    everyone
        Randomised: the same question of everyone enrolled, where there is one besides this.
    strata
        Randomised within strata: each patient's, in columns ``patient`` and ``stratum``.
    """

    asked: Asked
    arms: tuple[str, ...]
    patients: pl.DataFrame
    n_left_out: dict[str, int]
    design: str = "single_arm"
    not_measured: Mapping[str, str] = field(default_factory=dict)
    n_enrolled: int = 0
    everyone: EndpointResult | None = None
    strata: pl.DataFrame | None = None

    def __post_init__(self) -> None:
        if self.design not in between_arms.DESIGNS:
            raise UnknownName("design of a trial", self.design, between_arms.DESIGNS)

    @property
    def record(self) -> Endpoint:
        """The endpoint's definition."""
        return self.asked.record

    @property
    def level(self) -> float:
        """Confidence level of all intervals."""
        return self.asked.level

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def title(self) -> str:
        return self.record.title

    @property
    def over_time(self) -> bool:
        """Whether it is a curve: then it has `at` and `curve`."""
        return self.asked.estimator.over_time

    @property
    def shares(self) -> tuple[str, ...]:
        """Measures of its table that are shares between 0 and 1."""
        return self.asked.estimator.shares

    def __repr__(self) -> str:
        return f"{self.title}: " + "; ".join(f"{arm} {self.headline(arm)}" for arm in self.arms)

    def _repr_html_(self) -> str:
        """For notebooks."""
        return as_html(
            self.title, self.table().drop("endpoint"), notes=[f"{arm}: {self.headline(arm)}" for arm in self.arms]
        )

    def headline(self, arm: str | None = None) -> str:
        """The one number of an arm (the first when omitted) in words: ``"81% (78-84), n = 812"``; of a curve, at the time it is shown at."""
        arm = self.arms[0] if arm is None else arm
        self._known(arm)
        return self.nobody(arm) if arm in self.not_measured else _told(self.shown().rows(arm)[0], self.shares)

    def nobody(self, arm: str) -> str:
        """Why no patient of an arm is counted, in words."""
        return "not measured in this arm" if arm in self.not_measured else NOBODY

    def shown(self) -> EndpointResult:
        """This endpoint at the one time that it is told at (its `shown_at`); itself where it has no time."""
        time = self.record.time_shown
        if not self.over_time or time is None or self.record.at == (time,):
            return self
        record = self.record.model_copy(update={"at": (time,)})
        return replace(self, asked=replace(self.asked, record=record))

    def by_everyone(self) -> EndpointResult | None:
        """The same question of everyone randomised; None where the definition does not tell what the others count as."""
        if self.everyone is not None:
            return self.everyone
        return self if self.patients.height == self.n_enrolled else None

    def told_first(self) -> EndpointResult:
        """What is told first: in a randomised trial the same question of everyone randomised, where the definition tells it; else itself."""
        return (self.by_everyone() or self) if self.design == "randomised" else self

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
            The endpoint is not a curve over time (use `table`), no time is given, or one is negative or missing.
        """
        import polars as pl

        from livingdrug.foundation.units import factor

        self._must_be_a_curve()
        unit = unit or self.record.at_unit
        wanted = check_finite("times", self.record.at if times is None else times)
        if times is not None and not wanted.size:
            raise BadInput("times: got none.\n  Give one or more, or leave them out for the endpoint's own.")
        if wanted.size > MOST_TIMES:
            raise BadInput(
                f"times: got {wanted.size:,}, expected at most {MOST_TIMES:,}.\n  Give fewer; curve() has every step."
            )
        if (wanted < 0).any():
            raise BadInput(f"times must be finite and not negative, got {wanted.tolist()} {unit}.")
        days = wanted * factor(unit, "day")
        rows = []
        for arm in self.arms:
            found = self.asked.estimator.at(self.asked, self._of(arm), days)
            rows += [
                (arm, float(time), unit, *(_or_none(found[key][i]) for key in _THREE), int(found["n_at_risk"][i]))
                for i, time in enumerate(wanted)
            ]
        columns = ["arm", "time", "unit", *_THREE, "n_at_risk"]
        types = [pl.String, pl.Float64, pl.String, pl.Float64, pl.Float64, pl.Float64, pl.Int64]
        return pl.DataFrame(rows, schema=dict(zip(columns, types, strict=True)), orient="row")

    def curve(self) -> pl.DataFrame:
        """The whole step curve, beginning at time 0: arm, day, estimate, ci_low, ci_high, n_at_risk, n_events, n_censored.

        Raises
        ------
        BadInput
            The endpoint is not a curve over time.
        """
        import polars as pl

        self._must_be_a_curve()
        parts = []
        for arm in self.arms:
            c = self.asked.estimator.curve(self.asked, self._of(arm))
            n = int(c.n_at_risk[0]) if c.n_at_risk.size else 0
            steps = {"day": c.day, "estimate": c.estimate, "ci_low": c.ci_low, "ci_high": c.ci_high}
            columns = {name: np.concatenate([[0.0 if name == "day" else c.start], v]) for name, v in steps.items()}
            counts = {"n_at_risk": c.n_at_risk, "n_events": c.n_events, "n_censored": c.n_censored}
            columns |= {name: np.concatenate([[n if name == "n_at_risk" else 0], v]) for name, v in counts.items()}
            numbers = [pl.Series(name, column, nan_to_null=True) for name, column in columns.items()]
            parts.append(
                pl.DataFrame([pl.Series("arm", [arm], dtype=pl.String).new_from_index(0, len(c.day) + 1), *numbers])
            )
        return parts[0] if len(parts) == 1 else pl.concat(parts)

    def table(self) -> pl.DataFrame:
        """Every number of this endpoint in one long table.

        Returns
        -------
        endpoint, arm, measure, time, time_unit, estimate, ci_low, ci_high, unit, n, n_events. Shares lie between
        0 and 1 with unit ``""``; null where a number does not exist (a median not reached, an interval of a range).
        Measures: ``proportion``; ``probability`` (at a time) and ``median time`` [month]; ``restricted mean``; or
        ``median``, ``geometric mean``, ``geometric CV`` [%], ``mean``, ``minimum``, ``maximum`` and quantiles.
        The first row of each arm is the headline.
        """
        return tables([self])[0]

    def compare(self, test: str | None = None, *, among: str = "randomised") -> dict[str, Any]:
        """A test between the arms as independent groups, for randomised trials: by everyone randomised, within strata.

        Parameters
        ----------
        test
            Which one; the estimator's usual one when omitted: ``log_rank`` (also ``peto_peto``) for a time to event,
            ``gray`` (also ``log_rank``) where another event competes,
            ``chi_squared`` (also ``fisher_exact``) for a proportion, ``kruskal_wallis`` (also ``welch``) for a quantity,
            ``equal_means`` for restricted means. In a trial randomised within strata the first of each is stratified
            (of shares Cochran-Mantel-Haenszel's, of amounts van Elteren's), and the test's name says so.
        among
            ``"randomised"``: everyone enrolled, treated or not, from enrolment. ``"own"``: whom the endpoint counts;
            arms may then differ by who was lost before.

        Returns
        -------
        test (in words), statistic, degrees_of_freedom, p_value; the middle two NaN for an exact test. Further among (the
        definition of who was counted), endpoint (whose) and n.

        Raises
        ------
        BadInput
            The trial is not randomised: its arms hold the same patients, and `paired` is the comparison to ask for; or
            there is one arm, or nobody in an arm; or the endpoint does not tell what those count as whom it leaves out.
        UnknownName
            The estimator has no such test, or there is no such `among`.
        """
        between_arms.refuse_pairs(self.asked, self.design)
        if among not in between_arms.AMONG:
            raise UnknownName("group of patients to test", among, between_arms.AMONG)
        counted = self if among == "own" else self.by_everyone()
        if counted is None:
            raise BadInput(
                f'endpoint "{self.id}" is not tested by everyone randomised: it {why_untested(self.record)}.\n'
                f"  {OWN}; arms may then differ by who was lost before."
            )
        told = between_arms.tested(counted.asked, counted._by_arm(), test, self.strata)
        return {**told, "among": counted.record.among, "endpoint": counted.id, "n": counted.patients.height}

    def paired(self, reference: str | None = None, arm: str | None = None) -> pl.DataFrame:
        """Differences from a reference arm that holds the same patients.

        Parameters
        ----------
        reference
            The arm held against the others; the first when omitted.
        arm
            The only other arm wanted; all when omitted.

        Returns
        -------
        One row per other arm and time: reference, arm, statistic, shown_as, unit, time, time_unit, reference_value, value,
        difference, ci_low, ci_high, n_pairs; see `livingdrug.outcome.estimator.Contrast`. Intervals tell how far the number of patients simulated blurs the difference.

        Raises
        ------
        BadInput
            The trial is randomised: no patient is in two arms; `compare` tests its groups.
        UnknownName
            No such arm.
        """
        reference = self.arms[0] if reference is None else reference
        arms = self._by_arm()
        for name in (reference, *(() if arm is None else (arm,))):
            if name not in arms:
                raise UnknownName("arm in this result", name, arms, "Give the reference, then the arm held against it.")
        if arm == reference:
            raise BadInput(f'got arm "{arm}" twice.\n  Name two arms of: {", ".join(arms)}.')
        chosen = arms if arm is None else {name: arms[name] for name in (reference, arm)}
        return between_arms.differences(self.asked, chosen, self.design, reference)

    def estimate_curve(self, arm: str) -> Any:
        """The estimator's own record of the curve of one arm (Kaplan-Meier, or Aalen-Johansen with competing events)."""
        self._must_be_a_curve()
        return self.asked.estimator.fit(self.asked, self._of(arm))

    def rows(self, arm: str) -> list[Row]:
        """The lines of the table of one arm as records, the headline first; each says what stands for a missing number."""
        return self.asked.estimator.rows(self.asked, self._of(arm))

    def cell(self, arm: str) -> Any:
        """An amount of an arm as a table's cell tells it (`livingdrug.outcome.estimator.Estimator.cell`); None where there is none."""
        return self.asked.estimator.cell(self.asked, self._of(arm))

    def reading(self, arm: str, *, day: float | None, statistic: str) -> Reading | None:
        """What an arm says to a published number: see `livingdrug.outcome.estimator.Estimator.reading`."""
        return self.asked.estimator.reading(self.asked, self._of(arm), day=day, statistic=statistic)

    def _known(self, arm: str) -> None:
        if arm not in self.arms:
            raise UnknownName(f"arm of endpoint {self.id}", str(arm), self.arms)

    def _of(self, arm: str) -> pl.DataFrame:
        import polars as pl

        self._known(arm)
        if arm not in self._arms:
            theirs = self.patients["arm"] == arm
            # a filter of a small frame costs more than most estimates
            whole = theirs.all(ignore_nulls=False)
            self._arms[arm] = self.patients if whole else self.patients.filter(pl.col("arm") == arm)
        return self._arms[arm]

    @cached_property
    def _arms(self) -> dict[str, pl.DataFrame]:
        return {}

    def _by_arm(self) -> dict[str, pl.DataFrame]:
        return {arm: self._of(arm) for arm in self.arms}

    def _must_be_a_curve(self) -> None:
        if not self.over_time:
            raise BadInput(
                f'endpoint "{self.id}" is a {self.record.kind}, it has no curve over time.\n  Use .table() instead.'
            )


def tables(found: Iterable[EndpointResult]) -> tuple[pl.DataFrame, list[int]]:
    """The tables of several results, one below the other, and how many rows each has: one frame costs as much as many of one row."""
    import polars as pl

    columns: dict[str, list[Any]] = {name: [] for name in table_schema()}
    lengths = []
    for result in found:
        rows = [(arm, row) for arm in result.arms for row in result.rows(arm)]
        lengths.append(len(rows))
        columns["endpoint"] += [result.id] * len(rows)
        columns["arm"] += [arm for arm, _ in rows]
        for name in _ROW:
            told = (getattr(row, name) for _, row in rows)
            columns[name] += [_finite(one) for one in told] if name in _THREE else list(told)
    return pl.DataFrame(columns, schema=table_schema()), lengths


def _or_none(number: Any) -> float | None:
    """A number, or None for what is not one."""
    return None if math.isnan(number) else float(number)


def _finite(number: float | None) -> float | None:
    """A number; None for what is none, and for one without end."""
    return number if number is not None and math.isfinite(number) else None


def shown_once(found: Iterable[EndpointResult]) -> pl.DataFrame:
    """One line an endpoint as it is told first, in words: endpoint, title, and the number of each arm with its interval and n."""
    import polars as pl

    told = [one.told_first() for one in found]
    arms = list(dict.fromkeys(arm for one in told for arm in one.arms))
    rows = {
        one.id: {"endpoint": one.id, "title": one.title, **{arm: one.headline(arm) for arm in one.arms}} for one in told
    }
    return pl.DataFrame(
        list(rows.values()), schema={"endpoint": pl.String, "title": pl.String, **dict.fromkeys(arms, pl.String)}
    )


def _told(row: Row, shares: tuple[str, ...]) -> str:
    when = f" at {row.time:g} {row.time_unit}" if row.time is not None else ""
    if not row.known:
        return f"{row.measure}{when} {row.absent}" if row.n else NOBODY
    value, low, high = row.estimate, row.ci_low, row.ci_high
    share = row.measure in shares
    show = (lambda x: f"{100 * x:.0f}") if share else (lambda x: f"{x:.3g}")
    unit = "%" if share else (f" {row.unit}" if row.unit else "")
    known = low is not None and high is not None and np.isfinite([low, high]).all()
    interval = f" ({show(low)}-{show(high)})" if known else ""
    return f"{show(value)}{unit}{interval}{when}, n = {row.n}"


MOST_TIMES = 100_000
"""At which a curve is told; a step curve of a million patients has as many steps as events."""
_THREE = ("estimate", "ci_low", "ci_high")
_ROW = ("measure", "time", "time_unit", *_THREE, "unit", "n", "n_events")


def table_schema() -> dict[str, Any]:
    """Columns and types of `EndpointResult.table`."""
    import polars as pl

    texts, counts = ("endpoint", "arm", "measure", "time_unit", "unit"), ("n", "n_events")
    return {
        name: pl.String if name in texts else pl.Int64 if name in counts else pl.Float64
        for name in ("endpoint", "arm", *_ROW)
    }
