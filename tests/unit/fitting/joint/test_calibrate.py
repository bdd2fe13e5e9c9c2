"""Expected values: the numbers that trials were simulated under, found again; the same bytes after an interruption; and the rule
that no outcome of a trial kept for prediction is ever looked at."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chi2

from livingdrug.catalog.load import HERE, Catalog
from livingdrug.catalog.parameter_set import ParameterSet
from livingdrug.fitting.joint import told
from livingdrug.fitting.joint.bench import Bench
from livingdrug.fitting.joint.calibrate import calibrate, calibration_trials
from livingdrug.fitting.joint.calibrated import Calibrated, read_parameters, rows_told
from livingdrug.fitting.joint.fit import compared
from livingdrug.fitting.joint.free import free_numbers
from livingdrug.fitting.joint.leave_out import leave_out, refit, scores
from livingdrug.fitting.joint.linear import objective
from livingdrug.fitting.joint.prepare import prepare
from livingdrug.fitting.joint.problem import TrialProblem, linearised
from livingdrug.fitting.joint.search import jacobian_at, search
from livingdrug.foundation.errors import BadInput, Interrupted
from livingdrug.model.texts import package_texts
from tests.page_policy import held

FILES = ("parameters.json", "linear.npz", "rows.json", "calibration.json")


@pytest.fixture(scope="module")
def found(small):
    """From the files' values, which are not those of the truth."""
    return calibrate(
        ["first", "second"], free=list(small.truth), patients=120, seed=3, jacobians=2, threads=2, catalog=small.catalog
    )


@pytest.mark.slow
def test_numbers_that_trials_were_simulated_under_are_found_again(small, found):
    # expected: TRUTH, which the likelihood ratio may not refuse at 1 % (chi-squared of three numbers), wherever the biology bends
    law, point, tau = found.posterior(), found.found.point, found.tau
    truth = np.array([one.at(small.truth) for one in found.free])

    def distance(where: np.ndarray) -> float:
        simulated = found.problem.simulate([where])[0]
        flat = np.zeros((simulated.size, where.size))
        return objective(linearised(found.problem, where, simulated, flat, found.problem.fitted, tau=tau), tau)

    assert 2 * (distance(truth) - distance(point)) < chi2.ppf(0.99, df=truth.size)
    width = np.array([one.width for one in found.free])
    assert (law.sd < width).all()


@pytest.mark.slow
def test_search_goes_to_the_truth_where_nothing_but_the_truth_fits(small):
    # expected: TRUTH: the rows are what these very patients give under it, and the prior is centred there, so that the objective is
    # 0 there and nowhere else; the search stops where half a chi-squared falls by less than 0.3, 0.8 standard deviations away
    free = tuple(replace(one, centre=one.at(small.truth)) for one in free_numbers(small.catalog, list(small.truth)))
    bench = Bench(
        small.catalog, prepare(["first", "second"], small.catalog, free, patients=120, seed=3), 120, 3, threads=2
    )
    problem = TrialProblem(bench, free)
    truth = np.array([one.at(small.truth) for one in free])
    problem.published = problem.simulate([truth])[0]
    found = search(problem, np.array([one.at({}) for one in free]), tau=np.full(len(problem.kinds), 0.02))
    sd = Calibrated(problem, found).posterior().sd
    assert found.objective < 0.6
    assert (np.abs(found.point - truth) < sd).all()


@pytest.mark.slow
def test_published_numbers_of_the_truth_lie_inside_the_intervals(found):
    # expected: 90 % of 16 rows, less three binomial standard errors
    errors = np.sqrt(np.diag(found.problem.covariance(found.found.point)))
    z = (found.found.simulated - found.problem.published) / errors
    assert np.mean(np.abs(z) < 1.645) > 0.67


