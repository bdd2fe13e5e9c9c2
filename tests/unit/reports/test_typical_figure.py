"""The figure of a typical patient. Expected: the course itself, on axes that hold it."""

from __future__ import annotations

import polars as pl
import pytest

import livingdrug as ld
from livingdrug.design.typical import Typical
from livingdrug.foundation.errors import BadInput, UnknownName

COURSE = pl.DataFrame(
    {"day": [-1.0, 0.0, 7.0, 28.0], "cells": [0.0, 0.0, 1e9, 1e8], "tumour": [1e11] * 4, "il6": [2.0, 3.0, 4.0, 5.0]}
)
PATIENT = Typical({"age_years": 60.0}, {}, COURSE, {"cells": "cell", "tumour": "cell", "il6": "pg/mL"})


def test_the_figure_has_the_course_as_its_data() -> None:
    figure = ld.plot.typical(PATIENT, ["cells", "tumour"])
    assert figure.data is not None
    assert figure.data.equals(COURSE.filter(pl.col("day") >= 0).select("day", "cells", "tumour"))
    assert "<svg" in figure.draw(600.0)
    assert "lie on the axis" in figure.caption  # nothing is not on a logarithmic axis
    assert ld.plot.typical(PATIENT, ["il6"]).caption == ""


def test_the_table_for_notebooks_by_hand() -> None:
    found = PATIENT.at([0, 7, 400])
    assert found.rows() == [("cells", "cell", 0.0, 1e9), ("tumour", "cell", 1e11, 1e11), ("il6", "pg/mL", 3.0, 4.0)]
    assert found.columns == ["output", "unit", "day 0", "day 7"]
    assert "plot.typical" in PATIENT._repr_html_()


def test_bad_outputs_are_refused() -> None:
    with pytest.raises(UnknownName):
        ld.plot.typical(PATIENT, ["nothing"])
    with pytest.raises(BadInput, match="units"):
        ld.plot.typical(PATIENT, ["cells", "il6"])
