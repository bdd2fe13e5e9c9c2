"""Which parameters drive the headline endpoints, and what a frozen interval is made of: the tables and the picture of a page.

python examples/what_drives.py simulate runs/what_drives             five trials, partial rank correlations; goes on where it was stopped
python examples/what_drives.py write runs/what_drives docs/what_drives.md    writes them into the page, and the picture beside its images
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
from asking import a_folder, a_page, asking, told

from livingdrug.model.pages import table, write_generated

HERE = Path(__file__).parent.parent
FROZEN = HERE / "docs/predictions/parameters/parameters.json"
PATIENTS, SEED = 60, 13
RUNS = {"transcend_nhl_001": 64, "zuma_5": 64}
USUAL_RUNS = 96
TRIALS = {
    "eliana": ("cr_cri_3mo", "efs", "os", "crs_any", "crs_severe", "neurotoxicity_any", "cmax"),
    "zuma_1": ("lugano_cr", "pfs", "os", "crs_any_lee", "neurological_events_severe", "cmax_cells"),
    "transcend_nhl_001": ("lugano_cr", "pfs", "os", "crs_any_lee", "neurotoxicity_any", "cmax"),
    "cartitude_1": ("imwg_cr", "pfs", "os", "crs_any_astct", "icans_any", "cmax_infused"),
    "zuma_5": ("lugano_cr", "pfs", "os", "crs_any_lee", "neurological_events_severe", "cmax_cells"),
}
CENTRAL = (0.05, 0.95)


def ranges_of(trial: str) -> dict[str, tuple[float, float]]:
    """Factor -> the central nine in ten of the frozen draws, for every fitted parameter of this trial's arm."""
    from livingdrug.catalog.load import default_catalog
    from livingdrug.course.equations import parameters_of
    from livingdrug.trial.door import planned

    catalog = default_catalog()
    plan = planned(catalog.load("trial", trial), catalog)[1][0]
    fitted = {name for name, one in parameters_of(plan).items() if one.prior is not None}
    told = json.loads(FROZEN.read_text(encoding="utf-8"))
    draws = np.array(told["draws"])
    names = {plan.disease.id, plan.product.id, plan.product.costimulation}
    found: dict[str, tuple[float, float]] = {}
    for place, address in enumerate(told["values"]):
        kind, file, number = address.split("/", 2)
        name = number.removeprefix("parameter.")
        shared = kind in ("mechanism", "recipe")
        # a disease's own number comes before the mechanism's in the file, and holds in its place
        if name in fitted and name not in found and (shared or file in names):
            low, high = np.quantile(draws[:, place], CENTRAL)
            found[name] = (float(low), float(high))
    return found


def simulate(folder: Path) -> None:
    """Every trial's runs, each kept when it is finished."""
    import livingdrug as ld

    for trial, targets in TRIALS.items():
        if (folder / trial / "estimates.parquet").exists():
            continue
        ranges = ranges_of(trial)
        ld.sensitivity(
            trial, targets, method="prcc", factors=list(ranges), ranges=ranges, samples=RUNS.get(trial, USUAL_RUNS),
            patients=PATIENTS, seed=SEED, threads=1, out=folder / trial, resume=(folder / trial / "pieces").exists(),
        )  # fmt: skip
        print(trial, "is finished", flush=True)


# ---------------------------------------------------------------- what the frozen intervals are made of

Z90 = 1.6448536269514722
HEADLINES = {
    "overall response, treated": (("lugano_orr", "imwg_orr", "cr_cri_3mo"), "", "efficacy"),
    "complete response, treated": (("lugano_cr", "imwg_cr", "cr_3mo"), "", "efficacy"),
    "PFS or EFS at 12 months, enrolled": (("pfs_enrolled", "efs_enrolled"), "12 month", "survival"),
    "overall survival at 12 months, enrolled": (("os_enrolled",), "12 month", "survival"),
    "CRS, any grade": (("crs_any_lee", "crs_any_astct"), "", "CRS"),
    "CRS, grade 3 or more": (("crs_severe_lee", "crs_severe_astct"), "", "CRS"),
    "ICANS, any grade": (("icans_any",), "", "ICANS"),
    "infused": (("infused",), "", "manufacturing"),
}
"""Words -> endpoints that ask it, time, class of the difference between trials."""


