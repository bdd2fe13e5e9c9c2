"""Expected values: the one law itself, by which a network and a trial have to lose the same people; and by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from livingdrug.catalog.load import Catalog, default_catalog, load_trial
from livingdrug.catalog.plan import plans_of
from livingdrug.catalog.records.network import Network
from livingdrug.course.equations import parameters_of
from livingdrug.foundation.errors import BadInput, CatalogError, UnknownName
from livingdrug.manufacturing import make
from livingdrug.manufacturing.lots import DIED_WAITING, WITHDRAWN_WAITING
from livingdrug.manufacturing.network.people import draw_people
from livingdrug.manufacturing.network.simulate import simulate
from livingdrug.population import draw

TEXT = """title = "One centre under the one law"
patients = 400
LOSSES
[[tier]]
name = "most in danger"
share = 0.25
rank = 1
[[tier]]
name = "others"
share = 0.75
rank = 2
[[centre]]
name = "Clinic"
arrivals = "4 per month"
slots = "3 per month"
[[factory]]
name = "Maker"
lines = 5
culture = "8 day"
[[lane]]
centre = "Clinic"
factory = "Maker"
out = "1 day"
"""
LOSSES = '[losses]\npopulation = "lbcl_adult_rr"\ndisease = "lbcl"\nmaking = "tisa_cel_dlbcl_trial"\n'


def network(tmp_path: Path, losses: str = LOSSES, text: str = TEXT) -> Network:
    path = tmp_path / "mine_network.toml"
    path.write_text(text.replace("LOSSES", "") + losses, encoding="utf-8")
    return Catalog().load("network", str(path))


def test_a_network_and_a_trial_lose_the_same_share(tmp_path: Path) -> None:
    # JULIET's own people and process: the share lost by the day on which each trial patient's wait would have ended
    found = draw_people(network(tmp_path), 8000, 1, 0)
    plan = plans_of(load_trial("juliet"), default_catalog())[0]
    lots = make(plan, draw(plan.population, np.arange(1, 8001), 7), parameters_of(plan, {}), 7)
    waits = lots.waiting_end_day - lots.enrolment_day
    of_trial = np.isin(lots.status, (DIED_WAITING, WITHDRAWN_WAITING)).mean()
    ready = np.median(waits[lots.infused])
    by_then = np.mean(found.lost_on - found.arrived < ready)
    assert by_then == pytest.approx(of_trial, abs=0.03)  # of a median wait, and of 8000 others


def test_tiers_are_the_patients_most_in_danger(tmp_path: Path) -> None:
    # by hand: a quarter by the bounds of 4000 others (standard error 0.7 points), and every hazard above every other one's
    found = draw_people(network(tmp_path), 6000, 2, 0)
    assert np.mean(found.tier == 0) == pytest.approx(0.25, abs=0.03)
    assert found.hazard[found.tier == 0].min() >= found.hazard[found.tier == 1].max()
    sooner = np.median((found.lost_on - found.arrived)[found.tier == 0])
    assert sooner < np.median((found.lost_on - found.arrived)[found.tier == 1])


def test_a_policy_changes_the_order_and_nobodys_disease(tmp_path: Path) -> None:
    one = network(tmp_path)
    first, urgent = simulate(one, policy="first_come", seed=3), simulate(one, policy="by_urgency", seed=3)
    np.testing.assert_array_equal(first.people.lost_on, urgent.people.lost_on)
    assert (first.end != urgent.end).any()


def test_the_same_patients_from_a_copy_of_the_network(tmp_path: Path) -> None:
    # as a trial's probes are: through text and back
    one = network(tmp_path)
    copy = Network.model_validate_json(one.model_dump_json(by_alias=True))
    np.testing.assert_array_equal(draw_people(one, 200, 3, 1).lost_on, draw_people(copy, 200, 3, 1).lost_on)


def test_a_hazard_beside_the_law_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="losses"):
        network(tmp_path, text=TEXT.replace("share = 0.25", 'share = 0.25\nloss = "0.1 1/day"'))


@pytest.mark.parametrize("name", ["lbcl_adult_rr", "tisa_cel_dlbcl_trial"])
def test_names_that_lead_nowhere_are_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnknownName, match="Known"):
        network(tmp_path, LOSSES.replace(name, "nobody"))


def test_a_population_without_this_burden_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="burden"):
        network(tmp_path, LOSSES.replace("lbcl_adult_rr", "b_all_paediatric_rr"))


def test_a_network_that_no_catalogue_completed_says_so() -> None:
    bare = Network.model_validate({
        "id": "bare", "title": "Not loaded", "losses": {"population": "x", "disease": "y", "making": "z"},
        "centre": [{"name": "a", "arrivals": "4 per month"}], "factory": [{"name": "f", "lines": 1, "culture": "7 day"}],
        "lane": [{"centre": "a", "factory": "f", "out": "1 day"}],
    })  # fmt: skip
    with pytest.raises(BadInput, match="catalogue"):
        draw_people(bare, 10, 1, 0)
