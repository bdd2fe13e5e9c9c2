"""Expected: the policy of each page names the SHA-256 of its own scripts and styles (W3C, Content Security Policy level 3, section 2.3.1)."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest

import livingdrug
from documentation.after_build import with_policy
from livingdrug.cli.documents import folder, named
from livingdrug.cli.page_files import page_html
from livingdrug.model.assemble import assemble
from livingdrug.model.render import render as model_page
from livingdrug.reports.html import render
from livingdrug.reports.scoreboard import render as scoreboard
from livingdrug.trial.scoreboard import Scoreboard
from tests.page_policy import Inline, held


def a_page_of_the_documentation():
    return page_html(named(folder(), "units_and_tables"), "", {}, None)


@pytest.mark.parametrize("what", ["report", "scoreboard", "model", "documentation"])
def test_the_policy_names_what_the_page_runs(result, what):
    page = {
        "report": lambda: render(result),
        "scoreboard": lambda: scoreboard(Scoreboard((), ())),
        "model": lambda: model_page(assemble("b_all_cd19")),
        "documentation": a_page_of_the_documentation,
    }[what]()
    held(page)


WRITTEN = {
    "cli/page_files.py": "tests/unit/reports/test_page_policy.py",
    "model/render.py": "tests/unit/reports/test_page_policy.py",
    "reports/associations.py": "tests/surface/test_validate.py",
    "reports/bench.py": "tests/unit/reports/test_bench_page.py",
    "reports/calibrated/page.py": "tests/unit/fitting/joint/test_calibrate.py",
    "reports/compared.py": "tests/unit/reports/test_compared.py",
    "reports/fits.py": "tests/unit/cli/test_kinetics_commands.py",
    "reports/html.py": "tests/unit/reports/test_page_policy.py",
    "reports/lives.py": "tests/surface/test_lives.py",
    "reports/logistics.py": "tests/surface/test_logistics.py",
    "reports/scoreboard.py": "tests/unit/reports/test_scoreboard.py",
    "reports/trial_kinetics.py": "tests/unit/fitting/test_trial_kinetics.py",
    "reports/window.py": "tests/unit/reports/test_asked_pictures.py",
}
"""Every file of the package that makes a page, and the tests that hold such a page against its policy."""


def test_every_page_that_can_be_written_is_held_against_its_policy():
    # expected: who calls the one function for pages, or writes a policy itself
    package, tests = Path(livingdrug.__file__).parent, Path(__file__).parents[2]
    makes = re.compile(r"from livingdrug\.reports\.html import [^\n]*\bpage\b|[^\w]content_policy\(|^def page\(", re.M)
    found = {
        file.relative_to(package).as_posix()
        for file in package.rglob("*.py")
        if makes.search(file.read_text(encoding="utf-8"))
    }
    assert found - {"foundation/security.py", "catalog/keys.py"} == set(
        WRITTEN
    )  # the policy itself; a page of the documentation
    for file in WRITTEN.values():
        assert "held(" in (tests.parent / file).read_text(encoding="utf-8"), file


def test_a_page_of_the_site_names_its_own_scripts_and_loads_what_lies_beside_it():
    page = '<html><head><meta charset="utf-8"><script src="a.js"></script><script>let a = 1 && 2</script></head><body><p style="color: red">x</p></body></html>'
    found = Inline()
    found.feed(with_policy(page))
    rules = dict(rule.strip().split(" ", 1) for rule in found.policy.split(";"))
    hashes = {
        text: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in ("let a = 1 && 2", "color: red")
    }
    assert rules["script-src"] == f"'self' file: 'sha256-{hashes['let a = 1 && 2']}'"
    assert rules["style-src"] == f"'self' file: 'unsafe-hashes' 'sha256-{hashes['color: red']}'"
    assert rules["default-src"] == "'none'"
    assert "unsafe-inline" not in found.policy
