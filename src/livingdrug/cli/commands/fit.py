"""A population model fitted to kinetics."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from livingdrug.cli.command import YOURS, Command
from livingdrug.cli.kinetics import AS_IT_IS, Reading, pair, reads_a_table
from livingdrug.cli.void import refuse_void


@reads_a_table
def fit(
    data: Annotated[Path | None, typer.Argument(metavar="[DATA.csv]", help="Kinetics; see: livingdrug data check --help.")] = None,
    model: Annotated[str, typer.Option("--model", "-m", help="What to fit; --list-models names them. Or a TOML file that describes an SBML or Antimony model.")] = "stein2019",
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="DIR", help="Folder for the results; fits/MODEL by default.")] = None,
    error: Annotated[list[str] | None, typer.Option(metavar="[OUTPUT=]ERROR", help="Residual error: additive, proportional, combined, combined_root, lognormal; for several outputs again for each, as cp=lognormal.")] = None,
    covariate: Annotated[list[str] | None, typer.Option("--covariate", metavar="PARAMETER=FORMULA", help="An effect, as CL=log(WT/70) or Cmax=SEX; again for more.")] = None,
    correlate: Annotated[list[str] | None, typer.Option("--correlate", metavar="A,B", help="Parameters that vary together, or full; again for more groups.")] = None,
    no_spread: Annotated[list[str] | None, typer.Option("--no-spread", metavar="PARAMETER", help="A parameter that all patients share; again for more.")] = None,
    fixed: Annotated[list[str] | None, typer.Option("--fix", metavar="PARAMETER=VALUE", help="A typical value that is not estimated.")] = None,
    start: Annotated[list[str] | None, typer.Option("--start", metavar="PARAMETER=VALUE", help="A typical value to begin with; proposed from the data otherwise.")] = None,
    by_occasion: Annotated[list[str] | None, typer.Option("--by-occasion", metavar="PARAMETER", help="A parameter that differs within a patient from occasion to occasion (column OCC); again for more.")] = None,
    mixture: Annotated[list[str] | None, typer.Option("--mixture", metavar="PARAMETER[=VALUE]", help="A parameter with another typical value in a hidden group of patients, such as non-responders, and that value to begin with; again for more.")] = None,
    starts: Annotated[int, typer.Option(help="Fits from so many starts; the most likely is kept.", min=1, max=1000)] = 1,
    profile: Annotated[list[str] | None, typer.Option("--profile", metavar="ESTIMATE", help="Also the likelihood along an estimate, or all; again for more.")] = None,
    bootstrap: Annotated[int, typer.Option(metavar="N", help="Also N fits of patients drawn with replacement.", min=0, max=10_000)] = 0,
    reading: Reading = AS_IT_IS,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    threads: Annotated[int | None, typer.Option(help="Processor threads; all by default. Results do not depend on it.")] = None,
    explore: Annotated[int, typer.Option(help="Iterations of the first phase.", min=10)] = 300,
    settle: Annotated[int, typer.Option(help="Iterations of the second phase.", min=10)] = 200,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a fit that was interrupted.")] = False,
    list_models: Annotated[bool, typer.Option("--list-models", help="Say what can be fitted, and stop.")] = False,
    no_report: Annotated[bool, typer.Option("--no-report", help="Do not write report.html.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the estimates as JSON, for a program.")] = False,
) -> None:  # fmt: skip
    """Fit a population model to your own kinetics; results below the limit count by their probability (M3).

    Writes tables, data, a manifest and report.html into one folder. What is done survives Ctrl-C.

    [bold]For example[/bold]

      livingdrug fit ck.csv --model stein2019 --lloq "25 copy/ug" -o fits/ck
      livingdrug fit theo.csv -m one_compartment_oral --covariate "CL=log(WT/70)"
      livingdrug fit ck.csv --mixture Cmax=200 --starts 5 --profile all --bootstrap 100
    """
    from livingdrug.foundation.errors import BadInput

    if list_models:
        _list_models()
        return
    if data is None:
        raise BadInput("no data were given.\n  Give a CSV file; livingdrug data check FILE says whether it is sound.")
    from livingdrug.fitting.fit import fit as estimate
    from livingdrug.fitting.saem import Settings
    from livingdrug.fitting.structure import load_model

    load_model(model)  # a misspelt name stops before the data are read
    read = reading.of(data)
    folder = out if out is not None else Path("fits") / Path(model).stem
    say = None if as_json else _live()
    found = estimate(
        read, model, error=_errors(error), covariates=_several(covariate), correlations=_groups(correlate),
        by_occasion=by_occasion or (), mixture=_mixture(mixture), starts=starts, no_spread=no_spread or (), fixed=_numbers(fixed, "--fix"), start=_numbers(start, "--start"), seed=seed,
        threads=threads, settings=Settings(explore=explore, settle=settle), progress=say, folder=folder, resume=resume,
    )  # fmt: skip
    found = _afterwards(found, profile, bootstrap, folder, threads, as_json)
    if not no_report:
        from livingdrug.reports.fits import write_figures, write_fit_report

        write_fit_report(found, folder / "report.html", seed=seed)
        write_figures(found, folder / "figures", seed=seed)
    if as_json:
        import json

        told = {"folder": str(folder), "minus_two_ll": found.minus_two_ll, "converged": found.converged,
                "parameters": found.parameters.to_dicts()}  # fmt: skip
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    from livingdrug.cli.screen import console, notice

    screen = console()
    for finding in read.findings:
        if finding.severity == "warning":
            screen.print(f"Look: {finding.what}: rows {finding.rows_told}. {finding.remedy}", markup=False)
    screen.print(found.summary(), markup=False)
    screen.print(f"Tables: {folder}", markup=False)
    if not no_report:
        screen.print(f"Report: {(folder / 'report.html').resolve()}", markup=False)
    notice(screen)


_FITTED = (
    "data", "model", "out", "error", "covariate", "correlate", "no_spread", "fixed", "start", "by_occasion", "mixture", "starts", "profile",
    "bootstrap", "seed", "threads", "explore", "settle", "resume", "no_report", "as_json",
)  # fmt: skip


def _errors(words: list[str] | None) -> Any:
    """One error for all outputs, or a mapping from outputs to errors."""
    from livingdrug.foundation.errors import BadInput

    if not words or (len(words) == 1 and "=" not in words[0]):
        return words[0] if words else None
    if any("=" not in word for word in words):
        raise BadInput(f"--error: got {', '.join(words)}; say of each which output it is for, as cp=lognormal.")
    return dict(pair(word, "--error", "cp=lognormal") for word in words)


def _mixture(words: list[str] | None) -> Any:
    """Names, or names with values to begin with."""
    from livingdrug.foundation.errors import BadInput

    valued = [word for word in words or [] if "=" in word]
    if valued and len(valued) < len(words or []):
        raise BadInput("--mixture: give every parameter a value to begin with, or none.")
    return _numbers(valued, "--mixture") if valued else tuple(words or ())


def _afterwards(
    found: Any, profile: list[str] | None, bootstrap: int, folder: Path, threads: int | None, quiet: bool
) -> Any:
    """The fit with its profiles and bootstrap, saved too."""
    import os
    import sys

    from livingdrug.fitting.store import save_extras

    def tell(words: str) -> None:
        if not quiet:
            print(words, file=sys.stderr, flush=True)

    if profile:
        from livingdrug.fitting.profile import profile as along

        asked = "all" if profile == ["all"] else profile
        found = found.with_extra(profile=along(found, asked, done=lambda name, k, n: tell(f"profile {k}/{n}  {name}")))
    if bootstrap:
        from livingdrug.fitting.bootstrap import bootstrap as again

        every = max(bootstrap // 10, 1)
        found = found.with_extra(bootstrap=again(
            found, bootstrap, seed=int(found.settings["seed"]), threads=threads or os.cpu_count() or 1,
            done=lambda k, n: tell(f"bootstrap {k}/{n}") if k % every == 0 or k == n else None,
        ))  # fmt: skip
    if profile or bootstrap:
        save_extras(found, folder)
    return found


def _list_models() -> None:
    from livingdrug.cli.screen import console, notice, table
    from livingdrug.fitting.structure import load_model, model_names

    refuse_void("--list-models says what can be fitted, and stops", *_FITTED)
    screen = console()
    models = [(name, load_model(name)) for name in model_names()]
    rows = [(name, model.title, ", ".join(model.names), model.error) for name, model in models]
    screen.print(table(("model", "what", "parameters", "usual error"), rows))
    notice(screen)


def _live() -> Any:
    """Progress on standard error: iterations and present typical values on one line, or a few lines in a log."""
    import sys

    terminal = sys.stderr.isatty()

    def say(done: int, total: int, theta: Any) -> None:
        every = max(total // (100 if terminal else 4), 1)
        if done % every and done != total:
            return
        import numpy as np

        spread = " ".join(f"{value:.3g}" for value in np.sqrt(np.diag(theta.omega)))
        line = f"iteration {done}/{total}  spreads {spread}"
        end = "\r" if terminal and done < total else "\n"
        print(line[:110].ljust(110) if terminal else line, end=end, file=sys.stderr, flush=True)

    return say


def _numbers(words: list[str] | None, option: str) -> dict[str, float]:
    from livingdrug.foundation.errors import BadInput

    found = {}
    for word in words or []:
        key, value = pair(word, option, "CL=2.5")
        try:
            found[key] = float(value)
        except ValueError:
            raise BadInput(f'{option}: got "{word}", expected a number after "=", as CL=2.5.') from None
    return found


def _several(words: list[str] | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in words or []:
        key, value = pair(word, "--covariate", "CL=log(WT/70)")
        found.setdefault(key, []).append(value)
    return found


def _groups(words: list[str] | None) -> Any:
    if words and "full" in words:
        return "full"
    return [[name.strip() for name in word.split(",")] for word in words or []]


COMMAND = Command(fit, panel=YOURS, order=40)
