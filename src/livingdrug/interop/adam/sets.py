"""The six data sets of a run: ADSL, ADTTE, ADRS, ADAE, ADLB and ADPC, from what was seen alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livingdrug.interop.adam.dataset import Dataset, Variable, codes, dataset, study_day
from livingdrug.manufacturing.lots import BEGUN

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.load import Catalog
    from livingdrug.trial.result import Result

WHO = (
    Variable("STUDYID", "Study Identifier"),
    Variable("USUBJID", "Unique Subject Identifier", key=True),
    Variable("TRT01A", "Actual Treatment for Period 01"),
)
PARAMETER = (Variable("PARAMCD", "Parameter Code", key=True), Variable("PARAM", "Parameter"))


def sets_of(result: Result, catalog: Catalog) -> tuple[Dataset, ...]:
    """All data sets; those of which a run has nothing have no rows."""
    people = _people(result)
    return (
        _subjects(result, people),
        _times(result, people),
        _responses(result, people),
        _adverse_events(result, people),
        *_results(result, people, catalog),
    )


def _people(result: Result) -> pl.DataFrame:
    """arm, patient and the variables that stand in every data set."""
    import polars as pl

    study = result.trial.id.upper().replace("_", "-")
    number = {arm: place for place, arm in enumerate(result.arms, 1)}
    arm = pl.col("arm").replace_strict(number, return_dtype=pl.Int64)
    subject = pl.col("patient").cast(pl.String).str.zfill(7)
    return result.patients.with_columns(
        STUDYID=pl.lit(study), SUBJID=subject, TRT01A=pl.col("arm"), TRT01AN=arm,
        USUBJID=pl.format("{}-{}-{}", pl.lit(study), arm.cast(pl.String).str.zfill(2), subject),
    )  # fmt: skip


def _subjects(result: Result, people: pl.DataFrame) -> Dataset:
    import polars as pl

    def own(name: str, kind: type[pl.DataType]) -> pl.Expr:
        return pl.col(name).cast(kind) if name in people.columns else pl.lit(None, dtype=kind)

    def yes(condition: pl.Expr) -> pl.Expr:
        return pl.when(condition).then(pl.lit("Y")).otherwise(pl.lit("N"))

    treated = pl.col("status").is_in(BEGUN)
    roles = result.questions.roles
    death, last = own(roles["death"], pl.Float64), own(roles["last contact"], pl.Float64)
    cause = own(roles["cause of death"], pl.String)
    ended = pl.when(~treated).then(pl.lit("NOT TREATED")).when(death.is_not_null()).then(pl.lit("DISCONTINUED"))
    ended = ended.when(last >= result.trial.follow_up_days - 1).then(pl.lit("COMPLETED")).otherwise(pl.lit("ONGOING"))
    waited = pl.col("status").replace_strict({"died_waiting": True}, default=False, return_dtype=pl.Boolean)
    rows = people.with_columns(
        TRT01P=pl.col("TRT01A"), TRT01PN=pl.col("TRT01AN"), AGE=own("age_years", pl.Float64).floor(), AAGE=own("age_years", pl.Float64),
        AGEU=pl.lit("YEARS"), SEX=pl.when(own("female", pl.Boolean)).then(pl.lit("F")).when(~own("female", pl.Boolean)).then(pl.lit("M")),
        HEIGHTBL=own("height_cm", pl.Float64), WEIGHTBL=own("weight_kg", pl.Float64), BSABL=own("bsa_m2", pl.Float64),
        ENRLFL=pl.lit("Y"), SAFFL=yes(treated), FASFL=yes(treated), DISPSTAT=pl.col("status").str.to_uppercase(),
        ENRLDY=pl.col("enrolment_day"), VEINVEIN=own("vein_to_vein_days", pl.Float64), DOSECELL=pl.when(treated).then(own("dose_cells", pl.Float64)),
        DOSEKG=pl.when(treated).then(own("dose_cells_per_kg", pl.Float64)), EOSSTT=ended, LSTCONDY=last, DTHDY=death, DTHCAUS=cause,
        CRSSTAT=own("course_status", pl.String), DTHFL=yes(death.is_not_null() | waited),
    )  # fmt: skip
    rows = rows.with_columns(ENRLDY=study_day("ENRLDY"), LSTCONDY=study_day("LSTCONDY"), DTHDY=study_day("DTHDY"))
    variables = (
        *WHO[:2], Variable("SUBJID", "Subject Identifier for the Study"), Variable("TRT01P", "Planned Treatment for Period 01"),
        Variable("TRT01PN", "Planned Treatment for Period 01 (N)", "integer"), WHO[2],
        Variable("TRT01AN", "Actual Treatment for Period 01 (N)", "integer"), Variable("AGE", "Age", "integer"),
        Variable("AGEU", "Age Units"), Variable("AAGE", "Analysis Age (years, exact)", "float"), Variable("SEX", "Sex"),
        Variable("HEIGHTBL", "Height at Baseline (cm)", "float"), Variable("WEIGHTBL", "Weight at Baseline (kg)", "float"),
        Variable("BSABL", "Body Surface Area at Baseline (m2)", "float"), Variable("ENRLFL", "Enrolled Population Flag"),
        Variable("SAFFL", "Safety Population Flag"), Variable("FASFL", "Full Analysis Set Population Flag"),
        Variable("DISPSTAT", "Disposition Before Treatment"), Variable("ENRLDY", "Study Day of Enrolment", "integer"),
        Variable("VEINVEIN", "Apheresis to Infusion (days)", "float"), Variable("DOSECELL", "CAR-positive Viable Cells Given", "float"),
        Variable("DOSEKG", "CAR-positive Viable Cells per kg", "float"), Variable("EOSSTT", "End of Study Status"),
        Variable("LSTCONDY", "Study Day of Last Contact", "integer"), Variable("DTHFL", "Subject Death Flag"),
        Variable("DTHDY", "Study Day of Death", "integer"), Variable("DTHCAUS", "Cause of Death"),
        Variable("CRSSTAT", "How the Simulated Course Ended"),
    )  # fmt: skip
    return dataset("ADSL", "Subject-Level Analysis Dataset", variables, rows)


def _with_people(rows: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    names = [one.name for one in WHO]
    return rows.join(people.select("arm", "patient", *names), on=["arm", "patient"], how="inner", maintain_order="left")


def _asked(result: Result, over_time: bool) -> list[tuple[str, str, pl.DataFrame]]:
    """(id, title, rows) of the trial's endpoints over time, or of those that are shares of efficacy."""
    return [
        (id, one.title, one.patients)
        for id, one in result.endpoints().items()
        if (one.over_time if over_time else one.record.group == "efficacy" and "success" in one.patients.columns)
    ]


