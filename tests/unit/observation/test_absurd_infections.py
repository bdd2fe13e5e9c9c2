"""Expected: by definition; a patient whose infections would come without end has a course that failed, and the others are as they were."""

from __future__ import annotations

from livingdrug.trial.run import run


def test_a_hazard_beyond_all_bearing_fails_that_course_with_its_reason():
    usual = run("eliana", patients=6, seed=3, sample=0, threads=1)
    found = run("eliana", patients=6, seed=3, sample=0, threads=1, parameters={"weight_il1": "34650"})
    reasons = found.failed["course_status"].unique().to_list()
    assert found.exits.height == usual.exits.height
    assert 0 < found.failed.height <= found.exits.height
    assert any("hazard of infections adds up to more than 150" in why for why in reasons)
    assert usual.failed.is_empty()
