"""Finding and reading catalog files: names in, frozen records out, every fault told with file, key and next step."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import stat
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.catalog.own_units import refuse_other_units
from livingdrug.catalog.parameter_set import ParameterSet
from livingdrug.catalog.records.base import Inheriting, laid_over
from livingdrug.catalog.typed_load import TypedLoad, class_name
from livingdrug.foundation.arguments import in_words
from livingdrug.foundation.errors import BadInput, CatalogError, UnitError, UnknownName, naming
from livingdrug.foundation.sources import check_sources
from livingdrug.foundation.toml_files import read_toml_file, refuse_large

if TYPE_CHECKING:
    from livingdrug.catalog.records.trial import Trial

HERE = Path(__file__).parent
_WITHIN = f"{HERE}{os.sep}"
RECORDS = HERE / "records"
VARIABLE = "LIVINGDRUG_CATALOG"
LONGEST_NAME, LONGEST_PATH = 200, 4000


class Catalog(TypedLoad):
    """The catalog files that come with the package, and any folders of your own.

    Parameters
    ----------
    extra
        Folders laid out like the package's own (``product/``, ``drug/``, …). They are searched first, so a file
        there stands in for a shipped one of the same name.
    parameters
        Fitted values that stand in place of those in the files.

    Examples
    --------
    >>> "fludarabine" in Catalog().names("drug")
    True
    >>> Catalog().load("drug", "fludarabine").enters
    'fludarabine_central'
    """

    def __init__(self, extra: Iterable[Path | str] = (), parameters: ParameterSet | None = None) -> None:
        self.parameters = parameters or ParameterSet()
        if isinstance(extra, (str, Path)) or not isinstance(extra, Iterable):
            raise CatalogError(f'extra: got {extra!r}, expected a list of folders.\n  Write Catalog(["FOLDER"]).')
        self.folders: tuple[Path, ...] = (*(Path(folder) for folder in extra), HERE)
        for folder in self.folders:
            if not folder.is_dir():
                raise CatalogError(
                    f'catalog folder "{folder}": expected a folder with sub-folders such as product/ and drug/.\n'
                    f"  Create it, or take it out of {VARIABLE}."
                )
        self._texts = tuple(str(folder) for folder in self.folders)
        self._remembered: dict[tuple[str, str, int, int], Any] = {}
        self._extends: dict[str, str] = {}
        self._completed_from: dict[tuple[str, str], frozenset[tuple[str, str]]] = {}

    def under(self, parameters: ParameterSet) -> Catalog:
        """The same catalogue with other fitted values; what they do not touch is not read again."""
        other = Catalog(self.folders[:-1], parameters)
        other._extends = self._extends
        touched = {*parameters.by_file, *self.parameters.by_file}
        kinds = {kind for kind, _ in touched}
        for key, record in self._remembered.items():
            kind, path = key[0], Path(key[1])
            from_others = self._completed_from.get((kind, key[1]), frozenset())
            if kind in kinds and not touched.isdisjoint((kind, name) for name in self.lineage(kind, path)):
                continue
            if touched.isdisjoint(from_others):
                other._remembered[key] = record
                other._completed_from[(kind, key[1])] = from_others
        return other

    def lineage(self, kind: str, name: str | Path) -> tuple[str, ...]:
        """The names of a file and of those it extends, nearest first."""
        found: list[str] = []
        while name:
            path = self.path(kind, name)
            if path.stem in found:
                break
            found.append(path.stem)
            known = self._extends.get(str(path))
            name = str(read_toml(path).get("extends", "")) if known is None else known
            if self._watched(path):
                self._extends[str(path)] = name
        return tuple(found)

    def kinds(self) -> tuple[str, ...]:
        """The kinds of files there are: product, drug, trial, …"""
        return kinds()

    def names(self, kind: str) -> list[str]:
        """All names of one kind, sorted."""
        self._known_kind(kind)
        found: set[str] = set()
        for folder in self.folders:
            with contextlib.suppress(OSError):
                found.update(name[:-5] for name in os.listdir(folder / kind) if name.endswith(".toml"))
        return sorted(found)

    def has(self, kind: str, name: str) -> bool:
        """Whether there is a file of this kind and name."""
        self._known_kind(kind)
        if self._as_it_stands(kind, name) is not None:
            return True
        for folder in self.folders:
            with contextlib.suppress(OSError):
                if f"{name}.toml" in os.listdir(folder / kind):
                    return True
        return False

    def replacing(self) -> list[Path]:
        """Files of the user's own folders that stand in place of one of the package's, sorted."""
        return sorted(
            path
            for folder in self.folders[:-1]
            for path in folder.glob("*/*.toml")
            if (HERE / path.relative_to(folder)).is_file()
        )

    def path(self, kind: str, name: str | Path) -> Path:
        """The file a name stands for; a path (with a slash or ending in .toml) stands for itself.

        Raises
        ------
        UnknownName
            No such name; offers the nearest.
        CatalogError
            A path with no readable file behind it.
        """
        self._known_kind(kind)
        if is_path(name):
            return _existing(Path(name))
        name = str(name)
        if len(name) > LONGEST_NAME or min(name, default=" ") < " ":
            raise UnknownName(kind, name, self.names(kind))
        for folder in self.folders:
            path = folder / kind / f"{name}.toml"
            if path.is_file():
                return path
        raise UnknownName(
            kind, str(name), self.names(kind), f"To add it, write {kind}/{name}.toml in a catalog folder."
        )

    def title(self, kind: str, name: str) -> str:
        """The title of a file by its name. The rest of the file is neither read nor checked where its first line is the title."""
        path = self.path(kind, name)
        with contextlib.suppress(OSError, UnicodeDecodeError), path.open(encoding="utf-8-sig") as file:
            if found := _TITLE.fullmatch(file.readline(_LONGEST_TITLE)):
                return found[1]
        written = read_toml(path).get("title")
        return written if isinstance(written, str) else self.load(kind, name).title

    def as_written(self, kind: str, name: str | Path) -> dict[str, Any]:
        """The file a name stands for as a table, not checked; nothing that it names is read."""
        return read_toml(self.path(kind, name))

    def _load(self, kind: str, name: str | Path) -> Any:
        if (known := self._as_it_stands(kind, name)) is not None:
            return known
        path = self.path(kind, name)
        state = path.stat()
        key = (kind, str(path), state.st_mtime_ns, state.st_size)
        if key in self._remembered:
            return self._remembered[key]
        record = self._read(kind, path)
        if self._watched(path):
            self._remembered[key] = record
        return record

    def _as_it_stands(self, kind: str, name: str | Path) -> Any:
        """The record of a catalogue name whose file is as it was when read; None where the file has to be looked for."""
        if isinstance(name, Path) or is_path(name):
            return None
        for folder in self._texts:
            text = f"{folder}{os.sep}{kind}{os.sep}{name}.toml"
            try:
                state = os.stat(text)
            except (OSError, ValueError):
                continue
            if not stat.S_ISREG(state.st_mode):
                return None
            return self._remembered.get((kind, text, state.st_mtime_ns, state.st_size))
        return None

    def _watched(self, path: Path) -> bool:
        """Whether a file is the catalogue's own; one from elsewhere may name others of which nobody keeps watch."""
        return path.parent.parent in self.folders

    def model_texts(self) -> dict[str, str]:
        """Mechanisms and recipes in the user's folders: "mechanisms/x.ant", "recipes/y.toml" … -> text."""
        found: dict[str, str] = {}
        for folder in reversed(self.folders[:-1]):  # the first folder is laid on last: it counts
            for place in (folder / "model", folder):
                for kind, ending in (("mechanisms", "ant"), ("mechanisms", "toml"), ("recipes", "toml")):
                    for path in sorted((place / kind).glob(f"*.{ending}")):
                        found[f"{kind}/{path.name}"] = read_text(path)
        return found

    def _read(self, kind: str, path: Path) -> Any:
        record_class = getattr(importlib.import_module(f"livingdrug.catalog.records.{kind}"), class_name(kind))
        with naming(_short(path), REMEDY):
            return self._sound(kind, path, record_class)

    def _sound(self, kind: str, path: Path, record_class: Any) -> Any:
        record = checked(self._table(kind, path, record_class), path, record_class)
        others = _Noting(self)
        try:
            record = record.completed(others)
            record.check_in(self)
        except CatalogError as problem:
            raise CatalogError(f"{_short(path)}: {problem}") from None
        self._completed_from[(kind, str(path))] = frozenset(others.files)
        return record

    def _table(self, kind: str, path: Path, record_class: Any, seen: tuple[str, ...] = ()) -> dict[str, Any]:
        """A file's table, laid over that of the file it extends where its kind allows this."""
        table = self.parameters.laid_on(kind, path.stem, read_toml(path))
        if not _is_own(path):
            with naming(_short(path), REMEDY):
                refuse_other_units(kind, table, HERE)
        if not issubclass(record_class, Inheriting) or not isinstance(table.get("extends", ""), str):
            return table
        base = table.get("extends", "")
        if not base:
            return table
        seen = (*seen, path.stem)
        above = self.path(kind, base)
        if above.stem in seen:
            raise CatalogError(
                f'{_short(path)}, "extends": {" -> ".join([*seen, above.stem])} is a circle.\n  Extend another file.'
            )
        taken = record_class.taken_over(self._table(kind, above, record_class, seen), table)
        return laid_over(taken, table, record_class.appended)

    def _known_kind(self, kind: str) -> None:
        if kind not in self.kinds():
            raise UnknownName("kind of catalog file", kind, self.kinds())


