"""Whether a file is sound."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import SIMULATE, Command


def check(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A trial file; or any catalogue file in a folder named by its kind.")
    ],
    catalog: CATALOG = None,
) -> None:
    """Is this file sound? Units, doses, days, and every product, drug, endpoint and scale it names.

    A file in a folder called product, drug, endpoint … is read as one of that kind, one in a folder called recipes or
    mechanisms as a piece of the model, one with centres and factories as a network, any other as a trial. What stands in the folders
    beside it may be named.

    [bold]For example[/bold]

      livingdrug check my_trial.toml
      livingdrug check my_catalog/drug/my_drug.toml
    """
    from livingdrug.catalog.doses_told import bridging_told, calendar_told, design_told, doses_told
    from livingdrug.catalog.load import is_network, kinds, load_trial
    from livingdrug.cli.screen import console, notice

    folder, beside = Path(file).parent.name, Path(file).parent.parent
    # a file in a folder of its kind is part of a catalogue, and may name what stands beside it
    whole = folder in kinds() and folder != "trial" and beside.is_dir()
    known, screen = opened([*(catalog or []), *([beside] if whole else [])]), console()
    if folder in ("recipes", "mechanisms"):
        title = _sound_piece(folder, Path(file), known)
        screen.print(f"{file}: a sound {folder[:-1]}.\n  {title}", markup=False)
        notice(screen)
        return
    kind, plans = folder if folder in kinds() else "network" if is_network(file) else "trial", ()
    record: Any = load_trial(file, catalog=known) if kind == "trial" else known.load(kind, Path(file))
    if kind == "trial":
        from livingdrug.trial.door import planned

        plans = planned(file, known)[1]
    else:
        _hold(kind, record, known, file)
    warnings = _told_of_network(record, file) if kind == "network" else ()
    beside_it = "".join(f" --catalog {one}" for one in catalog or ())
    screen.print(f"{file}: a sound {kind.replace('_', ' ')}.\n  {record.title}", markup=False)
    for words in warnings:
        screen.print(f"  Warning: {words}", markup=False)
    if kind == "network":
        screen.print(f"Next: livingdrug logistics {file} --seed 1{beside_it}", markup=False)
    if kind == "experiment":
        screen.print(f"  {record.standing}", markup=False)
        screen.print(f"Next: livingdrug bench {file}{beside_it}", markup=False)
    if kind == "trial":
        from livingdrug.trial.standing import standing

        screen.print(f"  {design_told(record)}", markup=False)
        for line in standing(record, plans):
            screen.print(f"  {line}", markup=False)
        for line in calendar_told(record):
            screen.print(f"  {line}", markup=False)
        for arm, plan in zip(record.arms, plans, strict=True):
            screen.print(f"  arm {arm.name}: {f'product {arm.product}' if arm.product else 'no cells'}", markup=False)
            for line in [*bridging_told(plan), *doses_told(arm)]:
                screen.print(f"    {line}", markup=False)
        screen.print(f"  follow-up {record.follow_up_days:g} day", markup=False)
        screen.print(f"Next: livingdrug run {file} -n 200 --seed 1{beside_it}", markup=False)
    notice(screen)


def _hold(kind: str, record: Any, known: Any, file: str) -> None:
    """Hold a file of a catalogue against what it names."""
    from livingdrug.course.layer_alone import LAYERS, check_layer
    from livingdrug.foundation.errors import naming

    if kind == "outcome":
        from livingdrug.trial.door import check_outcome_file

        check_outcome_file(record, known)
    elif kind == "endpoint":
        from livingdrug.trial.door import check_endpoint_file

        check_endpoint_file(record, known)
    elif kind == "experiment":
        from livingdrug.trial.bench import assembled

        assembled(record, known)
    elif kind in LAYERS:
        from livingdrug.model.texts import package_texts, texts_in

        factors = record.factors if kind == "trait" else ()
        with naming(file):
            texts = {**package_texts(), **texts_in(known.folders)}
            check_layer(f'{kind} "{record.id}"', record.parameter, texts, factors=factors)


def _told_of_network(record: Any, file: str) -> tuple[str, ...]:
    """Warnings of a network that can be simulated."""
    from livingdrug.foundation.errors import naming
    from livingdrug.trial.logistics import check_logistics

    with naming(file):
        return check_logistics(record)


def _sound_piece(folder: str, file: Path, known: Any) -> str:
    """The title of a recipe or mechanism that holds together."""
    from livingdrug.model.assemble import assemble
    from livingdrug.model.texts import mechanism_of, package_texts, texts_in

    texts = {**package_texts(), **texts_in(known.folders), **texts_in([file.parent.parent])}
    if folder == "recipes":
        return assemble(file, texts=texts).title
    return mechanism_of(file.stem, texts).sheet.title


COMMAND = Command(check, panel=SIMULATE, order=20)