@pytest.mark.slow
def test_what_the_numbers_leave_open_is_the_spread_of_rows_over_drawn_numbers(found):
    law, jacobian = found.posterior(), found.slopes
    draws = np.random.default_rng(5).multivariate_normal(law.mean, law.covariance, size=40_000)
    told = (draws - found.found.point) @ jacobian.T
    middle, spread = found.by_parameters()
    assert spread == pytest.approx(told.std(axis=0), rel=0.03, abs=1e-9)
    known = np.isfinite(middle)
    apart = (middle - found.found.simulated - found.offset - told.mean(axis=0))[known]
    assert np.abs(apart).max() < 4 * spread.max() / np.sqrt(40_000)
    for row, one in zip(rows_told(found), compared(found), strict=True):
        if row["z"] is not None:
            assert row["z_all"] == pytest.approx((one.expected - one.row.number) / one.sd)
            assert one.sd**2 == pytest.approx(one.sampling**2 + one.between**2 + one.parameters**2)


@pytest.mark.slow
def test_drawn_numbers_lie_on_the_line_through_draws_better_than_on_the_slopes_at_the_point(found):
    # expected: what the trials themselves say to forty other draws, with other patients than any draw before
    problem, end = found.problem, found.found
    draws = np.random.default_rng(11).multivariate_normal(found.posterior().mean, found.posterior().covariance, size=40)
    here, *there = (np.array(one) for one in problem.simulate([end.point, *np.clip(draws, problem.low, problem.high)]))
    moved = np.clip(draws, problem.low, problem.high) - end.point
    changes = np.array(there) - here

    def missed(slopes, offset) -> float:
        off = changes - moved @ slopes.T - offset
        return float(np.log(np.nanmean(off**2, axis=0)).mean())

    assert end.averaged is not None
    assert end.averaged.draws == 40
    assert missed(found.slopes, found.offset) < missed(end.jacobian, 0.0)


def test_without_draws_the_slopes_are_those_at_the_point(small):
    plain = calibrate(
        ["first"], free=["costimulation/cd28/parameter.killing_costimulation"], patients=40, seed=5, jacobians=1, averaged=0, threads=2, catalog=small.catalog,
    )  # fmt: skip
    assert plain.found.averaged is None
    assert plain.slopes is plain.found.jacobian
    assert not plain.offset.any()
    assert plain.posterior().mean is plain.found.point
    with pytest.raises(BadInput, match="averaged: got -1"):
        calibrate(["first"], averaged=-1, catalog=small.catalog)


def test_left_out_by_one_step_agrees_with_a_whole_search(found):
    # expected: the search itself; the step is allowed a third of the interval's standard deviation
    families = leave_out(found)
    assert [family.name for family in families] == ["first", "second"]
    anew = refit(found, "second", jacobians=2)
    quick = {one.row.label: one for one in families[1].rows}
    apart = [abs(one.expected - quick[one.row.label].expected) / one.sd for one in anew.rows]
    assert np.median(apart) < 0.34
    whole = scores(families)[-1]
    assert whole.coverage > 0.6
    assert 1.0 < whole.width < 4.0
    assert whole.score >= whole.coverage * 0.9


def test_interrupted_and_resumed_gives_the_same_bytes(small, tmp_path):
    # expected: the calibration that nobody interrupted
    def run(folder: Path, **words):
        return calibrate(
            ["first"], free=["costimulation/cd28/parameter.killing_costimulation"], patients=40, seed=5, jacobians=1, averaged=4, threads=2,
            out=folder, catalog=small.catalog, **words,
        )  # fmt: skip

    whole, cut = tmp_path / "whole", tmp_path / "cut"
    run(whole)
    count = 0

    def stop(progress) -> None:
        nonlocal count
        count += 1
        if count == 2:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="--resume"):
        run(cut, tell=stop)
    kept = set((cut / "evaluations").glob("*.json"))
    assert kept
    assert not (cut / "parameters.json").exists()
    with pytest.raises(BadInput, match="--resume"):
        run(cut)
    with pytest.raises(BadInput, match="another run"):
        calibrate(["first"], free=["growth_max"], patients=50, seed=5, out=cut, resume=True, catalog=small.catalog)
    run(cut, resume=True)
    for name in FILES:
        assert (cut / name).read_bytes() == (whole / name).read_bytes(), name
    assert kept <= set((cut / "evaluations").glob("*.json"))


