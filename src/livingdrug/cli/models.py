"""Open the biology: a page of equations for people, SBML for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.files import refuse_folder, write_text
from livingdrug.cli.patients import check_patient


def model(
    name: Annotated[
        str, typer.Argument(metavar="TRIAL|RECIPE", help="A trial, or a recipe of mechanisms (b_all_cd19).")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="The page to write.")] = Path("model.html"),
    arm: Annotated[str | None, typer.Option(help="The trial's arm; the first by default.")] = None,
    catalog: CATALOG = None,
) -> None:
    """The model as a page to read: equations, parameters with units and sources, and a wiring picture.

    [bold]For example[/bold]

      livingdrug model eliana -o model.html
      livingdrug model b_all_cd19 -o model.html
    """
    from livingdrug.cli.screen import console, notice
    from livingdrug.model.render import render

    refuse_folder(out)
    known = opened(catalog)
    write_text(out, render(assembled(name, arm, known)))
    screen = console()
    screen.print(f"Model page: {out.resolve()}", markup=False)
    notice(screen)


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
    notice(screen)


def assembled(name: str, arm: str | None, known: Any) -> Any:
    """The model of a trial's arm, with its disease's and product's parameters; or of a recipe by itself.

    Raises
    ------
    UnknownName
        Neither a trial nor a recipe is called so.
    """
    from livingdrug.foundation.errors import UnknownName
    from livingdrug.model.assemble import assemble
    from livingdrug.model.texts import ids, package_texts, texts_in

    texts = texts_in(known.folders)
    recipes = ids("recipes", {**package_texts(), **texts})
    if name in recipes or Path(name).parent.name == "recipes":
        return assemble(name, texts=texts)
    trials = known.names("trial")
    if name not in trials and not name.endswith(".toml") and "/" not in name:
        raise UnknownName("trial or recipe", name, [*trials, *recipes], "A path to a trial file will do, too.")
    from livingdrug.catalog.load import load_trial
    from livingdrug.catalog.plan import plan_arm
    from livingdrug.course.equations import entered

    protocol = load_trial(name, catalog=known)
    plan = plan_arm(protocol, (protocol.arms[0] if arm is None else protocol.arm(arm)).name, known)
    own = plan.product.parameter if plan.product else {}
    return assemble(plan.recipe, overrides={**plan.disease.parameter, **own}, texts=plan.texts, states=entered(plan))
