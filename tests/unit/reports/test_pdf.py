"""The report as PDF. Expected: the format's own first bytes, every word of every table on the page (read back by poppler), widths by sum."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from livingdrug.foundation.errors import BadInput
from livingdrug.reports import pdf, pictures
from livingdrug.reports.page import Card, Cards, Figure, More, Note, Section, Table

pytest.importorskip("typst", reason="PDF needs typst")


def drawing(width: float) -> str:
    return f'<svg viewBox="0 0 {width} 80" width="{width}" height="80" role="img"><text x="8" y="40">10⁻² of all</text></svg>'


def wide_table(n: int) -> Table:
    names = tuple(f"column_{k}" for k in range(n))
    row = tuple(f"{1234567.8 * (k + 1):,.1f}" for k in range(n - 1))
    marks = ((0, "group"),)
    rows = (("A heading over everything", *[""] * (n - 1)), ("a name that is long enough to wrap in any column", *row))
    return Table(("", *names[1:]), rows, title=f"{n} columns", note="a note", marks=marks)


SECTIONS = (
    Section("one", "First “part” \\ #1", "A lead with $signs$ and *stars*.", (
        Figure("Half", drawing, half=True), Figure("Other half", drawing, half=True), Figure("Whole", drawing),
        Note("Plain words."), More("More", "behind a line"), Cards((Card("Card", "81 %", "one\ntwo", "published 82 %"),)),
    )),
    Section("two", "Second", "", (wide_table(4), wide_table(9))),
)  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pdf") / "report.pdf"
    words = {
        "kicker": "A trial",
        "title": "Title: of it",
        "lead": "What came of it",
        "meta": ["seed 7"],
        "version": "0.2.0",
    }
    return pdf.write_pdf(path, sections=SECTIONS, cards=Cards((Card("Top", "1", "d"),)), **words)


def test_it_is_a_pdf_and_the_same_bytes_twice(written: Path, tmp_path: Path) -> None:
    assert written.read_bytes().startswith(b"%PDF-")
    words = {
        "kicker": "A trial",
        "title": "Title: of it",
        "lead": "What came of it",
        "meta": ["seed 7"],
        "version": "0.2.0",
    }
    again = pdf.write_pdf(tmp_path / "x.pdf", sections=SECTIONS, cards=Cards((Card("Top", "1", "d"),)), **words)
    assert again.read_bytes() == written.read_bytes()


def test_every_word_is_there(written: Path) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext here to read it back")
    done = subprocess.run(
        ["pdftotext", "-layout", written, "-"], capture_output=True, text=True, encoding="utf-8", check=True
    )
    text = done.stdout.replace("\u200b", "")
    for part in (
        "Title: of it",
        "First “part” \\ #1",
        "$signs$ and *stars*",
        "Plain words.",
        "behind a line",
        "published 82 %",
        pdf.NOTICE,
    ):
        assert part in text, part
    for n in (4, 9):
        for k in range(1, n):
            assert f"{1234567.8 * k:,.1f}" in text
    assert "−2" in text  # a lost minus would be a wrong number


@pytest.mark.parametrize("n", [2, 4, 9, 12])
def test_columns_fit_between_the_margins_and_hold_their_longest_word(n: int) -> None:
    table = wide_table(n)
    size, widths = pdf.columns_of(table)
    assert sum(widths) <= pdf.ROOM + 1e-6
    if size > pdf.SIZES[-1]:
        for k, width in enumerate(widths[1:], 1):
            assert width >= pdf.width_of(table.rows[1][k], size)


def test_another_ending_or_no_typesetter_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from livingdrug.cli.main import main
    from livingdrug.trial.result import Result

    with pytest.raises(BadInput, match=r"ends in \.pdf"):
        Result.to_pdf(None, tmp_path / "report.html")  # type: ignore[arg-type]
    monkeypatch.setattr(pictures, "_renderer", lambda name: None)
    assert main(["report", str(tmp_path), "--pdf"]) == 2
    with pytest.raises(BadInput, match="typst"):
        pdf.write_pdf(tmp_path / "x.pdf", sections=SECTIONS, kicker="", title="t", lead="", meta=[])
    assert not (tmp_path / "x.pdf").exists()
