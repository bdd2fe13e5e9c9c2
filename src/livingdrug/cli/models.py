"""The model that a command opens: of a trial's arm, or of a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from livingdrug.cli.void import refuse_void


def assembled(name: str, arm: str | None, known: Any) -> Any:
    """The model of a trial's arm, with its disease's and product's parameters; or of a recipe by itself.

    Raises
    ------
    UnknownName
        Neither a trial nor a recipe is called so.
    """
    from livingdrug.foundation.errors import UnknownName
    from livingdrug.model.assemble import assemble
    from livingdrug.model.texts import ids, package_texts, texts_in

    texts = texts_in(known.folders)
    recipes = ids("recipes", {**package_texts(), **texts})
    if name in recipes or Path(name).parent.name == "recipes":
        refuse_void("a recipe by itself has no arms", "arm", remedy="Name a trial, or leave it out.")
        return assemble(name, texts=texts)
    trials = known.names("trial")
    if name not in trials and not name.endswith(".toml") and "/" not in name:
        raise UnknownName("trial or recipe", name, [*trials, *recipes], "A path to a trial file will do, too.")
    from livingdrug.catalog.load import load_trial
    from livingdrug.catalog.plan import plan_arm
    from livingdrug.course.equations import brought_by, title_of

    protocol = load_trial(name, catalog=known)
    plan = plan_arm(protocol, (protocol.arms[0] if arm is None else protocol.arm(arm)).name, known)
    own = plan.product.parameter if plan.product else {}
    found = assemble(plan.recipe, overrides={**plan.disease.parameter, **own}, texts=plan.texts, **brought_by(plan))
    return found.called(title_of(plan))
