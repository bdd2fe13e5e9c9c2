"""One virtual patient, day by day, in words and curves: patient."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from livingdrug.cli.catalogue import CATALOG, opened


def patient(
    trial: Annotated[
        str, typer.Argument(metavar="TRIAL", help="A trial of the catalogue (eliana), or a path to a trial file.")
    ],
    number: Annotated[int, typer.Option("--patient", metavar="N", help="The patient's number, from 1.")] = 1,
    seed: Annotated[int, typer.Option(help="The run's seed: patient N is the same person in every run with it.")] = 1,
    arm: Annotated[str | None, typer.Option(help="The arm; the trial's first by default.")] = None,
    plot: Annotated[
        bool, typer.Option("--plot", help="Draw the course: leukaemia, CAR T cells, cytokines, signs.")
    ] = False,
    catalog: CATALOG = None,
) -> None:
    """One patient's story, from apheresis to the end of follow-up: what happened, what was given, and why.

    [bold]For example[/bold]

      livingdrug patient eliana --patient 12 --seed 7
      livingdrug patient my_trial.toml --arm early --plot
    """
    from livingdrug.catalog.load import load_trial
    from livingdrug.cli.screen import console, notice, table

    check_patient(number)
    known = opened(catalog)
    protocol = load_trial(trial, catalog=known)
    chosen = protocol.arms[0].name if arm is None else protocol.arm(arm).name
    frames = _simulate(protocol, chosen, number, seed, known)

    from livingdrug.reports.story import tell

    story = tell(frames, chosen, number)
    screen = console()
    screen.print(story.title, style="bold", markup=False)
    screen.print(f"{protocol.id}, arm {chosen}, seed {seed}\n", style="dim", markup=False)
    for paragraph in story.paragraphs:
        screen.print(f"{paragraph}\n", markup=False)
    if story.entries:
        screen.print(
            table(("day", "what happened"), [(f"{e.day:.1f}", e.sentence) for e in story.entries], right=("day",))
        )
    if plot:
        from livingdrug.cli.curves import draw_tracks

        for picture in draw_tracks(story.tracks, story.last_day):
            screen.print(picture, markup=False, soft_wrap=True)
    notice(screen)


def check_patient(number: int) -> None:
    """Patients are numbered from 1."""
    from livingdrug.foundation.errors import BadInput

    if number < 1:
        raise BadInput(f"--patient {number}: patients are numbered from 1")


def _simulate(protocol: Any, arm: str, number: int, seed: int, known: Any) -> dict[str, Any]:
    """The frames of one patient, with the whole course kept."""
    import numpy as np

    from livingdrug.course.settings import Settings
    from livingdrug.course.simulate import simulate_patients

    alone = np.array([number], dtype=np.int64)
    # The sample whose course is kept is numbered from 1, so it has to reach this patient.
    return simulate_patients(protocol, arm, alone, seed, catalog=known, settings=Settings(sample=number))
