"""The gallery: every figure, drawn now from small runs, each with the line that makes it; a line is evaluated, never only printed."""

from __future__ import annotations

import contextlib
import html
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from documentation.running import command

ROOT = Path(__file__).parents[1]
NARROW = 342.0
SEED = 7
PATIENTS, FEW = 200, 40
MANY = 4
"""Of the figures of one section of a fit's page, such as one for each patient."""
TWO_ARMS = ROOT / "examples" / "design" / "two_arms.toml"


@dataclass(frozen=True)
class Shown:
    """One picture: its name, title, the line that makes it, and the picture wide and narrow."""

    name: str
    title: str
    line: str
    wide: str
    narrow: str = ""


def gallery_page(text: str, pages: Path, *, patients: int = PATIENTS) -> str:
    """The page with its figures; pictures are written into ``gallery/`` beside it.

    Parameters
    ----------
    text
        The page's head.
    pages
        The folder of the site's pages.
    patients
        Of each run.
    """
    folder = pages / "gallery"
    folder.mkdir(parents=True, exist_ok=True)
    parts = [text.rstrip()]
    for title, words, some in _parts(patients):
        parts.append(f"## {title}\n\n{words}")
        parts += [_told(one, folder) for one in some]
    return "\n\n".join(parts) + "\n"


def of_a_run(result: Any) -> Iterator[Shown]:
    """Every figure of a run, by the shortest line of `ld.plot` that draws it."""
    import livingdrug as ld

    for name in ld.plot.figures(result):
        line = line_for(result, name)
        figure = eval(line, {"ld": ld, "result": result})
        yield Shown(name, figure.title, line, *_both(figure))


def line_for(result: Any, name: str) -> str:
    """The line that draws a figure of a run."""
    from livingdrug.catalog.load import default_catalog

    if name in ("flow", "swimmer"):
        return f"ld.plot.{name}(result)"
    if name.startswith("grades-") and len(result.arms) == 1:
        return f'ld.plot.grades(result, "{name.removeprefix("grades-")}")'
    if default_catalog().has("endpoint", name) and result.endpoint(name).over_time:
        return f'ld.plot.km(result, "{name}")'
    if name in set(result.visits["quantity"].unique()):
        return f'ld.plot.bands(result, "{name}")'
    return f'ld.plot.figure(result, "{name}")'


def _parts(patients: int) -> Iterator[tuple[str, str, list[Shown]]]:
    import livingdrug as ld

    result = ld.run("eliana", patients=patients, seed=SEED)
    known = list(of_a_run(result))
    begun = f'```python\nresult = ld.run("eliana", patients={patients}, seed={SEED})\n```'
    yield "One arm", begun, known
    result = ld.run(TWO_ARMS, patients=2 * patients, seed=SEED)
    names = {one.name for one in known}
    begun = f'```python\nresult = ld.run("examples/design/two_arms.toml", patients={2 * patients}, seed={SEED})\n```'
    curves = [_of_line(result, f'ld.plot.km(result, "{name}")') for name in ("pfs_enrolled", "os_enrolled")]
    others = [
        one
        for one in of_a_run(result)
        if one.name not in names and not one.name.startswith(("flow", "swimmer", "grades"))
    ]
    yield "Two arms, randomised", begun, [*curves, *others]
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        yield "From commands", "Pictures that a command writes beside its table.", list(_of_commands(patients))
        yield "Of a population fit", _FIT, list(_of_a_fit(patients))


_FIT = """```python
data = ld.read_kinetics("ck.csv", lloq="50 copy/ug")
fit = ld.fit(data, "stein2019", seed=1)
```"""


def _of_commands(patients: int) -> Iterator[Shown]:
    factors = "--factor growth_max --factor kill_max --factor tumour_growth --factor dose"
    lines = {
        "tornado": (f"livingdrug sensitivity eliana --targets efs {factors} -n {patients} -o tornado", "tornado/sensitivity.svg", "What moves an endpoint: tornado"),
        "window": ("livingdrug window bcma_gprc5d_cel --trial cartitude_1 -o window.svg", "window.svg", "The therapeutic window of affinity and dose"),
    }  # fmt: skip
    for name, (line, file, title) in lines.items():
        command(line)
        yield Shown(name, title, line, Path(file).read_text(encoding="utf-8"))


def _of_a_fit(patients: int) -> Iterator[Shown]:
    import polars as pl

    import livingdrug as ld
    from livingdrug.reports.fits import fit_sections
    from livingdrug.reports.page import Figure

    visits = ld.run("eliana", patients=min(patients, 80), seed=SEED).visits
    rows = visits.filter((pl.col("quantity") == "car_t_copies_per_ug") & ~pl.col("missed") & (pl.col("day") > 0))
    rows.select("patient", "day", pl.col("value").alias("value [copy/ug]"), "below_limit").write_csv("ck.csv")
    fit = ld.fit(ld.read_kinetics("ck.csv", lloq="50 copy/ug"), "stein2019", seed=1)
    for section in fit_sections(fit):
        some = [part for part in section.parts if isinstance(part, Figure)]
        for figure in some[:MANY]:
            yield Shown(
                f"fit-{figure.name}", figure.title, "livingdrug fit ck.csv --model stein2019 -o fits/ck", *_both(figure)
            )


def _of_line(result: Any, line: str) -> Shown:
    import livingdrug as ld

    figure = eval(line, {"ld": ld, "result": result})
    return Shown(f"two-arms-{figure.name}", figure.title, line, *_both(figure))


def _both(figure: Any) -> tuple[str, str]:
    from livingdrug.reports.sheet import sheet_text

    return sheet_text(figure, figure.own_width), sheet_text(figure, NARROW)


def _told(one: Shown, folder: Path) -> str:
    (folder / f"{one.name}.svg").write_text(one.wide, encoding="utf-8")
    source = ""
    if one.narrow:
        (folder / f"{one.name}-narrow.svg").write_text(one.narrow, encoding="utf-8")
        source = f'<source media="(max-width: 600px)" srcset="gallery/{one.name}-narrow.svg">'
    language = "bash" if one.line.startswith("livingdrug ") else "python"
    picture = f'<picture class="ld-figure">{source}<img loading="lazy" src="gallery/{one.name}.svg" alt="{html.escape(one.title)}"></picture>'
    return f"### {one.title}\n\n```{language}\n{one.line}\n```\n\n{picture}"
