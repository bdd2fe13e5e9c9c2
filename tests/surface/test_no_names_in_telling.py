"""Expected: the promise that a product, disease, scale, drug or endpoint is one file; so no report or command may know one by name."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from livingdrug.catalog.load import HERE, Catalog

ROOT = HERE.parent
KINDS = ("endpoint", "scale", "drug", "product", "disease", "population", "guideline", "assay")
STATUS = {"infused", "manufacturing_failure", "cmax"}
"""Statuses, and a column of non-compartmental analysis, which endpoints are named after."""
UNTREATED = {"no_treatment"}
"""The guideline under which nothing is given: the other life in `reports/why.py`."""
DISEASES = re.compile(r"leuk(a)?emia|lymphoma|myeloma", re.IGNORECASE)
FILES = sorted([*(ROOT / "reports").rglob("*.py"), *(ROOT / "cli").rglob("*.py")])


def strings(path: Path) -> list[str]:
    """Every text constant that is no docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {
        id(node.value)
        for parent in ast.walk(tree)
        if isinstance(parent, ast.Module | ast.FunctionDef | ast.ClassDef)
        for node in parent.body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    found = [
        n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in told
    ]
    return [node.value for node in found]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_name_of_the_catalogue_stands_in_a_file_that_tells(path: Path) -> None:
    catalog = Catalog()
    names = {name for kind in KINDS for name in catalog.names(kind)} - STATUS - UNTREATED
    assays = [catalog.load("assay", name) for name in catalog.names("assay")]
    names |= {word for one in assays for word in (one.quantity, one.reads)}
    found = strings(path)
    assert [text for text in found if text in names] == []
    assert [text for text in found if DISEASES.search(text)] == []
