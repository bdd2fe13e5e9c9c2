"""The catalogue that a command works with: the package's, and folders of the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

CATALOG = Annotated[
    list[Path] | None,
    typer.Option("--catalog", metavar="DIR", help="A folder of your own catalogue files (product/, drug/, trial/ …)."),
]


def opened(folders: list[Path] | None) -> Any:
    """The catalogue with the user's folders in front; those named in LIVINGDRUG_CATALOG come after them."""
    import os

    from livingdrug.catalog.load import VARIABLE, Catalog, default_catalog
    from livingdrug.foundation.errors import BadInput

    if not folders:
        return default_catalog()
    for folder in folders:
        if not folder.is_dir():
            raise BadInput(
                f"--catalog {folder}: there is no such folder.\n  Give a folder with product/, drug/, trial/ …"
            )
    more = [Path(part) for part in os.environ.get(VARIABLE, "").split(os.pathsep) if part.strip()]
    return Catalog([*folders, *more])


def one_kind(word: str, kinds: Sequence[str]) -> str:
    """The kind of files that a word means: many of them (``products``) mean the kind, and a policy is a guideline; else the word itself.

    Examples
    --------
    >>> known = ("disease", "evidence", "guideline", "product")
    >>> [one_kind(word, known) for word in ("products", "diseases", "policy", "policies", "evidence", "nothing")]
    ['product', 'disease', 'guideline', 'guideline', 'evidence', 'nothing']
    """
    word = {"policy": "guideline", "policies": "guideline"}.get(word, word)
    singular = (word.removesuffix("ies") + "y", word.removesuffix("s"))
    return next((one for one in singular if one in kinds), word) if word not in kinds else word
