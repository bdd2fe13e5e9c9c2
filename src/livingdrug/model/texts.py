"""Where the texts of mechanisms and recipes come from: the package, and folders of your own in front of it.

A text is known by its place, ``"mechanisms/car_t.ant"``, ``"mechanisms/car_t.toml"`` or ``"recipes/mm_bcma.toml"``. Texts are
handed on as a plain mapping, so that whoever assembles a model elsewhere needs no folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from livingdrug.foundation.errors import ModelError, UnknownName
from livingdrug.foundation.toml_files import refuse_large
from livingdrug.model.fragment import Mechanism, mechanism_from
from livingdrug.model.sheet import MechanismSheet, Recipe, recipe_from, sheet_from

HERE = Path(__file__).parent
PLACES = (("mechanisms", (".ant", ".toml")), ("recipes", (".toml",)))


def texts_in(folders: Iterable[Path | str]) -> dict[str, str]:
    """The texts of mechanisms and recipes in some folders, such as those given with ``--catalog``.

    Parameters
    ----------
    folders
        Each may hold ``mechanisms/`` and ``recipes/``, or both within ``model/``; where two hold a file of one name, the
        first folder counts.

    Returns
    -------
    Place -> text, sorted; empty when no folder holds any.

    Raises
    ------
    ModelError
        A file that cannot be read as text.
    """
    found: dict[str, str] = {}
    for folder in map(Path, folders):
        for root in (folder, folder / "model"):
            for place, endings in PLACES:
                for path in sorted((root / place).glob("*")):
                    if path.suffix in endings and path.is_file():
                        found.setdefault(f"{place}/{path.name}", read_text(path))
    return dict(sorted(found.items()))


@lru_cache(maxsize=1)
def package_texts() -> Mapping[str, str]:
    """The package's own texts, read once."""
    return MappingProxyType(texts_in([HERE]))


def ids(place: str, texts: Mapping[str, str]) -> tuple[str, ...]:
    """Every mechanism (``"mechanisms"``) or recipe (``"recipes"``) among the texts, sorted.

    Examples
    --------
    >>> "mm_bcma" in ids("recipes", package_texts())
    True
    """
    head = f"{place}/"
    return tuple(sorted(name[len(head) : -5] for name in texts if name.startswith(head) and name.endswith(".toml")))


def sheet_of(mechanism: str, texts: Mapping[str, str]) -> MechanismSheet:
    """A mechanism's sheet.

    Raises
    ------
    UnknownName
        No such mechanism.
    ModelError
        What is wrong in the sheet.
    """
    text = _text("mechanism", "mechanisms", mechanism, texts)
    return sheet_from(f"{mechanism}.toml", text, _is_own("mechanisms", mechanism, text))


def mechanism_of(mechanism: str, texts: Mapping[str, str]) -> Mechanism:
    """A mechanism, sheet and fragment; errors as in `sheet_of`."""
    sheet = _text("mechanism", "mechanisms", mechanism, texts)
    if f"mechanisms/{mechanism}.ant" not in texts:
        raise ModelError(
            f"{mechanism}.ant: missing beside {mechanism}.toml\n  A mechanism is two files, <id>.ant and <id>.toml."
        )
    return _mechanism(mechanism, sheet, texts[f"mechanisms/{mechanism}.ant"], _is_own("mechanisms", mechanism, sheet))


def recipe_of(recipe: str, texts: Mapping[str, str]) -> Recipe:
    """A recipe; errors as in `sheet_of`."""
    text = _text("recipe", "recipes", recipe, texts)
    return _recipe(f"{recipe}.toml", text, _is_own("recipes", recipe, text))


def _is_own(place: str, name: str, text: str) -> bool:
    """Whether a text is the package's own of this name."""
    return package_texts().get(f"{place}/{name}.toml") == text


def _text(kind: str, place: str, name: str, texts: Mapping[str, str]) -> str:
    text = texts.get(f"{place}/{name}.toml")
    if text is None:
        raise UnknownName(kind, name, ids(place, texts), f"To add it, write {place}/{name}.toml in a catalog folder.")
    return text


def read_text(path: Path) -> str:
    """The text of a file; ModelError when it is none, or larger than any mechanism."""
    try:
        refuse_large(path, str(path), "a mechanism, sheet or recipe", ModelError)
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise ModelError(f"{path}: cannot be read ({problem})\n  Give a text file in UTF-8.") from None


# The same text gives the same record: one assembly after another parses nothing twice.
_mechanism = lru_cache(maxsize=512)(mechanism_from)
_recipe = lru_cache(maxsize=64)(recipe_from)
