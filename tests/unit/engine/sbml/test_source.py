"""Models as users have them. Expected values: the same model, whatever the form; an explanation for what is none."""

from __future__ import annotations

from pathlib import Path

import antimony
import pytest

from livingdrug.engine.odes import Odes
from livingdrug.engine.sbml.model import read_sbml_model
from livingdrug.engine.sbml.read import read_sbml
from livingdrug.foundation.errors import BadInput

ANTIMONY = "model m\n S = 1; k = 0.5; S' = -k*S;\nend"


@pytest.fixture(scope="module")
def sbml() -> str:
    antimony.clearPreviousLoads()
    antimony.loadAntimonyString(ANTIMONY)
    return str(antimony.getSBMLString("m"))


def _same(odes: Odes) -> bool:
    return odes.states == ("S",) and odes.parameters == ("k",) and odes.defaults == (0.5,) and odes.initial == ("1.0",)


def test_text_in_either_language(sbml):
    for text in (ANTIMONY, sbml, "\ufeff" + sbml, "\n  " + sbml, "S = 1; k = 0.5; S' = -k*S"):
        assert _same(read_sbml(text))
    assert _same(read_sbml_model(ANTIMONY).odes)


def test_files_by_path_and_by_name(tmp_path, sbml):
    declared = sbml.replace('encoding="UTF-8"', 'encoding="{}"').replace("<model ", '<model name="Réné" ', 1)
    contents = {
        "plain.xml": sbml.encode(),
        "marked.xml": "\ufeff".encode() + sbml.encode(),
        "wide.xml": declared.format("UTF-16").encode("utf-16"),
        "latin.sbml": declared.format("ISO-8859-1").encode("latin-1"),
        "model.ant": ANTIMONY.encode(),
        "no_ending": sbml.encode(),
    }
    for name, content in contents.items():
        path = tmp_path / name
        path.write_bytes(content)
        assert _same(read_sbml(path)), name
        assert _same(read_sbml(str(path))), name


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nothing.xml", r"nothing\.xml: cannot be read"),
        (Path("/nowhere/model.sbml"), r"model\.sbml: cannot be read"),
        ("hello", "neither SBML"),
        ("", "neither SBML"),
        (None, "got NoneType"),
        ({"k": 1}, "got dict"),
        (b"<sbml/>", "got bytes"),
        ("<html></html>", "not sound SBML, line "),
    ],
)
def test_what_is_no_model(given, said):
    with pytest.raises(BadInput, match=said):
        read_sbml(given)


def test_unsound_sbml_names_the_element(sbml):
    broken = sbml.replace("<ci> k </ci>", "<ci> k </ci><ci/><apply/>").replace('variable="S"', 'variables="S"')
    with pytest.raises(BadInput, match=r"line \d+, rateRule|line \d+, <\w+>"):
        read_sbml(broken)
    missing = sbml.replace('<parameter id="k"', '<parameter id="k" value2="3" ').replace('constant="true"', "")
    with pytest.raises(BadInput, match=r'"(k|S)"'):
        read_sbml(missing)


def test_what_does_not_change_the_mathematics_is_read(sbml):
    unknown = sbml.replace('variable="S"', 'variable="S" colour="red"')
    assert _same(read_sbml(unknown))
    notes = sbml.replace("<rateRule", "<rateRule metaid='a' sboTerm='SBO:9'", 1)
    assert _same(read_sbml(notes))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text.replace("</model>", "", 1), "not XML, mismatched tag at line"),
        (lambda text: text[: len(text) // 2], "not XML, "),
        (lambda text: text.replace("<ci> k </ci>", "<ci> nobody </ci>"), "nobody"),
        (lambda text: text.replace("<ci> k </ci>", "<apply><divide/><ci> k </ci></apply>"), "number of arguments"),
        (lambda text: text.replace("<ci> k </ci>", "<apply><abs/>" * 300 + "<ci> k </ci>" + "</apply>" * 300), "more than 250 elements"),
        (lambda text: text.replace("<ci> k </ci>", "<apply><plus/>" + "<ci> k </ci>" * 300_000 + "</apply>"), "more than 1,000 operands"),
        (lambda text: text.replace("?>", '?><!DOCTYPE sbml [<!ENTITY a "k"><!ENTITY b "&a;&a;">]>', 1), "an entity"),
        (lambda text: text.replace('<parameter id="k"', '<parameter id="S"', 1), "S"),
    ],
    ids=range(8),
)  # fmt: skip
def test_what_is_wrong_is_told_with_the_file_and_what_to_do(tmp_path, sbml, change, told):
    changed = change(sbml)
    assert changed != sbml
    path = tmp_path / "mine.xml"
    path.write_text(changed, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read_sbml_model(path)
    said = str(caught.value)
    assert told in said
    assert said.startswith(str(path))
    assert "\n  " in said
    assert len(said) < 1500


@pytest.mark.parametrize("written", ["1d3", "0x10", "1_000", "1e400", "1e3e2", "1.5e", "0b11"])
def test_a_number_that_antimony_reads_in_part_is_refused(written):
    # libantimony makes of each its first digits and a unit called after the rest; whoever wrote it meant another number
    with pytest.raises(BadInput, match=rf'the text, line 2: of "{written}"'):
        read_sbml(f"S = 1; // 0x10 in a comment\nk = {written}; S' = -k*S")


def test_units_behind_a_number_are_read():
    assert read_sbml("S = 1; k = 2.5e-3 mg; d3 = 4 mL; S' = -k*d3*S").defaults == (0.0025, 4.0)
