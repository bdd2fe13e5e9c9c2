"""Published against simulated: the table of a page of docs/trials, every published row that a run can answer.

python examples/trial_table.py eliana                                 1,000 patients, prints the table
python examples/trial_table.py eliana 1000 docs/trials/eliana.md      writes it into the page, between its markers
python examples/trial_table.py pilot,zuma_12 800 docs/trials/…        several trials, each under its title
"""

from __future__ import annotations

from asking import a_page, asking, patients, told, told_and_kept

import livingdrug as ld
from livingdrug.catalog.load import default_catalog
from livingdrug.catalog.records.evidence import Published
from livingdrug.model.pages import table
from livingdrug.trial.misfit import Misfit, misfits

SEED = 7


def text(trial: str, patients: int = 1000) -> str:
    """The table as Markdown, and a sentence on what is not in it."""
    catalog, result = default_catalog(), ld.run(trial, patients=patients, seed=SEED, sample=0)
    published = catalog.load("evidence", trial).results
    found = misfits(result, published)
    rows = [_row(result.endpoint(one.row.endpoint).title, one) for one in found]
    answered = {id(one.row) for one in found}
    silent = sorted({row.endpoint for row in published if id(row) not in answered})
    fitted = [one for one in found if one.row.use == "calibration"]
    near = sum(abs(one.z) <= 2 for one in fitted)
    off = ", ".join(
        f"{one.row.endpoint} {one.row.at} {one.measure}".replace(" value", "").strip()
        for one in fitted
        if abs(one.z) > 2
    )
    header = ["endpoint", "at", "published", "simulated", "z", "used for", "seen by us", "published in"]
    return "\n\n".join(
        [
            f"{patients} enrolled, {result.patients.filter(result.patients['status'] == 'infused').height} infused, seed {SEED}.",
            table(header, rows),
            f"Of {len(fitted)} numbers calibrated on, {near} are within two published standard errors."
            + (f" Farther off: {off}." if off else ""),
            *(
                [
                    "Published, but not answered by this run (no such endpoint): "
                    + ", ".join(f"`{name}`" for name in silent)
                    + "."
                ]
                if silent
                else []
            ),
        ]
    )


def _row(title: str, one: Misfit) -> list[str]:
    row = one.row
    spread = one.measure == "spread"
    unit = {"percent": " %", "": ""}.get(row.unit, f" {row.unit}")
    limits = "" if row.ci_low is None or row.ci_high is None else f" ({row.ci_low:g} to {row.ci_high:g})"
    told = (
        f"{one.published:.2f} log SD"
        if spread
        else f"{row.value:g}{unit}{limits}" + (f", n = {row.n}" if row.n else "")
    )
    simulated = f"{one.simulated:.2f} log SD" if spread else f"{_digits(one.simulated, row.unit)}{unit}"
    return [title + (", spread" if spread else ""), row.at, told, simulated, f"{one.z:+.1f}",
            row.use, "yes" if row.status == "read" else "recalled", _where(row)]  # fmt: skip


def _digits(value: float, unit: str) -> str:
    return f"{value:.0f}" if unit == "percent" else f"{value:.3g}"


def _where(row: Published) -> str:
    return row.population_note or "primary analysis"


def several(trials: list[str], patients: int) -> str:
    """The tables of several trials, each under its title; that of one alone without."""
    if len(trials) == 1:
        return text(trials[0], patients)
    return "\n\n".join(f"### {ld.load_trial(trial).title}\n\n{text(trial, patients)}" for trial in trials)


def main() -> None:
    """Prints the table, and writes it into a page."""
    asked = asking(__doc__)
    asked.add_argument("trials", help="names of the catalogue, by comma")
    asked.add_argument("patients", type=patients, nargs="?", default=1000, help="enrolled; 1000 when omitted")
    asked.add_argument("page", type=a_page, nargs="?", help="page to write it into")
    given = asked.parse_args()
    told_and_kept(several(given.trials.split(","), given.patients), given.page)


if __name__ == "__main__":
    told(main)
