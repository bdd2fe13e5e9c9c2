"""What a product's receptors meet: its gates, the tumour's clones as patterns of all its antigens, healthy tissues, densities.

A product with one receptor against the antigen of its recipe, and without a tissue that carries it, brings nothing: the recipe stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from livingdrug.foundation.errors import CatalogError
from livingdrug.foundation.quantities import Quantity
from livingdrug.model.instance import Instance
from livingdrug.model.texts import ids, package_texts, recipe_of, sheet_of

if TYPE_CHECKING:
    from livingdrug.catalog.plan import Plan
    from livingdrug.catalog.records.antigen import Antigen

GATE, TISSUES = "gate_", "tissues"
"""How mechanisms of gates are called; the mechanism of healthy tissues."""
TUMOUR = "tumour"
"""The mechanism whose sheet says how clones without antigen begin, and how rare linked losses are."""


def mechanisms_for(plan: Plan) -> tuple[str, ...]:
    """Mechanisms that the product brings: its gates, healthy tissues, what its traits need.

    Raises
    ------
    CatalogError
        A gate that nobody wrote.
    """
    if plan.product is None:
        return ()
    texts = {**package_texts(), **plan.texts}
    gates = tuple(dict.fromkeys(GATE + one.gate for one in plan.product.receptor.values()))
    known = [name for name in ids("mechanisms", texts) if name.startswith(GATE)]
    for gate in gates:
        if gate not in known:
            raise CatalogError(
                f'product "{plan.product.id}": no gate "{gate[len(GATE) :]}"; known: {", ".join(name[len(GATE) :] for name in known)}.\n'
                f"  Correct it, or write mechanisms/{gate}.ant and .toml in a catalog folder."
            )
    joined = tuple(name for trait in plan.traits for name in trait.joins)
    return (*gates, *((TISSUES,) if plan.tissues else ()), *dict.fromkeys(joined))


def instances_of(plan: Plan) -> dict[str, Mapping[str, Instance | Mapping[str, Any]]]:
    """What stands in place of the recipe's lists: clones, and a list for each gate and the tissues."""
    own = (plan.product.clone if plan.product else {}) or plan.disease.clone
    found: dict[str, Mapping[str, Any]] = {"clone": own} if own else {}
    if plan.product is None:
        return found
    clones = _clones(plan, own)
    if clones:
        found["clone"] = clones
    for name, one in plan.product.receptor.items():
        found[one.gate] = {**found.get(one.gate, {}), name: Instance(called=one.target)}
    if plan.tissues:
        found["tissue"] = {one.id: Instance(called=one.called) for one in plan.tissues}
    return found


def _clones(plan: Plan, own: Mapping[str, Any]) -> dict[str, Instance] | None:
    """The clones with every antigen of the product in their patterns, and those that have lost one or all."""
    product = plan.product
    assert product is not None
    listed = {
        name: Instance.model_validate(table)
        for name, table in (
            own or recipe_of(plan.recipe, {**package_texts(), **plan.texts}).instance.get("clone", {})
        ).items()
    }
    if not listed:  # a recipe of lesions, whose clones are made of their parts
        if product.receptor:
            raise CatalogError(
                f'product "{product.id}": recipe "{plan.recipe}" lists no clones of its own, so nobody knows which antigens they lose.\n'
                "  Give the product clones ([clone.positive] antigens = { … }), or take its further receptors out."
            )
        return None
    told = {antigen for one in listed.values() for antigen in one.antigens}
    foreign = product.target not in told and product.target in plan.antigens
    if not product.receptor and not foreign:
        return None
    if foreign and plan.antigens[product.target].of_tumour(plan.disease.id) is None:
        return None
    found = {}
    for name, one in listed.items():
        first = one.density_of("" if foreign else product.target)
        pattern = {product.target: 1.0 if first is None else first}
        pattern |= {
            antigen: one.antigens.get(antigen, 1.0)
            for antigen in (*product.targets[1:], *sorted(told - {product.target}))
        }
        found[name] = one.model_copy(update={"antigens": pattern})
    for name, one in product.receptor.items():
        if one.target != product.target:
            found[f"without_{name}"] = _lost(plan, {one.target}, plan.antigens[one.target].loss, told)
    if len(product.targets) > 1:
        found["without_any"] = _lost(plan, set(product.targets), None, told)
    return found


def _lost(plan: Plan, lost: set[str], rate: Quantity | None, told: set[str]) -> Instance:
    """A clone that has lost these antigens before treatment, as many cells as mutation at this rate (the sheet's, where none is told) has left."""
    assert plan.product is not None
    sheet = sheet_of(TUMOUR, {**package_texts(), **plan.texts})
    luck = {"mutation_luck": sheet.parameter["mutation_luck"]}  # drawn for this clone alone
    return Instance(
        called=" and ".join(f"{antigen}-negative" for antigen in plan.product.targets if antigen in lost),
        antigens={
            antigen: 0.0 if antigen in lost else 1.0
            for antigen in (*plan.product.targets, *sorted(told - set(plan.product.targets)))
        },
        parameter={**luck, **({"mutation_rate": rate} if rate else {})},
        state=dict(sheet.own["clone"]["negative"].state),
    )


def numbers_of(plan: Plan, clones: Mapping[str, Mapping[str, float]]) -> dict[str, Quantity]:
    """Densities of the product's antigens on every cell, numbers of its receptors and of the tissues: parameter -> number.

    Parameters
    ----------
    plan
        The arm.
    clones
        Clone -> its pattern, antigen -> density relative to the usual.

    Raises
    ------
    CatalogError
        An antigen file does not tell how many molecules stand on this disease's cells.
    """
    product, found = plan.product, dict[str, Quantity]()
    if product is None:
        return found
    if product.target in plan.antigens:
        found |= _on_cells(plan, plan.antigens[product.target], clones, "density_")
    for tissue in plan.tissues:
        found |= {f"{name}_{tissue.id}": number for name, number in tissue.parameter.items()}
        if tissue.carries(product.target):
            found[f"density_{tissue.id}"] = tissue.antigens[product.target]
    for name, one in product.receptor.items():
        head = f"density_{name}_"
        found |= _on_cells(plan, plan.antigens[one.target], clones, head)
        found |= {
            f"{head}{tissue.id}": tissue.antigens[one.target] for tissue in plan.tissues if tissue.carries(one.target)
        }
        found |= {f"{key}_{name}": number for key, number in one.parameter.items()}
    return found


def _on_cells(
    plan: Plan, antigen: Antigen, clones: Mapping[str, Mapping[str, float]], head: str
) -> dict[str, Quantity]:
    name = next(name for name, one in plan.antigens.items() if one is antigen)
    usual = antigen.of_tumour(plan.disease.id)
    if usual is None:
        raise CatalogError(
            f'antigen "{antigen.id}" tells nothing of the cells of disease "{plan.disease.id}".\n'
            f"  Add [on.{plan.disease.id}] or [on.tumour] with molecules per cell to antigen/{antigen.id}.toml."
        )
    found = {
        f"{head}{clone}": usual.model_copy(update={"value": usual.value * pattern[name]})
        for clone, pattern in clones.items()
        if pattern.get(name, 0.0) > 0
    }
    return found | {f"{head}{cell}": number for cell, number in antigen.healthy()}
