"""Endpoints of a finished run."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import ASK, Command
from livingdrug.cli.trials import RUN_FOLDER, print_json, protocol_endpoints


def endpoints(
    folder: RUN_FOLDER,
    add: Annotated[
        str | None, typer.Option("--add", metavar="ID,…", help="More endpoints than the trial asks for, by comma.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON, for a program.")] = False,
    catalog: CATALOG = None,
) -> None:
    """Endpoints of a finished run. Asking for another one never simulates again.

    [bold]For example[/bold]

      livingdrug endpoints runs/eliana
      livingdrug endpoints runs/eliana --add rfs,cmax,tocilizumab_use
    """
    from livingdrug.foundation.errors import naming
    from livingdrug.trial.result import Result

    result = Result.load(folder, catalog=opened(catalog))
    ids = protocol_endpoints(result)
    added = [name for name in (part.strip() for part in (add or "").split(",")) if name and name not in ids]
    with naming(str(folder)):
        if as_json:
            print_json(result, folder=str(folder), report=None, ids=[*ids, *added])
        else:
            _say(result, ids, added)


def _say(result: Any, ids: list[str], added: list[str]) -> None:
    """Print every number of the endpoints, those asked for besides at the end, and then the trial in a line."""
    from livingdrug.cli.screen import console, notice

    screen = console()
    told = [
        sheet
        for names, title in ((ids, ""), (added, "Asked for besides"))
        for sheet in _sheets(result, names, screen.width, title)
    ]
    for sheet in told:  # nothing is said before everything is known
        screen.print(sheet)
    screen.print(repr(result), markup=False)
    notice(screen)


def _sheets(result: Any, ids: list[str], width: int, title: str = "") -> list[Any]:
    """Terminal tables: shares in per cent and times to event, then quantities by their headline.

    A narrow window keeps names, values and intervals, and leaves out counts first, then ids.
    """
    import math

    from livingdrug.cli.screen import number, table
    from livingdrug.reports.everyone import among_word

    shares: list[dict[str, object]] = []
    amounts: list[dict[str, object]] = []
    found = sorted((result.endpoint(name) for name in ids), key=lambda one: one.record.place)
    randomised = result.trial.planned_design.kind == "randomised"
    if randomised:
        found = _everyone_first(found)
    for one in found:
        told: set[str] = set()
        whom = among_word(one) if randomised else ""
        for arm, row in [(name, row) for name in one.arms for row in one.rows(name)]:
            interval = (row.ci_low, row.ci_high)
            known = None not in interval and all(math.isfinite(side) for side in interval)  # type: ignore[arg-type]
            when = f"{row.time:g} {row.time_unit}" if row.time is not None else ""
            cells = {"": one.record.name, "among": whom, "arm": arm, "n": row.n, "events": row.n_events, "id": one.id}
            if row.measure in one.shares:
                percent = f"{100 * row.estimate:.1f}" if row.known else "" if row.n else one.nobody(arm)  # type: ignore[operator]
                between = f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f}" if known else ""  # type: ignore[operator]
                shares.append({**cells, "at": when, "%": percent, "95 % interval": between})
            elif arm not in told:  # of the many measures of a quantity, its headline
                told.add(arm)
                between = f"{number(interval[0])} to {number(interval[1])}" if known else ""
                value = row.estimate if row.known else row.absent if row.n else one.nobody(arm)
                measure = f"{row.measure} to {when}" if when else row.measure
                told_as = {"value": value, "95 % interval": between, "unit": row.unit, "measure": measure}
                amounts.append({**cells, **told_as})
    arms = [*(["among"] if randomised else []), *(["arm"] if len(result.arms) > 1 else [])]
    wide, widest = width >= 90, width >= 110
    tables = []
    for rows, values, last in (
        (shares, ["at", "%", "95 % interval"], ["n", "events"] if wide else []),
        (amounts, ["value", "unit", "95 % interval"], ["measure", "n"] if wide else []),
    ):
        if rows:
            columns = ["", *arms, *values, *last, *(["id"] if widest else [])]
            body = [[row.get(column) for column in columns] for row in rows]
            tables.append(table(columns, body, title=title, right=("at", "%", "value", "n", "events")))
    return tables


def _everyone_first(found: list[Any]) -> list[Any]:
    """Each endpoint as everyone randomised answers it, and after it as it counts by itself; none twice."""
    told: dict[tuple[str, str], Any] = {}
    for own in found:
        for one in (own.told_first(), own):
            told.setdefault((one.id, one.record.among), one)
    return list(told.values())


COMMAND = Command(endpoints, panel=ASK, order=10)
