"""Dose finding on the model's own people: each is simulated at every dose, and a rule walks through them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from livingdrug.design import phase_1
from livingdrug.design.finder import STOP, Finder, Found, Persons, find
from livingdrug.design.layers import Layers
from livingdrug.design.people import entry_days_of
from livingdrug.design.price import held_by_replicates, refuse_price
from livingdrug.design.replicate import USUAL_HOURS, carried_out, prepared, refuse_replicates
from livingdrug.design.ruled import keys_of
from livingdrug.foundation.arguments import in_words
from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.notebook import as_html
from livingdrug.outcome import folder
from livingdrug.outcome.estimators.exact_binomial import share_of
from livingdrug.trial import storage

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.records.endpoint import Endpoint
    from livingdrug.catalog.records.rule import Rule
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.design.batch import Work
    from livingdrug.design.replicate import Replicates

MONTH = 365.25 / 12
NONE = "none"


@dataclass(frozen=True, repr=False)
class DoseFinding:
    """What a way of finding a dose came to over many trials.

    Attributes
    ----------
    table
        One row a dose, and one for none: dose (the arm's name), toxicity and response (true shares in the model, with the
        simulated people), selected (share of trials) with its 95 % Monte Carlo interval, treated and toxic (expected), replicates.
    trials
        One row a trial: replicate, dose found, treated, toxic, enrolled, months, ran_out (nobody more came before the rule was
        done, so that the dose is what was known by then).
    """

    table: pl.DataFrame
    trials: pl.DataFrame

    def __repr__(self) -> str:
        return f"dose finding: {self.trials.height} trials of {self.table.height - 1} doses"

    def _repr_html_(self) -> str:
        """For notebooks."""
        return as_html(repr(self), self.table)


@in_words
def dose_finding(
    trial: Trial | str | Path, rule: str | Path | Rule, *, toxicity: str, response: str | None = None, replicates: int = 200,
    patients: int | None = None, seed: int = 1, keys: Mapping[str, Any] | None = None, threads: int | None = None,
    out: str | Path | None = None, resume: bool = False, force: bool = False, hours: float = USUAL_HOURS,
    catalog: Catalog | None = None, progress: Callable[[int, int], None] | None = None,
) -> DoseFinding:  # fmt: skip
    """How often a rule finds which dose, and how many are treated at each.

    Parameters
    ----------
    trial
        A paired trial whose arms are the doses, the lowest first: the same people at each.
    rule
        A rule of the catalogue, a file or a record, of a method in `livingdrug.design.phase_1`.
    toxicity
        An endpoint: a proportion (who has it), or a time to event from infusion (and when), which rules in time need.
    response
        A proportion told beside it.
    replicates
        Trials.
    patients
        Who come in each trial, so that lost ones are replaced; twice the rule's most when omitted.
    keys
        In place of the rule file's.
    seed, threads, out, resume, force, hours, catalog, progress
        As for `livingdrug.replicate`.

    Raises
    ------
    BadInput
        Arms that are no doses of one trial, an endpoint that tells no toxicity, keys that fit no trial.
    """
    from livingdrug.catalog.load import default_catalog, load_trial

    refuse_replicates(replicates, seed, threads, patients)
    catalog = catalog or default_catalog()
    finder, given = _finder(rule, catalog, keys)
    record = load_trial(trial, catalog) if isinstance(trial, (str, Path)) else trial
    _refuse_arms(record)
    finder.refuse(given, len(record.arms))
    harmful = _toxicity(toxicity, catalog, finder.in_time(given))
    asked = [harmful, *([catalog.load("endpoint", response)] if response and response != toxicity else [])]
    if len(asked) > 1 and asked[1].kind != "proportion":
        raise BadInput(f'response: endpoint "{response}" is a {asked[1].kind}, expected a proportion.')
    n = patients or 2 * given.most
    work = prepared(
        record.model_copy(update={"data_cutoff": None}), patients=n, seed=seed, layers=Layers(), endpoints=asked, catalog=catalog,
        cuts=False, tells=False,
    )  # fmt: skip
    refuse_price(work, replicates, threads, hours, held_by_replicates(work, replicates, out, decisions=1, at_once=True))
    found = carried_out(work, replicates, threads=threads, out=out, resume=resume, force=force, progress=progress)
    walked = [
        (number, find(finder, given, persons)) for number, persons in persons_of(found, work, harmful, given.window)
    ]
    result = DoseFinding(_table(work, found, walked, harmful, asked[1:], given.window), _trials(work, walked))
    if out is not None:
        storage.write_frame(Path(out) / "characteristics.parquet", result.table)
    return result


def persons_of(found: Replicates, work: Work, toxicity: Endpoint, window: float) -> Iterator[tuple[int, Persons]]:
    """Each replicate's people with their answers at every dose."""
    arms = [plan.arm.name for plan in work.plans]
    for name in found.names:
        people, rows = (
            found.pieces.frame(name, "people"),
            found.pieces.frame(name, "rows").filter(pl.col("endpoint") == toxicity.id),
        )
        for replicate in people["replicate"].unique().sort().to_list():
            n, d = work.patients, len(arms)
            treated, toxic_day, begins = np.zeros((n, d), dtype=bool), np.full((n, d), np.inf), np.zeros((n, d))
            for place, arm in enumerate(arms):
                mine = rows.filter((pl.col("replicate") == replicate) & (pl.col("arm") == arm))
                who = mine["patient"].to_numpy() - 1
                treated[who, place] = True
                toxic_day[who, place] = _days(mine, window)
                everyone = people.filter((pl.col("replicate") == replicate) & (pl.col("arm") == arm))
                begins[everyone["patient"].to_numpy() - 1, place] = -everyone["enrolment_day"].to_numpy()
            entry = entry_days_of(work.trial, n, replicate, work.seed, work.layers)
            yield replicate, Persons(entry, treated, toxic_day, begins)


