"""A rule file held against its method, and against the trial that it is to decide on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from livingdrug.catalog.told import told
from livingdrug.design import methods
from livingdrug.design.method import Method
from livingdrug.foundation.errors import BadInput, CatalogError, naming
from livingdrug.outcome import folder

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.records.endpoint import Endpoint
    from livingdrug.catalog.records.rule import Rule
    from livingdrug.catalog.records.trial import Trial


@dataclass(frozen=True)
class Ruled:
    """A rule ready to decide.

    Attributes
    ----------
    record, method, keys
        The file, its method, and its keys with defaults filled in.
    """

    record: Rule
    method: Method
    keys: Any

    def planned(self, n: int) -> Any:
        """The design for n patients enrolled; what is wrong is told with the rule's name."""
        with naming(f"rule/{self.record.id}.toml", f"livingdrug show rule {self.record.id} tells its keys."):
            return self.method.planned(self.keys, n)


def rule_of(rule: str | Path | Rule, catalog: Catalog, own: Mapping[str, Any] | None = None) -> Ruled:
    """A rule by name, file or record, with keys of one's own in place of the file's.

    Parameters
    ----------
    own
        Keys in place of the file's: ``{"p0": 0.2}``.

    Raises
    ------
    UnknownName, CatalogError
        No such rule or method; a key is missing, unknown or wrong.
    """
    record: Rule = catalog.load("rule", rule) if isinstance(rule, (str, Path)) else rule
    method: Method = folder.one(
        methods, "METHOD", record.method, f'method, asked for by rule "{record.id}",',
        "Dose finding has its own command: livingdrug design dose-finding.",
    )  # fmt: skip
    given = {**record.further, **(own or {})}
    return Ruled(record, method, keys_of(method.Keys, given, f"rule/{record.id}.toml"))


def keys_of(keys: Any, given: Mapping[str, Any], file: str) -> Any:
    """The keys of a rule as its method reads them."""
    needed = [name for name, one in keys.model_fields.items() if one.is_required() and name not in given]
    if needed:
        raise CatalogError(
            f'{file}: the rule needs "{needed[0]}".\n  Add it to the file, or give it: --set {needed[0]}=… (keys={{"{needed[0]}": …}}).'
        )
    try:
        return keys.model_validate(dict(given))
    except ValidationError as problem:
        raise CatalogError(told(problem, keys, file)) from None


def trial_for(ruled: Ruled, trial: Trial, arm: str | None, reference: str | None) -> Trial:
    """The trial with the arms that the rule compares, the reference first, and without a cut-off of its own.

    Raises
    ------
    BadInput
        The rule needs two randomised arms, or one, and the trial has others.
    """
    names = [one.name for one in trial.arms]
    one_too_many = reference if ruled.method.arms == 1 else arm
    if one_too_many is not None:
        word, other = ("reference", "arm") if ruled.method.arms == 1 else ("arm", "reference")
        raise BadInput(
            f'{word}: rule "{ruled.record.id}" {"looks at one arm" if word == "reference" else "compares two arms"}, so it has no {word}.\n'
            f"  Leave it out (--{word}), or name the {other} (--{other})."
        )
    if ruled.method.arms == 1:
        chosen = trial.arm(arm) if arm else trial.arms[0]
        if arm is None and len(names) > 1:
            raise BadInput(
                f'rule "{ruled.record.id}" looks at one arm, the trial has {len(names)}: {", ".join(names)}.\n  Name one: arm=… (--arm).'
            )
        alone = trial if len(names) == 1 else trial.model_copy(update={"arms": (chosen,), "design": None})
        return alone.model_copy(update={"data_cutoff": None})
    if len(names) != 2:
        raise BadInput(
            f'rule "{ruled.record.id}" compares two arms, trial "{trial.id}" has {len(names)}.\n'
            "  Take a rule for one arm (exact_binomial, simon_optimal …), or write a second [[arm]]."
        )
    if trial.planned_design.kind != "randomised":
        raise BadInput(
            f'rule "{ruled.record.id}" compares independent groups, and trial "{trial.id}" has the same people in both arms.\n'
            '  Write in its file:\n    [design]\n    kind = "randomised"'
        )
    first = reference or names[0]
    trial.arm(first)
    return trial.model_copy(update={"data_cutoff": None})


def endpoint_for(ruled: Ruled, trial: Trial, endpoint: str | None, catalog: Catalog) -> Endpoint:
    """The endpoint that decides: as asked, as the rule says, or the trial's first of the kind; of everyone randomised where there is one.

    Raises
    ------
    BadInput
        None, or one of another kind.
    """
    name = endpoint or ruled.record.endpoint
    if not name:
        kinds = [catalog.load("endpoint", use.id) for use in trial.endpoints]
        fitting = [one.id for one in kinds if one.kind == ruled.method.kind]
        if not fitting:
            raise BadInput(
                f'rule "{ruled.record.id}" decides on a {ruled.method.kind}, and trial "{trial.id}" lists none.\n'
                "  Name one: endpoint=… (--endpoint)."
            )
        name = fitting[0]
    record: Endpoint = catalog.load("endpoint", name)
    if record.kind != ruled.method.kind:
        raise BadInput(
            f'rule "{ruled.record.id}" decides on a {ruled.method.kind}, endpoint "{record.id}" is a {record.kind}.\n'
            "  Name another endpoint, or take another rule."
        )
    if trial.planned_design.kind == "randomised" and record.from_enrolment:
        return catalog.load("endpoint", record.from_enrolment)
    return record
