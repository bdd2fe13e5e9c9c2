"""Groups of a run's patients by what was known of them at enrolment, and how much the sides of a comparison differ within each.

covariate, limits ─► classes (who is in each) ─► a difference in every class, without a test
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.outcome.effect_between import Effect, in_subgroups

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.outcome.endpoint_result import EndpointResult
    from livingdrug.trial.result import Result

ALL = "all"


def asked_for(words: Sequence[str], result: Result) -> dict[str, pl.DataFrame]:
    """Who is in each class of each covariate that is asked for.

    Parameters
    ----------
    words
        ``"age_years=65"`` parts 65 years or less from more, ``"prior_lines=2,4"`` makes three classes; a covariate alone is
        parted at its median, or into yes and no.

    Returns
    -------
    Name of the class -> frame with a column ``patient``.

    Raises
    ------
    UnknownName
        The trial's population has no such covariate.
    BadInput
        A limit is no number, or a class is empty.
    """
    found: dict[str, pl.DataFrame] = {}
    for word in words:
        name, equals, limits = (part.strip() for part in word.partition("="))
        patients = result.patients
        known = [one for one in result.questions.covariates if _is_number(patients, one)]
        if name not in known:
            raise UnknownName(
                "covariate of these patients at enrolment", name, sorted(known),
                "Subgroups are made by what was known at enrolment: what came later may itself differ between the sides.",
            )  # fmt: skip
        if equals and not limits:
            raise BadInput(
                f'"{word}": no limit after "=".\n  Write --subgroup {name}=LIMIT, or {name} alone for its median.'
            )
        parts = classes(patients, name, _limits(word, limits) if limits else None, title=title_of(name, result))
        if len(parts) < 2 or any(one.is_empty() for one in parts.values()):
            values = patients[name].cast(float).drop_nulls()
            raise BadInput(
                f'"{word}": a class of {name} is empty; it runs from {values.min():g} to {values.max():g} here.\n'
                "  Choose limits between them."
            )
        found |= parts
    return found


def classes(
    patients: pl.DataFrame, covariate: str, limits: Sequence[float] | None = None, *, title: str = ""
) -> dict[str, pl.DataFrame]:
    """Patients of each class of a covariate: at most the first limit, above it to the second …, above the last; at the median when None."""
    import polars as pl

    value, seen = pl.col(covariate).cast(pl.Float64), patients[covariate].cast(pl.Float64).drop_nulls()
    yes_no = set(seen.unique().to_list()) <= {0.0, 1.0}
    if limits is None:
        middle = float(seen.median() or 0.0)  # type: ignore[arg-type]
        if not yes_no and seen.len() and middle >= float(seen.max()):  # type: ignore[arg-type]
            middle = float(seen.filter(seen < middle).max() or middle)  # type: ignore[arg-type]
        limits = (0.5,) if yes_no else (float(f"{middle:.3g}"),)
    found = {}
    for low, high in pairwise([-math.inf, *limits, math.inf]):
        words = ("no" if high == 0.5 else "yes") if yes_no and tuple(limits) == (0.5,) else _between(low, high)
        members = patients.filter((value > low) & (value <= high)).select("patient").unique(maintain_order=True)
        found[f"{title or covariate}: {words}"] = members
    return found


def title_of(covariate: str, result: Result) -> str:
    """What a covariate is, in the words of the population's file, with its unit."""
    from livingdrug.catalog.load import default_catalog

    population = (result.catalog or default_catalog()).load("population", result.trial.population)
    one = population.covariate.get(covariate)
    if one is None:
        return covariate
    return f"{one.meaning} [{one.unit}]" if one.unit else one.meaning


def randomised_rows(
    found: EndpointResult, reference: str, other: str, groups: Mapping[str, pl.DataFrame], level: float
) -> Iterator[dict[str, Any]]:
    """One endpoint of two randomised arms, in all and in each class: a hazard ratio, or a difference of shares in points."""
    for name, one in in_subgroups(found, other, reference, groups, level=level).items():
        told = one or Effect("", "", math.nan, math.nan, math.nan, 0, 0)
        yield {
            "subgroup": name, "statistic": told.measure or "too few events", "unit": told.unit, "estimate": told.estimate,
            "ci_low": told.low, "ci_high": told.high, "n": told.n or None, "n_events": told.events if one else None,
        }  # fmt: skip


def other_rows(
    frames: Sequence[pl.DataFrame], groups: Mapping[str, pl.DataFrame],
    differences: Callable[[Sequence[pl.DataFrame]], Iterator[tuple[str, list[dict[str, Any]]]]],
) -> Iterator[tuple[str, dict[str, Any]]]:  # fmt: skip
    """The difference that a comparison of other sides tells once, in all and in each class: (side, row)."""
    everybody = {ALL: frames[0].select("patient")} | dict(groups)
    for name, members in everybody.items():
        parts = (
            frames
            if name == ALL
            else [one.join(members, on="patient", how="semi", maintain_order="left") for one in frames]
        )
        for side, rows in differences(parts):
            for row in rows:
                if not row["shown"]:
                    continue
                share = row["shown_as"] == "share"
                scale = 100.0 if share else 1.0
                three = {new: None if row[old] is None else scale * row[old]
                         for new, old in (("estimate", "difference"), ("ci_low", "ci_low"), ("ci_high", "ci_high"))}  # fmt: skip
                n = row["n_pairs"] if row["n_pairs"] is not None else row["n_only_reference"] + row["n_only_policy"]
                yield side, {
                    "subgroup": name, "statistic": row["statistic"] if row["shown_as"] == "ratio" else f"difference of {row['statistic']}",
                    "unit": "points" if share else "" if row["shown_as"] == "ratio" else row["unit"], **three, "n": n, "n_events": None,
                }  # fmt: skip


def schema() -> dict[str, Any]:
    """Columns of `livingdrug.trial.compare.Comparison.subgroups`."""
    import polars as pl

    texts, counts = ("measure", "title", "reference", "policy", "subgroup", "statistic", "unit"), ("n", "n_events")
    order = (*texts, "estimate", "ci_low", "ci_high", *counts)
    return {name: pl.String if name in texts else pl.Int64 if name in counts else pl.Float64 for name in order}


def _is_number(patients: pl.DataFrame, name: str) -> bool:
    """Whether a column is there and holds numbers, or yes and no."""
    import polars as pl

    return name in patients.columns and (patients[name].dtype.is_numeric() or patients[name].dtype == pl.Boolean)


def _limits(word: str, limits: str) -> tuple[float, ...]:
    try:
        told = tuple(float(one) for one in limits.split(","))
    except ValueError:
        raise BadInput(
            f'"{word}": "{limits}" is no number.\n  Write a limit, or several by comma: age_years=65, prior_lines=2,4.'
        ) from None
    if not all(math.isfinite(one) for one in told) or any(a >= b for a, b in pairwise(told)):
        raise BadInput(f'"{word}": limits must be finite and ascend.\n  Write them from the least: prior_lines=2,4.')
    return told


def _between(low: float, high: float) -> str:
    if low == -math.inf:
        return f"{high:g} or less"
    return f"above {low:g}" if high == math.inf else f"above {low:g} to {high:g}"
