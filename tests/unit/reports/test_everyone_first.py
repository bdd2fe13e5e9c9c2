"""Expected: of a randomised trial everyone randomised is counted first (ICH E9, 5.2.1), by hand from the rows of the run."""

from __future__ import annotations

import io
import json
from pathlib import Path

import polars as pl
import pytest

from livingdrug.cli.main import main
from livingdrug.reports.everyone import among_word, estimate_of, everyone_first, whom
from livingdrug.reports.head import head, one_line
from livingdrug.reports.html import open_source, render
from livingdrug.reports.randomised import told
from livingdrug.reports.terminal import summary
from livingdrug.trial.run import run

TWO = str(Path(__file__).parents[3] / "examples" / "design" / "two_arms.toml")
N = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("randomised") / "run"
    run(TWO, patients=N, seed=5, sample=2, threads=1, out=place)
    return place


@pytest.fixture(scope="module")
def source(folder):
    from livingdrug.trial.result import Result

    return open_source(Result.load(folder))


def by_hand(source, arm: str) -> tuple[int, int, int]:
    """Randomised, treated, and responders of an arm, from its rows."""
    mine = source.result.patients.filter(pl.col("arm") == arm)
    treated = mine.filter(pl.col("status") == "infused")
    return mine.height, treated.height, treated.filter(pl.col(source.roles["first response"]).is_not_null()).height


def test_some_are_randomised_and_not_treated(source) -> None:
    assert any(by_hand(source, arm)[0] > by_hand(source, arm)[1] for arm in source.arms)  # or nothing here could fail


def test_the_lead_counts_everyone_and_says_so(source) -> None:
    words = one_line(source)
    assert f"{N} virtual patients were randomised. Everyone randomised is counted" in words
    for arm in source.arms:
        n, treated, responded = by_hand(source, arm)
        said = f"{arm}: of {n} randomised, {treated} received their cells; {100 * responded / n:.0f} % of the {n} responded"
        assert said in words.replace("\u00a0", " ")


def test_the_line_of_a_run_counts_everyone(source) -> None:
    line = repr(source.result)
    assert "overall response of everyone randomised" in line
    for arm in source.arms:
        n, _, responded = by_hand(source, arm)
        assert f"{arm} {100 * responded / n:.0f}%" in line


def test_cards_count_everyone(source) -> None:
    cards = {card.name: card for card in head(source).cards.cards}
    card = cards["Overall response"]
    assert "of everyone randomised" in card.detail
    shares = [100 * r / n for n, _, r in (by_hand(source, arm) for arm in source.arms)]
    assert card.value == " · ".join(f"{share:.0f} %" for share in shares)
    assert f"of {by_hand(source, source.arms[0])[0]} randomised" in cards["Infused"].detail


def test_the_table_and_the_differences_below_it_agree(source) -> None:
    from rich.console import Console

    screen = Console(width=100, record=True, file=io.StringIO())
    screen.print(summary(source.result))
    text = screen.export_text()
    assert "Everyone randomised is counted, from randomisation on" in text
    apart = next(one.effect for one in told(source) if one.endpoint.id == "lugano_orr" and one.arm == "axi-cel")
    first, second = (100 * r / n for n, _, r in (by_hand(source, arm) for arm in ("low dose", "axi-cel")))
    assert apart.estimate == pytest.approx(second - first)
    line = next(line for line in text.splitlines() if line.startswith("Overall response "))
    assert f"{first:.0f} % (" in line
    assert f"{second:.0f} % (" in line


def test_everyone_stands_before_the_treated(source) -> None:
    found = everyone_first(source, source.endpoints("efficacy", "survival"))
    assert [(one.id, among_word(one)) for one in found[:2]] == [("lugano_orr", "randomised"), ("lugano_orr", "treated")]
    curves = [(one.id, among_word(one)) for one in found if one.over_time]
    assert curves == [
        ("pfs_enrolled", "randomised"),
        ("pfs", "treated"),
        ("os_enrolled", "randomised"),
        ("os", "treated"),
    ]
    assert [whom(source, one) for one in found[:2]] == ["", ", of the treated"]
    assert estimate_of(found[0], "axi-cel").n == by_hand(source, "axi-cel")[0]


def test_the_report_draws_everyone(source) -> None:
    page = render(source.result)
    assert "Curves of everyone randomised, from randomisation" in page
    assert "Overall response of lymphoma at" not in page
    assert "Overall response of lymphoma, of the treated" in page
    assert "Progression-free survival, of the treated, axi-cel" in page
    assert "within the strata" not in page  # the design has none
    assert "not stratified" not in page


def test_endpoints_and_json_tell_everyone_first(folder, source, capsys) -> None:
    assert main(["endpoints", str(folder)]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if "Overall response" in line]
    assert ["randomised" in line for line in lines[:4]] == [True, True, False, False]
    assert main(["endpoints", str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["design"] == "randomised"
    assert list(told).index("everyone_randomised") < list(told).index("endpoints")
    assert told["among"]["lugano_orr"] == "treated"
    for key, place in (("everyone_randomised", 0), ("endpoints", 1)):
        rows = {row["arm"]: row["n"] for row in told[key]["lugano_orr"]}
        assert rows == {arm: by_hand(source, arm)[place] for arm in source.arms}
    assert told["everyone_randomised"]["pfs"][0]["endpoint"] == "pfs_enrolled"


def test_nothing_is_half_said(folder, capsys) -> None:
    assert main(["endpoints", str(folder), "--add", "nope"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert 'no endpoint "nope"' in said.err
