"""The report of a population fit: estimates, convergence, and whether the model would have produced the data."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug.fitting.data import BELOW
from livingdrug.fitting.linearised import can_be_linearised
from livingdrug.fitting.predictive import npde, vpc
from livingdrug.fitting.result import Fit
from livingdrug.fitting.simulation import limits
from livingdrug.reports.charts.predictive import draw_predictive, ribbons_of
from livingdrug.reports.charts.scatter import draw_scatter
from livingdrug.reports.html import page, write_page
from livingdrug.reports.page import Card, Cards, Figure, Note, Section, Table
from livingdrug.reports.words import DASH, interval

if TYPE_CHECKING:
    pass

SHOWN_PATIENTS = 12
SHOWN_EFFECTS = 12


def write_fit_report(fit: Fit, path: str | Path, *, seed: int = 1) -> Path:
    """Write the report of a fit as one HTML file that asks no host for anything.

    Parameters
    ----------
    fit
        A fit, fresh or loaded.
    path
        The file to write; replaced if it is there.
    seed
        Of the simulated copies behind the predictive checks.
    """
    sections = fit_sections(fit, seed=seed)
    lead = (
        f"-2 log likelihood {fit.minus_two_ll:.2f}, {fit.coordinates.size} numbers estimated from "
        f"{fit.data.time.size} results of {fit.data.n_patients} patients. "
        + (
            "Every check of convergence passed."
            if fit.converged
            else "Not every check of convergence passed: see section 2."
        )
    )
    meta = [fit.data.source or "data", f"model {fit.name}", f"seed {fit.settings['seed']}"]
    cards = Cards(
        (
            Card("AIC", f"{fit.aic:.1f}", f"BIC {fit.bic:.1f}"),
            Card("Patients", str(fit.data.n_patients), f"{fit.data.time.size} results"),
            Card("Below the limit", f"{100 * float((fit.data.censored == BELOW).mean()):.0f} %", "of the results, counted by their probability"),
            Card("Monte Carlo error", f"{fit.minus_two_ll_error:.2f}", "of -2 log likelihood"),
        )
    )  # fmt: skip
    text = page("A population fit", fit.model.title, lead, meta, sections, cards=cards)
    return write_page(Path(path), text)


def write_figures(fit: Fit, folder: str | Path, *, seed: int = 1) -> list[Path]:
    """Write every figure of the report as SVG, as PNG where that can be made, and its data as CSV beside it."""
    from livingdrug.reports.pictures import as_png, as_svg, can_png
    from livingdrug.trial.storage import make_folder, write_bytes

    place = make_folder(Path(folder))
    written, png = [], can_png()
    for section in fit_sections(fit, seed=seed):
        for part in section.parts:
            if not isinstance(part, Figure):
                continue
            name = part.slug.removesuffix(".csv")
            write_bytes(place / f"{name}.svg", as_svg(part.wide).encode("utf-8"))
            written.append(place / f"{name}.svg")
            if png:
                write_bytes(place / f"{name}.png", as_png(part.wide))
                written.append(place / f"{name}.png")
            if part.data is not None:
                write_bytes(place / f"{name}.csv", part.data.write_csv().encode())
    return written


def fit_sections(fit: Fit, *, seed: int = 1) -> list[Section]:
    """Estimates, convergence, predictive checks, fit to the data, individuals, distribution errors, covariates, data."""
    return [
        _estimates(fit), _convergence(fit), _predictive(fit, seed), _goodness(fit), _individuals(fit),
        _distribution(fit, seed), *_effects(fit), *_extras(fit), _checks(fit),
    ]  # fmt: skip


def _estimates(fit: Fit) -> Section:
    rows = []
    for row in fit.parameters.iter_rows(named=True):
        between = interval(row["ci_low"], row["ci_high"], "{:.4g}".format, missing=DASH)
        rse = f"{row['rse_percent']:.1f}" if row["rse_percent"] is not None else ("fixed" if row["fixed"] else "–")
        rows.append((row["parameter"], f"{row['value']:.4g}", row["unit"], between, rse, row["kind"]))
    table = Table(("parameter", "value", "unit", "95 % interval", "rse %", "what"), tuple(rows), words=(5,))
    shrunk = tuple((name, f"{mean:.0f}", f"{mode:.0f}") for name, mean, mode in fit.shrinkage.iter_rows())
    shrinkage = Table(("parameter", "of means, %", "of modes, %"), shrunk, title="Shrinkage of individual estimates")
    lead = (
        "Standard errors come from the observed information of the likelihood with patients' parameters integrated out."
    )
    return Section("estimates", "Estimates", lead, (table, *_both_errors(fit), shrinkage))


def _both_errors(fit: Fit) -> tuple[Table, ...]:
    """Standard errors of the likelihood beside those by linearisation."""
    if not can_be_linearised(fit):
        return ()
    rows = tuple(
        (name, f"{own:.3g}", f"{other:.3g}", f"{ratio:.2f}")
        for name, _, own, other, ratio in fit.standard_errors().iter_rows()
    )
    heads = ("parameter", "of the likelihood", "by linearisation", "ratio")
    censored = bool((fit.data.censored != 0).any())
    note = (
        "Results below the limit bring nothing to those by linearisation, which are too wide here." if censored else ""
    )
    return (Table(heads, rows, title="Standard errors, twice", note=note),) if rows else ()


def _convergence(fit: Fit) -> Section:
    notes = tuple(Note(("" if ok else "Look: ") + words[0].upper() + words[1:] + ".", "" if ok else "missing")
                  for ok, words in fit.judgement.values())  # fmt: skip
    iteration = fit.trace["iteration"].to_list()
    figures = []
    for name in fit.trace.columns[1:]:
        values = fit.trace[name].to_list()
        line = list(zip(iteration, values, strict=True))
        draw = partial(draw_scatter, [], title=name, x_title="iteration", y_title=name, line=line, height=130)
        figures.append(Figure(f"Course of {name}", draw, half=True))
    lead = "Values by iteration: first exploring, then settling. Typical values are on each parameter's own scale."
    return Section("convergence", "Convergence", lead, (*notes, *figures))


def _log(fit: Fit, output: int | None = None) -> bool:
    mine = fit.data.censored == 0
    measured = fit.data.value[mine if output is None else mine & (fit.data.output == output)]
    return bool(measured.size and measured.min() > 0 and measured.max() / measured.min() > 30)


def _names(fit: Fit) -> tuple[str, str]:
    return f"time [{fit.data.time_unit}]", f"value{f' [{fit.data.value_unit}]' if fit.data.value_unit else ''}"


def _predictive(fit: Fit, seed: int) -> Section:
    x_title, y_title = _names(fit)
    data = fit.data
    figures = []
    for k, corrected in [(k, corrected) for k in range(len(data.outputs)) for corrected in (False, True)]:
        seen = (data.censored == 0) & (data.output == k)
        points = list(zip(data.time[seen].tolist(), data.value[seen].tolist(), strict=True))
        known = limits(data)[data.output == k]
        limit = float(known[np.isfinite(known)][0]) if np.isfinite(known).any() else None
        log = _log(fit, k)
        table = vpc(fit, seed=seed, prediction_corrected=corrected, output=k)
        ribbons = ribbons_of(table.to_dicts())
        below = ribbons.pop("below limit", None)
        title = "Prediction-corrected predictive check" if corrected else "Visual predictive check"
        title += f" of {data.outputs[k]}" if len(data.outputs) > 1 else ""
        draw = partial(
            draw_predictive, list(ribbons.values()), [] if corrected else points, title=title, x_title=x_title,
            y_title=y_title, log=log, time_unit=data.time_unit, below=below, limit=None if corrected else limit,
        )  # fmt: skip
        legend = (
            ("line s1", "data: 5, 50, 95 %"),
            ("band s0 inner", "simulated median, 95 %"),
            ("band s0 outer", "simulated 5 and 95 %"),
        )
        figures.append(Figure(title, draw, legend=legend, data=table))
    lead = "If the model is right, the lines of the data lie in the bands of data simulated from it, and so does the share below the limit."
    return Section("predictive", "Would the model have produced these data?", lead, tuple(figures))


def _goodness(fit: Fit) -> Section:
    table = fit.predictions
    log, seen = _log(fit), fit.data.censored == 0
    x_title, y_title = _names(fit)
    column = {name: table[name].to_numpy()[seen].astype(float) for name in ("time", "value", "pred", "ipred", "iwres")}
    tips = [f"{p}, {t:g}" for p, t in zip(np.array(table["patient"].to_list())[seen], column["time"], strict=True)]

    def figure(title: str, x: str, y: str, x_words: str, y_words: str, **more: Any) -> Figure:
        points = list(zip(column[x].tolist(), column[y].tolist(), strict=True))
        draw = partial(draw_scatter, points, title=title, x_title=x_words, y_title=y_words, tips=tips, **more)
        return Figure(title, draw, half=True, data=table if title.startswith("Data and population") else None)

    figures = (
        figure("Data and population prediction", "pred", "value", "population prediction", y_title, identity=True, log_x=log, log_y=log),
        figure("Data and individual prediction", "ipred", "value", "individual prediction", y_title, identity=True, log_x=log, log_y=log),
        figure("Residuals over time", "time", "iwres", x_title, "weighted residual", level=0.0, time_unit=fit.data.time_unit),
        figure("Residuals over prediction", "ipred", "iwres", "individual prediction", "weighted residual", level=0.0, log_x=log),
    )  # fmt: skip
    return Section("goodness", "Fit to the data", "Results below the limit are not drawn here.", figures)


def _individuals(fit: Fit) -> Section:
    log, data = _log(fit), fit.data
    x_title, y_title = _names(fit)
    ipred = fit.predictions["ipred"].to_numpy()
    figures = []
    for i in range(min(data.n_patients, SHOWN_PATIENTS)):
        part = slice(int(data.first[i]), int(data.first[i + 1]))
        points = list(zip(data.time[part].tolist(), data.value[part].tolist(), strict=True))
        line = list(zip(data.time[part].tolist(), ipred[part].tolist(), strict=True))
        hollow = (data.censored[part] != 0).tolist()
        name = f"Patient {data.patients[i]}"
        draw = partial(
            draw_scatter, points, title=name, x_title=x_title, y_title=y_title, log_y=log, time_unit=data.time_unit,
            hollow=hollow, line=line, height=150,
        )  # fmt: skip
        figures.append(Figure(name, draw, half=True))
    more = data.n_patients - len(figures)
    lead = "Rings are results below the limit, at the limit; the line joins the individual predictions." + (
        f" {more} more patients: predictions.csv." if more > 0 else ""
    )
    return Section("individuals", "Individual fits", lead, tuple(figures))


def _distribution(fit: Fit, seed: int) -> Section:
    from scipy.special import ndtri

    table = npde(fit, seed=seed)
    values = table["npde"].to_numpy()
    x_title, _ = _names(fit)
    ordered = np.sort(values)
    normal = ndtri((np.arange(values.size) + 0.5) / values.size)
    over_time = list(zip(table["time"].to_list(), values.tolist(), strict=True))
    against = list(zip(normal.tolist(), ordered.tolist(), strict=True))
    figures = (
        Figure("Distribution errors over time", partial(draw_scatter, over_time, title="npde over time", x_title=x_title,
               y_title="npde", level=0.0, time_unit=fit.data.time_unit), half=True, data=table),
        Figure("Distribution errors against the normal", partial(draw_scatter, against, title="npde quantiles", x_title="normal quantile",
               y_title="npde", identity=True), half=True),
    )  # fmt: skip
    lead = (
        f"Mean {values.mean():.2f} and standard deviation {values.std(ddof=1):.2f}; 0 and 1 if the model is right. "
        "Results below the limit take a random place below it."
    )
    return Section("npde", "Prediction distribution errors", lead, figures)


def _effects(fit: Fit) -> list[Section]:
    """η against covariates; nothing when there are no covariates."""
    frame = fit.data.covariates
    numeric = [name for name in frame.columns if name != "patient" and frame[name].dtype.is_numeric()]
    population = fit.specification.population
    table = fit.individuals
    figures = []
    for covariate in numeric:
        values = frame[covariate].cast(float).fill_null(math.nan).to_list()
        for r in population.random:
            label = f"eta_mean({population.names[r]})"
            points = list(zip(values, table[label].to_list(), strict=True))
            title = f"{population.names[r]} and {covariate}"
            draw = partial(draw_scatter, points, title=title, x_title=covariate, y_title=f"η of {population.names[r]}", level=0.0, height=150)  # fmt: skip
            figures.append(Figure(title, draw, half=True))
    if not figures:
        return []
    more = f" The first {SHOWN_EFFECTS} of {len(figures)} pairs." if len(figures) > SHOWN_EFFECTS else ""
    lead = f"Deviation of each patient's parameter from what is expected, against covariates.{more}"
    return [Section("covariates", "Deviations and covariates", lead, tuple(figures[:SHOWN_EFFECTS]))]


def _extras(fit: Fit) -> list[Section]:
    """Starts, profiles and bootstrap, where they were made."""
    found = []
    if "starts" in fit.extras:
        rows = tuple(
            (str(k), f"{ll:.2f}", f"{above:.2f}", "yes" if ok else "no")
            for k, ll, above, ok in fit.extras["starts"].iter_rows()
        )
        found.append(
            Section(
                "starts",
                "Several starts",
                "The most likely fit is the one that is told.",
                (Table(("start", "-2LL", "above the best", "converged"), rows),),
            )
        )
    if "profile" in fit.extras:
        found.append(_profiles(fit))
    if "bootstrap" in fit.extras:
        from livingdrug.fitting.bootstrap import bootstrap_intervals

        table = bootstrap_intervals(fit.extras["bootstrap"])
        own = {row["parameter"]: row for row in fit.parameters.iter_rows(named=True)}
        rows = tuple(
            (
                name,
                f"{own[name]['value']:.4g}" if name in own else "–",
                f"{middle:.4g}",
                interval(low, high, "{:.4g}".format, missing=DASH),
            )
            for name, _, middle, low, high in table.iter_rows()
        )
        lead = f"{fit.extras['bootstrap'].height} fits of as many patients drawn with replacement; percentiles."
        found.append(
            Section(
                "bootstrap", "Bootstrap", lead, (Table(("parameter", "estimate", "median", "95 % of the fits"), rows),)
            )
        )
    return found


def _profiles(fit: Fit) -> Section:
    from livingdrug.fitting.profile import FALL, intervals

    table = fit.extras["profile"]
    figures = []
    for (name,), part in table.group_by("parameter", maintain_order=True):
        points = list(part.select("value", "rise").iter_rows())
        draw = partial(
            draw_scatter,
            points,
            title=str(name),
            x_title=str(name),
            y_title="rise of -2LL",
            line=points,
            level=FALL,
            height=150,
        )
        figures.append(Figure(f"Profile of {name}", draw, half=True, data=part))
    rows = tuple(
        (name, *(f"{x:.4g}" if x is not None else "–" for x in (low, high)))
        for name, low, high in intervals(table).iter_rows()
    )
    told = Table(("parameter", "95 % from", "to"), rows)
    lead = f"-2 log likelihood along one estimate, all others at their best; the line is {FALL:.2f}, where the 95 % interval ends."
    return Section("profiles", "Likelihood profiles", lead, (told, *figures))


def _checks(fit: Fit) -> Section:
    rows = tuple((f.severity, f.what, f.rows_told, f.remedy) for f in fit.data.findings)
    if not rows:
        return Section("data", "The data", "", (Note("Nothing odd was found in the data."),))
    table: Table = Table(("", "what", "rows", "what to do"), rows, words=(1, 2, 3))
    return Section("data", "The data", "What was noticed while reading them.", (table,))
