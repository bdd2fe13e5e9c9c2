"""Mechanisms written once for each site, receptor or clone: what is written out, and each way in which it must not be."""

from __future__ import annotations

import libsbml
import numpy as np
import pytest

from livingdrug.foundation.errors import ModelError
from livingdrug.model.assemble import assemble

ORIGIN = 'kind = "assumed", source = "made up for a test"'
SITES_ANT = """// cells of each site, killed through each receptor
killing_{site} := total(kill_{receptor} * bound_{receptor}_{site});
bound_{receptor}_{site} := affinity_{receptor} * antigen_{site};
cells_{site}' = growth * cells_{site} - killing_{site} * cells_{site};
all_cells := total(cells_{site});
worst := kill_limit * total(kill_{receptor} - total(antigen_{site}) * kill_{receptor});
"""
SITES_TOML = f"""
title = "Sites"
summary = "Cells in several sites."
per = ["site", "receptor"]
shares = ["{{site}}_share"]
scaled = {{ "antigen_{{site}}" = "CD19" }}
role = {{ tumour_total = "all_cells" }}
[state."cells_{{site}}"]
meaning = "Cells in the {{site}}"
unit = "cell"
integrate = "log"
scale = 1.0
initial = "start * {{site}}_share"
[parameter]
start = {{ value = 1e6, unit = "cell", meaning = "Cells at the start", {ORIGIN} }}
"{{site}}_share" = {{ value = 0.2, unit = "", meaning = "Share of the {{site}}", {ORIGIN} }}
growth = {{ value = 0.1, unit = "1/day", meaning = "Growth rate", {ORIGIN}, spread = 0.2 }}
"kill_{{receptor}}" = {{ value = 0.3, unit = "1/day", meaning = "Killing", {ORIGIN} }}
"affinity_{{receptor}}" = {{ value = 0.5, unit = "", meaning = "Affinity", {ORIGIN} }}
"antigen_{{site}}" = {{ value = 2.0, unit = "", meaning = "Antigen in the {{site}}", {ORIGIN}, spread = 0.4, spread_scale = "normal" }}
kill_limit = {{ value = 1.0, unit = "", meaning = "Of no meaning", {ORIGIN} }}
[own.receptor.low.parameter]
"affinity_{{receptor}}" = {{ value = 0.25, unit = "", meaning = "Low affinity", {ORIGIN} }}
[own.site.node.state]
"cells_{{site}}" = {{ scale = 0.5 }}
[output.all_cells]
meaning = "Cells everywhere"
unit = "cell"
[output."killing_{{site}}"]
meaning = "Killing in the {{site}}"
unit = "1/day"
"""
RECIPE = """
title = "Sites and receptors"
summary = "Three sites, two receptors."
mechanisms = ["sites"]
[instance.site.marrow]
antigens = { CD19 = 1 }
[instance.site.node]
called = "lymph node"
antigens = { CD19 = 0.5 }
source = "made up for a test"
[instance.site.liver]
antigens = { CD19 = 0 }
[instance.receptor.high]
[instance.receptor.low]
"""


def made(ant: str = SITES_ANT, toml: str = SITES_TOML, recipe: str = RECIPE, **options):
    """The model of these texts."""
    texts = {"mechanisms/sites.ant": ant, "mechanisms/sites.toml": toml, "recipes/several.toml": recipe}
    return assemble("several", texts=texts, **options)


def run(model, days, **changed):
    """Outputs of one patient, shaped (days, states and outputs)."""
    from livingdrug.engine.ensemble import compile_model
    from livingdrug.engine.sbml.read import read_sbml

    names = (*model.states, *model.outputs)
    compiled = compile_model(
        read_sbml(model.sbml), log_scales=model.log_scales, linear_scales=model.linear_scales, outputs=names
    )
    row = compiled.default_parameters(1)
    for name, value in changed.items():
        row[:, compiled.odes.parameters.index(name)] = value
    done = compiled.run(row, days, np.zeros(len(days)), rtol=1e-7)
    assert done.status.tolist() == [0]
    return dict(zip(names, done.outputs[0].T, strict=True))


def test_three_sites_and_two_receptors_are_written_out():
    # expected: by hand, in the order of the recipe
    model = made()
    assert list(model.states) == ["cells_marrow", "cells_node", "cells_liver"]
    assert list(model.outputs) == ["all_cells", "killing_marrow", "killing_node", "killing_liver"]
    formulas = {one.target: one.formula for one in model.mechanisms["sites"].statements}
    assert formulas["killing_node"] == "(kill_high * bound_high_node + kill_low * bound_low_node)"
    assert formulas["all_cells"] == "(cells_marrow + cells_node + cells_liver)"
    many = "(antigen_marrow + antigen_node + antigen_liver)"
    assert formulas["worst"] == f"kill_limit * ((kill_high - {many} * kill_high) + (kill_low - {many} * kill_low))"
    assert formulas["marrow_share"] == "1 - node_share - liver_share"
    assert model.named("tumour_total") == "all_cells"
    assert model.clones == ()