class _Noting:
    """A catalogue for a record that completes itself, which notes the files that gave it something.

    Attributes
    ----------
    files
        (kind, name) of each, of those it extends, and of what these were completed from.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.files: set[tuple[str, str]] = set()

    def load(self, kind: str, name: str | Path) -> Any:
        """The record of this kind and name."""
        record = self._catalog.load(kind, name)
        self.files.update((kind, each) for each in self._catalog.lineage(kind, name))
        self.files.update(self._catalog._completed_from.get((kind, str(self._catalog.path(kind, name))), ()))
        return record

    def __getattr__(self, name: str) -> Any:
        return getattr(self._catalog, name)


_TITLE = re.compile(r'title\s*=\s*"([^"\\\x00-\x1f]+)"\s*')
_LONGEST_TITLE = 1000
REMEDY = "Correct that entry; docs/files.md says what each key holds."


@cache
def kinds() -> tuple[str, ...]:
    """The kinds of files there are, each a file of `records/`."""
    return tuple(sorted(path.stem for path in RECORDS.glob("*.py") if path.stem not in ("__init__", "base")))


def default_catalog() -> Catalog:
    """The package's catalogue with the folders named in the environment variable LIVINGDRUG_CATALOG before it.

    Files are read once in a process; as soon as any file of these folders is another, everything is read anew.
    """
    folders = [Path(folder) for folder in os.environ.get(VARIABLE, "").split(os.pathsep) if folder.strip()]
    state = _state_of((*folders, HERE))
    for known, catalog in _DEFAULT[-1:]:
        if known == state:
            return catalog
    _DEFAULT[:] = [(state, Catalog(folders))]
    return _DEFAULT[0][1]


_DEFAULT: list[tuple[object, Catalog]] = []


def _state_of(folders: Iterable[Path]) -> tuple[object, ...]:
    """What tells whether anything in these folders' files has changed: each file's path, time and size."""
    found: list[object] = []
    for folder in folders:
        found.append(str(folder.absolute()))
        for kind in (*kinds(), "mechanisms", "recipes", "model/mechanisms", "model/recipes"):
            with contextlib.suppress(OSError), os.scandir(folder / kind) as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    about = entry.stat()
                    found.append((kind, entry.name, about.st_mtime_ns, about.st_size))
    return tuple(found)


@in_words
def load_trial(name_or_path: str | Path, catalog: Catalog | None = None) -> Trial:
    """A trial by name or from a TOML file, with every name in it found and checked.

    Parameters
    ----------
    name_or_path
        A catalog name such as ``"eliana"``, or a path to a TOML file. A policy (`management.guideline`) may be a path
        there; a relative one is counted from the trial's file.
    catalog
        Where names are looked up; `default_catalog()` when omitted.

    Raises
    ------
    UnknownName, CatalogError, UnitError
        What is wrong, where, what was expected, what to do.

    Examples
    --------
    >>> load_trial("eliana").arms[0].product
    'tisa_cel'
    """
    from livingdrug.catalog.cross_references import check_trial

    catalog = catalog or default_catalog()
    if is_network(name_or_path):
        raise CatalogError(
            f"{name_or_path}: this is a network, not a trial.\n"
            f"  Simulate it by: livingdrug logistics {name_or_path}. A trial waits in it where its [arm.apheresis] says lead_time = "
            f'"{Path(name_or_path).name}".'
        )
    trial = _with_policies_beside(catalog.load("trial", name_or_path), catalog.path("trial", name_or_path).parent)
    problems = check_trial(trial, catalog)
    if not problems:
        return trial
    with naming("" if is_path(name_or_path) else _in_place(catalog)):
        if len(problems) == 1:
            raise problems[0]
        raise CatalogError("\n".join([f"{len(problems)} problems:", *(f"- {problem}" for problem in problems)]))


def _in_place(catalog: Catalog) -> str:
    """The user's files that a trial of the package is read with: it fits together without them."""
    files = [str(path) for path in catalog.replacing()]
    return "" if not files else f"{', '.join(files[:3])}{', …' if len(files) > 3 else ''} in place of the package's own"


