"""The therapeutic window of a receptor: what tumour and healthy tissue make of each affinity and each dose, on the same patients.

Nothing is drawn into it: tumour cells and tissues are recognised by one law, each with its own molecules, and the window falls out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from livingdrug.course.equations import parameters_of
from livingdrug.design.asked import answered
from livingdrug.design.factors import DOSE, turned
from livingdrug.design.layers import Layers
from livingdrug.design.replicate import prepared
from livingdrug.foundation.errors import BadInput
from livingdrug.trial.estimate import refuse_at_once, refuse_numbers
from livingdrug.trial.line import follow

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.plan import Plan
    from livingdrug.catalog.records.product import Product
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.design.trials import Work

AFFINITIES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
DOSES = (0.1, 0.3, 1.0, 3.0, 10.0)
THRESHOLD = "threshold_binder"
MOST_CELLS = 400
COLUMNS = ("affinity", DOSE, "benefit", "harm")


@dataclass(frozen=True)
class Window:
    """What each affinity and dose brought.

    Attributes
    ----------
    product, trial, benefit, harm
        Product; trial whose patients and schedule were used; titles of the two endpoints.
    standing
        What the numbers rest on, where the trial is a scenario.
    table
        ``affinity`` and ``dose`` (factors of what the product and the arm say), ``benefit`` and ``harm`` (shares; null where nobody was
        treated), ``inside``: the benefit is kept and the harm is borne.
    keep, bear
        A point lies inside when its benefit is at least `keep` times the greatest and its harm at most `bear`.
    """

    product: str
    trial: str
    benefit: str
    harm: str
    standing: str
    table: pl.DataFrame
    keep: float
    bear: float

    def doses_inside(self, affinity: float) -> list[float]:
        """Doses of the window at an affinity, ascending."""
        rows = self.table.filter(pl.col(COLUMNS[0]) == affinity, pl.col("inside"))
        return sorted(rows[COLUMNS[1]].to_list())


def window(
    product: str, *, trial: Trial | str | Path | None = None, affinities: Sequence[float] = AFFINITIES, doses: Sequence[float] = DOSES,
    benefit: str = "", harm: str = "", keep: float = 0.8, bear: float = 0.1, patients: int = 40, seed: int = 1,
    catalog: Catalog | None = None, progress: Callable[[int, int], None] | None = None,
) -> Window:  # fmt: skip
    """Benefit and harm of a product at each affinity and dose, for the same virtual patients with the same luck.

    Parameters
    ----------
    product
        Catalogue name.
    trial
        Whose patients, schedule and care are used; the first trial of the catalogue that gives the product when omitted. The product
        stands in for the one that its first arm with cells gives.
    affinities
        Factors of the product's own affinity: 0.1 needs ten times as many molecules on a target.
    doses
        Factors of the arm's planned dose.
    benefit, harm
        Endpoints, each a proportion. When omitted the benefit is the first one about efficacy that the trial asks, the harm the one
        whose file says that it limits windows.
    keep, bear
        What counts as inside, see `Window`.
    patients, seed
        Of each point, the same in all.
    catalog
        Where names are looked up.
    progress
        Called as progress(done, total).

    Raises
    ------
    BadInput
        No trial gives the product; no healthy tissue shares its antigens; factors that are none; an endpoint that is no share.
    """
    from livingdrug.catalog.load import default_catalog, load_trial

    catalog = catalog or default_catalog()
    _refuse(affinities, doses, keep, bear, patients, seed)
    cells = catalog.load("product", product)
    given = load_trial(trial, catalog) if isinstance(trial, (str, Path)) else trial or _trial_of(cells, catalog)
    record = _with_product(given, cells)
    benefit = benefit or _benefit_of(record, catalog)
    asked = harm
    harm = harm or _usual_harm(catalog)
    _refuse_no_share((benefit, harm), catalog)
    work = prepared(
        record,
        patients=patients,
        seed=seed,
        layers=Layers(),
        endpoints=[benefit, harm],
        catalog=catalog,
        cuts=False,
        tells=False,
    )
    plan = work.plans[0]
    refuse_at_once([plan], [patients], 1)
    if not asked and not plan.tissues:
        raise BadInput(
            f"no healthy tissue of the catalogue carries {' or '.join(cells.targets)}: nothing limits {product} but its own side effects.\n"
            "  Name another harm (--harm NAME; livingdrug list endpoint), or write tissue/NAME.toml with the molecules on it."
        )
    own = parameters_of(plan)[THRESHOLD].value
    points = [(affinity, dose) for affinity in affinities for dose in doses]
    rows = []
    for done, (affinity, dose) in enumerate(points):
        (progress or (lambda done, total: None))(done, len(points))
        rows.append((affinity, dose, *_shares(work, plan, {THRESHOLD: own / affinity, DOSE: dose})))
    (progress or (lambda done, total: None))(len(points), len(points))
    table = pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.Float64), orient="row")
    best = table["benefit"].max()
    inside = (pl.col("benefit") >= keep * float(best or 0.0)) & (pl.col("harm") <= bear) & (pl.col("benefit") > 0)  # pyright: ignore[reportArgumentType]
    gain, cost = (catalog.load("endpoint", name).title for name in (benefit, harm))
    return Window(
        product, record.id, gain, cost, record.standing, table.with_columns(inside=inside.fill_null(False)), keep, bear
    )


def _refuse(
    affinities: Sequence[float], doses: Sequence[float], keep: float, bear: float, patients: int, seed: int
) -> None:
    """Factors, shares and counts that are none."""
    refuse_numbers(patients=patients, seed=seed)
    for word, factors in (("affinities", affinities), ("doses", doses)):
        if (
            not factors
            or any(not (np.isfinite(one) and 1e-6 <= one <= 1e6) for one in factors)
            or len(set(factors)) < len(factors)
        ):
            raise BadInput(
                f"{word}: got {list(factors)}, expected factors above 0, each once.\n  Write for example 0.1,0.3,1,3,10."
            )
    if len(affinities) * len(doses) > MOST_CELLS:
        raise BadInput(
            f"{len(affinities)} affinities by {len(doses)} doses are {len(affinities) * len(doses)} points, at most {MOST_CELLS}.\n"
            "  Name fewer."
        )
    if not (0 < keep <= 1 and 0 <= bear < 1):
        raise BadInput(
            f"keep {keep:g}, bear {bear:g}: expected shares, keep above 0.\n  Write for example 0.8 and 0.1."
        )


def _refuse_no_share(names: Sequence[str], catalog: Catalog) -> None:
    for name in names:
        if catalog.load("endpoint", name).kind != "proportion":
            raise BadInput(f'endpoint "{name}" is no share of patients.\n  Name one whose kind is "proportion".')


def _usual_harm(catalog: Catalog) -> str:
    """The endpoint whose file says that it limits windows."""
    for name in catalog.names("endpoint"):
        if catalog.load("endpoint", name).harm_of_window:
            return name
    raise BadInput("no endpoint of the catalogue says harm_of_window = true.\n  Name a harm: --harm NAME.")


def _shares(work: Work, plan: Plan, values: dict[str, float]) -> tuple[float | None, float | None]:
    """Benefit and harm at one point."""
    moved, settings = turned(plan, work.settings, values)
    frames = follow(
        moved, np.arange(1, work.patients + 1, dtype=np.int64), work.seed, settings=replace(settings, sample=0)
    )
    found = answered(moved.questions, frames, [moved.arm.name], work.records)
    told: list[float | None] = []
    for one in work.records:
        result = found.endpoints[one.id]
        if moved.arm.name in result.not_measured:
            told.append(None)
            continue
        row = result.shown().rows(moved.arm.name)[0]
        told.append(float(row.estimate) if row.known and row.estimate is not None else None)
    return told[0], told[1]


def _trial_of(product: Product, catalog: Catalog) -> Trial:
    """The first trial that gives a product; one whose outcomes are to be predicted is not looked at."""
    for name in catalog.names("trial"):
        record = catalog.load("trial", name)
        if record.role != "prediction" and any(arm.product == product.id for arm in record.arms):
            return record
    raise BadInput(
        f"no trial of the catalogue gives {product.id}.\n  Name one whose patients are to get it: --trial NAME."
    )


def _with_product(trial: Trial, product: Product) -> Trial:
    """The trial with one arm: its first with cells, giving this product."""
    if trial.role == "prediction":
        raise BadInput(
            f'trial "{trial.id}" is to be predicted: it is run with 4 patients at most before its freeze.\n  Name another trial.'
        )
    arm = next(
        (arm for arm in trial.arms if arm.product == product.id), next((arm for arm in trial.arms if arm.product), None)
    )
    if arm is None:
        raise BadInput(f'trial "{trial.id}" gives no cells.\n  Name another.')
    if arm.product != product.id:
        apheresis = arm.apheresis.model_copy(update={"making": "", "of_another_product": False})
        arm = arm.model_copy(update={"product": product.id, "apheresis": apheresis})
    return trial.model_copy(update={"arms": (arm,), "design": None})


def _benefit_of(trial: Trial, catalog: Catalog) -> str:
    for use in trial.endpoints:
        endpoint = catalog.load("endpoint", use.id)
        if endpoint.kind == "proportion" and endpoint.group == "efficacy":
            return use.id
    raise BadInput(
        f'trial "{trial.id}" asks no share about efficacy.\n  Name one: --benefit NAME (livingdrug list endpoint).'
    )
