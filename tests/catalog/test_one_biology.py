"""Expected: the rules of one biology themselves: every constant has a sheet, no spread hides behind a large number, a product has little of its own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from livingdrug.catalog.load import default_catalog, load_trial
from livingdrug.trial.door import planned

ROOM = Path(__file__).parents[2] / "src" / "livingdrug"
FRAGMENTS = sorted((ROOM / "model" / "mechanisms").glob("*.ant"))
SHEETS = sorted((ROOM / "model" / "mechanisms").glob("*.toml"))
RECIPES = sorted((ROOM / "model" / "recipes").glob("*.toml"))
PRODUCTS = sorted((ROOM / "catalog" / "product").glob("*.toml"))
DOMAINS = sorted((ROOM / "catalog" / "costimulation").glob("*.toml"))
OTHERS = [*sorted((ROOM / "catalog" / "disease").glob("*.toml")), *DOMAINS]
RUN = ("eliana", "juliet", "zuma_1", "zuma_2", "transcend_nhl_001", "karmma", "cartitude_1", "pilot", "zuma_12")

NUMERAL = re.compile(r"(?<![\w.])(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])")
PHYSIOLOGY = ("organs", "signs", "marrow", "red_cells", "cytokines", "hyperinflammation", "hazards", "host_lymphocytes")
"""Mechanisms that belong to people: fever, pressure, oxygen, brain, marrow, liver, kidney and what drives them."""
MOST_SPREAD = 1.0
MOST_FITTED = 80


def numerals(text: str) -> list[str]:
    """Numerals of a fragment outside comments, other than 0 and 1."""
    bare = re.sub(r"//.*", "", text)
    return [found for found in NUMERAL.findall(bare) if float(found) not in (0.0, 1.0)]


def numbers(table: object, place: str = "") -> Iterator[tuple[str, dict]]:
    """Every table with a value and a unit, by place."""
    if isinstance(table, dict):
        if "value" in table and "unit" in table:
            yield place, table
        for key, inner in table.items():
            yield from numbers(inner, f"{place}.{key}" if place else str(key))


def read(path: Path) -> dict:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def of_physiology() -> set[str]:
    """Names of parameters of the mechanisms that belong to people."""
    return {name for path in SHEETS if path.stem in PHYSIOLOGY for name in read(path).get("parameter", {})}


def test_the_reader_of_numerals_finds_what_it_should():
    assert numerals("a := b^2 + 0.5 * c1 - 1; // 7\nd' = 1e6 * x_2 + 0;") == ["2", "0.5", "1e6"]


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: path.stem)
def test_no_numeral_but_zero_and_one_stands_in_a_mechanism(path: Path):
    found = numerals(path.read_text(encoding="utf-8"))
    assert not found, f"{path.name}: {', '.join(found)} have no sheet entry; give each a name, a unit and a source"


@pytest.mark.parametrize(
    "path", [*SHEETS, *RECIPES, *PRODUCTS, *OTHERS], ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_no_unexplained_spread_is_above_one(path: Path):
    wide = {place: number["spread"] for place, number in numbers(read(path)) if number.get("spread", 0.0) > MOST_SPREAD}
    assert not wide, f"{path.name}: {wide}; say which covariates explain it"


@pytest.mark.parametrize("path", PRODUCTS, ids=lambda path: path.stem)
def test_a_product_has_three_numbers_of_its_own_at_most(path: Path):
    # the factor of a sponsor's assay is no biology and is counted apart
    own = set(read(path).get("parameter", {})) - {"assay_factor"}
    assert len(own) <= 3, f"{path.name}: {sorted(own)}"


@pytest.mark.parametrize("path", PRODUCTS, ids=lambda path: path.stem)
def test_products_set_nothing_that_belongs_to_people(path: Path):
    set_here = {place.rsplit(".", 1)[-1] for place, _ in numbers(read(path))}
    assert not set_here & of_physiology()


@pytest.mark.parametrize("path", DOMAINS, ids=lambda path: path.stem)
def test_a_costimulatory_domain_sets_cells_and_no_physiology(path: Path):
    own = set(read(path).get("parameter", {}))
    assert not own & of_physiology()
    assert all(name.endswith("_costimulation") for name in own)


def test_every_product_names_a_domain_with_a_file():
    known = {path.stem for path in DOMAINS}
    assert {read(path)["costimulation"] for path in PRODUCTS if "extends" not in read(path)} <= known


@pytest.mark.parametrize("name", RUN)
def test_every_trial_passes_the_door(name: str):
    # expected: what check calls sound, run completes; the door runs one patient
    catalog = default_catalog()
    _, plans = planned(load_trial(name, catalog), catalog)
    assert plans


def fitted_numbers() -> int:
    """Numbers called fitted: values and spreads; the factor of a sponsor's assay is no biology and is counted apart."""
    found = 0
    for path in [*SHEETS, *RECIPES, *PRODUCTS, *OTHERS]:
        for place, number in numbers(read(path)):
            if place.endswith("assay_factor"):
                continue
            found += (number.get("kind") == "fitted") + ("spread_prior" in number)
    return found


def test_biology_has_eighty_fitted_numbers_at_most():
    assert fitted_numbers() <= MOST_FITTED
