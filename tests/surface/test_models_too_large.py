"""Models too large for machine code: refused with what was found and what to do, before the work begins; what is accepted runs."""

import pytest

from livingdrug.cli.main import main
from livingdrug.engine import too_large

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1"><model id="m">'
    '<listOfCompartments><compartment id="c" size="1" constant="true"/></listOfCompartments>'
)
DATA = "patient,day,value [copy/ug]\n1,0,1\n1,1,2\n1,2,3\n2,0,1\n2,1,2\n2,2,3\n"


def sbml(n: int, reactions: list[tuple[tuple[int, ...], int]]) -> str:
    """Species S0 … and reactions (what goes in, what comes out) by mass action."""
    species = "".join(
        f'<species id="S{i}" compartment="c" initialConcentration="1" hasOnlySubstanceUnits="false" boundaryCondition="false" constant="false"/>'
        for i in range(n)
    )

    def reaction(number: int, taken: tuple[int, ...], made: int) -> str:
        ins = "".join(f'<speciesReference species="S{i}" stoichiometry="1" constant="true"/>' for i in taken)
        law = "".join(f"<ci>S{i}</ci>" for i in taken)
        return (
            f'<reaction id="R{number}" reversible="false" fast="false"><listOfReactants>{ins}</listOfReactants><listOfProducts>'
            f'<speciesReference species="S{made}" stoichiometry="1" constant="true"/></listOfProducts><kineticLaw>'
            f'<math xmlns="http://www.w3.org/1998/Math/MathML"><apply><times/><ci>k</ci>{law}</apply></math></kineticLaw></reaction>'
        )

    listed = "".join(reaction(number, *one) for number, one in enumerate(reactions))
    return (
        f'{HEAD}<listOfSpecies>{species}</listOfSpecies><listOfParameters><parameter id="k" value="0.1" constant="true"/></listOfParameters>'
        f"<listOfReactions>{listed}</listOfReactions></model></sbml>"
    )


def row(n: int) -> str:
    return sbml(n, [((i,), i + 1) for i in range(n - 1)])


def everything_with_everything(n: int) -> str:
    return sbml(
        n, [((i, (7 * i + 3 * k * k + k) % n), (11 * i + 5 * k + 1) % n) for i in range(n) for k in range(1, 3)]
    )


@pytest.fixture
def asked(tmp_path):
    """Words of a command that reads a model of one's own, and where the model goes."""
    (tmp_path / "ck.csv").write_text(DATA, encoding="utf-8")
    (tmp_path / "own.toml").write_text(
        'title = "Own"\nsbml = "model.xml"\nmeasured = "S1"\n[parameter.k]\nstart = 0.1\nunit = "1/{time}"\nmeaning = "Rate"\n',
        encoding="utf-8",
    )
    return ["fit", str(tmp_path / "ck.csv"), "--model", str(tmp_path / "own.toml")], tmp_path / "model.xml"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            lambda: row(too_large.MOST_PARTS // 2 + 1),
            "3,001 species, 3,000 reactions and 0 rules, expected at most 6,000 together",
        ),
        (lambda: everything_with_everything(1500), "1,500 states with"),
    ],
)
def test_a_model_that_is_too_large_is_refused_with_its_size(asked, text, found, capsys):
    words, model = asked
    model.write_text(text(), encoding="utf-8")
    assert main(words) == 2
    told = capsys.readouterr().err
    assert "model.xml" in told
    assert found in " ".join(told.split())
    assert "Simulate it in parts" in told
    assert "Traceback" not in told


def test_equations_that_are_too_long_are_refused(asked, capsys, monkeypatch):
    words, model = asked
    monkeypatch.setattr(too_large, "MOST_VALUES", 20)
    model.write_text(row(30), encoding="utf-8")
    assert main(words) == 2
    assert "operations, expected at most 20" in " ".join(capsys.readouterr().err.split())
