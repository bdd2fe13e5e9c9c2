"""Figures as files, read back by programs of others: a PNG by Pillow, a PDF by its own marks, CSV by polars; nothing touches an edge."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as xml

import polars as pl
import pytest

import livingdrug as ld
from livingdrug.cli.main import main
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.reports import lettering, pictures, styles
from livingdrug.reports.gallery import gallery
from livingdrug.reports.html import render
from livingdrug.trial.result import Result


@pytest.fixture(scope="module")
def figures(result):
    return gallery(result)


def test_every_figure_of_the_report_is_in_the_gallery_with_its_data(result, figures):
    """Expected: the page's own figures; each has a name of its own and a table behind it."""
    names = re.findall(r'<figure data-name="([^"]+)"', render(result))
    assert len(names) == len(figures) >= 10
    assert set(names) <= set(figures)
    assert [name for name, one in figures.items() if one.data is None] == []


def test_an_svg_is_whole_by_itself(figures):
    """Expected: sound XML in the name space of SVG, no class, no variable, nothing black that is coloured in the page."""
    for name, one in figures.items():
        root = xml.fromstring(pictures.content_of(one, ".svg"))
        assert root.tag == f"{{{styles.SVG}}}svg"
        text = xml.tostring(root, encoding="unicode")
        assert "var(" not in text, name
        assert ' class="' not in text, name
        for mark in root.iter(f"{{{styles.SVG}}}path"):
            assert mark.get("fill") is not None or mark.get("stroke") is not None, name


def test_the_looks_are_those_of_the_style_sheet():
    """Worked by hand from the rules of report.css: more classes win, then the later rule."""
    drawn = styles.inlined(
        '<svg width="1" height="1"><g class="published"><circle class="dot s1"/></g><path class="line s1 quiet"/></svg>'
    )
    dot, line = next(drawn.iter("circle")), next(drawn.iter("path"))
    assert dot.get("fill") == "#b4521a"
    assert (line.get("stroke-width"), line.get("stroke-dasharray"), line.get("fill")) == ("1.2", "none", "none")


def test_nothing_touches_an_edge_of_a_picture(figures):
    """A label cut at the edge leaves ink in the outermost pixels."""
    image = pytest.importorskip("PIL.Image")
    if not pictures.can_png():
        pytest.skip("PNG figures need resvg-py")
    kinds = (
        "flow",
        "efs",
        "swimmer",
        "patient",
        "drugs",
        "grades-crs_penn",
        "shares-of-patients-1-of-3",
        "il6_pg_per_ml",
    )
    for name in kinds:
        one = figures[name]
        with image.open(io.BytesIO(pictures.content_of(one, ".png"))) as opened:
            grey = opened.convert("L")
        wide, tall = grey.size
        for border in ((0, 0, 6, tall), (wide - 6, 0, wide, tall), (0, 0, wide, 6), (0, tall - 6, wide, tall)):
            assert grey.crop(border).getextrema()[0] > 250, (name, border)


def test_a_pdf_is_one_with_letters_and_the_same_twice(figures):
    """Expected: the marks of the PDF format; letters, not outlines, so that words can be found in it."""
    if not pictures.can_pdf():
        pytest.skip("PDF figures need typst")
    first, again = (pictures.content_of(figures["efs"], ".pdf") for _ in range(2))
    assert first == again
    assert first.startswith(b"%PDF-")
    assert first.rstrip().endswith(b"%%EOF")
    assert b"/Font" in first
    assert b"/Subtype/Image" not in first.replace(b"/Subtype /Image", b"/Subtype/Image")


def test_a_minus_in_a_power_is_never_lost():
    """10⁻⁴ without its minus would be a number a hundred million times larger."""
    root = xml.fromstring('<svg><text font-size="12">10⁻⁴ of cells</text></svg>')
    lettering.raise_powers(root)
    assert "".join(root.itertext()) == "10−4 of cells"
    assert next(root.iter("tspan")).get("dy") == "-4.3"


def test_plot_draws_saves_and_shows(result, tmp_path):
    figure = ld.plot.km(result, "efs")
    assert figure._repr_svg_().startswith("<svg ")
    written = figure.save(tmp_path / "efs.svg")
    assert [file.name for file in written] == ["efs.svg", "efs.csv"]
    assert pl.read_csv(tmp_path / "efs.csv").height == figure.data.height
    assert figure.save(tmp_path / "alone.svg", data=False) == (tmp_path / "alone.svg",)
    for drawn in (ld.plot.flow(result), ld.plot.swimmer(result), ld.plot.bands(result, "car_t_copies_per_ug")):
        assert drawn.data is not None
    with pytest.raises(UnknownName, match="efs"):
        ld.plot.figure(result, "efz")
    with pytest.raises(BadInput, match=r"\.svg, \.png, \.pdf"):
        figure.save(tmp_path / "efs.jpg")
    with pytest.raises(BadInput, match="no time to event"):
        ld.plot.km(result, "cr_cri_3mo")
    with pytest.raises(UnknownName):
        ld.plot.bands(result, "copies")


def test_arms_have_figures_of_their_own(two_arms):
    assert {"flow-1", "flow-2", "swimmer-1", "swimmer-2"} <= set(ld.plot.figures(two_arms))
    assert ld.plot.flow(two_arms, "early").name == "flow-2"


def test_the_command_writes_lists_and_refuses(result, tmp_path, capsys, monkeypatch):
    run = tmp_path / "run"
    monkeypatch.setattr(Result, "load", lambda *_, **__: result)
    assert main(["figure", str(run)]) == 0
    assert "efs" in capsys.readouterr().out
    assert main(["figure", str(run), "efs", "-o", str(tmp_path / "km.svg")]) == 0
    assert (tmp_path / "km.csv").is_file()
    for wrong in (["efs", "-o", str(tmp_path / "km.gif")], ["nothing"], ["efs", "--all"], ["--all", "--format", "gif"]):
        capsys.readouterr()
        assert main(["figure", str(run), *wrong]) == 2
        assert "Traceback" not in capsys.readouterr().err
    assert not (tmp_path / "km.gif").exists()