def test_what_an_instance_has_of_its_own():
    # expected: the sheet's value times the density, the sheet's or the recipe's own value where there is one
    own = f"""
[instance.site.liver.parameter]
"antigen_{{site}}" = {{ value = 300, unit = "percent", meaning = "Much in the {{site}}", {ORIGIN}, spread = 30, spread_scale = "normal" }}
growth = {{ value = 1.4, unit = "1/week", meaning = "Growth in the {{site}}", {ORIGIN} }}
"""
    model = made(recipe=RECIPE + own)
    values = {name: quantity.value for name, quantity in model.parameters.items()}
    assert (values["antigen_marrow"], values["antigen_node"]) == (2.0, 1.0)
    assert values["antigen_liver"] == pytest.approx(3.0, rel=1e-12)
    assert (values["affinity_high"], values["affinity_low"]) == (0.5, 0.25)
    assert values["growth"] == 0.1
    assert values["growth_liver"] == pytest.approx(0.2, rel=1e-12)
    assert model.parameters["growth_liver"].spread == 0.0
    # a spread in the number's own unit goes with the number
    spreads = [model.parameters[f"antigen_{site}"].spread for site in ("marrow", "node", "liver")]
    assert spreads == pytest.approx([0.4, 0.2, 0.3], rel=1e-12)
    assert model.parameters["antigen_liver"].meaning == "Much in the liver"
    assert model.states["cells_node"].meaning == "Cells in the lymph node"
    assert "marrow_share" not in values
    assert model.log_scales == {"cells_marrow": 1.0, "cells_node": 0.5, "cells_liver": 1.0}
    formulas = {one.target: one.formula for one in model.mechanisms["sites"].statements if one.is_rate}
    assert formulas["cells_liver"] == "growth_liver * cells_liver - killing_liver * cells_liver"
    assert formulas["cells_node"] == "growth * cells_node - killing_node * cells_node"


def test_libsbml_has_nothing_to_say():
    # expected: libSBML's own consistency check, all categories
    document = libsbml.readSBMLFromString(made().sbml)
    document.checkConsistency()
    assert [document.getError(i).getMessage() for i in range(document.getNumErrors())] == []


def test_three_sites_and_two_receptors_against_the_closed_formula():
    # expected: exp((growth - sum over receptors of kill affinity antigen) t) by hand; the sum of the sites
    days = np.array([0.0, 1.0, 5.0, 20.0])
    course = run(made(), days)
    total = 0.0
    for site, share, antigen in (("marrow", 0.6, 2.0), ("node", 0.2, 1.0), ("liver", 0.2, 0.0)):
        killing = 0.3 * 0.5 * antigen + 0.3 * 0.25 * antigen
        cells = 1e6 * share * np.exp((0.1 - killing) * days)
        np.testing.assert_allclose(course[f"cells_{site}"], cells, rtol=1e-5)
        total = total + cells
    np.testing.assert_allclose(course["all_cells"], total, rtol=1e-5)


ONE = RECIPE[: RECIPE.index("[instance.site.node]")] + "[instance.receptor.high]\n"
BY_HAND_ANT = """
marrow_share := 1;
killing_marrow := kill_high * bound_high_marrow;
bound_high_marrow := affinity_high * antigen_marrow;
cells_marrow' = growth * cells_marrow - killing_marrow * cells_marrow;
all_cells := cells_marrow;
worst := kill_limit * (kill_high - antigen_marrow * kill_high);
"""


def by_hand() -> str:
    """The sheet of one site and one receptor without placeholders."""
    dropped = ("per =", "shares =", "scaled =", "[own", '"{site}_share"', '"cells_{site}" =')
    kept = [line for line in SITES_TOML.splitlines() if not line.startswith(dropped)]
    kept = [line for line in kept if "Low affinity" not in line]
    return "\n".join(kept).replace("{site}", "marrow").replace("{receptor}", "high")


def test_one_instance_is_the_model_written_by_hand_bit_by_bit():
    # expected: the same SBML, letter by letter, and the same course, bit by bit
    recipe = 'title = "Sites"\nsummary = "One."\nmechanisms = ["sites"]\n'
    one, hand = made(recipe=ONE), made(ant=BY_HAND_ANT, toml=by_hand(), recipe=recipe)
    assert one.sbml == hand.sbml
    days = np.linspace(0, 30, 61)
    ours, theirs = run(one, days), run(hand, days)
    assert list(ours) == list(theirs)
    assert all(ours[name].tobytes() == theirs[name].tobytes() for name in ours)


def test_a_disease_may_give_the_instances():
    # expected: the list handed over, instead of the recipe's; the other kind as in the recipe
    model = made(instances={"site": {"skin": {"antigens": {"CD19": 1}}}})
    assert list(model.states) == ["cells_skin"]
    assert set(model.instances["receptor"]) == {"high", "low"}
    with pytest.raises(ModelError, match=r"site skin.*antigen"):
        made(instances={"site": {"skin": {"antigen": {"CD19": 1}}}})


