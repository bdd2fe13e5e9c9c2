"""Expected values: the promise that an edit of donors' cells is one file that says what it does, and one number of a bank that says how often."""

from __future__ import annotations

from pathlib import Path

import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.foundation.errors import CatalogError
from livingdrug.trial.door import planned
from livingdrug.trial.run import run

TRIAL = Path(__file__).parents[2] / "examples" / "off_the_shelf" / "trial.toml"
NUMBER = 'value = {}\nunit = ""\nmeaning = "Of an imaginary edit"\nkind = "assumed"\nsource = "made up for a test"\n'
CIITA = (
    'title = "CIITA cut: no HLA class II"\ngene = "CIITA"\n[[effect]]\non = "seen_by_t_cells"\n[effect.times]\n'
    + NUMBER.format(0.02)
)


@pytest.fixture
def catalogue(tmp_path: Path):
    """A catalogue folder with a bank that cuts CIITA as well, and a trial of it beside the usual bank."""

    def write(edit: str) -> tuple[Catalog, Path]:
        files = {
            "making/allogeneic_bank_ciita.toml": 'title = "Without class II"\nextends = "allogeneic_bank_trac_cd52"\nproduct = "tisa_cel_dlbcl"\n'
            "[making.edit_ciita]\n" + NUMBER.format(0.97),
        }
        if edit:
            files["edit/ciita.toml"] = edit
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        text = TRIAL.read_text(encoding="utf-8").replace('"400 day"', '"100 day"').replace(", 120, 180, 270, 365]", "]")
        text = text.replace("90, 180, 270, 365, 400]", "90]").replace("90, 180, 365]", "90]")
        head, _, rest = text.partition('[[arm]]\nname = "donors"')
        arms, _, after = rest.partition('[[arm]]\nname = "donors, alemtuzumab"')
        first = '[[arm]]\nname = "usual"' + arms
        second = first.replace('"usual"', '"ciita"').replace("allogeneic_bank_trac_cd52", "allogeneic_bank_ciita")
        text = head.partition("[[arm]]")[0] + first + second + "[visits]" + after.partition("[visits]")[2]
        (tmp_path / "trial.toml").write_text(text, encoding="utf-8")
        return Catalog([tmp_path]), tmp_path / "trial.toml"

    return write


def test_an_edit_that_hides_from_t_cells_makes_cells_last(catalogue):
    # expected: hosts hardly see these cells, so they are found for longer; nothing else was added than two files
    catalog, trial = catalogue(CIITA)
    result = run(trial, patients=16, seed=7, threads=1, catalog=catalog, sample=0)
    last = {arm: result.patients.filter(arm=arm)["last_detectable_day"].median() for arm in result.arms}
    assert last["ciita"] > last["usual"] + 20
    assert "edit/ciita" in result.manifest["catalog"]


def test_a_bank_with_an_edit_that_no_file_describes_is_refused(catalogue):
    # expected: the number, the file that is missing, what there is
    catalog, trial = catalogue("")
    with pytest.raises(CatalogError, match=r"making\.edit_ciita.*no file edit/ciita\.toml(.|\n)*trac"):
        planned(trial, catalog)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (CIITA.replace("[effect.times]", "[effect.plus]\n" + NUMBER.format(1) + "[effect.times]"), "both or none"),
        (CIITA.replace("value = 0.02", "value = -1"), "0 or more"),
        (CIITA.replace('"seen_by_t_cells"', '"seen_by_nobody"'), "seen_by_nobody"),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused_with_its_file(catalogue, wrong, told):
    catalog, trial = catalogue(wrong)
    with pytest.raises(CatalogError, match=told) as caught:
        planned(trial, catalog)
    assert "ciita" in str(caught.value)


def test_every_surface_says_that_donors_cells_are_a_scenario(catalogue, capsys):
    # expected: check, the terminal's summary and the report say so of the trial and of the donors' arms
    from rich.console import Console

    from livingdrug.cli.commands.check import check
    from livingdrug.reports.html import open_source
    from livingdrug.reports.sections.provenance import section
    from livingdrug.reports.terminal import summary

    catalog, trial = catalogue(CIITA)
    check(str(trial), catalog=[trial.parent])
    assert capsys.readouterr().out.count("scenario: not calibrated") == 2  # of the trial, and of the arms
    result = run(trial, patients=4, seed=7, threads=1, catalog=catalog, sample=0)
    console = Console(width=200, record=True)
    console.print(summary(result, catalog=catalog))
    assert "Scenario: not calibrated." in console.export_text()
    told = str(section(open_source(result, catalog=catalog)))
    assert "Scenario: not calibrated." in told
    assert ": scenario: not calibrated (" in told
