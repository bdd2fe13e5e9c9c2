"""Between arms: differences of the same patients, or tests of independent groups. Which one a trial's design decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.outcome.estimator import Asked, Contrast
from livingdrug.outcome.strata import STRATUM

if TYPE_CHECKING:
    import polars as pl

DESIGNS = {
    "single_arm": "this trial does not say that its patients were randomised: each arm holds the same virtual patients",
    "paired": "each arm holds the same patients; a test for independent groups would find p near 1 whatever differs",
    "randomised": "",
}
"""How patients come to their arms, and why independent groups cannot be tested; nothing when they can."""
_COLUMNS = (
    "reference", "arm", "statistic", "shown_as", "unit", "time", "time_unit", "reference_value", "value", "difference",
    "ci_low", "ci_high", "n_pairs",
)  # fmt: skip


AMONG = {"randomised": "everyone enrolled", "own": "whom the endpoint counts"}
"""Whom a test may count."""


def refuse_pairs(asked: Asked, design: str) -> None:
    """Stop where arms hold the same people."""
    if DESIGNS[design]:
        raise BadInput(
            f'arms of endpoint "{asked.record.id}" are not independent groups: {DESIGNS[design]}.\n'
            "  Ask for the paired difference, .paired(), or plan a randomised trial."
        )


def tested(
    asked: Asked, patients: Mapping[str, pl.DataFrame], test: str | None, strata: pl.DataFrame | None
) -> dict[str, Any]:
    """The test between arms as independent groups: see `EndpointResult.compare`.

    Parameters
    ----------
    patients
        The patients of each arm.
    strata
        Each patient's stratum; None for a trial without.
    """
    import polars as pl

    known = asked.estimator.tests()
    name = test or next(iter(known), "")
    if name not in known:
        raise UnknownName(f'test between groups for endpoint "{asked.record.id}"', name, known)
    counts = {arm: frame.height for arm, frame in patients.items()}
    if len(counts) < 2 or min(counts.values()) == 0:
        told = ", ".join(f"{arm} {count}" for arm, count in counts.items())
        raise BadInput(f"a test needs two arms with patients, got {told}.\n  Ask for the arms that have some.")
    together = pl.concat(patients.values())
    if strata is not None:
        together = together.join(strata.select("patient", STRATUM), on="patient", how="left", maintain_order="left")
    found = known[name](together, asked)
    return {
        "test": found.name,
        "statistic": found.statistic,
        "degrees_of_freedom": found.degrees_of_freedom,
        "p_value": found.p_value,
    }


def differences(asked: Asked, patients: Mapping[str, pl.DataFrame], design: str, reference: str) -> pl.DataFrame:
    """Differences from the reference arm: see `EndpointResult.paired`."""
    import polars as pl

    if reference not in patients:
        raise UnknownName("arm in this result", reference, patients)
    if not DESIGNS[design]:
        raise BadInput(
            f'endpoint "{asked.record.id}" is of a randomised trial: no patient is in two arms.\n'
            "  Test its groups with .compare()."
        )
    rows = []
    for arm, frame in patients.items():
        if arm == reference:
            continue
        for one in paired(asked, patients[reference], frame):
            apart = one.apart
            words = (reference, arm, one.statistic, one.shown_as, one.unit, one.time, one.time_unit)
            rows.append((*words, one.first, one.second, apart.estimate, apart.ci_low, apart.ci_high, apart.n))
    texts = ("reference", "arm", "statistic", "shown_as", "unit", "time_unit")
    schema = {name: pl.String if name in texts else pl.Int64 if name == "n_pairs" else pl.Float64 for name in _COLUMNS}
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


def paired(asked: Asked, first: pl.DataFrame, second: pl.DataFrame) -> list[Contrast]:
    """Differences of the second from the first among the patients whom both hold; none where it has no such difference.

    Parameters
    ----------
    first, second
        Patients of one arm each, as in `EndpointResult.patients`.
    """
    one, two = (side.sort("patient") for side in (first, second))
    return asked.estimator.contrasts(
        asked,
        one.join(two.select("patient"), on="patient", how="semi", maintain_order="left"),
        two.join(one.select("patient"), on="patient", how="semi", maintain_order="left"),
    )
