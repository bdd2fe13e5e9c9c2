"""A large trial at the command line: each patient's outcomes are kept in a folder, endpoints are told as a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.cli.replicates import counted
from livingdrug.cli.told_once import print_json, shown_rows
from livingdrug.cli.trials import refuse_silence
from livingdrug.foundation.errors import BadInput

if TYPE_CHECKING:
    from livingdrug.design.outcomes_only import OutcomesOnly


def run_outcomes_only(
    trial: str,
    *,
    catalog: Any,
    folder: Path,
    patients: int | None,
    as_json: bool,
    report: bool,
    memory: float | None,
    **words: Any,
) -> None:
    """`livingdrug run TRIAL -n N --outcomes-only`."""
    from livingdrug.design.outcomes_only import USUAL_MEMORY_GB, outcomes_only
    from livingdrug.reports.html import write_report
    from livingdrug.reports.patients_read import memory_of_report, patients_read

    if patients is None:
        raise BadInput("--outcomes-only is for large trials.\n  Say how many patients: -n 100000.")
    memory = USUAL_MEMORY_GB if memory is None else memory
    with counted("outcomes", things="patients", quiet=as_json) as progress:
        found = outcomes_only(
            trial,
            patients=patients,
            catalog=catalog,
            out=folder,
            progress=progress,
            memory_gb=memory,
            **words,
        )
    page, takes = folder / "report.html", memory_of_report(found.n_rows) / 1e9
    fits = takes <= memory
    result = found.asked(patients_read(found.trial, found.questions, found.catalog) if report and fits else ())
    if report and fits:
        write_report(result, page)
    elif words.get("force"):
        page.unlink(missing_ok=True)  # it would be of the work that was replaced
    if as_json:
        print_json(found, folder, endpoints=found.numbers)
    elif not report:
        _tell(found, folder, "")
    else:
        later = f"not written: it takes about {takes:.1f} GB. livingdrug report {folder} writes it"
        _tell(found, folder, f"Report: {page.resolve() if fits else later}")
    refuse_silence(result)


def _tell(found: OutcomesOnly, folder: Path, report: str) -> None:
    """The endpoints as a table, and where everything is."""
    from livingdrug.cli.screen import console, notice
    from livingdrug.design.outcomes_only import NUMBERS

    screen = console()
    screen.print(table_of(found))
    for one in found.standing:
        screen.print(one, markup=False)
    screen.print(f"{found!r}", markup=False)
    if report:
        screen.print(report, markup=False)
    screen.print(f"All numbers: {folder / NUMBERS}; each patient's outcomes: {folder / 'pieces'}", markup=False)
    notice(screen)


def run_or_outcomes(folder: Path, catalog: Any) -> Any:
    """A finished run of a folder, or a trial of which outcomes alone were kept, as a result that may be asked and told."""
    from livingdrug.design.outcomes_kept import holds_outcomes, open_outcomes
    from livingdrug.trial.result import Result

    if not holds_outcomes(folder):
        return Result.load(folder, catalog=catalog)
    from livingdrug.catalog.load import default_catalog
    from livingdrug.reports.patients_read import patients_read

    known = catalog or default_catalog()
    return open_outcomes(folder, catalog=known, columns=lambda trial, asked: patients_read(trial, asked, known))


def table_of(found: OutcomesOnly) -> Any:
    """One line an endpoint and arm: its estimate at the time shown, and the 95 % interval."""
    from livingdrug.cli.screen import table
    from livingdrug.reports.words import interval, when_and_unit

    about = {one["id"]: one for one in found.manifest["endpoint_titles"]}
    estimated = (row for row in found.numbers.iter_rows(named=True) if row["estimate"] is not None)
    rows = []
    for row in shown_rows(estimated, {name: one["shown_at"] for name, one in about.items()}):
        when, one, unit = when_and_unit(row)
        low, high = (None if row[name] is None else one * row[name] for name in ("ci_low", "ci_high"))
        told = f"{one * row['estimate']:.4g}{unit}"
        title = about[row["endpoint"]]["title"]
        rows.append(
            (
                f"{title} at {when}" if when else title,
                row["arm"],
                told,
                interval(low, high, "{:.4g}".format),
                f"{row['n']:,}",
            )
        )
    return table(("", "arm", "estimate", "95 %", "patients"), rows, right=("estimate", "95 %", "patients"))


def refuse_beside(asked: bool, **given: object) -> None:
    """What belongs to a run that keeps everything, to many trials or to other machines is refused where outcomes alone are asked for."""
    wrong = [f"--{name.replace('_', '-')}" for name, value in given.items() if value not in (None, 0, False, [])]
    if asked and wrong:
        raise BadInput(
            f"--outcomes-only excludes {', '.join(wrong)}: of each patient only outcomes are kept, on threads here.\n  Leave it out."
        )
