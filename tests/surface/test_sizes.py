"""Every number of the command line that sets a size, asked for absurdly large: refused with the number before any work, in little memory.

Expected: by arithmetic no computer holds a million million of anything that is simulated here. A number without a line below fails the
first test, so that a new option is thought of.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from livingdrug.cli.app import build
from livingdrug.cli.main import main

ROOT = Path(__file__).parents[2]
HUGE = 10**12
OC = f"design oc {ROOT}/examples/design/single_arm.toml --rule exact_binomial --set p0=0.5 --hours 1e12"
DOSES = f"design dose-finding {ROOT}/examples/design/doses.toml --rule boin --toxicity crs_severe_astct --hours 1e12"
POLICIES = "compare eliana --policy kymriah_label_2018 --policy anakinra_prevention"
CALIBRATION = ROOT / "docs/predictions/parameters"
REFUSED: dict[tuple[str, str], str] = {
    ("run", "--patients"): "run eliana",
    ("run", "--threads"): "run eliana -n 50",
    ("run", "--chunk"): "run eliana -n 50",
    ("run", "--replicates"): "run eliana -n 4 --hours 1e12",
    ("run", "--uncertainty"): f"run eliana -n 4 --parameters {CALIBRATION}",
    ("compare", "--patients"): POLICIES,
    ("compare", "--threads"): f"{POLICIES} -n 20",
    ("logistics", "--patients"): "logistics three_centres",
    ("logistics", "--replicates"): "logistics three_centres",
    (
        "sensitivity",
        "--samples",
    ): "sensitivity eliana --targets efs --factor growth_max --method prcc -n 4 --hours 1e12",
    ("sensitivity", "--patients"): "sensitivity eliana --targets efs --factor growth_max --hours 1e12",
    ("sensitivity", "--threads"): "sensitivity eliana --targets efs --factor growth_max -n 4",
    ("window", "--patients"): "window bcma_gprc5d_cel --trial cartitude_1",
    ("bench", "--subjects"): "bench glioma_killing",
    ("figure", "--width"): "figure nowhere os",
    ("validate", "--patients"): "validate eliana",
    ("validate", "--threads"): "validate eliana -n 4",
    ("validate", "--replicates"): "validate eliana -n 4",
    ("calibrate", "--patients"): "calibrate --trials eliana",
    ("calibrate", "--slopes"): "calibrate --trials eliana -n 4",
    ("calibrate", "--wide"): "calibrate --trials eliana -n 4",
    ("calibrate", "--threads"): "calibrate --trials eliana -n 4",
    ("fit", "--starts"): "fit ck.csv",
    ("fit", "--bootstrap"): "fit ck.csv",
    ("fit", "--shift"): "fit ck.csv",
    ("nca", "--shift"): "nca ck.csv",
    ("data check", "--shift"): "data check ck.csv",
    ("design oc", "--n"): OC,
    ("design oc", "--replicates"): f"{OC} -n 10",
    ("design oc", "--threads"): f"{OC} -n 10 -r 4",
    ("design oc", "--missed"): f"{OC} -n 10 -r 4",
    ("design oc", "--attrition"): f"{OC} -n 10 -r 4",
    ("design dose-finding", "--replicates"): DOSES,
    ("design dose-finding", "--patients"): f"{DOSES} -r 4",
    ("design dose-finding", "--threads"): f"{DOSES} -r 4",
    ("window", "--keep"): "window bcma_gprc5d_cel --trial cartitude_1 -n 4",
    ("window", "--bear"): "window bcma_gprc5d_cel --trial cartitude_1 -n 4",
}
NO_SIZE: dict[tuple[str, str], str] = {
    **{(command, "--seed"): "names a stream of random numbers" for command in (
        "run", "patient", "compare", "logistics", "sensitivity", "bench", "validate", "freeze", "calibrate", "petab", "fit", "window",
        "design oc", "design dose-finding", "design external", "export sbml")},
    **{(command, "--hours"): "what may be taken: a permission" for command in (
        "run", "sensitivity", "design oc", "design dose-finding")},
    ("run", "--memory"): "what may be taken: a permission",
    ("run", "--sample"): "at most the patients that there are",
    ("patient", "--patient"): "the number of one patient, who is simulated alone",
    ("export sbml", "--patient"): "the number of one patient",
    ("calibrate", "--averaged"): "refused above ten thousand draws",
    ("calibrate", "--jacobians"): "steps of a search, one after the other, until it rests",
    ("fit", "--explore"): "iterations, one after the other", ("fit", "--settle"): "iterations, one after the other",
    ("fit", "--threads"): "at most the starts and samples that there are",
    ("petab", "--starts"): "starts of a search, one after the other",
    ("design oc", "--effect"): "an effect", ("design sampling", "--gap"): "days between samples", ("design sampling", "--lloq"): "a limit",
    ("design sampling", "--patients"): "divides a matrix: nobody is simulated",
    ("design sampling", "--samples"): "at most the times there are to choose from (tests/unit/fitting)",
    ("design external", "--replicates"): "refused by its own test (tests/unit/design/test_external.py)",
    ("freeze", "--replicates"): "the scoreboard's replicates, tested below", ("freeze", "--threads"): "the scoreboard's, tested below",
}  # fmt: skip


def _numbers(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """(command, longest name of an option) of every option that is a number."""
    if hasattr(command, "commands"):
        for name, inner in command.commands.items():
            yield from _numbers(inner, (*path, name))
        return
    for option in command.params:
        if option.param_type_name == "option" and not option.is_flag:
            kind = str(option.type_descriptor.annotation)
            if "'int'" in kind or "'float'" in kind or kind == "list[float]":
                yield " ".join(path), max(option.opts, key=len)


def test_every_number_is_thought_of():
    found = set(_numbers(build())) | {("design oc", "--n")}
    assert found == set(REFUSED) | set(NO_SIZE)


@pytest.fixture
def somewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ck.csv").write_text("patient,day,value [copy/ug]\nA,1,5\nA,7,100\nA,14,50\nB,1,3\nB,9,200\nB,28,20\n")
    return tmp_path


@pytest.mark.parametrize(("command", "option"), REFUSED)
def test_what_is_absurdly_large_is_refused_before_any_work(somewhere, capsys, command, option):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    there = set(somewhere.iterdir())
    assert main([*REFUSED[command, option].split(), option, str(HUGE)]) == 2
    told = capsys.readouterr()
    error = (
        told.err[told.err.rfind("Error: ") :] if "Error: " in told.err else told.out
    )  # a table's findings are the answer itself
    written = (option, option.strip("-"), str(HUGE), f"{HUGE:,}", "1e+12", "1e12", "days, longer than a life")
    assert any(one in error for one in written), error
    assert "Traceback" not in told.err
    assert set(somewhere.iterdir()) == there, "something was begun"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown * (1 if sys.platform == "darwin" else 1024) < 1e9


@pytest.mark.parametrize(("replicates", "threads"), [(HUGE, 1), (4, HUGE)])
def test_replicates_of_a_scoreboard_are_bounded(replicates, threads):
    from livingdrug.catalog.load import default_catalog
    from livingdrug.fitting.board.replicates import replicate
    from livingdrug.foundation.errors import BadInput

    with pytest.raises(BadInput, match=r"expected 2 to|are allowed|threads"):
        replicate("eliana", default_catalog(), (), replicates=replicates, threads=threads)


TWO_ARMS = ROOT / "examples/design/two_arms.toml"
IN_FILES = [
    # kind, file, what stands there, what is asked for, named in the refusal
    ("trial", "eliana", "enrolled = 97", f"enrolled = {HUGE}", "enrolled"),
    ("trial", "eliana", 'follow_up = "5 year"', f'follow_up = "{HUGE} day"', "follow_up"),
    ("trial", "eliana", "kinetics = [1,", f"kinetics = [{'1,' * 3_000_000}", "MiB"),
    ("trial", TWO_ARMS, "[design]", f"[design]\nblock = {HUGE}", "block"),
    ("trial", TWO_ARMS, "[design]", f"[design]\nratio = [{HUGE}, 1]", "ratio"),
    ("trial", TWO_ARMS, "[visits]", "".join(f'[[endpoint]]\nid = "e{k}"\n' for k in range(20_000)) + "[visits]", "20,005"),
    ("trial", TWO_ARMS, 'enrolment = "', f'enrolment = "{HUGE}', "enrolment"),
    ("disease", "ovarian_high_grade_serous", "shells = 3", f"shells = {HUGE}", "shells"),
    ("network", "three_centres", "patients = ", f"patients = {HUGE} # ", "patients"),
    ("network", "three_centres", "replicates = ", f"replicates = {HUGE} # ", "replicates"),
    ("network", "three_centres", "chairs = ", f"chairs = {HUGE} # ", "chairs"),
    ("network", "three_centres", "beds = ", f"beds = {HUGE} # ", "beds"),
    ("network", "three_centres", "lines = ", f"lines = {HUGE} # ", "lines"),
    ("network", "three_centres", "analysts = ", f"analysts = {HUGE} # ", "analysts"),
    ("network", "three_centres", 'slots = "10', f'slots = "{HUGE}', "slots"),
    ("network", "three_centres", 'arrivals = "12', f'arrivals = "{HUGE}', "warm_up"),  # all come within the first moment
]  # fmt: skip


@pytest.mark.parametrize(("kind", "file", "old", "new", "named"), IN_FILES, ids=lambda value: str(value)[:24])
def test_what_a_file_asks_for_is_bounded(tmp_path, capsys, kind, file, old, new, named):
    from livingdrug.catalog.load import default_catalog

    text = default_catalog().path(kind, file).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / kind).mkdir()
    mine = tmp_path / kind / "mine.toml"
    mine.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert main(["check", str(mine)]) == 2
    told = capsys.readouterr().err
    assert "mine.toml" in told
    assert named in told


def _fitted() -> object:
    """A fit of two patients, three results each: small enough to be made in a moment."""
    import polars as pl

    import livingdrug as ld
    from livingdrug.fitting.saem import Settings

    table = pl.DataFrame({
        "patient": ["A"] * 6 + ["B"] * 6 + ["C"] * 6, "day": [1.0, 4, 8, 14, 28, 60] * 3,
        "value": [20.0, 900, 5000, 1200, 300, 100, 30, 700, 9000, 1500, 350, 90, 15, 500, 4000, 1000, 200, 80],
    })  # fmt: skip
    return ld.fit(ld.read_kinetics(table), "stein2019", settings=Settings(explore=10, settle=10), refined=False)


@pytest.fixture(scope="module")
def fitted() -> object:
    return _fitted()


IN_PYTHON = {
    "new patients": lambda ld, fit: ld.simulate(fit, patients=1_000_000, times=range(100)),
    "times of new patients": lambda ld, fit: ld.simulate(fit, patients=10_000, times=range(10_000)),
    "copies of a check": lambda ld, fit: _vpc(fit, HUGE),
    "no copy": lambda ld, fit: _vpc(fit, 0),
    "patients of a schedule": lambda ld, fit: _schedule(fit, patients=HUGE),
    "patients below none": lambda ld, fit: _schedule(fit, patients=-5),
    "a schedule held against": lambda ld, fit: _schedule(fit, reference=range(20_000)),
    "groups of a test": lambda ld, fit: ld.log_rank(range(1, 1001), [1] * 1000, [str(k) for k in range(1000)]),
    "a count": lambda ld, fit: ld.exact_binomial(10**30, 10**31),
    "patients of a run": lambda ld, fit: ld.run("eliana", patients=10**9),
}  # fmt: skip


def _vpc(fit: Any, n: int) -> object:
    from livingdrug.fitting.predictive import vpc

    return vpc(fit, n=n)


def _schedule(fit: Any, **asked: Any) -> object:
    from livingdrug.fitting.schedules import sampling_times

    return sampling_times(fit, 4, candidates=range(60), **asked)


@pytest.mark.parametrize("what", IN_PYTHON)
def test_what_python_asks_for_is_bounded(fitted, what):
    import livingdrug as ld
    from livingdrug.foundation.errors import BadInput

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BadInput, match=r"expected|allowed") as told:
        IN_PYTHON[what](ld, fitted)
    assert "\n  " in str(told.value), "what to do"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown * (1 if sys.platform == "darwin" else 1024) < 1e9


def test_a_million_values_given_are_not_told_back():
    from livingdrug.foundation.errors import BadInput

    told = str(BadInput(f"sizes: got {list(range(1_000_000))}, expected fewer.\n  Give fewer."))
    assert len(told) < 3000
    assert told.startswith("sizes: got [0, 1, ")
    assert told.endswith("expected fewer.\n  Give fewer.")


def _clones(n: int) -> str:
    begun = 'title = "many"\nextends = "b_all"\nsummary = "B-ALL of many clones."\n'
    each = (
        f'[clone.c{k}]\nantigens = {{ CD19 = 1 }}\ncalled = "clone {k}"\nsource = "made up, to ask for many"\n'
        for k in range(n)
    )
    return begun + "".join(each)


@pytest.mark.parametrize(
    ("trial", "disease", "text", "said"),
    [
        ("eliana", "b_all", _clones(200), '200 of "clone"'),
        ("ovarian_routes", "ovarian_high_grade_serous", 'title = "deep"\nextends = "ovarian_high_grade_serous"\nshells = 200\n', '200 of "shell"'),
    ],
    ids=["clones", "shells"],
)  # fmt: skip
def test_what_a_disease_asks_for_is_bounded(tmp_path, capsys, trial, disease, text, said):
    (tmp_path / "disease").mkdir()
    (tmp_path / "disease" / "mine.toml").write_text(text, encoding="utf-8")
    assert main(["init", str(tmp_path / "own.toml"), "--from", trial]) == 0
    own = tmp_path / "own.toml"
    begun = own.read_text(encoding="utf-8")
    assert f'disease = "{disease}"' in begun
    own.write_text(begun.replace(f'disease = "{disease}"', 'disease = "mine"'), encoding="utf-8")
    assert main(["check", str(own), "--catalog", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "expected at most 64" in told
