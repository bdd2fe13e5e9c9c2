"""Toxicity of every product, published against simulated: how many patients, how severe, when, how long, what was given.

python examples/toxicity_by_product.py                                     1,000 patients a trial, prints the table
python examples/toxicity_by_product.py 1000 docs/toxicity_by_product.md    writes it into the page, between its markers

A share counts as met within three percentage points, or within two published standard errors where this is more; a day
within one day, or within two published standard errors.
"""

from __future__ import annotations

from asking import tables, told

import livingdrug as ld
from livingdrug.catalog.load import default_catalog
from livingdrug.model.pages import table
from livingdrug.trial.misfit import Misfit, misfits

SEED = 7
POINTS, DAYS, ERRORS = 3.0, 1.0, 2.0
TOXICITY = ("crs_", "neuro", "icans_", "delayed_", "movement_", "tocilizumab_use", "steroid_use")
LEFT_OUT = ("_given_", "_lower", "_higher", "_same")


def is_toxicity(name: str) -> bool:
    """Whether an endpoint tells of CRS, neurotoxicity or their drugs in all infused patients."""
    return name.startswith(TOXICITY) and not any(part in name for part in LEFT_OUT)


def verdict(one: Misfit) -> str:
    """What the comparison of one number comes to."""
    gap = one.simulated - one.published
    near = POINTS if one.row.unit == "percent" else DAYS
    if abs(gap) <= near + 1e-6:  # a day is a day, whatever the last digit
        return "met"
    return "within the published error" if abs(one.z) <= ERRORS else "**misfit**"


def rows_of(name: str, patients: int) -> list[list[str]]:
    """The toxicity rows of one trial."""
    catalog = default_catalog()
    trial = catalog.load("trial", name)
    result = ld.run(name, patients=patients, seed=SEED, sample=0)
    published = [row for row in catalog.load("evidence", name).results if is_toxicity(row.endpoint)]
    product = catalog.load("product", trial.arms[0].product).generic_name
    told = []
    for one in misfits(result, published):
        if one.measure != "value":
            continue
        row, unit = one.row, "%" if one.row.unit == "percent" else one.row.unit
        told.append(
            [
                f"{product}, {name}", result.endpoint(row.endpoint).title, f"{row.value:g} {unit}", f"{one.simulated:.3g} {unit}",
                f"{one.simulated - one.published:+.1f}", f"{one.z:+.1f}", verdict(one), row.use,
                "yes" if row.status == "read" else "recalled", row.population_note,
            ]
        )  # fmt: skip
    return told


def text(patients: int = 1000) -> str:
    """The table of all calibration trials with cells as Markdown, and how many rows are met."""
    catalog = default_catalog()
    names = [
        name
        for name in catalog.names("trial")
        if catalog.has("evidence", name) and catalog.load("trial", name).arms[0].product
    ]
    rows = [row for name in names for row in rows_of(name, patients)]
    header = [
        "product, trial",
        "endpoint",
        "published",
        "simulated",
        "gap",
        "z",
        "",
        "used for",
        "seen by us",
        "published in",
    ]
    counts = {word: sum(row[6] == word for row in rows) for word in ("met", "within the published error", "**misfit**")}
    told = ", ".join(f"{n} {word.strip('*')}" for word, n in counts.items())
    return f"{patients} enrolled in each trial, seed {SEED}: {told} of {len(rows)}.\n\n{table(header, rows)}"


def main() -> None:
    """Prints the tables, and writes them into a page."""
    tables(__doc__, text, 1000, "patients a trial")


if __name__ == "__main__":
    told(main)