def parts(low: float, middle: float, high: float, n: int, between: float) -> tuple[float, float, float]:
    """Shares of the variance of a frozen share that are of patients, between trials and of parameters, on the arcsine scale.

    The interval of nine in ten was written as the middle and 1.645 standard deviations to each side there; what is neither the sampling of
    n patients nor the difference between trials is that of the parameters. A side that ends at 0 or 100 % is left out.

    Examples
    --------
    >>> [round(one, 2) for one in parts(40.0, 50.0, 60.0, 100, 0.0)]
    [0.67, 0.0, 0.33]
    """
    a, b, c = (float(np.arcsin(np.sqrt(share / 100.0))) for share in (low, middle, high))
    sides = [side for side, end in ((b - a, low), (c - b, high)) if 0.0 < end < 100.0]
    total = (float(np.mean(sides)) / Z90) ** 2 if sides else float("nan")
    patients, trials = 1.0 / (4.0 * (n + 0.5)), between**2
    known = max(total, patients + trials)
    return patients / known, trials / known, max(0.0, total - patients - trials) / known


def frozen_parts() -> dict[str, list[tuple[str, float, tuple[float, float, float]]]]:
    """Headline -> trial and arm, width of its interval in points, shares of its variance; arms given cells alone."""
    rows = []
    for path in sorted((HERE / "docs/predictions").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            rows += csv.DictReader(lines)
    between = json.loads(FROZEN.read_text(encoding="utf-8"))["between_trials"]
    without = {
        (row["trial"], row["arm"]) for row in rows if row["endpoint"] == "infused" and float(row["predicted"]) == 0.0
    }
    found: dict[str, list[tuple[str, float, tuple[float, float, float]]]] = {}
    for words, (names, at, about) in HEADLINES.items():
        for row in rows:
            key = (row["trial"], row["arm"])
            if row["endpoint"] not in names or row["timepoint"] != at or key in without or " over " in row["arm"]:
                continue
            if any(name == row["trial"] for name, *_ in found.get(words, [])):
                continue
            low, middle, high = (float(row[name]) for name in ("predicted_low", "predicted", "predicted_high"))
            told = parts(low, middle, high, int(row["n"]), between[about])
            found.setdefault(words, []).append((row["trial"], high - low, told))
    return found


def frozen_text() -> str:
    """Two tables: by headline, and complete response trial by trial."""
    found = frozen_parts()
    lines = []
    for words, rows in found.items():
        shares = np.array([told for *_, told in rows])
        widths = [width for _, width, _ in rows]
        lines.append(
            [words, str(len(rows)), f"{np.median(widths):.0f}", *(f"{100 * one:.0f} %" for one in shares.mean(axis=0))]
        )
    head = ["headline", "trials", "median width, points", "patients", "between trials", "parameters"]
    each = [
        [trial, f"{width:.0f}", *(f"{100 * one:.0f} %" for one in told)]
        for trial, width, told in found["complete response, treated"]
    ]
    return "\n\n".join(
        [
            table(head, lines),
            "Complete response of those treated, trial by trial:",
            table(["trial", "width, points", *head[3:]], sorted(each)),
        ]
    )


# ---------------------------------------------------------------- what drives the headlines


def analysed(folder: Path) -> dict[str, tuple[list[dict], list[dict]]]:
    """Trial -> rows of correlations, and rows of its runs; of those that are finished."""
    import polars as pl

    return {
        trial: (pl.read_parquet(folder / trial / "sensitivity.parquet").to_dicts(), pl.read_parquet(folder / trial / "estimates.parquet").to_dicts())
        for trial in TRIALS
        if (folder / trial / "estimates.parquet").exists()
    }  # fmt: skip


def strongest(rows: list[dict], target: str, most: int = 4) -> list[dict]:
    """The strongest factors of a target whose interval does not hold zero."""
    own = [row for row in rows if row["target"] == target and row["correlation"] is not None]
    sure = [row for row in own if row["ci_low"] > 0 or row["ci_high"] < 0]
    return sorted(sure, key=lambda row: -abs(row["correlation"]))[:most]


def drivers_text(found: dict[str, tuple[list[dict], list[dict]]]) -> str:
    """Every headline of every trial with what moves it most, and what these parameters are."""
    from livingdrug.catalog.load import default_catalog
    from livingdrug.course.equations import parameters_of
    from livingdrug.trial.door import planned

    catalog, lines, meanings = default_catalog(), [], {}
    for trial, (rows, runs) in found.items():
        known = parameters_of(planned(catalog.load("trial", trial), catalog)[1][0])
        for target in TRIALS[trial]:
            numbers = np.array([run[f"target: {target}"] for run in runs], dtype=float)
            low, high = np.nanquantile(numbers, CENTRAL)
            scale = 100.0 if np.nanmax(numbers) <= 1.0 else 1.0
            told = strongest(rows, target)
            for row in told:
                meanings.setdefault(row["factor"], {})[known[row["factor"]].meaning] = (
                    None  # a disease may say it in its own words
                )
            said = [f"`{row['factor']}` {row['correlation']:+.2f}" for row in told]
            title = catalog.load("endpoint", target).title
            lines.append(
                [trial, title, f"{scale * low:.3g} to {scale * high:.3g}", ", ".join(said) or "none stands out"]
            )
    return "\n\n".join([
        table(["trial", "headline", "nine in ten runs", "strongest, with partial rank correlation"], lines),
        table(["parameter", "is"], [[f"`{name}`", "; ".join(words)] for name, words in sorted(meanings.items())]),
    ])  # fmt: skip


def picture(found: dict[str, tuple[list[dict], list[dict]]]) -> str:
    """Partial rank correlations as a map: parameters down, headlines of each trial across; blue lowers, orange raises."""
    columns = [(trial, target) for trial in found for target in TRIALS[trial]]
    value = {
        (trial, row["target"], row["factor"]): row["correlation"] or 0.0
        for trial, (rows, _) in found.items()
        for row in rows
    }
    named = {row["factor"] for trial, target in columns for row in strongest(found[trial][0], target)}
    order = sorted(named, key=lambda name: -sum(value.get((*one, name), 0.0) ** 2 for one in columns))
    left, cell, head = 190, 24, 190
    width, height = left + cell * len(columns) + 130, head + cell * len(order) + 40
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" role="img">',
        "<title>Partial rank correlation of each headline with each parameter</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    for place, (trial, target) in enumerate(columns):
        x = left + cell * place + cell / 2 + 4
        out.append(f'<text transform="translate({x},{head - 6}) rotate(-60)" fill="#1a1a1a">{trial}: {target}</text>')
    for line, name in enumerate(order):
        y = head + cell * line
        out.append(f'<text x="{left - 6}" y="{y + 16}" text-anchor="end" fill="#1a1a1a">{name}</text>')
        for place, one in enumerate(columns):
            number = value.get((*one, name))
            if number is None:
                continue
            colour = "#e69f00" if number > 0 else "#0072b2"
            x = left + cell * place
            out.append(
                f'<rect x="{x}" y="{y}" width="{cell - 1}" height="{cell - 1}" fill="{colour}" fill-opacity="{abs(number):.2f}" stroke="#dddddd"/>'
            )
            if abs(number) >= 0.3:
                out.append(
                    f'<text x="{x + cell / 2}" y="{y + 15}" text-anchor="middle" font-size="9" fill="#1a1a1a">{number:+.1f}'.replace(
                        "+0", "+"
                    ).replace("-0", "−")
                    + "</text>"
                )
    out.append(
        f'<text x="10" y="{height - 12}" fill="#666666" font-size="10">Orange: more of the parameter, more of the headline; blue: less. Simulation; not for patient care.</text>'
    )
    return "\n".join([*out, "</svg>\n"])


def write(folder: Path, page: Path) -> None:
    """The page's tables between its markers, and the picture beside its images."""
    found = analysed(folder)
    text = f"{drivers_text(found)}\n\n## What a frozen interval is made of\n\n{frozen_text()}"
    write_generated(page, text)
    (page.parent / "images/what_drives.svg").write_text(picture(found), encoding="utf-8", newline="\n")


def main() -> None:
    """Simulates, or writes the page."""
    asked = asking(__doc__)
    which = asked.add_subparsers(dest="which", required=True, metavar="simulate|write")
    simulated, written = which.add_parser("simulate"), which.add_parser("write")
    simulated.add_argument("folder", type=Path, help="where what is simulated is kept")
    written.add_argument("folder", type=a_folder, help="where what was simulated is")
    written.add_argument("page", type=a_page, help="page to write it into")
    given = asked.parse_args()
    if given.which == "simulate":
        simulate(given.folder)
    else:
        write(given.folder, given.page)


if __name__ == "__main__":
    told(main)
