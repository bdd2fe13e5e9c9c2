"""What the sections read: the frames, endpoints and published results of one run, each of which may be missing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from livingdrug.catalog.load import is_path
from livingdrug.catalog.roles import Roles, roles_in
from livingdrug.foundation.errors import LivingDrugError, UnknownName
from livingdrug.manufacturing.lots import BEGUN
from livingdrug.observation.ward import PLANNED
from livingdrug.reports.columns import numbers
from livingdrug.trial.standing import standing_of
from livingdrug.trial.stored_frames import StoredFrames

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.records.endpoint import Endpoint
    from livingdrug.catalog.records.evidence import Evidence, Published
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.clinic.criterion import Criterion
    from livingdrug.foundation.quantities import Quantity
    from livingdrug.outcome.endpoint_result import EndpointResult
    from livingdrug.trial.result import Result


@dataclass(frozen=True)
class Source:
    """One run, with its published counterpart.

    Attributes
    ----------
    result
        The run: trial, manifest, frames, endpoints.
    evidence
        The catalogue's evidence record of this trial, or None.
    catalog
        The catalogue, for titles and for the sources of numbers; or None.
    asked
        Endpoints computed so far: each is asked for once.
    problems
        Why an endpoint could not be computed, in a sentence.
    """

    result: Result
    evidence: Evidence | None = None
    catalog: Catalog | None = None
    asked: dict[str, EndpointResult | None] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict, repr=False, compare=False)
    _rows: dict[tuple[str, bool], pl.Series] = field(default_factory=dict, repr=False, compare=False)
    _latest: dict[str, pl.DataFrame] = field(default_factory=dict, repr=False, compare=False)

    @property
    def trial(self) -> Trial:
        return self.result.trial

    @cached_property
    def criterion(self) -> Criterion | None:
        """How response is judged in the trial's disease; None where the catalogue does not know it."""
        from livingdrug.trial.headline import criterion_of

        try:
            return criterion_of(self.trial, self.catalog) if self.catalog is not None else None
        except (LivingDrugError, AttributeError):
            return None

    @cached_property
    def roles(self) -> Roles:
        """Which column of the patients table plays which role."""
        from livingdrug.catalog.load import default_catalog

        return roles_in(self.catalog or default_catalog())

    @cached_property
    def response(self) -> EndpointResult | None:
        """The share of the infused with a response that counts, by the disease's criterion; None when nobody was judged."""
        from livingdrug.trial.headline import any_response

        return (
            self.endpoint(any_response(self.criterion, self.roles["first response"]))
            if self.criterion is not None
            else None
        )

    @cached_property
    def standing(self) -> tuple[str, ...]:
        """What the numbers rest on where not all is calibrated (`livingdrug.trial.standing`); empty otherwise."""
        return standing_of(self.trial, self.catalog, self.arms) if getattr(self.trial, "arms", ()) else ()

    @cached_property
    def arms(self) -> tuple[str, ...]:
        """Arm names: the trial's order, then any others in the data."""
        seen = self.frame("patients")["arm"].unique(maintain_order=True).to_list() if self.has("patients") else []
        planned = [arm.name for arm in self.trial.arms]
        return tuple([name for name in planned if name in seen] + [name for name in seen if name not in planned])

    def of_arm(self, arm: str) -> str:
        """``": arm"`` for titles in a report of several arms; nothing in that of one."""
        return f": {arm}" if len(self.arms) > 1 else ""

    def figure_id(self, name: str, arm: str) -> str:
        """What a figure of one arm is called: with the arm's number where there are several."""
        return f"{name}-{self.arms.index(arm) + 1}" if len(self.arms) > 1 else name

    @property
    def outcomes_alone(self) -> bool:
        """Whether the run kept each patient's outcomes and none of the frames from which they were told."""
        return getattr(self.result, "outcomes_alone", False)

    def kept(self, name: str) -> bool:
        """Whether the run kept a frame: of outcomes alone only the patients, and those whose course did not finish."""
        return not self.outcomes_alone or name == "patients" or name in self.result.frames

    def has(self, name: str) -> bool:
        """Whether a frame is there and has rows."""
        return self.frame(name).height > 0

    def frame(self, name: str) -> pl.DataFrame:
        """A frame of the run; empty when the run has none."""
        import polars as pl

        if name == "log":
            return self._given
        frame = getattr(self.result, name, None) if self.kept(name) else None
        return frame if frame is not None else pl.DataFrame()

    @cached_property
    def _given(self) -> pl.DataFrame:
        """The log without what the plan gives, which is told with the plan."""
        import polars as pl

        whole = self.lazily("log")
        if "rule" not in (there := whole.collect_schema().names()):
            return whole.collect()
        told = there if self._in_memory else [name for name in there if name in ("arm", "patient", "day", "drug")]
        return whole.filter(pl.col("rule") != PLANNED).select(told).collect(engine="streaming")

    def lazily(self, name: str) -> pl.LazyFrame:
        """A frame to be asked for a part or a summary; of a large stored run it is not read whole."""
        import polars as pl

        if not self._in_memory:
            return self.result.frames.scan(name)  # type: ignore[attr-defined]
        frame = getattr(self.result, name, None) if self.kept(name) else None
        return (frame if frame is not None else pl.DataFrame()).lazy()

    @cached_property
    def _in_memory(self) -> bool:
        """Whether the run's frames are held in memory, or too large for that."""
        stored = getattr(self.result, "frames", None)
        return not (isinstance(stored, StoredFrames) and stored.large)

    def events(self, where: pl.Expr) -> pl.DataFrame:
        """Rows of the events for which an expression holds; empty when the run has no events."""
        if not self._in_memory:
            return self.result.events_where(where)
        whole = self.frame("events")
        return whole.filter(where) if whole.height else whole

    def of_patient(self, arm: str, patient: int) -> dict[str, pl.DataFrame]:
        """What there is of one patient: visits, grades, events, log, course and row of the patients table."""
        import polars as pl

        mine = (pl.col("arm") == arm) & (pl.col("patient") == patient)
        whole = {name: self.frame(name).lazy() for name in ("patients", "courses")}
        whole["events"] = self.events(mine).lazy()
        whole |= {name: self.lazily(name) for name in ("visits", "grades", "log")}
        found = {
            name: one.filter(mine).collect() if _has_columns(one) else one.collect() for name, one in whole.items()
        }
        if "rule" in found["log"].columns:
            found["log"] = found["log"].filter(pl.col("rule") != PLANNED)
        return found

    def graded_from(self, grade: int) -> pl.DataFrame:
        """Days with at least this grade on any scale."""
        import polars as pl

        whole = self.lazily("grades")
        return (
            whole.filter(pl.col("grade") >= grade).collect(engine="streaming")
            if _has_columns(whole)
            else pl.DataFrame()
        )

    def patients(self, arm: str, *, infused: bool = True, columns: Collection[str] | None = None) -> pl.DataFrame:
        """The patients of an arm; only the infused ones unless said otherwise. Of some columns, as far as they are there, less is copied."""
        import polars as pl

        frame = self.frame("patients")
        if frame.height == 0:
            return frame
        rows = self._rows_of(arm, infused)
        names = frame.columns if columns is None else [one for one in frame.columns if one in ("arm", *columns)]
        whole = rows.all()
        # column by column: a query for each small table would cost more than what it does
        return pl.DataFrame([frame[name] if whole else frame[name].filter(rows) for name in names])

    def _rows_of(self, arm: str, infused: bool) -> pl.Series:
        """Which rows of the patients frame are an arm's, or those of its infused."""
        frame = self.frame("patients")
        if (arm, infused) not in self._rows:
            rows = frame["arm"] == arm
            self._rows[arm, infused] = (rows & frame["status"].is_in(BEGUN) if infused else rows).fill_null(False)
        return self._rows[arm, infused]

    def n_patients(self, arm: str) -> int:
        """How many `patients` of an arm there are."""
        if arm not in self._counts:
            self._counts[arm] = self.patients(arm, columns=("patient",)).height
        return self._counts[arm]

    def n_enrolled(self, arm: str) -> int:
        """How many were enrolled into an arm."""
        return self.patients(arm, infused=False, columns=("patient",)).height

    def has_cells(self, arm: str) -> bool:
        """Whether the arm gives cells: then there is apheresis or a bank, and an infusion; else treatment just begins."""
        return next((bool(one.product) for one in self.trial.arms if one.name == arm), True)

    def enrolled_by(self, arm: str) -> str:
        """The event that enrolment is: apheresis, the referral where the arm waits in a network, enrolment itself where nothing is collected."""
        plan = next((one for one in self.trial.arms if one.name == arm), None)
        if plan is None:
            return "apheresis"
        if plan.supplied_by != "autologous":
            return "enrolment"
        return "referral" if plan.apheresis.network else "apheresis"

    @property
    def begun(self) -> str:
        """Those whose treatment began, in a word: ``"infused"``, or ``"treated"`` where an arm gives no cells."""
        return "infused" if all(self.has_cells(arm) for arm in self.arms) else "treated"

    def visits(self, quantity: str) -> pl.DataFrame:
        """Visits of one quantity that took place."""
        import polars as pl

        if quantity not in self._latest:
            self._latest.clear()  # of a large run one quantity is held at a time
            whole = self.lazily("visits")
            came = (pl.col("quantity") == quantity) & ~pl.col("missed").fill_null(False)
            self._latest[quantity] = (
                whole.filter(came).select(pl.exclude("quantity", "missed", "unit", "day"))
                if _has_columns(whole)
                else whole
            ).collect(engine="streaming")
        return self._latest[quantity]

    @cached_property
    def quantities_seen(self) -> list[str]:
        """Every quantity of the visits, in the order in which they come."""
        import polars as pl

        whole = self.lazily("visits")
        if not _has_columns(whole):
            return []
        first = whole.with_row_index("row").group_by("quantity").agg(pl.col("row").min()).sort("row")
        return first.collect(engine="streaming")["quantity"].to_list()

    @cached_property
    def episodes(self) -> pl.DataFrame:
        """For each scale, arm and patient: worst grade, first day, and days from the first to the last of a grade (null without one)."""
        import polars as pl

        whole = self.lazily("grades")
        if not _has_columns(whole):
            return pl.DataFrame(schema={"scale": pl.String, "arm": pl.String, "patient": pl.Int64, "worst": pl.Int64})
        on = pl.when(pl.col("grade") >= 1).then(
            pl.col("day")
        )  # summed up as rows come; a filter would gather them first
        asked = whole.group_by("scale", "arm", "patient").agg(
            pl.col("grade").max().alias("worst"), on.min().alias("onset"), (on.max() - on.min() + 1).alias("duration")
        )
        return asked.collect(engine="streaming")

    def endpoint(self, what: str | Endpoint) -> EndpointResult | None:
        """The result of an endpoint, or None when this run cannot give it."""
        import polars as pl

        id = what if isinstance(what, str) else what.id
        if id not in self.asked and self._is_nobodys(what):
            self.asked[id] = None  # a published result of something that is no endpoint
        if id not in self.asked:
            try:
                self.asked[id] = self.result.endpoint(what)
            except (LivingDrugError, pl.exceptions.ColumnNotFoundError) as problem:
                self.asked[id] = None
                self.problems[id] = str(problem).splitlines()[0]
        return self.asked[id]

    def planned(self, id: str) -> bool:
        """Whether the trial asks for this endpoint, or published it; a trial that names none asks for every one."""
        named = [use.id for use in self.trial.endpoints]
        if named and self.trial.planned_design.kind == "randomised":  # told of everyone randomised, too
            named += [one.record.from_enrolment for name in named if (one := self.endpoint(name)) is not None]
        own = self.criterion is not None and self.response is not None and self.response.id == id
        return not named or id in named or own or bool(self.published(id))

    def endpoints(self, *groups: str) -> list[EndpointResult]:
        """What there is to tell of some groups of endpoints (all without one), in the order in which they are told.

        These are the endpoints that the trial lists, and those that it published.
        """
        ids = [use.id for use in self.trial.endpoints]
        if not ids and self.catalog is not None:
            ids = self.catalog.names("endpoint")
        published = [row.endpoint for row in self.evidence.results] if self.evidence is not None else []
        ids += [id for id in dict.fromkeys(published) if self._known_endpoints is None or id in self._known_endpoints]
        found = [one for id in dict.fromkeys(ids) if (one := self.endpoint(id)) is not None]
        return sorted(
            (one for one in found if not groups or one.record.group in groups), key=lambda one: one.record.place
        )

    def _is_nobodys(self, what: str | Endpoint) -> bool:
        """Whether a name is no endpoint of the catalogue, nor one that the trial asks for: then nobody is told why it is not there."""
        if not isinstance(what, str) or is_path(what) or self._known_endpoints is None:
            return False
        if getattr(self.result, "catalog", None) is not self.catalog:
            return False  # the run knows others
        return what not in self._known_endpoints and what not in [use.id for use in self.trial.endpoints]

    @cached_property
    def _known_endpoints(self) -> frozenset[str] | None:
        return frozenset(self.catalog.names("endpoint")) if self.catalog is not None else None

    def published(self, endpoint: str) -> list[Published]:
        """Published results of an endpoint, those used for calibration and those read in their source first."""
        if self.evidence is None:
            return []
        rows = [row for row in self.evidence.results if row.endpoint == endpoint]
        return sorted(rows, key=lambda row: (row.use != "calibration", row.status != "read"))

    def record(self, kind: str, name: str) -> Any:
        """A record of the catalogue; None where it is not there."""
        try:
            return self.catalog.load(kind, name) if self.catalog is not None else None
        except (LivingDrugError, UnknownName):
            return None

    @property
    def last_day(self) -> float:
        """End of planned follow-up [day]."""
        planned = getattr(self.trial, "follow_up_days", None)
        if planned:
            return float(planned)
        days = numbers(self.frame("patients"), self.roles["last contact"])
        return float(days.max()) if days.size else 365.0

    def quantities(self) -> list[tuple[str, Quantity]]:
        """Every number with its origin that went into this run: (what it belongs to, `Quantity`); empty when unknown.

        The manifest names the catalogue files that the simulation read.
        """
        return self._quantities

    @cached_property
    def _quantities(self) -> list[tuple[str, Quantity]]:
        found: list[tuple[str, Quantity]] = []
        for place in (self.result.manifest or {}).get("catalog", {}):
            kind, _, name = str(place).partition("/")
            record = self.record(kind, name)
            if record is None:
                continue
            found += [(f"{kind} “{record.title.split(':')[0]}”", quantity) for _, quantity in record.quantities()]
            if kind == "disease" or (kind == "product" and record.recipe):
                found += [("model parameters", quantity) for quantity in _model_parameters(record.recipe, self.catalog)]
        return found


def _has_columns(frame: pl.LazyFrame) -> bool:
    """Whether the run has such a frame."""
    return bool(frame.collect_schema().names())


def _model_parameters(recipe: str, catalog: Catalog | None) -> list[Quantity]:
    """The parameters of a recipe with their origins; empty when the recipe cannot be read."""
    from livingdrug.model.assemble import recipe_parameters
    from livingdrug.model.texts import texts_in

    try:
        texts = texts_in(catalog.folders if catalog is not None else ())
        return list(recipe_parameters(recipe, texts=texts).values())
    except LivingDrugError:
        return []
