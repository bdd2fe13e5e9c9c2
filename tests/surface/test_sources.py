"""Sources as BibTeX, read by a small reader of its grammar; the citation file against the project's own."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from livingdrug.cli.main import main
from livingdrug.reports.bibliography import bibtex
from livingdrug.reports.html import open_source
from livingdrug.reports.references import Reference, references
from livingdrug.trial.result import Result

ROOT = Path(__file__).parents[2]


def entries(text: str) -> dict[str, dict[str, str]]:
    """Key -> fields of every entry; fails where braces do not match."""
    found = {}
    for block in re.split(r"(?m)^(?=@)", text):
        if not block.strip():
            continue
        head = re.match(r"@(\w+)\{([a-z0-9]+),\n", block)
        assert head, block
        bare = block.replace(r"\{", "").replace(r"\}", "")
        assert bare.count("{") == bare.count("}"), block
        assert head[2] not in found
        found[head[2]] = dict(re.findall(r"(?m)^  (\w+) = \{(.*)\},$", block))
    return found


def test_every_source_of_a_run_is_an_entry(finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sources", str(finished), "-o", str(tmp_path / "run.bib")]) == 0
    told = entries((tmp_path / "run.bib").read_text(encoding="utf-8"))
    known = references(open_source(Result.load(finished)))
    assert len(told) == len(known) + 1
    # the first of a source is its own; a second belongs to the review that it was read in
    dois = {found[1] for one in known if (found := re.search(r"doi:\s*(10\.\d{4,}/[\w./()-]*\w)", one.name))}
    assert dois
    assert dois <= {fields.get("doi") for fields in told.values()}
    assert all(fields["title"] for fields in told.values())
    assert main(["sources", str(finished)]) == 0
    assert known[0].name[:20] in capsys.readouterr().out
    assert main(["sources", str(finished), "-o", str(tmp_path)]) == 2


def test_letters_that_mean_something_to_tex_are_escaped() -> None:
    told = bibtex([Reference("50 % of {A_1} & B, https://example.org/a_b", "x", "read")] * 2, "1")
    assert r"title = {50 \% of \{A\_1\} \& B}" in told
    assert "url = {https://example.org/a_b}" in told
    assert len(entries(told)) == 3


def test_the_citation_file_agrees_with_the_project() -> None:
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"version: {project['version']}" in text
    assert f"license: {project['license']}" in text
