"""A trial simulated from a fit, told: `livingdrug run TRIAL --from-fit DIR`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from livingdrug.foundation.errors import BadInput

DRAWS = 200
"""Trials behind the intervals unless the user says otherwise."""


def run_from_fit(
    trial: str, folder: Path, *, out: Path | None, patients: int | None, draws: int, seed: int, catalog: Any, force: bool,
    report: bool, as_json: bool,
) -> None:  # fmt: skip
    """Simulate the trial's kinetics from the fit in `folder`; write frames, a manifest and a report; tell the numbers."""
    import json

    import typer

    from livingdrug.catalog.load import load_trial
    from livingdrug.fitting.loading import load_fit
    from livingdrug.fitting.trial_kinetics import simulate_trial
    from livingdrug.trial.storage import make_folder, write_bytes, write_frame, write_json

    record = load_trial(trial, catalog=catalog)
    target = out if out is not None else Path("runs") / f"{record.id}_from_fit"
    if (target / MANIFEST).exists() and not force:
        raise BadInput(
            f"{target} holds a trial from a fit already.\n  Choose another folder (-o), or --force to replace it."
        )
    if target.exists() and any(target.iterdir()) and not (target / MANIFEST).exists():
        raise BadInput(f"{target} holds something else.\n  Choose an empty folder (-o).")
    fit = load_fit(folder)
    found = simulate_trial(fit, record, patients=patients, draws=draws or DRAWS, seed=seed, catalog=catalog)
    place = make_folder(target)
    write_frame(place / "visits.parquet", found.visits)
    for name in ("visits", "kinetics", "expected"):
        write_bytes(place / f"{name}.csv", getattr(found, name).write_csv().encode("utf-8"))
    told = {
        "note": "Simulation; not for patient care.", "trial": record.id, "fit": fit.name, "fit_minus_two_ll": fit.minus_two_ll,
        "fit_data": fit.data.source, "seed": seed, "draws": found.draws, "interval_percent": 90, "notes": list(found.notes),
    }  # fmt: skip
    write_json(place / MANIFEST, told)
    if report:
        from livingdrug.reports.trial_kinetics import write_trial_kinetics

        write_trial_kinetics(found, record, fit, place / "report.html", seed=seed)
    if as_json:
        typer.echo(
            json.dumps(
                {**told, "folder": str(place), "expected": found.expected.to_dicts()}, ensure_ascii=False, indent=1
            )
        )
        return
    from livingdrug.cli.screen import console, notice, table

    screen = console()
    rows = [
        (row["arm"], row["what"], row["value"], row["middle"], _range(row), row["unit"])
        for row in found.expected.to_dicts()
    ]
    title = f"{record.id} from the fit of {fit.name} to {fit.data.source or 'data'}"
    heads = ("arm", "", "this trial", "middle", f"90 % of {found.draws} trials", "unit")
    screen.print(table(heads, rows, title=title, right=("this trial", "middle")))
    for note in found.notes:
        screen.print(note, markup=False)
    screen.print(f"Frames: {place}", markup=False)
    if report:
        screen.print(f"Report: {(place / 'report.html').resolve()}", markup=False)
    notice(screen)


def _range(row: dict[str, Any]) -> str:
    from livingdrug.cli.screen import number

    return "" if row["low"] is None else f"{number(row['low'])} – {number(row['high'])}"


MANIFEST = "trial_from_fit.json"
