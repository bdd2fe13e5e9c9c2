"""Sound inputs of every kind, spoiled by chance: each function makes one case in a folder of its own.

quantities · scores (command lines) · tables · kinetics · catalogue · trials · sbml · petab · folders
"""

from __future__ import annotations

import copy
import hashlib
import json
import random
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from livingdrug.catalog.load import Catalog, read_toml
from tests.fuzz.making import as_file
from tests.fuzz.mutations import sbml_texts
from tests.fuzz.mutations.case import Case
from tests.fuzz.mutations.texts import NUMBERS, WORDS, spoiled, spoiled_bytes

CATALOG = Catalog()
UNITS = (
    "mg/dL", "mg/L", "U/L", "[IU]/L", "1e9/L", "10*9/L", "10*3/uL", "K/µL", "G/L", "x10^9/L", "10^3/mm3", "umol/L", "g/dL", "ng/mL", "day", "hour", "wk", "°C", "degF", "mm[Hg]",
    "copy/ug", "copies/µg", "cell/kg", "10*6 cells/kg", "mg/m²", "mg/kg", "mg", "%", "", "9**9**9", "parsnip", "mg/mg/mg", "1/uL", "10e9/L",
)  # fmt: skip
JOINTS = ("", " ", "  ", "\u00a0", "-", "–", " to ", " ± ", ",", "·", "*")


def quantity(chance: random.Random) -> str:
    """A number and a unit, mostly."""
    text = (
        chance.choice((*NUMBERS, "1.2", "300", "60", "42", "8.9", "0.8")) + chance.choice(JOINTS) + chance.choice(UNITS)
    )
    return spoiled(text, chance) if chance.random() < 0.3 else text


def quantities(chance: random.Random, folder: Path) -> Case:
    """One number somewhere on a command line or in a heading of a table of kinetics."""
    table = folder / "kinetics.csv"
    table.write_text("patient,day,value\n1,0,0\n1,7,100\n1,14,50\n2,3,20\n2,9,200\n2,28,5\n", encoding="utf-8")
    value = quantity(chance)
    option = chance.choice(("--lloq", "--areas-to", "--unit", "--time-unit", "--shift", "--column", "--blq"))
    if chance.random() < 0.3:
        heading = f"value [{quantity(chance)}]".replace("\n", " ").replace('"', "").replace("\r", " ")
        table.write_text(
            f'patient,"day [{chance.choice(UNITS)}]","{heading}"\n1,0,0\n1,7,100\n1,14,50\n', encoding="utf-8"
        )
        return Case(("nca", str(table)), ("kinetics.csv", "lloq"), files=(table,))
    return Case(
        ("nca", str(table), f"{option}={value}"),
        (
            option,
            option.strip("-"),
            "treatment of results below",
            "time unit",
            "areas",
            "lloq",
            "kinetics.csv",
            "column",
        ),
        files=(table,),
    )


SCORES = tuple(name for name in CATALOG.names("score"))


def scores(chance: random.Random, folder: Path) -> Case:
    """A risk score with its inputs on the command line."""
    name = chance.choice(SCORES)
    record = CATALOG.load("score", name)
    words = ["score", name]
    for key, one in record.input.items():
        middle = (one.low + one.high) / 2
        value = f"{chance.choice((middle, one.low, one.high, middle / 3)):.4g} {one.unit}".strip()
        if one.words and chance.random() < 0.5:
            value = chance.choice(list(one.words))
        if chance.random() < 0.3:
            value = quantity(chance) if chance.random() < 0.5 else spoiled(value, chance)
        option = chance.choice((key, key, key, *one.synonyms)).replace("_", "-")
        if chance.random() < 0.03:
            option = spoiled(option, chance)
        if chance.random() < 0.97:
            words += [f"--{option}={value}"] if chance.random() < 0.5 else [f"--{option}", value]
    return Case(tuple(words), (name, "--", "score"))