MISTAKES = {
    "placeholder of no kind": ("ant", "total(cells_{site})", "total(cells_{sight})", "speaks of each sight"),
    "kind not in per": ("toml", 'per = ["site", "receptor"]', 'per = ["site"]', '"receptor" in its list "per"'),
    "kind in per that nothing has": ("toml", '"receptor"]', '"receptor", "lobe"]', '"per" lists lobe'),
    "none listed": ("recipe", "[instance.receptor.high]\n[instance.receptor.low]", "", "the recipe lists none"),
    "kind that nobody needs": ("recipe", "[instance.receptor.low]", "[instance.receptr.low]", "each receptr"),
    "neither named nor summed": ("ant", ":= total(cells_{site})", ":= cells_{site}", "sites.ant, line 5"),
    "nothing to sum": ("ant", "total(cells_{site})", "total(growth)", "nothing to sum"),
    "sum over what the rule names": ("ant", "growth * cells", "growth * total(cells_{site}) * cells", "nothing to sum"),
    "open bracket": ("ant", "total(cells_{site})", "total(cells_{site}", "not closed"),
    "undeclared for each": ("ant", "* antigen_{site}", "* antigens_{site}", 'lists in "reads"'),
    "unit of each": ("ant", "growth * cells_{site}", "growth", "sites.ant, line 4"),
    "name twice": ("recipe", "[instance.receptor.low]", "[instance.receptor.limit]", '"kill_limit"'),
    "unknown own parameter": (
        "recipe",
        "[instance.receptor.low]",
        f'[instance.receptor.low.parameter]\n"afinity_{{receptor}}" = {{ value = 1, unit = "", meaning = "own", {ORIGIN} }}',
        "its own afinity_{receptor}",
    ),
    "own unit": (
        "recipe",
        "[instance.receptor.low]",
        f'[instance.receptor.low.parameter]\n"affinity_{{receptor}}" = {{ value = 1, unit = "day", meaning = "own", {ORIGIN} }}',
        "an instance's own value",
    ),
    "antigen not said": ("recipe", "[instance.site.liver]\nantigens = { CD19 = 0 }", "[instance.site.liver]", "CD19"),
    "factor without source": ("recipe", 'source = "made up for a test"\n', "", "needs a source"),
    "density below nothing": ("recipe", "CD19 = 0.5", "CD19 = -0.5", "density of CD19"),
    "misspelt key": ("recipe", 'called = "lymph node"', 'caled = "lymph node"', "caled"),
    "name of no form": ("recipe", "[instance.receptor.low]", '[instance.receptor."lo w"]', "cannot be a name"),
    "unknown role": ("toml", "tumour_total =", "tumor_total =", "no known role"),
    "role of nobody": ("toml", '= "all_cells" }', '= "no_cells" }', "does not provide"),
    "own of nobody": ("toml", '"cells_{site}" = { scale', '"cell_{site}" = { scale', "no parameter or state"),
    "shares of nobody": ("toml", 'shares = ["{site}_share"]', 'shares = ["share"]', "no parameter"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_caught_and_placed(name):
    # expected: the place where the mistake was planted
    key, old, new, said = MISTAKES[name]
    text = {"ant": SITES_ANT, "toml": SITES_TOML, "recipe": RECIPE}[key]
    assert old in text
    with pytest.raises(ModelError) as caught:
        made(**{key: text.replace(old, new)})
    assert said in str(caught.value)


SITES = ["site_2", "site_3"]


@pytest.mark.parametrize(
    ("recipe", "antigen", "sites"),
    [("b_all_cd19", "CD19", []), ("lbcl_cd19", "CD19", SITES), ("mm_bcma", "BCMA", SITES)],
)
def test_clones_of_the_package(recipe, antigen, sites):
    # expected: the recipes' lists; every name is one of the model; the last clone alone lacks the antigen
    model = assemble(recipe)
    assert [clone.name for clone in model.clones] == ["positive", *sites, "sheltered", "negative"]
    lacking = [{antigen: 1.0}] * (2 + len(sites)) + [{antigen: 0.0}]
    assert [clone.antigens for clone in model.clones] == lacking
    assert [clone.carries(antigen) for clone in model.clones] == [True] * (2 + len(sites)) + [False]
    for clone in model.clones:
        assert {clone.cells, clone.lineage} <= model.states.keys()
        assert clone.survivors in model.outputs
        assert model.named("clone_cells", clone=clone.name) == clone.cells
    assert model.named("tumour_total") in model.outputs
    assert {
        model.named(role) for role in ("tumour_start", "tumour_growth", "tumour_capacity")
    } <= model.parameters.keys()
    assert model.named("infused_cells") in model.states
    with pytest.raises(ModelError, match="say which"):
        model.named("clone_cells")
    with pytest.raises(ModelError, match="plays the role"):
        made().named("infused_cells")
