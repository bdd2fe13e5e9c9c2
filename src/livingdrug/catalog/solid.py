"""A solid tumour as the model takes it: lesions, shells, strains, surroundings and cavities, each from its file, by name.

disease ──► {"lesion": {"pons": …}, "shell": {"s1": …}, "strain": {"dim": …}, "surrounding": {"tgf_beta": …}, "cavity": {…}}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from livingdrug.catalog.records.route import INTRAVENOUS
from livingdrug.foundation.errors import CatalogError
from livingdrug.foundation.quantities import Quantity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from livingdrug.catalog.arms import Arm
    from livingdrug.catalog.lookup import Lookup
    from livingdrug.catalog.records.disease import Disease, Strain
    from livingdrug.catalog.records.route import Route

UNSEEN_DENSITY = 5.0
"""Molecules on a cell without antigen [molecule/cell]: below any recognition, as on the negative clone of every recipe."""


def routes_of(arm: Arm, catalog: Lookup) -> tuple[Route, ...]:
    """Every route of an arm, by first use; none where all cells go into a vein."""
    names = tuple(dict.fromkeys(portion.route for portion in arm.infusions))
    return () if set(names) <= {INTRAVENOUS} else tuple(catalog.load("route", name) for name in names)


def solid_parts(disease: Disease, target: str, routes: Iterable[Route], catalog: Lookup) -> dict[str, dict[str, Any]]:
    """Instances of each kind for the model; nothing where the disease has no lesions.

    Parameters
    ----------
    disease
        The disease.
    target
        The antigen that the product aims at; empty without cells, where the first antigen of the disease stands in.
    routes
        Of the arm.
    catalog
        Where kinds of lesions and surroundings are looked up.

    Raises
    ------
    CatalogError, UnknownName
        An antigen whose density or whose part in a strain is not told; shares that do not fit; a name that leads nowhere.
    """
    if not disease.lesion:
        return {}
    antigen = target or next(iter(disease.density), "")
    if antigen not in disease.density:
        raise CatalogError(
            f'disease "{disease.id}", "density": no number of {antigen or "any antigen"} molecules on its cells is told.\n'
            f"  Add [density.{antigen}] with its source, or choose a product against {', '.join(disease.density) or 'another antigen'}."
        )
    parts: dict[str, dict[str, Any]] = {"lesion": {}, "strain": {}}
    for name, lesion in disease.lesion.items():
        kind = catalog.load("lesion", lesion.kind)
        own = dict(kind.parameter) | _share(disease, "lesion", name, "share_{lesion}", lesion.share)
        parts["lesion"][name] = {
            "called": kind.called if len(disease.lesion) == 1 else f"{kind.called} ({_words(name)})",
            "parameter": own,
        }
    parts["shell"] = {f"s{i}": {"called": f"shell {i} of {disease.shells}"} for i in range(1, disease.shells + 1)}
    for name, strain in disease.strain.items():
        own = _density(disease, strain, antigen) | _share(disease, "strain", name, "share_of_{strain}", strain.share)
        source = {"source": strain.source} if strain.source else {}
        parts["strain"][name] = {
            "called": strain.called, "antigens": {antigen: strain.antigens[antigen]}, "parameter": own, **source,
        }  # fmt: skip
    surroundings = [catalog.load("surrounding", name) for name in disease.surroundings]
    parts["surrounding"] = {one.id: {"called": one.called, "parameter": dict(one.parameter)} for one in surroundings}
    cavities = {one.id: {"called": one.called, "parameter": dict(one.parameter)} for one in routes if not one.enters}
    return {**parts, "cavity": cavities} if cavities else parts


def _density(disease: Disease, strain: Strain, antigen: str) -> dict[str, Quantity]:
    if antigen not in strain.antigens:
        raise CatalogError(
            f'disease "{disease.id}", strain "{strain.called}": says nothing of {antigen}.\n'
            f"  Write antigens = {{ {antigen} = 1 }}, 0 for none, or another density."
        )
    whole = disease.density[antigen]
    molecules = max(whole.value * strain.antigens[antigen], UNSEEN_DENSITY)
    meaning = f"{antigen} molecules on a cell of the {{clone}} clone"
    return {"density_{clone}": whole.model_copy(update={"value": molecules, "meaning": meaning, "spread": 0.0})}


def _share(disease: Disease, kind: str, name: str, parameter: str, share: Quantity | None) -> dict[str, Quantity]:
    first = name == next(iter(getattr(disease, kind)))
    if first == (share is not None):
        raise CatalogError(
            f'disease "{disease.id}", {kind} "{name}": the first {kind} has what the others leave and no share; each other has one.\n'
            f"  {'Take the share out' if first else 'Add a share with its source'}."
        )
    return {} if share is None else {parameter: share}


def _words(name: str) -> str:
    return name.replace("_", " ")
