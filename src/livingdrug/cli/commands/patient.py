"""One virtual patient, day by day, in words and curves: patient."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import SIMULATE, Command
from livingdrug.cli.patients import check_patient
from livingdrug.cli.void import refuse_void
from livingdrug.foundation.errors import BadInput

if TYPE_CHECKING:
    from livingdrug.catalog.records.sign import Sign

SIGN_WIDTH, GRADE_WIDTH, OTHER_WIDTH = 11, 5, 20
"""Letters of a sign with its untreated value, of a grade with its, and of the day and the drugs."""


def patient(
    trial: Annotated[
        str, typer.Argument(metavar="TRIAL", help="A trial of the catalogue (eliana), or a path to a trial file.")
    ],
    number: Annotated[int, typer.Option("--patient", metavar="N", help="The patient's number, from 1.")] = 1,
    seed: Annotated[int, typer.Option(help="The run's seed: patient N is the same person in every run with it.")] = 1,
    arm: Annotated[str | None, typer.Option(help="The arm; the trial's first by default.")] = None,
    plot: Annotated[
        bool, typer.Option("--plot", help="Draw the course: malignant cells, CAR T cells, cytokines, signs.")
    ] = False,
    why: Annotated[
        bool,
        typer.Option(
            "--why",
            help="Signs and grades day by day, why each drug was given, and what it changed against the same patient untreated.",
        ),
    ] = False,
    scale: Annotated[
        list[str] | None,
        typer.Option(
            "--scale", metavar="ID", help="With --why: a grading scale to show, repeatable; the trial's by default."
        ),
    ] = None,
    policy: Annotated[
        list[str] | None,
        typer.Option(
            "--policy", metavar="NAME", help="The same patient under another guideline, or a policy file of yours, beside the arm's own; repeatable."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write the patient as a page (HTML) of its own.")
    ] = None,
    catalog: CATALOG = None,
) -> None:  # fmt: skip
    """One patient's story, from apheresis to the end of follow-up: what happened, what was given, and why.

    [bold]For example[/bold]

      livingdrug patient eliana --patient 12 --seed 7
      livingdrug patient eliana --patient 12 --seed 7 --why --scale crs_penn --scale crs_lee
      livingdrug patient my_trial.toml --arm early --plot
      livingdrug patient eliana --patient 12 --policy anakinra_prevention -o patient12.html
    """
    from livingdrug.catalog.load import load_trial
    from livingdrug.cli.screen import console, notice, table

    check_patient(number)
    known = opened(catalog)
    protocol = load_trial(trial, catalog=known)
    chosen = protocol.arm(arm).name if arm is not None else _own_arm(protocol, number, seed, known)
    _refuse_void(why, bool(policy) or out is not None)
    if policy or out is not None:
        if why:
            raise BadInput("--why is for the terminal and one policy.\n  Take --policy and -o away, or --why.")
        _side_by_side(protocol, chosen, number, seed, known, policy or [], out)
        return
    if why:
        from livingdrug.reports.why import why as explain

        told = explain(protocol, chosen, number, seed, known, scales=tuple(scale or ()))
        story = told.story
    else:
        from livingdrug.reports.setting import setting
        from livingdrug.reports.story import tell
        from livingdrug.trial.one_patient import one_patient

        words = setting(protocol, chosen, known)
        told, story = None, tell(one_patient(protocol, chosen, number, seed, known), chosen, number, words)
    screen = console()
    screen.print(story.title, style="bold", markup=False)
    screen.print(f"{protocol.id}, arm {chosen}, seed {seed}\n", style="dim", markup=False)
    for paragraph in story.paragraphs:
        screen.print(f"{paragraph}\n", markup=False)
    if told is not None:
        _explain(screen, told, known, named=bool(scale))
    elif story.entries:
        screen.print(
            table(("day", "what happened"), [(f"{e.day:.1f}", e.sentence) for e in story.entries], right=("day",))
        )
    if plot:
        from livingdrug.cli.curves import draw_tracks

        for picture in draw_tracks(story.tracks, story.last_day, width=max(20, min(72, screen.width - 4))):
            screen.print(picture, markup=False, soft_wrap=True)
    _tell_standing(screen, protocol, chosen, known)
    notice(screen)


def _tell_standing(screen: Any, protocol: Any, arm: str, known: Any) -> None:
    """What the numbers rest on where not all is calibrated."""
    from livingdrug.trial.standing import standing_of

    for line in standing_of(protocol, known, [arm]):
        screen.print(f"{line[:1].upper()}{line[1:]}.", style="bold", markup=False)


def _refuse_void(why: bool, side_by_side: bool) -> None:
    if not why:
        refuse_void("grades are shown day by day, with --why", "scale", remedy="Add --why, or leave it out.")
    if side_by_side:
        refuse_void("a page and a comparison of policies have curves and words of their own", "plot")


def _side_by_side(
    protocol: Any, arm: str, number: int, seed: int, known: Any, policies: list[str], out: Path | None
) -> None:
    """One patient under several policies: the stories, what differs, and the page."""
    from livingdrug.cli.screen import console, notice, table
    from livingdrug.reports.html import refuse_place, write_page
    from livingdrug.reports.lives import differences, lives_of, page_of

    if out is not None:
        refuse_place(out)
    lives = lives_of(protocol, arm, number, seed, known, policies)
    screen = console()
    screen.print(lives[0].story.title, style="bold", markup=False)
    screen.print(f"{protocol.id}, arm {arm}, seed {seed}\n", style="dim", markup=False)
    for life in lives:
        screen.print(f"Under {life.title}", style="bold", markup=False)
        for paragraph in life.story.paragraphs:
            screen.print(f"{paragraph}\n", markup=False)
    rows = differences(lives)
    if len(lives) > 1:
        columns = ("What differs", *(life.policy for life in lives))
        screen.print(table(columns, rows) if rows else "No outcome of this patient differs.")
    if out is not None:
        screen.print(
            f"Page: {write_page(out, page_of(lives, protocol, arm, number, seed, known)).resolve()}", markup=False
        )
    _tell_standing(screen, protocol, arm, known)
    notice(screen)


def _own_arm(protocol: Any, number: int, seed: int, known: Any) -> str:
    """The arm a person is in: by allocation in a randomised trial, else the first."""
    if protocol.planned_design.kind != "randomised":
        return protocol.arms[0].name
    from livingdrug.catalog.plan import plans_of
    from livingdrug.trial.allocation import arm_of_patient

    return arm_of_patient(plans_of(protocol, known), protocol.planned_design, number, seed)


def _explain(screen: Any, told: Any, known: Any, *, named: bool) -> None:
    """Signs and grades of the eventful days, what was given and why, what it changed."""
    from livingdrug.cli.screen import table

    eventful = [one for one in told.days if one.eventful]
    if eventful:
        signs = [sign for sign in shown_signs(known) if _is_off(eventful, sign)]
        shown, left = _scales_that_fit(told, known, screen.width - SIGN_WIDTH * len(signs), named)
        rows = [
            (
                one.day,
                *(_pair(one.signs.get(s.id), one.untreated_signs.get(s.id), s.shown.digits) for s in signs if s.shown),
                *(_pair(one.grades.get(name), one.untreated_grades.get(name), 0) for name in shown),
                *([", ".join(dict.fromkeys(given.drug for given in one.given))] if told.given else []),
            )
            for one in eventful
        ]
        names = (told.scales[name].replace(" ", "\n") for name in shown)  # one word a line leaves room for the numbers
        columns = ("day", *(s.shown.heading for s in signs if s.shown), *names, *(["given"] if told.given else []))
        screen.print(
            "Day by day, at worst (in brackets: untreated, where it differs; † dead)", style="bold", markup=False
        )
        sheet = table(columns, rows, right=[name for name in columns if name != "given"])
        sheet.padding = (0, 1, 0, 0)
        for column in sheet.columns[: len(columns) - bool(told.given)]:
            column.no_wrap = True  # a number and its bracket stay on one line
        screen.print(sheet)
        if left:
            words = (
                f"Not shown for want of room: {', '.join(told.scales[name] for name in left)}. Name some with --scale."
            )
            screen.print(words, style="dim", markup=False)
    if told.given:
        screen.print(f"What was given, and why (guideline {told.guideline})", style="bold", markup=False)
        screen.print(table(("day", "what", "why"), _doses(told.given), right=("day",)))
    screen.print("What it changed, against the same patient untreated (true course)", style="bold", markup=False)
    screen.print(_bullets(told.text))
    screen.print("")


def _scales_that_fit(told: Any, known: Any, room: int, named: bool) -> tuple[list[str], list[str]]:
    """The scales with room for a column, and the others: the first of each toxicity goes before the rest.

    Scales named on the command line are all shown.
    """
    from livingdrug.reports.toxicity_scales import leading, told_scales

    names = list(told.scales)
    if named:
        return names, []
    first = [scale.id for scale in leading(told_scales(names, known), len(names))]
    ranked = [*first, *(name for name in names if name not in first)]
    room -= OTHER_WIDTH
    kept: set[str] = set()
    for name in ranked:
        wide = max(GRADE_WIDTH, *(len(word) for word in told.scales[name].split())) + 2
        if kept and room < wide:
            continue
        kept.add(name)
        room -= wide
    return [name for name in names if name in kept], [name for name in names if name not in kept]


def _is_off(days: Any, sign: Sign) -> bool:
    """Whether a sign ever left its healthy value in either life; some are always shown."""
    lives = [life for one in days for life in (one.signs, one.untreated_signs)]
    always = sign.shown is not None and sign.shown.always
    return always or any(round(life.get(sign.id, sign.well)) != sign.well for life in lives)


def shown_signs(known: Any) -> list[Sign]:
    """Signs with a column of their own, in order."""
    from livingdrug.catalog.signs import signs_of

    return [sign for sign in signs_of(known).moment.values() if sign.shown is not None and sign.shown.heading]


def _bullets(sentences: Any) -> Any:
    """Sentences one below the other, wrapped beside their dots."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1))
    for sentence in sentences:
        grid.add_row("  ·", Text(sentence))
    return grid


def _doses(given: Any) -> list[tuple[object, ...]]:
    """One line a dose; of a drug given more than four times for the same reason, the first and the count."""
    rows: list[tuple[object, ...]] = []
    doses = {drug: [one for one in given if one.drug == drug] for drug in {one.drug for one in given}}
    for one in given:
        same = doses[one.drug]
        if len(same) > 4 and one is not same[0]:
            continue
        often = f", the first of {len(same)} doses" if len(same) > 4 else ""
        later = f"\nA day later: {one.later}." if one.later else ""
        rows.append((f"{one.day:.1f}", f"{one.drug}{one.amount}{often}", f"{one.reason}{later}"))
    return rows


def _pair(mine: float | None, theirs: float | None, digits: int) -> str:
    """A value, and the untreated one in brackets where it differs; a cross where that life was over."""
    shown, other = ("†" if value is None else f"{value:.{digits}f}" for value in (mine, theirs))
    return shown if shown == other else f"{shown} ({other})"


COMMAND = Command(patient, panel=SIMULATE, order=40)
