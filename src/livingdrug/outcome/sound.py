"""An outcome file held against what it names: the frame's columns, its reducer, scales, assays and numbers of the trial."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from livingdrug.catalog.signs import SHIPPED, Signs
from livingdrug.clinic.criterion import RECORDED
from livingdrug.foundation.errors import CatalogError, UnknownName, naming
from livingdrug.foundation.expressions import read_formula
from livingdrug.observation.frames import columns_of
from livingdrug.outcome.outcomes import MADE_OF_LOG, reads_column, reducer

if TYPE_CHECKING:
    from livingdrug.catalog.questions import Questions
    from livingdrug.catalog.records.outcome import Outcome

WITHOUT_DAYS = ("exits", "response", "truth")
"""Frames with one row a patient."""
TOXICITY = "toxicity"
"""In `match` of grades: the first scale recorded of this toxicity."""


def check_outcomes(questions: Questions) -> None:
    """Hold every outcome file against its frame and reducer, and the files against each other, before anything is simulated.

    Raises
    ------
    UnknownName
        There is no such reducer, or column.
    CatalogError
        A file lacks an option that its reducer needs, or reads days of a frame that has none; two files have one name, or play one
        role; or nobody plays one.
    """
    names: dict[str, str] = {}
    for outcome in questions.outcomes.values():
        twin = names.setdefault(outcome.pattern, outcome.id)
        if twin != outcome.id:
            raise CatalogError(
                f'outcome/{outcome.id}.toml, "name": "{outcome.pattern}" is the name of outcome/{twin}.toml, too.\n'
                f"  Choose another name, or call the file {twin}.toml to stand in its place."
            )
        check_outcome(outcome, questions.conduct, questions.signs)
    _ = questions.roles  # told here, at the door, when a role is played by nobody or by two


def check_outcome(outcome: Outcome, conduct: Collection[str], signs: Signs = SHIPPED) -> None:
    """Hold one outcome file against its frame, columns and reducer.

    Parameters
    ----------
    outcome
        The file.
    conduct
        Names of the numbers that a trial gives (``[conduct]``), which its formula may read.
    signs
        The signs there are.

    Raises
    ------
    UnknownName, CatalogError
        See `check_outcomes`.
    """
    with naming(f"outcome/{outcome.id}.toml"):
        needs = getattr(reducer(outcome.reduce), "NEEDS", ())
    for name in needs:
        outcome.setting(name)
    if outcome.days is not None and outcome.of in WITHOUT_DAYS:
        raise CatalogError(
            f'outcome/{outcome.id}.toml, "days": frame "{outcome.of}" has one row a patient and no days.\n  Take it out.'
        )
    columns = frame_columns(outcome.of, signs)
    wanted = [(name, "match") for name in outcome.match if not (name == TOXICITY and outcome.of == "grades")]
    if outcome.when and "{" not in outcome.when:
        wanted += [(name, "when") for name in read_formula(outcome.when).names if name not in conduct]
    if reads_column(outcome.reduce) and "{" not in outcome.column:
        wanted.append((outcome.column, "column"))
    for name, key in wanted:
        if name in columns or (outcome.of == "truth" and name.startswith("truth_")):
            continue
        raise UnknownName(
            f'column of frame "{outcome.of}", read by outcome "{outcome.id}" in "{key}",', name,
            [*sorted(columns), *(conduct if key == "when" else ())],
            f"Correct outcome/{outcome.id}.toml" + (', or give the number in "conduct" of the trial.' if key == "when" else "."),
        )  # fmt: skip


def frame_columns(frame: str, signs: Signs = SHIPPED) -> set[str]:
    """Every column that an outcome may read of a frame; of the truth also the days on which clones died out, ``truth_…``."""
    if frame == "response":
        return {"patient", *RECORDED}
    found = set(columns_of(frame))
    if frame == "ward":
        found |= {name for name, sign in signs.moment.items() if not sign.laboratory}
    return found | set(MADE_OF_LOG) if frame == "log" else found
