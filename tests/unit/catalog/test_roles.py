"""Expected: what the outcomes' files say of themselves; a role that two play, or nobody, is refused with the file to change."""

from __future__ import annotations

from typing import get_args

import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.catalog.questions import questions_of
from livingdrug.catalog.records.outcome import Outcome, Role
from livingdrug.catalog.roles import roles_among, roles_in
from livingdrug.foundation.errors import CatalogError

CATALOG = Catalog()
OUTCOMES = [CATALOG.load("outcome", name) for name in CATALOG.names("outcome")]


def test_every_role_is_played_once():
    roles = roles_in(CATALOG)
    assert set(roles) == set(get_args(Role))
    assert len(set(roles.values())) == len(roles)
    # by hand, three of the files
    assert (roles["death"], roles["relapse"], roles["doses of a drug"]) == ("death_day", "relapse_day", "doses_{drug}")


def test_nobody_in_a_role_is_told():
    with pytest.raises(
        CatalogError,
        match=r'outcome/\*.toml, "role": nobody plays the role "death"(.|\n)*Add role = "death" to its file',
    ):
        roles_among(one for one in OUTCOMES if one.role != "death")


def test_two_in_a_role_are_told():
    twin = next(one for one in OUTCOMES if one.role == "relapse").model_copy(update={"id": "mine", "name": "mine"})
    with pytest.raises(CatalogError, match=r"outcome/mine.toml.*relapse_day"):
        roles_among([*OUTCOMES, twin])


def test_an_outcome_of_ones_own_takes_a_role_over(tmp_path):
    # expected: a file of the same name stands in for the package's; its column is then what flow and stories read
    (tmp_path / "outcome").mkdir()
    text = (CATALOG.path("outcome", "relapse_day")).read_text(encoding="utf-8")
    (tmp_path / "outcome" / "relapse_day.toml").write_text(f'name = "seen_to_relapse_day"\n{text}', encoding="utf-8")
    assert roles_in(Catalog([tmp_path]))["relapse"] == "seen_to_relapse_day"


def test_ready_made_names():
    # by hand: the three that endpoints of the catalogue use
    questions = questions_of(CATALOG.load("trial", "eliana"), CATALOG)
    assert questions.ready_made == {"responder": "responded_3mo", "relapsed": "relapse_day", "died": "death_day"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"diary": {"sentence": "It was {colour}."}}, "colour"),
        ({"kind": "number", "diary": {"sentence": "It came."}}, "a day"),
        ({"kind": "text", "ready_made": "worded"}, "yes-or-no"),
        ({"name": "x_{drug}", "ready_made": "given"}, "family"),
        ({"role": "hero"}, "role"),
    ],
)
def test_an_outcome_proves_itself(change, told):
    plain = {
        "id": "mine",
        "title": "Mine",
        "definition": "Something of our own.",
        "of": "exits",
        "reduce": "one",
        "kind": "day",
    }
    with pytest.raises(ValueError, match=told):
        Outcome.model_validate({**plain, **change})
