"""What commands on a run share: its folder, its endpoints as JSON, and courses that did not finish."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

RUN_FOLDER = Annotated[Path, typer.Argument(metavar="RUN_FOLDER", help="The folder of a run, for example runs/eliana.")]


def refuse_silence(result: Any) -> None:
    """After everything is written: say which patients' courses did not finish, and why, with exit code 3.

    Raises
    ------
    SimulationFailed
        At least one course did not finish.
    """
    from livingdrug.foundation.errors import SimulationFailed

    failed, n_courses = result.failed, result.n_courses
    if failed.height == 0:
        return
    reasons: dict[str, list[str]] = {}
    for row in failed.iter_rows(named=True):
        reasons.setdefault(row["course_status"] or "no reason was kept", []).append(str(row["patient"]))
    told = [
        f"    {why} (patient{'s' if len(who) > 1 else ''} {', '.join(who[:10])}{', …' if len(who) > 10 else ''})"
        for why, who in reasons.items()
    ]
    most, listed = 20, "course_status in pieces/*/people.parquet" if result.outcomes_alone else "failed.parquet"
    others = [f"    … and {len(told) - most} more reasons, in {listed}"] if len(told) > most else []
    kept = (
        "No course finished, so no patient is counted"
        if failed.height >= n_courses
        else "The others are written and counted"
    )
    raise SimulationFailed(
        f"{failed.height} of {n_courses} courses did not finish:\n"
        + "\n".join([*told[:most], *others])
        + f"\n  {kept}; {listed} lists these. Look for a value far out of its range in the product, disease or"
        " parameters;\n  if there is none, please report it."
    )


def protocol_endpoints(result: Any) -> list[str]:
    """The endpoint ids that the result's trial asks for, in its order."""
    return [endpoint.id for endpoint in result.trial.endpoints]


def print_json(result: Any, *, folder: str, report: str | None, ids: list[str] | None = None) -> None:
    import json

    from livingdrug.cli import NOTICE
    from livingdrug.reports.everyone import among_word
    from livingdrug.trial.standing import standing_of

    wanted = ids if ids is not None else protocol_endpoints(result)
    found = {name: result.endpoint(name) for name in wanted}
    told = {
        "notice": NOTICE,
        "trial": result.trial.id,
        "title": result.trial.title,
        **({"standing": list(told)} if (told := standing_of(result.trial, result.catalog, result.arms)) else {}),
        "manifest": dict(result.manifest),
        "folder": folder,
        "report": report,
        "design": result.trial.planned_design.kind,
    }
    if (
        result.trial.planned_design.kind == "randomised"
    ):  # first, because treated or not came after chance had put them into an arm
        told["everyone_randomised"] = {
            name: first.table().to_dicts()
            for name, one in found.items()
            if among_word(first := one.told_first()) == "randomised"
        }
    told["among"] = {name: one.record.among for name, one in found.items()}
    told["endpoints"] = {name: one.table().to_dicts() for name, one in found.items()}
    typer.echo(json.dumps(_plain(told), ensure_ascii=False, indent=1, allow_nan=False))


def _plain(value: Any) -> Any:
    """The same content with what JSON cannot hold (NaN, infinity, paths) as null or text."""
    import math

    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, (str, int, bool)) or value is None else str(value)
