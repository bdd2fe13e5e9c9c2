"""Expected values: a patient whose course failed is reported, never dropped in silence (exit code 3)."""

from __future__ import annotations

from types import SimpleNamespace

import polars as pl
import pytest

from livingdrug.cli.trials import refuse_silence
from livingdrug.foundation.errors import SimulationFailed


def test_failed_courses_are_named() -> None:
    patients = pl.DataFrame({"patient": list(range(1, 101))})
    failed = pl.DataFrame({"patient": [17, 203], "course_status": ["step became too small near day 4", "x"]})
    with pytest.raises(
        SimulationFailed, match=r"2 of 100 courses .* 17, 203; the first: step became too small"
    ) as told:
        refuse_silence(SimpleNamespace(patients=patients, failed=failed))
    assert told.value.exit_code == 3


def test_nothing_failed_nothing_said() -> None:
    refuse_silence(SimpleNamespace(patients=pl.DataFrame({"patient": [1]}), failed=pl.DataFrame({"patient": []})))
