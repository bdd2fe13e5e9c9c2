"""A trial file at the door: what is wrong with a plan is said before anything runs."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.catalog.cross_references import check_trial
from livingdrug.catalog.load import HERE, Catalog
from livingdrug.foundation.errors import BadInput, CatalogError, UnitError, UnknownName

ELIANA = (HERE / "trial" / "eliana.toml").read_text(encoding="utf-8")


def read(tmp_path, *changes: tuple[str, str]):
    text = ELIANA
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return Catalog().load("trial", path)


def test_canonical_numbers(tmp_path):
    # by hand from the file: 30 mg/m^2 on 1.2 m^2; 5 x 365.25 days; 0.2e6 x 20 kg; above 50 kg 0.1e8 to 2.5e8 cells
    trial = read(tmp_path)
    arm = trial.arm("tisa-cel")
    fludarabine = arm.lymphodepletion[0]
    assert (fludarabine.dose_value, fludarabine.dose_unit) == (30.0, "mg/m^2")
    assert fludarabine.milligrams(np.array([20.0, 70.0]), np.array([0.8, 1.2])) == pytest.approx([24.0, 36.0])
    assert trial.follow_up_days == 5 * 365.25
    assert arm.first_day == -6
    low, high = arm.infusion.dose_limits([20.0, 50.0, 50.1])
    assert low == pytest.approx([4e6, 1e7, 1e7])
    assert high == pytest.approx([1e8, 2.5e8, 2.5e8])


def test_other_ways_to_dose(tmp_path):
    # by hand: 2e6 cells/kg with a ceiling of 2e8 cells; a fixed dose of 410e6 cells; 2 mg/kg; a fixed 40 mg
    two = 'dose_at_most_50kg = "0.2e6 to 5.0e6 cell/kg"\ndose_above_50kg = "0.1e8 to 2.5e8 cell"'
    capped = read(tmp_path, (two, 'dose_per_kg = "2e6 cell/kg"\ndose_at_most = "2e8 cell"'))
    assert capped.arms[0].infusion.dose_limits([30.0, 120.0])[1] == pytest.approx([6e7, 2e8])
    fixed = read(tmp_path, (two, 'dose_fixed = "410e6 cell"'))
    assert fixed.arms[0].infusion.dose_limits([30.0, 120.0])[0] == pytest.approx([4.1e8, 4.1e8])
    per_kg = read(tmp_path, ("30 mg/m^2", "2 mg/kg")).arms[0].lymphodepletion[0]
    assert per_kg.milligrams(np.array([20.0]), np.array([0.8])) == pytest.approx([40.0])
    flat = read(tmp_path, ("30 mg/m^2", "40 mg")).arms[0].lymphodepletion[0]
    assert flat.milligrams(np.array([20.0]), np.array([0.8])) == pytest.approx([40.0])


BRIDGED = "[arm.bridging]\nallowed = true\n"


def bridged(value, unit="", allowed="true"):
    """The table of bridging with a share of its own."""
    number = f'value = {value}\nunit = "{unit}"\nlow = 0.0\nhigh = 100.0\nmeaning = "Share"\nkind = "assumed"\nsource = "made up"\n'
    return f"[arm.bridging]\nallowed = {allowed}\n[arm.bridging.share]\n{number}"


@pytest.mark.parametrize(
    ("old", "new", "error", "expected"),
    [
        ("30 mg/m^2", "30 mg/L", UnitError, "expected a dose such as"),
        ("30 mg/m^2", "30", UnitError, "Write number and unit"),
        ("30 mg/m^2", "-30 mg/m^2", CatalogError, "expected more than 0"),
        ("30 mg/m^2", "30 kg", CatalogError, "Look at the unit"),
        ("0.2e6 to 5.0e6 cell/kg", "0.2e6 to 5.0e6 cell", UnitError, "belongs in another key"),
        (
            "0.2e6 to 5.0e6 cell/kg",
            "-1e6 to 5.0e6 cell/kg",
            CatalogError,
            "-1e+06 cell/kg; expected 1000 to 1e+10 cell/kg",
        ),
        (
            "0.2e6 to 5.0e6 cell/kg",
            "0.2e6 to 5.0e12 cell/kg",
            CatalogError,
            "5e+12 cell/kg; expected 1000 to 1e+10 cell/kg.\n  Look at the unit",
        ),
        (
            "0.1e8 to 2.5e8 cell",
            "0.1e8 to 2.5e18 cell",
            CatalogError,
            "which is 2.5e+18 cell; expected 10000 to 1e+13 cell",
        ),
        ("0.2e6 to 5.0e6 cell/kg", "0.2 to 5.0 cell/kg", CatalogError, "which is 0.2 cell/kg; expected 1000"),
        ("0.1e8 to 2.5e8 cell", "10 to 250 cell", CatalogError, "which is 10 cell; expected 10000"),
        ("0.2e6 to 5.0e6 cell/kg", "5e6 to 1e6 cell/kg", UnitError, "begins above its end"),
        ('dose_above_50kg = "0.1e8 to 2.5e8 cell"', "", CatalogError, "go together"),
        ("day = 0\n", 'day = 0\ndose_fixed = "1e8 cell"\n', CatalogError, "exactly one of"),
        ("[-6, -5, -4, -3]", "[-6, -5, -4, 1]", CatalogError, "is not before the infusion"),
        ("[-6, -5, -4, -3]", "[-600, -5, -4, -3]", CatalogError, "no more than 60 days before"),
        ("[-6, -5, -4, -3]", "[]", CatalogError, "at least 1 item"),
        ("[28, 90,", "[-7, 90,", CatalogError, "is before the first day of treatment"),
        ("[28, 90,", "[90, 28,", CatalogError, "not ascending"),
        ("[28, 90,", "[nan, 90,", CatalogError, "finite number"),
        ("1640, 1825]", "1640, 4000]", CatalogError, "day 4000 is after the end of follow-up"),
        (
            'follow_up = "5 year"',
            'follow_up = "1 year"',
            CatalogError,
            'to 1825 are after the end of follow-up, "1 year"; "visits.',
        ),
        ('follow_up = "5 year"', 'follow_up = "0 year"', CatalogError, "more than 0 days"),
        ('follow_up = "5 year"', 'follow_up = "-1 year"', CatalogError, "more than 0 days"),
        ('follow_up = "5 year"', 'follow_up = "5 kg"', UnitError, "follow_up"),
        (
            'role = "calibration"',
            'role = "training"',
            CatalogError,
            "'calibration', 'prediction', 'design' or 'scenario'",
        ),
        ("value = 0.03", "value = 1.5", CatalogError, "probability"),
        ('id = "efs"', 'id = "os"', CatalogError, "listed twice"),
        ("[arm.bridging]", "[arm.briding]", CatalogError, 'Did you mean "bridging"'),
        ("[visits.window_days]\nresponse", "[visits.window_days]\nrespons", CatalogError, 'Did you mean "response"'),
        (BRIDGED, bridged(59.0), CatalogError, "0.59 for 59 %"),
        (BRIDGED, bridged(0.59, "percent"), CatalogError, "from 0 to 1"),
        (BRIDGED, bridged(0.59, allowed="false"), CatalogError, "Take one of them out"),
    ],
)
def test_what_does_not_make_sense_is_refused(tmp_path, old, new, error, expected):
    with pytest.raises(error) as caught:
        read(tmp_path, (old, new))
    assert expected in str(caught.value)
    assert "mine.toml" in str(caught.value)


def test_no_arms_and_two_arms_of_one_name(tmp_path):
    start, end = ELIANA.index("[[arm]]"), ELIANA.index("[visits]")
    arm = ELIANA[start:end]
    with pytest.raises(CatalogError, match='"arm"'):
        read(tmp_path, (arm, ""))
    with pytest.raises(CatalogError, match='two arms are called "tisa-cel"'):
        read(tmp_path, (arm, arm + arm))


def test_an_arm_is_found_by_name(tmp_path):
    with pytest.raises(UnknownName, match='Did you mean "tisa-cel"'):
        read(tmp_path).arm("tisacel")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('product = "tisa_cel"', 'product = "tisacel"', "arm[1].product"),
        ('drug = "fludarabine"', 'drug = "fludarabin"', "arm[1].lymphodepletion.drug"),
        ('population = "b_all_paediatric_rr"', 'population = "nobody_at_all"', "population"),
        ('disease = "b_all"', 'disease = "b_al"', "disease"),
        ('guideline = "tisa_cel_trials"', 'guideline = "kymriah"', "arm[1].management.guideline"),
        ('id = "efs"', 'id = "efss"', "endpoint"),
        ('"crs_penn", ', '"crs_pen", ', "scales"),
    ],
)
def test_every_name_is_looked_up(tmp_path, old, new, place):
    problems = [str(problem) for problem in check_trial(read(tmp_path, (old, new)), Catalog())]
    wrong = new.split('"')[1]
    assert any(f'"{place}"' in problem and f'"{wrong}"' in problem for problem in problems)
    assert all(isinstance(problem, BadInput) for problem in check_trial(read(tmp_path, (old, new)), Catalog()))


def test_a_prediction_trial_may_not_have_evidence(tmp_path):
    for kind in ("trial", "evidence"):
        (tmp_path / kind).mkdir()
    (tmp_path / "trial" / "future.toml").write_text(ELIANA.replace("calibration", "prediction"), encoding="utf-8")
    assert Catalog([tmp_path]).load("trial", "future").role == "prediction"
    (tmp_path / "evidence" / "future.toml").write_text(
        'title = "Outcomes"\n[[result]]\nendpoint = "efs"\nvalue = 50.0\nunit = "percent"\nsource = "a paper"\n'
        'status = "read"\nuse = "comparison"\n',
        encoding="utf-8",
    )
    catalog = Catalog([tmp_path])  # a catalogue remembers what it has read
    with pytest.raises(CatalogError, match='role "prediction"'):
        catalog.load("trial", "future")
    with pytest.raises(CatalogError, match="must not be in the catalogue"):
        catalog.load("evidence", "future")


def test_an_endpoint_on_a_scale_that_the_trial_does_not_grade_is_refused(tmp_path):
    # expected: told at the door, not after the run
    from livingdrug.catalog.load import default_catalog, load_trial

    text = default_catalog().path("trial", "eliana").read_text(encoding="utf-8")
    path = tmp_path / "ours.toml"
    path.write_text(
        text.replace('"neurological_events_ctcae"]', "]").replace('"neurotoxicity_ctcae", ', ""), encoding="utf-8"
    )
    with pytest.raises(CatalogError, match='does not grade scale "neurotoxicity_ctcae"'):
        load_trial(path)


def test_an_arm_without_cells_has_nobody_to_bridge(tmp_path):
    text = (HERE / "trial" / "tower_chemotherapy.toml").read_text(encoding="utf-8")
    first = text.index("[[arm.given]]")
    place = tmp_path / "mine.toml"
    place.write_text(text[:first] + bridged(0.5) + text[first:], encoding="utf-8")
    with pytest.raises(CatalogError, match="nobody waits for cells"):
        Catalog().load("trial", place)
