"""A model, a fit or a run taken to another program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import EXPORT, Command
from livingdrug.cli.files import refuse_folder
from livingdrug.cli.models import assembled
from livingdrug.cli.patients import check_patient
from livingdrug.cli.trials import RUN_FOLDER
from livingdrug.cli.void import refuse_void

NOBODY = (
    "Equations with the values of their sheets, body size included: nobody of this trial, and untreated. No lymphodepletion and no cells are in it."
    " A patient with doses: --patient N."
)
RULES = "The patient's own values and planned doses; what the clinic's rules would add is not in it. States are parameters with rate rules, not species."


def export_sbml(
    trial: Annotated[str, typer.Argument(metavar="TRIAL", help="A trial of the catalogue, or a path to a trial file.")],
    patient: Annotated[
        int | None, typer.Option("--patient", metavar="N", help="With this patient's parameters and doses.")
    ] = None,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="The SBML file to write.")] = Path(
        "model.xml"
    ),
    seed: Annotated[int, typer.Option(help="The seed that patient N belongs to.")] = 1,
    arm: Annotated[str | None, typer.Option(help="The arm; the trial's first by default.")] = None,
    catalog: CATALOG = None,
) -> None:
    """The model as SBML, for libRoadRunner and other simulators.

    With --patient, the file holds that patient's parameters and doses; clinic rules (tocilizumab …) are not part of SBML.

    [bold]For example[/bold]

      livingdrug export sbml eliana -o eliana.xml
      livingdrug export sbml eliana --patient 12 --seed 7 -o patient12.xml
    """
    from livingdrug.cli.screen import console, notice

    refuse_folder(out)
    known = opened(catalog)
    if patient is None:
        refuse_void("a model without a patient has no luck", "seed", remedy="Add --patient N, or leave it out.")
        from livingdrug.interop.sbml import export_sbml as write

        write(assembled(trial, arm, known), out)
    else:
        from livingdrug.catalog.load import load_trial
        from livingdrug.interop.patient_sbml import export_patient_sbml

        check_patient(patient)
        protocol = load_trial(trial, catalog=known)
        chosen = protocol.arms[0] if arm is None else protocol.arm(arm)
        export_patient_sbml(protocol, chosen.name, patient, seed, out, catalog=known)
    screen = console()
    screen.print(f"SBML: {out.resolve()}", markup=False)
    screen.print(NOBODY if patient is None else RULES, markup=False)
    notice(screen)


def export_fit(
    fit: Annotated[Path, typer.Argument(metavar="FIT", help="The folder of a fit (livingdrug fit -o FIT).")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="The folder to write.")] = Path("petab"),
) -> None:
    """A population fit as a PEtab problem (version 1): patients are conditions, the fitted population is their prior.

    Censored results are left out, as PEtab cannot hold them.

    [bold]For example[/bold]

      livingdrug export petab fits/ck -o ck_petab
    """
    from livingdrug.cli.screen import console, notice
    from livingdrug.fitting.loading import load_fit
    from livingdrug.interop.petab.export import export_petab

    found = export_petab(load_fit(fit), out)
    screen = console()
    screen.print(f"PEtab: {found.yaml.resolve()}", markup=False)
    left = f"; {found.left_out} censored ones are left out, which PEtab cannot hold" if found.left_out else ""
    screen.print(f"{found.measurements} measurements{left}.", markup=False)
    notice(screen)


def export_tables(
    folder: RUN_FOLDER,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="The folder to write.")] = Path("tables"),
    formats: Annotated[str, typer.Option("--format", metavar="LIST", help="Some of csv, parquet.")] = "csv,parquet",
    frames: Annotated[
        list[str] | None, typer.Option("--frame", metavar="NAME", help="A frame, repeatable; all by default.")
    ] = None,
    catalog: CATALOG = None,
) -> None:
    """The frames of a finished run as CSV and Parquet, with a data dictionary: every column's meaning, unit and origin.

    [bold]For example[/bold]

      livingdrug export tables runs/eliana -o tables
      livingdrug export tables runs/eliana --frame patients --format csv
    """
    from livingdrug.cli.screen import console, notice
    from livingdrug.trial.result import Result

    result = Result.load(folder, catalog=opened(catalog))
    written = result.to_tables(out, formats=_words(formats), frames=frames)
    screen = console()
    screen.print(f"{len(written)} files in {out.resolve()}; {written[-1].name} tells every column.", markup=False)
    notice(screen)


def export_adam(
    folder: RUN_FOLDER,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="The folder to write.")] = Path("adam"),
    formats: Annotated[str, typer.Option("--format", metavar="LIST", help="Some of json, xpt.")] = "json,xpt",
    catalog: CATALOG = None,
) -> None:
    """Analysis data sets of a finished run in the manner of CDISC ADaM: ADSL, ADTTE, ADRS, ADAE, ADLB, ADPC.

    As Dataset-JSON 1.1 and SAS transport files (version 5). Only what was seen goes in, nothing that only the model knows.

    [bold]For example[/bold]

      livingdrug export adam runs/eliana -o adam
    """
    from livingdrug.cli.screen import console, notice
    from livingdrug.trial.result import Result

    written = Result.load(folder, catalog=opened(catalog)).to_adam(out, formats=_words(formats))
    screen = console()
    screen.print(f"{len(written)} files in {out.resolve()}: {', '.join(file.name for file in written)}", markup=False)
    notice(screen)


def _words(text: str) -> list[str]:
    """Words between commas."""
    return [word.strip().lower() for word in text.split(",") if word.strip()]


COMMAND = Command(
    group={"sbml": export_sbml, "petab": export_fit, "tables": export_tables, "adam": export_adam},
    words="Take a model, a fit or a run to another program.", panel=EXPORT, order=40,
)  # fmt: skip
