"""Expected: `check` of one outcome file names what does not fit its frame, columns or reducer, with the place and what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.cli.main import main

PLAIN = {
    "title": '"Days with fever"', "definition": '"Days on the ward with fever, within eight weeks."', "of": '"ward"',
    "days": "[0, 55]", "when": '"temperature >= 38"', "reduce": '"n_days"', "kind": '"whole"',
}  # fmt: skip


def check(tmp_path: Path, **changes: str) -> int:
    (tmp_path / "outcome").mkdir(exist_ok=True)
    file = tmp_path / "outcome" / "mine.toml"
    keys = {**PLAIN, **changes}
    file.write_text("".join(f"{key} = {value}\n" for key, value in keys.items() if value), encoding="utf-8")
    return main(["check", str(file)])


def test_a_sound_outcome(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path) == 0
    assert "a sound outcome" in capsys.readouterr().out
    # a number of a trial's conduct may be read; ELIANA has this one
    visits = {
        "of": '"visits"',
        "match": '{ quantity = "b_cells_per_ul" }',
        "reduce": '"first"',
        "column": '"day"',
        "kind": '"day"',
    }
    assert check(tmp_path, **visits, when='"value >= b_cell_recovery"', days="") == 0


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"when": '"temprature >= 38"'}, ('"temprature"', '"when"', "temperature")),
        ({"when": '"crp >= 38"'}, ('"crp"', '"when"')),  # only a laboratory sees it
        ({"match": '{ colour = "red" }'}, ('"colour"', '"match"')),
        ({"reduce": '"higest"', "column": '"temperature"'}, ("higest", "highest")),
        ({"reduce": '"highest"'}, ('"value"', '"column"', "pressor_level")),
        ({"reduce": '"grade_of_value"', "column": '"temperature"'}, ("option", '"scale"')),
        ({"of": '"exits"', "reduce": '"one"', "column": '"death_day"', "when": ""}, ('"days"', "one row a patient")),
        ({"of": '"response"', "reduce": '"one"', "column": '"best"', "when": "", "days": ""}, ('"best"', "best_response")),
        (
            {"of": '"grades"', "match": '{ scale = "crs_pen" }', "when": '"grade >= 1"'},
            ("crs_pen", "crs_penn"),
        ),
        (
            {"of": '"visits"', "match": '{ quantity = ["igg_g_per_l", "unobtainium"] }', "when": '"value >= 1"'},
            ("unobtainium",),
        ),
        ({"name": '"death_day"'}, ('"death_day"', "outcome/death_day.toml")),
        ({"role": '"death"'}, ('"role"', "death_day")),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, str], told: tuple[str, ...]
) -> None:
    assert check(tmp_path, **changes) == 2
    shown = capsys.readouterr().err
    assert [word for word in told if word not in shown] == [], shown


def test_an_endpoint_reads_what_some_trial_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "endpoint").mkdir()
    file = tmp_path / "endpoint" / "fevers.toml"
    text = (
        'title = "Fever on ten days"\ndefinition = "Fever on ten days or more, among infused."\n'
        'kind = "proportion"\ngroup = "toxicity"\nsource = "made up"\nsuccess = "{} >= 10"\n'
    )
    file.write_text(text.format("mine"), encoding="utf-8")
    assert main(["check", str(file)]) == 2
    told = capsys.readouterr().err
    assert '"mine"' in told, told
    assert "fevers" in told
    assert check(tmp_path, name='"mine"') == 0  # an outcome of that name beside it
    assert main(["check", str(file)]) == 0, capsys.readouterr().err
    file.write_text(text.format("icans_max"), encoding="utf-8")
    assert main(["check", str(file)]) == 0, capsys.readouterr().err


def test_an_outcome_is_held_against_those_beside_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # by definition: two outcomes of one folder cannot have one name, and a scale beside is one of the catalogue
    assert check(tmp_path) == 0
    (tmp_path / "outcome" / "twin.toml").write_text(
        (tmp_path / "outcome" / "mine.toml").read_text() + 'name = "mine"\n'
    )
    assert main(["check", str(tmp_path / "outcome" / "twin.toml")]) == 2
    told = capsys.readouterr().err
    assert "twin" in told
    assert '"mine"' in told, told
    (tmp_path / "outcome" / "twin.toml").unlink()
    scale = Catalog().path("scale", "crs_penn").read_text(encoding="utf-8")
    (tmp_path / "scale").mkdir()
    (tmp_path / "scale" / "crs_ours.toml").write_text(scale, encoding="utf-8")
    graded = {"of": '"grades"', "match": '{ scale = "crs_ours" }', "when": '"grade >= 1"'}
    assert check(tmp_path, **graded) == 0, capsys.readouterr().err
    assert check(tmp_path, **{**graded, "match": '{ scale = "crs_theirs" }'}) == 2