def _days(rows: pl.DataFrame, window: float) -> np.ndarray:
    """The day of each toxicity: of a proportion, the window's last, on which it is known."""
    if rows["time_days"].null_count() < rows.height:
        return np.where(rows["cause"].to_numpy() == 1, rows["time_days"].to_numpy(), np.inf)
    return np.where(rows["success"].fill_null(False).to_numpy(), window, np.inf)


def _finder(rule: str | Path | Rule, catalog: Catalog, keys: Mapping[str, Any] | None) -> tuple[Finder, Any]:
    record: Rule = catalog.load("rule", rule) if isinstance(rule, (str, Path)) else rule
    finder: Finder = folder.one(
        phase_1, "FINDER", record.method, f'way of finding a dose, asked for by rule "{record.id}",',
        "Rules that decide on a trial have their own command: livingdrug design oc.",
    )  # fmt: skip
    return finder, keys_of(finder.Keys, {**record.further, **(keys or {})}, f"rule/{record.id}.toml")


def _refuse_arms(trial: Trial) -> None:
    if len(trial.arms) < 2 or trial.planned_design.kind != "paired":
        raise BadInput(
            f'trial "{trial.id}": dose finding needs an arm for each dose, the lowest first, with the same people in each.\n'
            '  Write an [[arm]] for each dose, without [design] (or with kind = "paired").'
        )


def _toxicity(name: str, catalog: Catalog, in_time: bool) -> Endpoint:
    record: Endpoint = catalog.load("endpoint", name)
    if record.kind not in ("proportion", "time_to_event"):
        raise BadInput(f'toxicity: endpoint "{name}" is a {record.kind}, expected a proportion or a time to event.')
    if in_time and record.kind != "time_to_event":
        raise BadInput(
            f'toxicity: a rule in time needs the day of a toxicity, and endpoint "{name}" is a proportion.\n'
            '  Write an endpoint file with kind = "time_to_event" and its event_day, or take the rule that is not in time.'
        )
    if record.kind == "time_to_event" and str(record.further.get("origin_day", "0")).strip() != "0":
        raise BadInput(f'toxicity: endpoint "{name}" does not count from infusion.\n  Take one without origin_day.')
    return record


def _table(
    work: Work, found: Replicates, walked: Sequence[tuple[int, Found]], toxicity: Endpoint, response: Sequence[Endpoint], window: float
) -> pl.DataFrame:  # fmt: skip
    arms, chosen = [plan.arm.name for plan in work.plans], np.array([one.dose for _, one in walked])
    rows = found.rows(toxicity.id)
    good = found.rows(response[0].id) if response else None
    told = []
    for place, arm in [*enumerate(arms), (STOP, NONE)]:
        interval = share_of(int((chosen == place).sum()), len(walked))
        mine = rows.filter(pl.col("arm") == arm)
        reply = good.filter(pl.col("arm") == arm)["success"].mean() if good is not None else None
        told.append({
            "dose": arm, "toxicity": float((_days(mine, window) <= window).mean()) if mine.height else None, "response": reply,
            "selected": interval.estimate, "selected_low": interval.ci_low, "selected_high": interval.ci_high,
            "treated": float(np.mean([one.treated[place] for _, one in walked])) if place != STOP else None,
            "toxic": float(np.mean([one.toxic[place] for _, one in walked])) if place != STOP else None, "replicates": len(walked),
        })  # fmt: skip
    return pl.DataFrame(told, infer_schema_length=None)


def _trials(work: Work, walked: Sequence[tuple[int, Found]]) -> pl.DataFrame:
    arms = [plan.arm.name for plan in work.plans]
    return pl.DataFrame([
        {"replicate": number, "dose": NONE if one.dose == STOP else arms[one.dose], "treated": int(one.treated.sum()),
         "toxic": int(one.toxic.sum()), "enrolled": one.enrolled, "months": one.day / MONTH, "ran_out": one.ran_out}
        for number, one in walked
    ])  # fmt: skip