def is_network(name: str | Path) -> bool:
    """Whether a file has the tables of a network (centres, factories, lanes) and none of a trial's arms."""
    if not is_path(name) or not Path(name).is_file():
        return False
    try:
        keys = read_toml(Path(name)).keys()
    except CatalogError:
        return False  # whoever loads it says why
    return "arm" not in keys and bool({"centre", "factory", "lane"} & keys)


def is_path(name: str | Path) -> bool:
    """Whether a name is not a catalog name but the path of a file.

    >>> is_path("asco_2021"), is_path("./my_policy.toml")
    (False, True)
    """
    return isinstance(name, Path) or name.endswith(".toml") or "/" in name or os.sep in name


def _with_policies_beside(trial: Trial, folder: Path) -> Trial:
    """The trial with relative paths of its policies and networks counted from its own folder."""
    arms = []
    for arm in trial.arms:
        policy, network = arm.management.guideline, arm.apheresis.network
        if is_path(policy):
            arm = arm.with_policy(str(folder / policy))
        if network and is_path(network):
            arm = arm.with_network(str(folder / network))
        arms.append(arm)
    return trial if tuple(arms) == trial.arms else trial.model_copy(update={"arms": tuple(arms)})


def read_text(path: Path) -> str:
    """The text of a model file (UTF-8, with or without a byte-order mark).

    Raises
    ------
    CatalogError
        It cannot be read, is not text, or is larger than any model file.
    """
    try:
        refuse_large(path, _short(path), "a model's text", CatalogError)
        return path.read_bytes().decode("utf-8-sig")
    except (UnicodeDecodeError, OSError) as problem:
        raise CatalogError(
            f"{_short(path)}: cannot be read as text ({problem}).\n  Save it as plain text in UTF-8."
        ) from None


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as a dictionary; every way it can fail is a `CatalogError` that names the file."""
    return read_toml_file(_existing(path), called=_short(path))


def read_record(path: Path, record_class: Any) -> Any:
    """One file as a checked record; its id is the file's name."""
    return checked(read_toml(path), path, record_class)