def _times(result: Result, people: pl.DataFrame) -> Dataset:
    import polars as pl

    found = _asked(result, True)
    code = codes([id for id, _, _ in found])
    said = {0: "CENSORED", 1: "EVENT", 2: "COMPETING EVENT"}
    pieces = [
        rows.select(
            "arm", "patient", PARAMCD=pl.lit(code[id]), PARAM=pl.lit(f"{title} (days)"), AVAL=pl.col("time_days"),
            CNSR=pl.when(pl.col("cause") == 1).then(0).when(pl.col("cause") == 0).then(1).otherwise(2),
            EVNTDESC=pl.col("cause").cast(pl.Int64).replace_strict(said, return_dtype=pl.String), SRCDOM=pl.lit(id),
        )
        for id, title, rows in found
    ]  # fmt: skip
    empty = {"arm": pl.String, "patient": pl.Int64, "PARAMCD": pl.String, "PARAM": pl.String, "AVAL": pl.Float64,
             "CNSR": pl.Int64, "EVNTDESC": pl.String, "SRCDOM": pl.String}  # fmt: skip
    rows = pl.concat([pl.DataFrame(schema=empty), *pieces], how="diagonal_relaxed")
    variables = (
        *WHO, *PARAMETER, Variable("AVAL", "Analysis Value (days)", "float"),
        Variable("CNSR", "Censor (1: censored, 2: competing)", "integer"),
        Variable("EVNTDESC", "Event or Censoring Description"), Variable("SRCDOM", "Endpoint of the Catalogue"),
    )  # fmt: skip
    return dataset("ADTTE", "Time-to-Event Analysis Dataset", variables, _with_people(rows, people))