SIGNS = "patient,day,temp [degC],map [mm[Hg]],pressor,oxygen,fever_treated,ice_score\nA,1,36.8,80,none,none,no,10\nA,2,39.4,70,low,low flow,yes,8\nB,1,37.0,85,none,none,no,\nB,3,40.1,60,high,ventilation,no,2\n"  # fmt: skip
COUNTS = "site,subject,study_day,ANC [10*9/L],PLT [10*9/L]\n1,001,1,2.1,200\n1,001,2,0.4,90\n1,001,3,0.3,40\n2,001,1,3.0,180\n2,001,8,0.05,15\n"
EASIX = "USUBJID;LDH [U/L];creatinine [mg/dL];PLT [10*9/L]\nA;300;1,2;60\nB;250;0,8;150\nC;1200;2,5;20\n"
TOX = "id,anc [1e9/L],hb [g/dL],platelets [1e9/L],crp [mg/L],ferritin [ng/mL]\n1,2.5,10.5,180,12,900\n2,0.8,8.9,60,42,2100\n"


def tables(chance: random.Random, folder: Path) -> Case:
    """A user's table of signs, counts or inputs of a score."""
    table = folder / "users.csv"
    text, words = chance.choice((
        (SIGNS, ("grade", str(table))), (SIGNS, ("grade", str(table), "--scale", "crs_astct")), (COUNTS, ("grade", str(table), "--scale", "icaht_early")),
        (COUNTS, ("grade", str(table))), (EASIX, ("score", "easix", str(table))), (TOX, ("score", "hematotox", str(table))),
    ))  # fmt: skip
    text = spoiled(text, chance)
    data = text.encode(chance.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252")), errors="replace")
    if chance.random() < 0.15:
        data = spoiled_bytes(data, chance)
    table.write_bytes(data)
    return Case(words, ("users.csv",), files=(table,))


NONMEM = "ID,TIME,DV,AMT,EVID,CENS,LLOQ,WT\n1,0,.,100,1,0,1,70\n1,1,5.5,.,0,0,1,70\n1,7,80,.,0,0,1,70\n1,14,50,.,0,0,1,70\n1,28,1,.,0,1,1,70\n2,0,.,100,1,0,1,55\n2,3,20,.,0,0,1,55\n2,9,200,.,0,0,1,55\n2,28,5,.,0,0,1,55\n"
ADPC = "USUBJID,AFRLT,AFRLTU,AVALC,AVALU,PARAMCD,ALLOQ\nS-1,0,DAYS,BLQ,copies/ug,CART,25\nS-1,7,DAYS,12000,copies/ug,CART,25\nS-1,28,DAYS,300,copies/ug,CART,25\nS-2,0,DAYS,<25,copies/ug,CART,25\nS-2,10,DAYS,9000,copies/ug,CART,25\nS-2,30,DAYS,40,copies/ug,CART,25\n"
PLAIN = (
    "patient,day,value [copy/ug],below_limit\nA,0,25,Y\nA,7,100,N\nA,14,50,N\nA,21,25,Y\nB,3,20,N\nB,9,200,N\nB,28,,N\n"
)


def kinetics(chance: random.Random, folder: Path) -> Case:
    """A user's table of kinetics."""
    table = folder / "kinetics.csv"
    data = spoiled(chance.choice((NONMEM, ADPC, PLAIN)), chance).encode(errors="replace")
    table.write_bytes(spoiled_bytes(data, chance) if chance.random() < 0.1 else data)
    words = ("nca", str(table)) if chance.random() < 0.7 else ("data", "check", str(table))
    more = (("--lloq", "25"),) if chance.random() < 0.2 else ((),)
    return Case((*words, *more[0]), ("kinetics.csv", "data check"), files=(table,))


KINDS = tuple(kind for kind in sorted(CATALOG.kinds()) if kind != "trial" and CATALOG.names(kind))


def catalogue(chance: random.Random, folder: Path) -> Case:
    """A file of the catalogue in a folder of one's own, checked, and then used by ELIANA."""
    kind = chance.choice(KINDS)
    name = chance.choice(CATALOG.names(kind))
    path = folder / "catalog" / kind / f"{name}.toml"
    path.parent.mkdir(parents=True)
    _spoil_toml(path, CATALOG.path(kind, name), chance)
    own = ("--catalog", str(folder / "catalog"))
    return Case(
        ("check", str(path)), (path.name, name), (("check", "eliana", *own),) if chance.random() < 0.3 else (), (path,)
    )


def trials(chance: random.Random, folder: Path) -> Case:
    """A trial file, checked; what is called sound is then run."""
    path = folder / "mine.toml"
    source = CATALOG.path("trial", "eliana" if chance.random() < 0.7 else chance.choice(CATALOG.names("trial")))
    _spoil_toml(path, source, chance)
    run = ("run", str(path), "-n", "2", "--sample", "1", "--no-report", "--threads", "1", "-o", str(folder / "run"))
    after = {
        0: (run,),
        1: (("patient", str(path), "--patient", "2"),),
        2: (("export", "sbml", str(path), "-o", str(folder / "x.xml")),),
    }
    return Case(("check", str(path)), ("mine",), after.get(chance.randrange(20), ()), (path,))


def _spoil_toml(path: Path, source: Path, chance: random.Random) -> None:
    """As text, as bytes, or as a table with values and keys changed that is TOML again."""
    way = chance.random()
    if way < 0.45:
        path.write_text(
            spoiled(source.read_text(encoding="utf-8"), chance), encoding="utf-8", errors="replace", newline=""
        )
    elif way < 0.5:
        path.write_bytes(spoiled_bytes(source.read_bytes(), chance))
    else:
        table = copy.deepcopy(read_toml(source))
        for _ in range(chance.choice((1, 1, 2, 3))):
            _change(table, chance)
        path.write_text(as_file(table), encoding="utf-8", errors="replace")


def _change(table: Any, chance: random.Random) -> None:
    places = list(_places(table))
    if not places:
        return
    inside, key = chance.choice(places)
    value = inside[key]
    way = chance.randrange(8)
    if way == 0:
        del inside[key]
    elif way == 1 and isinstance(inside, dict):
        inside[chance.choice((f"{key}x", str(key)[:-1] or "x", "extends", "x" * 300, "é"))] = inside.pop(key)
    elif way == 2 and isinstance(inside, list):
        inside.insert(0, copy.deepcopy(value))
    elif way == 3:
        other_inside, other_key = chance.choice(places)
        if other_key in other_inside if isinstance(other_inside, dict) else other_key < len(other_inside):
            inside[key] = copy.deepcopy(other_inside[other_key])
    elif isinstance(value, str):
        inside[key] = chance.choice((spoiled(value, chance), quantity(chance), chance.choice(WORDS)))
    elif isinstance(value, (int, float)):
        inside[key] = chance.choice(
            (
                -value,
                value * 1e6,
                value * 1e-6,
                0,
                1e308,
                float("nan"),
                float("inf"),
                2**53,
                str(value),
                [value],
                not value,
                value + 0.5,
                -1,
            )
        )
    else:
        inside[key] = chance.choice(([], {}, "", 0, [[]], {"x": 1}, "none"))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield value, key
            yield from _places(part)
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield value, i
            yield from _places(part)


def sbml(chance: random.Random, folder: Path) -> Case:
    """A model of one's own, read and integrated."""
    path = folder / "model.xml"
    text = sbml_texts.changed(chance)
    if chance.random() < 0.15:
        text = spoiled(text, chance)
    path.write_bytes(
        spoiled_bytes(text.encode(errors="replace"), chance)
        if chance.random() < 0.05
        else text.encode(errors="replace")
    )
    return Case(lambda: sbml_texts.told(path), ("model.xml",), files=(path,))


PETAB = {
    "conditions.tsv": "conditionId\tx\nc0\t\nc1\t10\n",
    "observables.tsv": "observableId\tobservableFormula\tnoiseFormula\tobservableTransformation\nobs\tx + 0.1\tsd*noiseParameter1_obs\tlog\nraw\tx\tsd\tlin\n",
    "measurements.tsv": "observableId\tsimulationConditionId\ttime\tmeasurement\tnoiseParameters\nobs\tc0\t0\t5\t1\nobs\tc1\t2\t4\tf\nraw\tc0\tinf\t0\t\n",
    "parameters.tsv": "parameterId\tparameterScale\tlowerBound\tupperBound\tnominalValue\testimate\nk\tlog10\t0.01\t10\t0.5\t1\nsd\tlin\t0.1\t1\t0.5\t0\nf\tlin\t0.1\t9\t2\t1\n",
    "model.xml": "x = 5; k = 0.5; x' = -k*x",
    "problem.yaml": "format_version: 1\nparameter_file: parameters.tsv\nproblems:\n- condition_files:\n  - conditions.tsv\n  measurement_files:\n  - measurements.tsv\n  observable_files:\n  - observables.tsv\n  sbml_files:\n  - model.xml\n",
}  # fmt: skip


def petab(chance: random.Random, folder: Path) -> Case:
    """A problem of PEtab with one or two of its files spoiled."""
    for name, text in PETAB.items():
        (folder / name).write_text(text, encoding="utf-8")
    for _ in range(chance.choice((1, 1, 2))):
        path = folder / chance.choice(list(PETAB))
        if chance.random() < 0.05:
            path.unlink(missing_ok=True)
        elif path.exists() and chance.random() < 0.1:
            path.write_bytes(spoiled_bytes(path.read_bytes(), chance))
        elif path.exists():
            text = path.read_bytes().decode("utf-8", errors="replace")
            path.write_text(spoiled(text, chance), encoding="utf-8", errors="replace", newline="")
    return Case(("petab", str(folder / "problem.yaml")), (str(folder),), files=tuple(folder.iterdir()))


@cache
def whole_run() -> Path:
    """The folder of a sound run, made once."""
    import tempfile

    from livingdrug.cli.main import main

    place = Path(tempfile.mkdtemp(prefix="livingdrug_fuzz_")) / "run"
    assert main([*RUN, "-o", str(place)]) == 0
    return place


RUN = ("run", "eliana", "-n", "12", "--seed", "7", "--chunk", "4", "--sample", "2", "--no-report", "--threads", "1")


def folders(chance: random.Random, folder: Path) -> Case:
    """A run folder with a file spoiled, swapped, missing or extra, its checksums as they were or made to fit."""
    place = folder / "run"
    shutil.copytree(whole_run(), place)
    if chance.random() < 0.3:
        return _unfinished(chance, place)
    for _ in range(chance.choice((1, 1, 2))):
        _spoil_one(place, chance)
    if chance.random() < 0.6:
        _sign_again(place)
    words = chance.choice((
        ("endpoints", str(place)), ("endpoints", str(place)), ("endpoints", str(place), "--add", "crs_any"), ("report", str(place), "-o", str(folder / "page.html")),
        (*RUN, "-o", str(place), "--resume"), ("compare", str(place), str(whole_run())),
    ))  # fmt: skip
    return Case(words, (str(place), "in a run"), files=tuple(place.iterdir()))


def _unfinished(chance: random.Random, place: Path) -> Case:
    """Chunks of a run that was interrupted, spoiled, and the run completed."""
    from livingdrug.trial.chunks import FILES

    chunks = place / "chunks"
    made = whole_chunks()
    for path in place.iterdir():
        path.unlink()
    shutil.copytree(made, chunks)
    for _ in range(chance.choice((1, 2, 3))):
        _spoil_one(chance.choice([one for one in (chunks, *chunks.iterdir()) if one.is_dir()]), chance)
    if chance.random() < 0.5:
        for one in chunks.iterdir():
            if one.is_dir() and (one / FILES[0]).exists():
                _sign_again(one)
    words = (*RUN, "-o", str(place), "--resume") if chance.random() < 0.8 else ("endpoints", str(place))
    return Case(words, (str(place),), (("endpoints", str(place)),) if "--resume" in words else ())


@cache
def whole_chunks() -> Path:
    """Chunks of the same run, two of three, as an interruption leaves them."""
    import tempfile

    from livingdrug.cli.main import main
    from livingdrug.trial import folder as run_folder

    place = Path(tempfile.mkdtemp(prefix="livingdrug_fuzz_")) / "run"
    kept: list[Path] = []

    def keep(where: Path) -> None:
        copy = where.with_name("kept")
        shutil.copytree(where / run_folder.CHUNKS, copy)
        kept.append(copy)
        original(where)

    original, run_folder.drop_chunks = run_folder.drop_chunks, keep
    try:
        assert main([*RUN, "-o", str(place)]) == 0
    finally:
        run_folder.drop_chunks = original
    shutil.rmtree(kept[0] / sorted(one.name for one in kept[0].glob("arm*"))[-1])
    return kept[0]


def _spoil_one(place: Path, chance: random.Random) -> None:
    files = sorted(path for path in place.iterdir() if path.is_file())
    if not files:
        return
    path, other = chance.choice(files), chance.choice(files)
    if chance.random() < 0.35:
        path = chance.choice([one for one in files if one.suffix in (".json", ".toml")] or [path])
    way = chance.randrange(8)
    if way == 0:
        path.unlink()
    elif way == 1:
        path.write_bytes(other.read_bytes())
    elif way == 2:
        path.unlink()
        path.mkdir()
    elif way == 3:
        (
            place
            / chance.choice(
                (
                    ".lock",
                    ".ready",
                    "chunks",
                    "extra.parquet",
                    ".chunks.done",
                    "failed.parquet.bak",
                    ".x.parquet.1234abcd.part",
                    ".ready.0123abcd",
                )
            )
        ).write_bytes(chance.randbytes(20))
    elif path.suffix == ".parquet" and way < 7:
        _spoil_frame(path, chance)
    elif path.suffix in (".json", ".toml") and way < 7:
        _spoil_text(path, chance)
    else:
        path.write_bytes(spoiled_bytes(path.read_bytes(), chance))


def _spoil_text(path: Path, chance: random.Random) -> None:
    """A manifest, plan, checksum or trial file: values changed, or the text; some are spoiled for the second time."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".json" and chance.random() < 0.7:
        try:
            table = json.loads(text)
        except (ValueError, RecursionError):
            table = {}
        _change(table, chance)
        path.write_text(json.dumps(table), encoding="utf-8")
    else:
        new = chance.choice((spoiled(text, chance), "[" * 100_000, "{}", "null", "9" * 5000))
        path.write_text(new, encoding="utf-8", errors="replace")


def _spoil_frame(path: Path, chance: random.Random) -> None:
    """A frame that is Parquet still: a column gone, of another type, blank or nonsense, rows gone, doubled or shuffled."""
    import polars as pl

    try:
        frame = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError):  # spoiled already
        return
    if not frame.width:
        return
    name = chance.choice(frame.columns)
    way = chance.randrange(9)
    if way == 0:
        frame = frame.drop(name)
    elif way == 1:
        frame = frame.rename({name: f"{name}_x"})
    elif way == 2:
        frame = frame.with_columns(pl.lit(None, dtype=frame.schema[name]).alias(name))
    elif way == 3:
        frame = frame.with_columns(pl.col(name).cast(pl.String))
    elif way == 4:
        frame = frame.head(frame.height // 2)
    elif way == 5:
        frame = pl.concat([frame, frame])
    elif way == 6 and frame.schema[name].is_numeric():
        worst = chance.choice(
            (-1, 0, 2**40, 9999) if frame.schema[name].is_integer() else (float("nan"), float("inf"), -1e9, 1e300)
        )
        frame = frame.with_columns(
            pl.when(pl.int_range(pl.len()) % 3 == 0)
            .then(pl.lit(worst))
            .otherwise(pl.col(name))
            .cast(frame.schema[name])
            .alias(name)
        )
    elif way == 6 and frame.schema[name] == pl.String:
        frame = frame.with_columns(pl.lit(chance.choice(("", "x", "tisa-cel", "nan", "crs_penn"))).alias(name))
    elif way == 7:
        frame = frame.reverse()
    else:
        frame = frame.clear()
    frame.write_parquet(path)


def _sign_again(place: Path) -> None:
    """Checksums that fit what is there, as somebody would leave them who changed files on purpose."""
    sums = place / "checksums.json"
    try:
        names = json.loads(sums.read_text(encoding="utf-8"))
        found = {
            name: hashlib.sha256((place / name).read_bytes()).hexdigest() for name in names if (place / name).is_file()
        }
        sums.write_text(json.dumps(found), encoding="utf-8")
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        return


ALL: dict[str, Callable[[random.Random, Path], Case]] = {
    one.__name__: one for one in (quantities, scores, tables, kinetics, catalogue, trials, sbml, petab, folders)
}