def checked(data: dict[str, Any], path: Path, record_class: Any) -> Any:
    """The table of a file as a checked record."""
    from pydantic import ValidationError

    from livingdrug.catalog.told import told

    if "id" in data:
        raise CatalogError(
            f'{_short(path)}, "id": the id is the file\'s name, "{path.stem}".\n  Take the key out; rename the file.'
        )
    check_sources(data, _short(path))
    try:
        return record_class.model_validate({**data, "id": path.stem})
    except ValidationError as problem:
        raise CatalogError(told(problem, record_class, _short(path))) from None
    except UnitError as problem:
        raise UnitError(f"{_short(path)}, {problem}") from None
    except BadInput as problem:
        raise CatalogError(f"{_short(path)}, {problem}") from None


def _existing(path: Path) -> Path:
    text = str(path)
    if len(text) > LONGEST_PATH or max(map(len, path.parts), default=0) > LONGEST_NAME or min(text, default=" ") < " ":
        shown = text[:60].encode("unicode_escape").decode() + ("…" if len(text) > 60 else "")
        raise CatalogError(f'"{shown}" cannot be the name of a file ({len(text)} letters).\n  Check the path.')
    if path.is_dir():
        raise CatalogError(f'"{path}" is a folder, expected a TOML file.\n  Name the file in it, e.g. "{path}/….toml".')
    if not path.exists():
        raise CatalogError(f'there is no file "{path}".\n  Check the path, or use a name from the catalogue.')
    if not path.is_file():
        raise CatalogError(f'"{path}" is not a regular file, expected a TOML file.')
    return path


def _short(path: Path) -> str:
    """The file as people refer to it: kind/name.toml for the package's own, the path as given otherwise."""
    return str(path).removeprefix(_WITHIN).replace(os.sep, "/") if _is_own(path) else str(path)


def _is_own(path: Path) -> bool:
    """Whether a file is the package's own."""
    return str(path).startswith(_WITHIN)