def test_what_was_kept_of_another_plan_is_not_taken(small, tmp_path):
    # expected: the same trial, patients and numbers, but another number in a file: simulated anew, and kept beside the first
    numbers = free_numbers(small.catalog, ["growth_max"])
    (one,) = prepare(["first"], small.catalog, numbers, patients=20, seed=5)
    other = replace(one, plan=replace(one.plan, follow_up_days=one.plan.follow_up_days - 1.0))
    fewer = replace(one, rows=one.rows[1:], correlation=one.correlation[1:, 1:])
    for each, simulated in ((one, 1), (other, 1), (fewer, 1), (one, 0)):
        bench = Bench(small.catalog, (each,), 20, 5, folder=tmp_path)
        assert len(bench.at([{}])[0][0].number) == len(each.rows)
        assert bench.n_simulated == simulated


def test_slopes_are_those_of_the_fewer_patients_and_rows_those_of_all(small):
    # expected: a Jacobian taken on a bench of so many patients by hand, and rows on one of all
    free = ["costimulation/cd28/parameter.killing_costimulation"]
    found = calibrate(
        ["first"], free=free, patients=60, slopes=25, seed=5, jacobians=1, averaged=0, catalog=small.catalog,
    )  # fmt: skip
    numbers, point = free_numbers(small.catalog, free), found.found.point
    prepared = prepare(["first"], small.catalog, numbers, patients=60, seed=5)
    few, all_of_them = (TrialProblem(Bench(small.catalog, prepared, n, 5), numbers) for n in (25, 60))
    np.testing.assert_array_equal(found.found.jacobian, jacobian_at(few, point))
    np.testing.assert_array_equal(found.found.simulated, all_of_them.simulate([point])[0])
    with pytest.raises(BadInput, match="slopes: got 61 patients, expected 1 to 60"):
        calibrate(["first"], free=free, patients=60, slopes=61, seed=5, catalog=small.catalog)


def test_no_outcome_of_a_trial_kept_for_prediction_is_looked_at(small):
    # expected: the rule of the project, by role and not by name
    assert "kept" not in calibration_trials(small.catalog)
    seen = []

    class Watched(Catalog):
        def load(self, kind, name):
            seen.append((kind, str(name)))
            return super().load(kind, name)

    watched = Watched([small.folder])
    for words in ({"trials": ["kept"]}, {"trials": ["first", "kept"], "hold_out": ["kept"]}):
        with pytest.raises(BadInput, match='role "prediction"'):
            calibrate(**words, free=["growth_max"], patients=20, catalog=watched)
    assert ("evidence", "kept") not in seen
    assert ("evidence", "first") not in seen


def test_every_evidence_looked_at_by_default_is_of_a_calibration_trial():
    # expected: the catalogue's own roles
    catalog = Catalog()
    assert calibration_trials(catalog)
    assert {catalog.load("trial", name).role for name in calibration_trials(catalog)} == {"calibration"}


def test_standard_care_teaches_and_a_trial_for_comparison_alone_does_not(small, tmp_path):
    # expected: the role of the trial and the use of its rows decide, not whether it has cells
    assert {"tower_chemotherapy", "orcharrd", "eliana", "zuma_5"} <= set(calibration_trials(Catalog()))
    (tmp_path / "evidence").mkdir()
    text = (small.folder / "evidence" / "first.toml").read_text(encoding="utf-8")
    compared = text.replace('use = "calibration"', 'use = "comparison"')
    (tmp_path / "evidence" / "first.toml").write_text(compared, encoding="utf-8")
    assert "first" in calibration_trials(small.catalog)
    assert "first" not in calibration_trials(Catalog([tmp_path, small.folder]))


