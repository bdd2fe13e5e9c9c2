"""What a fit's tables print of a published row is what was printed there; a share of a simulated trial is a count."""

import pytest

from livingdrug.catalog.load import default_catalog
from livingdrug.catalog.questions import questions_of
from livingdrug.fitting.joint.calibrate import calibration_trials
from livingdrug.fitting.joint.predict import Question
from livingdrug.fitting.joint.rows import published_rows
from livingdrug.fitting.joint.statistics import arcsine, arcsine_error

CATALOG = default_catalog()
ROWS = [
    row
    for name in calibration_trials(CATALOG)
    for trial in [CATALOG.load("trial", name)]
    for row in published_rows(trial, CATALOG, questions_of(trial, CATALOG))
    if row.measure in ("share", "middle")
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.trial}-{row.label}")
def test_a_published_number_is_shown_as_it_was_printed(row):
    published = row.published
    count = published.numerator if published.ci_low is None else None
    printed = published.value if count is None or row.measure != "share" else 100 * count / published.n
    assert row.shown(row.number) == pytest.approx(printed, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("of", "n"), [(0, 40), (40, 40), (13, 40), (1, 400)])
def test_a_share_is_shown_as_the_count_it_was(of, n):
    number = arcsine(of / n, n)
    share = next(row for row in ROWS if row.measure == "share")
    assert share.shown(number, arcsine_error(n)) == pytest.approx(100 * of / n, abs=1e-6)
    question = Question(CATALOG.load("endpoint", share.published.endpoint), "share", None, "", "", share.about)
    assert question.shown(number, n) == pytest.approx(100 * of / n, abs=1e-6)
