"""Tables of numbers for the pages: every fitted number of a trial, and the numbers a product sets.

python examples/number_tables.py fitted [docs/calibration.md]
python examples/number_tables.py product tisa_cel [docs/products/tisa_cel.md]
"""

from __future__ import annotations

from collections.abc import Mapping

from asking import a_page, asking, told, told_and_kept

from livingdrug.catalog.load import default_catalog, load_trial
from livingdrug.catalog.plan import plan_arm
from livingdrug.course.equations import assembled, parameters_of
from livingdrug.foundation.quantities import Quantity
from livingdrug.model.pages import table


def fitted(trial_name: str = "eliana") -> str:
    """Every number of kind "fitted" that a trial uses, with the file it stands in."""
    catalog, trial = default_catalog(), load_trial(trial_name)
    arm = trial.arms[0]
    product, disease = catalog.load("product", arm.product), catalog.load("disease", trial.disease)
    making = catalog.load("making", arm.apheresis.making or product.making_process)
    plan = plan_arm(trial, arm.name, catalog)
    model, used = assembled(plan), parameters_of(plan)
    owner = {name: f"mechanism {part.id}" for part in model.mechanisms.values() for name in part.sheet.parameter}
    owner |= dict.fromkeys(disease.parameter, f"disease {disease.id}") | dict.fromkeys(
        product.parameter, f"product {product.id}"
    )
    places: list[tuple[str, Mapping[str, Quantity]]] = [
        ("", used),
        (f"making {making.id}", {**making.making, **making.waiting}),
        (f"aftermath {plan.aftermath.id}", plan.aftermath.number),
        (f"trial {trial.id}, conduct", trial.conduct),
    ]
    rows = []
    for place, quantities in places:
        for name, q in quantities.items():
            if q.kind == "fitted":
                spread = f"{q.spread:g}" if q.spread else ""
                rows.append(
                    [f"`{name}`", q.meaning, f"{q.value:g}", q.unit or "1", spread, place or owner[name], q.source]
                )
    header = ["number", "meaning", "value", "unit", "spread", "stands in", "fitted to"]
    return f"{len(rows)} fitted numbers.\n\n" + table(header, rows)


def product(name: str = "tisa_cel") -> str:
    """The facts of a product, and the model parameters it sets."""
    record = default_catalog().load("product", name)
    facts = [
        [
            key.replace("_", " "),
            fact.text,
            "; ".join(filter(None, (fact.source, fact.where))),
            "yes" if fact.status == "read" else "recalled",
        ]
        for key, fact in record.fact.items()
    ]
    told = "## Facts\n\n" + table(["what", "fact", "source", "seen by us"], facts)
    if record.parameter:
        rows = [
            [
                f"`{key}`",
                q.meaning,
                f"{q.value:g}",
                q.unit or "1",
                f"{q.spread:g}" if q.spread else "",
                q.kind,
                q.source,
            ]
            for key, q in record.parameter.items()
        ]
        told += "\n\n## Model parameters set by the product\n\n" + table(
            ["parameter", "meaning", "value", "unit", "spread", "kind", "source"], rows
        )
    return told


def main() -> None:
    """Prints a table, and writes it into a page."""
    asked = asking(__doc__)
    which = asked.add_subparsers(dest="which", required=True, metavar="fitted|product")
    of_fitted, of_product = which.add_parser("fitted"), which.add_parser("product")
    of_product.add_argument("name", help="product of the catalogue")
    for one in (of_fitted, of_product):
        one.add_argument("page", type=a_page, nargs="?", help="page to write it into")
    given = asked.parse_args()
    told_and_kept(fitted() if given.which == "fitted" else product(given.name), given.page)


if __name__ == "__main__":
    told(main)