def test_a_parameter_set_gives_what_files_with_these_numbers_give(small, tmp_path):
    # expected: the same trial with the numbers typed into costimulation, disease and mechanism files
    killing, tumour, half = 1.9, 0.09, 60.0
    values = {
        "costimulation/cd28/parameter.killing_costimulation": killing, "disease/lbcl/parameter.tumour_growth": tumour,
        "mechanism/cytokines/parameter.il6_half": half,
    }  # fmt: skip
    free = free_numbers(small.catalog, list(values))
    prepared = prepare(["first"], small.catalog, free, patients=30, seed=2)
    by_set = Bench(small.catalog, prepared, 30, 2).at([values])[0][0]
    for kind, name, key, old, new in (
        ("costimulation", "cd28", "killing_costimulation", free_value(free, "killing_costimulation"), killing),
        ("disease", "lbcl", "tumour_growth", free_value(free, "tumour_growth"), tumour),
    ):
        (tmp_path / kind).mkdir()
        text = (HERE / kind / f"{name}.toml").read_text(encoding="utf-8")
        head, tail = text.split(f"[parameter.{key}]")
        tail = tail.replace(f"value = {old:g}", f"value = {new:g}", 1)
        (tmp_path / kind / f"{name}.toml").write_text(f"{head}[parameter.{key}]{tail}", encoding="utf-8")
    (tmp_path / "mechanisms").mkdir()
    text = package_texts()["mechanisms/cytokines.toml"]
    head, tail = text.split("[parameter.il6_half]")
    tail = tail.replace(f"value = {free_value(free, 'il6_half'):g}", f"value = {half}", 1)
    (tmp_path / "mechanisms" / "cytokines.toml").write_text(f"{head}[parameter.il6_half]{tail}", encoding="utf-8")
    typed = Catalog([tmp_path, small.folder])
    by_files = Bench(typed, prepare(["first"], typed, (), patients=30, seed=2), 30, 2).at([{}])[0][0]
    np.testing.assert_array_equal(by_set.number, by_files.number)
    unmoved = Bench(small.catalog, prepared, 30, 2).at([{}])[0][0]
    assert (by_set.number != unmoved.number).any()


def free_value(free, key: str) -> float:
    return next(one.value for one in free if one.address.endswith(f".{key}"))


@pytest.mark.slow
def test_the_folder_is_read_back_and_a_change_is_noticed(small, found, tmp_path):
    # expected: what was written
    from livingdrug.fitting.joint.calibrated import write
    from livingdrug.reports.calibrated.page import write_calibration

    asked = {"seed": 3, "patients": 120, "livingdrug": "test"}
    write(found, tmp_path, asked=asked, draws=50)
    point, draws = read_parameters(tmp_path)
    assert point == ParameterSet(found.values)
    assert len(draws) == 50
    law = found.posterior()
    logs = np.log([list(draw.values.values()) for draw in draws])
    # standard error of a mean of 50 draws
    assert (np.abs(logs.mean(axis=0) - law.mean) < 4 * law.sd / np.sqrt(50)).all()
    after = told.ask(found)
    told.write(after, tmp_path)
    page = held(write_calibration(after, tmp_path / "page.html", asked=asked).read_text(encoding="utf-8"))
    for words in ("Trials left out", "What was learned", "Between trials", "Farthest off"):
        assert words in page
    assert not re.findall(r"(?:src|href)=.http", page)
    path = tmp_path / "parameters.json"
    path.write_text(
        path.read_text(encoding="utf-8").replace('"values": {', '"values": {"x/y/z": 1.0,', 1), encoding="utf-8"
    )
    with pytest.raises(BadInput, match=r"changed|not as"):
        read_parameters(tmp_path)