def _responses(result: Result, people: pl.DataFrame) -> Dataset:
    import polars as pl

    roles = result.questions.roles
    best, first = roles["best response"], roles["first response"]
    treated = people.filter(pl.col("status").is_in(BEGUN))
    day = pl.col(first).cast(pl.Float64) if first in treated.columns else pl.lit(None, dtype=pl.Float64)
    pieces = []
    if best in treated.columns:
        pieces.append(treated.select("arm", "patient", PARAMCD=pl.lit("BOR"), PARAM=pl.lit("Best Overall Response"), AVALC=pl.col(best),
                                     AVAL=pl.lit(None, dtype=pl.Float64), ADY=day))  # fmt: skip
    found = _asked(result, False)
    code = codes(["BOR", *(id for id, _, _ in found)])
    for id, title, rows in found:
        success = pl.col("success").cast(pl.Float64)
        pieces.append(rows.select("arm", "patient", PARAMCD=pl.lit(code[id]), PARAM=pl.lit(title), AVAL=success,
                                  AVALC=pl.when(success > 0).then(pl.lit("Y")).otherwise(pl.lit("N")), ADY=pl.lit(None, dtype=pl.Float64)))  # fmt: skip
    empty = {"arm": pl.String, "patient": pl.Int64, "PARAMCD": pl.String, "PARAM": pl.String, "AVALC": pl.String,
             "AVAL": pl.Float64, "ADY": pl.Float64}  # fmt: skip
    rows = pl.concat([pl.DataFrame(schema=empty), *pieces], how="diagonal_relaxed").with_columns(ADY=study_day("ADY"))
    variables = (*WHO, *PARAMETER, Variable("AVALC", "Analysis Value (C)"), Variable("AVAL", "Analysis Value (1 yes, 0 no)", "float"),
                 Variable("ADY", "Study Day of First Response", "integer"))  # fmt: skip
    return dataset("ADRS", "Response Analysis Dataset", variables, _with_people(rows, people))


def _adverse_events(result: Result, people: pl.DataFrame) -> Dataset:
    """Graded toxicities, one row a patient and scale from the first to the last day with a grade; graded events, one row each."""
    import polars as pl

    catalog = result._catalog()
    scales = {name: catalog.load("scale", name) for name in catalog.names("scale")}
    titles = {name: one.title for name, one in scales.items()}
    kinds = {name: one.toxicity for name, one in scales.items()}
    toxic = (
        result.grades.filter(pl.col("grade") >= 1)
        .group_by("arm", "patient", "scale", maintain_order=True)
        .agg(pl.col("day").min().alias("ASTDY"), pl.col("day").max().alias("AENDY"), pl.col("grade").max().alias("ATOXGR"))
        .with_columns(
            AETERM=pl.col("scale").replace_strict(titles, return_dtype=pl.String),
            AEDECOD=pl.col("scale").replace_strict(kinds, return_dtype=pl.String), ASTDY=pl.col("ASTDY").cast(pl.Float64),
            AENDY=pl.col("AENDY").cast(pl.Float64),
        )
    )  # fmt: skip
    words = pl.col("event").str.replace_all("_", " ")
    graded = result.frames["events"].filter(pl.col("grade").is_not_null()).select(
        "arm", "patient", AEDECOD=words, AETERM=pl.concat_str(words, pl.col("detail"), separator=", ", ignore_nulls=True), ASTDY="day",
        AENDY=pl.lit(None, dtype=pl.Float64), ATOXGR="grade",
    )  # fmt: skip
    rows = pl.concat([toxic.drop("scale"), graded], how="diagonal_relaxed").with_columns(
        ASTDY=study_day("ASTDY"), AENDY=study_day("AENDY"), ATOXGRN=pl.col("ATOXGR"),
        TRTEMFL=pl.when(pl.col("ASTDY") >= 0).then(pl.lit("Y")).otherwise(pl.lit("N")),
    )  # fmt: skip
    rows = _with_people(rows, people).sort("USUBJID", "ASTDY", "AETERM", maintain_order=True, nulls_last=True)
    rows = rows.with_columns(AESEQ=pl.int_range(1, pl.len() + 1).over("USUBJID"))
    variables = (
        *WHO, Variable("AESEQ", "Sequence Number", "integer", key=True), Variable("AETERM", "Term for the Adverse Event"),
        Variable("AEDECOD", "Toxicity or Kind of Event"), Variable("ASTDY", "Analysis Start Relative Day", "integer"),
        Variable("AENDY", "Analysis End Relative Day", "integer"), Variable("ATOXGR", "Analysis Toxicity Grade"),
        Variable("ATOXGRN", "Analysis Toxicity Grade (N)", "integer"), Variable("TRTEMFL", "Treatment Emergent Analysis Flag"),
    )  # fmt: skip
    return dataset("ADAE", "Adverse Event Analysis Dataset", variables, rows)


