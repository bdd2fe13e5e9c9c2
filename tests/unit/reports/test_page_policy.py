"""Expected: the policy of each page names the SHA-256 of its own scripts and styles (W3C, Content Security Policy level 3, section 2.3.1)."""

from __future__ import annotations

import base64
import hashlib
from html.parser import HTMLParser

import pytest

from documentation.after_build import with_policy
from livingdrug.cli.documents import folder, named
from livingdrug.cli.page_files import page_html
from livingdrug.model.assemble import assemble
from livingdrug.model.render import render as model_page
from livingdrug.reports.html import render
from livingdrug.reports.scoreboard import render as scoreboard
from livingdrug.trial.scoreboard import Scoreboard


class Inline(HTMLParser):
    """The policy, what stands inside style and script elements, and attributes that a strict policy would stop."""

    def __init__(self) -> None:
        super().__init__()
        self.policy = ""
        self.inside: dict[str, list[str]] = {"style": [], "script": []}
        self.stopped: list[tuple[str, str]] = []
        self.at = ""

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"]
        self.at = tag if tag in self.inside else ""
        if self.at:
            self.inside[tag].append("")
        self.stopped += [(tag, name) for name in values if name == "style" or name.startswith("on")]

    def handle_endtag(self, tag):
        self.at = ""

    def handle_data(self, data):
        if self.at:
            self.inside[self.at][-1] += data


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
    found = Inline()
    found.feed(page)
    assert found.policy.startswith("default-src 'none'; ")
    assert "unsafe" not in found.policy
    assert found.stopped == []
    rules = dict(rule.strip().split(" ", 1) for rule in found.policy.split(";"))
    assert found.inside["style"]
    for kind, texts in found.inside.items():
        hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts]
        assert rules[f"{kind}-src"] == (" ".join(f"'sha256-{one}'" for one in hashes) or "'none'")


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
