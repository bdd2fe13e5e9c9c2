"""Sound inputs of every kind, spoiled by chance, put to the command line. Expected values: the exit codes that cli/main.py promises.

A few of each kind in every test run, 20,000 with LIVINGDRUG_VALIDATE=1 (or `python -m tests.fuzz.mutations`, which gives each
batch an interpreter of its own and goes on behind a case that breaks it). `python -m tests.fuzz.mutations --kind trials
--first 17 --number 1` asks one again.
"""

from __future__ import annotations

import os
from contextlib import nullcontext

import pytest

from tests.fuzz.mutations import case
from tests.fuzz.mutations.batch import answers
from tests.fuzz.mutations.kinds import ALL

SEED = 9
WHOLE = {"folders": 1000, "sbml": 4000, "any other": 2500}
SHARE = {"folders": 6, "sbml": 25, "trials": 12, "catalogue": 12, "any other": 20}


@pytest.fixture(scope="module", autouse=True)
def machine_code() -> None:
    """What an installation makes once is made before the clock of a case starts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(case, "no_hang", nullcontext)
        for _ in answers("sbml", SEED, 0, 4):
            pass


@pytest.mark.parametrize("kind", ALL)
def test_spoiled_inputs_are_answered_with_sense(kind: str) -> None:
    wanted = WHOLE if os.environ.get("LIVINGDRUG_VALIDATE") else SHARE
    number = wanted.get(kind, wanted["any other"])
    wrong = [
        f"{kind} {here}: {found.wrong}: {found.asked}\n{found.said[-600:]}"
        for here, found in answers(kind, SEED, 0, number)
        if found.wrong
    ]
    assert not wrong, "\n".join(wrong[:5])