def _results(result: Result, people: pl.DataFrame, catalog: Catalog) -> tuple[Dataset, Dataset]:
    """Laboratory results, and the cells in blood."""
    import polars as pl

    records = [catalog.load("assay", name) for name in catalog.names("assay")]
    cells = {one.quantity for one in records if one.schedule == "kinetics"}
    titles = {one.quantity: one.title for one in records}
    code = codes(sorted(result.visits["quantity"].unique()))
    below = pl.col("below_limit").fill_null(False)
    rows = result.visits.filter(~pl.col("missed").fill_null(False)).with_columns(
        PARAMCD=pl.col("quantity").replace_strict(code, return_dtype=pl.String),
        PARAM=pl.format("{} ({})", pl.col("quantity").replace_strict(titles, default=pl.col("quantity"), return_dtype=pl.String), pl.col("unit")),
        AVAL=pl.when(~below).then(pl.col("value")), AVALU=pl.col("unit"), ALLOQ=pl.col("lower_limit"),
        AVALC=pl.when(below).then(pl.format("<{}", pl.col("lower_limit"))).otherwise(pl.col("value").cast(pl.String)),
        AVISITN=pl.col("day_planned"), AVISIT=pl.format("PLANNED DAY {}", pl.col("day_planned")), ADY=study_day("day"),
        ARELTM=pl.col("day"), BLQFL=pl.when(below).then(pl.lit("Y")).otherwise(pl.lit("N")),
    )  # fmt: skip
    before = (
        rows.filter((pl.col("day") <= 0) & pl.col("AVAL").is_not_null())
        .sort("arm", "patient", "quantity", "day", maintain_order=True)
        .group_by("arm", "patient", "quantity", maintain_order=True)
        .agg(pl.col("AVAL").last().alias("BASE"), pl.col("day").last().alias("base_day"))
    )
    rows = rows.join(before, on=["arm", "patient", "quantity"], how="left", maintain_order="left").with_columns(
        CHG=pl.when(pl.col("day") > pl.col("base_day")).then(pl.col("AVAL") - pl.col("BASE")),
        ABLFL=pl.when(pl.col("day") == pl.col("base_day")).then(pl.lit("Y")),
    )
    common = (
        *WHO, *PARAMETER, Variable("AVISITN", "Analysis Visit (planned day, from 0)", "float", key=True), Variable("AVISIT", "Analysis Visit"),
        Variable("ADY", "Analysis Relative Day", "integer"), Variable("ARELTM", "Time from Infusion (days, exact)", "float", key=True),
        Variable("AVAL", "Analysis Value", "float"), Variable("AVALC", "Analysis Value (C)"), Variable("AVALU", "Analysis Value Unit"),
        Variable("ALLOQ", "Lower Limit of Quantification", "float"), Variable("BLQFL", "Below Limit of Quantification Flag"),
    )  # fmt: skip
    base = (Variable("BASE", "Baseline Value", "float"), Variable("CHG", "Change from Baseline", "float"),
            Variable("ABLFL", "Baseline Record Flag"))  # fmt: skip
    is_cells = pl.col("quantity").is_in(sorted(cells))
    whole = _with_people(rows, people)
    return (
        dataset("ADLB", "Laboratory Analysis Dataset", (*common, *base), whole.filter(~is_cells)),
        dataset("ADPC", "Cellular Kinetics Analysis Dataset", common, whole.filter(is_cells)),
    )
