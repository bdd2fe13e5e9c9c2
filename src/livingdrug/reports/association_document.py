"""The documentation page of associations: prose by hand, tables from a run.

`python -m livingdrug.reports.association_document docs/associations.md` runs the trials and renews what stands between the
two marker lines. Rows kept to test the model are never in it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from livingdrug.foundation.errors import LivingDrugError
from livingdrug.model.pages import table, write_generated
from livingdrug.reports.association_rows import COLUMNS, by_topic, row, sentence
from livingdrug.reports.associations import determinants_table
from livingdrug.trial.associations.board import Board, associations

PATIENTS, SEED = 1_500, 7
"""Of the page: fewer leave a third of the directions undecided."""


def generated(board: Board) -> str:
    """The generated part of the page as Markdown: how many are met, every row that may be looked at, what decides."""
    shape = board.of_use("shape")
    told = [one for one in shape if not one.unanswered]
    silent = [one for one in shape if one.unanswered]
    run = board.manifests[0] if board.manifests else {}
    blocks = [
        f"{run.get('patients')} patients a trial, seed {run.get('seed')}.",
        f"### May shape the model\n\n{sentence(board.summary('shape'))}",
    ]
    for topic, mine in by_topic(told):
        rows = [[f"{one.row.title} ({one.association.cohort})", *row(one)[1:]] for one in mine]
        blocks.append(f"**{topic}**\n\n" + table(list(COLUMNS), rows))
    if silent:
        rows = [[f"{one.row.title} ({one.association.cohort})", one.unanswered] for one in silent]
        blocks.append("**Cannot be told from these patients**\n\n" + table(["", "why"], rows))
    blocks.append("### What decides")
    for outcome in board.determinants["outcome"].unique(maintain_order=True):
        one = determinants_table(board, outcome)
        rows = [[cell.replace("\n", " ") for cell in line] for line in one.rows]
        blocks.append(f"**{one.title}**\n\n" + table(list(one.columns), rows))
    return "\n\n".join(blocks)


def main(arguments: Sequence[str]) -> int:
    """`python -m livingdrug.reports.association_document PAGE [PATIENTS]`: renew the page."""
    if len(arguments) not in (1, 2) or not Path(arguments[0]).is_file() or not all(n.isdigit() for n in arguments[1:]):
        sys.stderr.write(
            "usage: python -m livingdrug.reports.association_document PAGE [PATIENTS]   (a page that is there)\n"
        )
        return 2
    page = Path(arguments[0])
    patients = int(arguments[1]) if len(arguments) > 1 else PATIENTS
    try:
        text = generated(associations(patients=patients, seed=SEED))
        write_generated(page, text)
    except LivingDrugError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    sys.stdout.write(f"{page}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
