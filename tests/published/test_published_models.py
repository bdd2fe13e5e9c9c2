"""Generated from model/published/*.toml: every target within its tolerance; expected values are printed there with origin."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from livingdrug.engine.ensemble import compile_model
from livingdrug.engine.sbml.read import UnsupportedModel, read_sbml
from livingdrug.foundation.errors import BadInput, CatalogError, UnknownName
from livingdrug.foundation.streams import normal
from livingdrug.interop import reproduction
from livingdrug.interop.reproduction import load_published, reach, reproduce
from livingdrug.model.published import FOLDER, about_published, open_published, published_models

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "reproductions"
SBML = sorted((Path(__file__).parent / "sbml").glob("*.xml"))
HORIZON = {"MODEL2109110005": 8.0}  # its tumour falls to nothing, and CVODE stops at 8.58 as well
TARGETS = [(name, number) for name in published_models() for number in range(len(about_published(name).target))]
reached = cache(reach)


@pytest.mark.parametrize(("name", "number"), TARGETS, ids=lambda part: str(part))
def test_target(name, number):
    # expected: the printed number, to its last digit; see provenance and where in the file
    row = reached(name)[number]
    assert np.isfinite(row.ours)
    if row.target.provenance != "data":
        assert row.within, f"{row.target.quantity}: printed {row.target.printed}, ours {row.ours!r}"


@pytest.mark.parametrize("name", published_models())
def test_four_files_and_a_page_whose_table_is_up_to_date(name):
    # expected: the package's promise, one published model = record, equations, sheet, recipe and page
    assert (FOLDER / "recipes" / f"{name}.toml").is_file()
    assert (FOLDER / "mechanisms" / f"{name}.ant").is_file()
    page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    for heading in ("## Paper against ours", "## Assumptions", "## Deviations"):
        assert heading in page
    assert about_published(name).doi in page
    table = page.split(reproduction.BEGIN)[1].split(reproduction.END)[0]
    told, made = (text.strip().splitlines() for text in (table, reproduction.page_table(name)))
    assert len(told) == len(made)
    for said, now in zip(told, made, strict=True):
        if "|" in said and not said.startswith(("|---", "| scenario")):
            old, new = said.split("|"), now.split("|")
            # another processor may move the last figures of ours, and with them the difference
            assert float(old[4]) == pytest.approx(float(new[4]), rel=1e-4, abs=1e-20)
            said, now = "|".join(old[:4] + old[6:]), "|".join(new[:4] + new[6:])
        assert said == now


@pytest.mark.parametrize("name", published_models())
def test_course_by_another_integrator(name):
    # expected: libRoadRunner (CVODE, rtol 1e-10) on the SBML of the same model, up to day 28, without doses
    roadrunner = pytest.importorskip("roadrunner")
    published = open_published(name)
    odes = read_sbml(published.model.sbml)
    days = np.linspace(0.0, 28.0, 57)
    switch = [3.27, 9.29] if name == "ogasawara_2021" else [9.3]
    checks = np.unique(np.append(days, switch))
    compiled = compile_model(
        odes, log_scales=published.model.log_scales, linear_scales=published.model.linear_scales, outputs=odes.states
    )
    ensemble = compiled.run(compiled.default_parameters(1), checks, np.zeros(checks.size, bool), rtol=1e-9)
    runner = roadrunner.RoadRunner(published.model.sbml)
    runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = 1e-10, 1e-14
    runner.integrator.maximum_time_step = 0.05  # so that CVODE notices the switch at the peak
    runner.timeCourseSelections = list(odes.states)
    theirs = np.array(runner.simulate(0, 28, 57))
    ours = ensemble.outputs[0][np.searchsorted(checks, days)]
    scale = np.maximum(np.abs(theirs).max(axis=0), 1e-300)
    np.testing.assert_allclose(ours / scale, theirs / scale, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("path", SBML, ids=lambda path: path.stem)
def test_published_sbml_on_our_engine(path):
    # expected: libRoadRunner (CVODE, rtol 1e-10) on the same file; 1e-6 leaves room for both integrators
    roadrunner = pytest.importorskip("roadrunner")
    text = path.read_text(encoding="utf-8")
    page = (PAGES / "sbml_models.md").read_text(encoding="utf-8")
    try:
        odes = read_sbml(text)
    except UnsupportedModel as refusal:
        event = re.search(r'event "(\w+)"', str(refusal))
        assert event, "a refusal names the construct and its id"
        assert f'id="{event[1]}"' in text
        assert re.search(rf"{path.stem} \|.*refused", page)
        return
    assert re.search(rf"{path.stem} \|.*runs", page)
    runner = roadrunner.RoadRunner(text)
    runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = 1e-11, 1e-14
    runner.integrator.maximum_time_step = 0.05
    species = set(runner.model.getFloatingSpeciesIds())
    runner.timeCourseSelections = [f"[{name}]" if name in species else name for name in odes.states]
    end = HORIZON.get(path.stem, 60.0)
    theirs = np.array(runner.simulate(0, end, 61))
    days = np.linspace(0.0, end, 61)
    # its equations change just after day 9.3: a check on either side
    checks = np.unique(np.append(days, [9.3, 9.3 + 1e-14] if end > 9.3 and "T_max" in odes.parameters else []))
    tops = np.maximum(np.abs(theirs).max(axis=0), 1e-12)
    compiled = compile_model(
        odes, log_scales={}, linear_scales=dict(zip(odes.states, 1e-3 * tops, strict=True)), outputs=odes.states
    )
    ensemble = compiled.run(compiled.default_parameters(1), checks, np.zeros(checks.size, bool), rtol=1e-10)
    assert ensemble.status[0] == 0, ensemble.sentences()
    ours = ensemble.outputs[0][np.searchsorted(checks, days)]
    np.testing.assert_allclose(ours / tops, theirs / tops, rtol=1e-6, atol=1e-8)


def test_ogasawara_recovered_from_noisy_observations():
    # expected: the 95 % intervals printed in the abstract of Ogasawara 2021; 261 patients of about 10 samples each
    from scipy.optimize import least_squares

    odes, _ = load_published("ogasawara_2021")
    sampled = np.array([1, 2, 3, 4, 5, 7, 9, 11, 14, 17, 21, 28, 60, 90, 180, 365], float)
    days = np.unique(np.concatenate([[0.0, 3.27, 9.29], sampled]))
    compiled = compile_model(odes, log_scales={"effector": 1e-9, "memory": 1e-2}, linear_scales={}, outputs=("car_t",))
    course = compiled.run(compiled.default_parameters(1), days, np.zeros(days.size, bool), rtol=1e-9).outputs[0, :, 0]
    truth = np.log(course[np.searchsorted(days, sampled)])
    # residual standard deviation 1 on the log scale: stands for residual and between-patient spread together (assumed)
    seen = truth + np.array([normal(11, f"refit/{day}", np.arange(160)) for day in range(sampled.size)]).mean(axis=1)

    def misfit(p):
        lag, doubling, peak, fast, slow, share = p
        height = np.log(2) * (peak - lag) / doubling
        up = np.log(2) * np.clip(sampled - lag, 0, None) / doubling
        after = np.clip(sampled - peak, 0, None)
        down = height + np.log((1 - share) * 0.5 ** (after / fast) + share * 0.5 ** (after / slow))
        return np.where(sampled < peak, up, down) - seen

    found = least_squares(misfit, [3.0, 0.8, 9.5, 6.0, 300.0, 0.02], x_scale=[1, 0.1, 1, 1, 100, 0.01]).x
    intervals = ((2.71, 3.97), (0.667, 0.821), (8.81, 9.70), (4.15, 5.90), (241, 647))
    for value, (low, high) in zip(found, intervals, strict=False):
        assert low <= value <= high, found


def test_frame_and_words():
    # expected: the columns promised by reproduce, and errors that say what is wrong
    frame = reproduce("frey_2010")
    assert frame.columns[:6] == ["scenario", "quantity", "measure", "day", "printed", "ours"]
    assert frame["within"].all()
    assert frame.filter(pl.col("day") == 0)["ours"].item() == pytest.approx(560 / 3.5)
    with pytest.raises(UnknownName, match="Did you mean"):
        reproduce("stein2019")


def test_a_bad_record_is_named(tmp_path, monkeypatch):
    # expected: file and key of what is wrong
    from livingdrug.model import published

    monkeypatch.setattr(published, "FOLDER", tmp_path)
    text = (FOLDER / "frey_2010.toml").read_text(encoding="utf-8")
    (tmp_path / "wrong.toml").write_text(text.replace('quantity = "concentration"', 'quantiti = "x"', 1))
    with pytest.raises(CatalogError, match=r"wrong\.toml.*target\.0\.quanti"):
        published.about_published("wrong")
    (tmp_path / "outside.toml").write_text(text.replace("at = 28.0", "at = 99.0"))
    with pytest.raises(CatalogError, match="outside its scenario"):
        published.about_published("outside")
    (tmp_path / "no.toml").write_text("a =")
    with pytest.raises(CatalogError, match="not valid TOML"):
        published.about_published("no")


def test_pages_need_markers(tmp_path):
    # expected: a refusal that names the page, and nothing written
    with pytest.raises(BadInput, match=r"barros_2021\.md"):
        reproduction.write_tables(tmp_path)
    assert not list(tmp_path.iterdir())


def test_command(capsys, monkeypatch):
    # expected: exit code 0 when all targets are met, 2 for an unknown name, JSON for programs
    import json

    from livingdrug.cli.main import main

    monkeypatch.setenv("COLUMNS", "160")
    assert main(["reproduce", "frey_2010"]) == 0
    shown = capsys.readouterr().out
    assert "concentration, day 7" in shown
    assert "not for patient care" in shown
    assert main(["reproduce", "leon_triana_2020", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["leon_triana_2020"]
    assert {row["verdict"] for row in told} == {"yes"}
    assert main(["reproduce", "stein"]) == 2
    assert "stein_2019" in capsys.readouterr().err
