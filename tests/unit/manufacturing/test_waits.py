"""Expected values: by hand. What a network makes a trial's patients wait, for each the same in any company."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.catalog.records.network import Network
from livingdrug.foundation.errors import BadInput
from livingdrug.manufacturing.network.waits import waits_of


def network(**rest: object) -> Network:
    return Network.model_validate({
        "id": "n", "title": "One of each", "patients": 200,
        "tier": [{"name": "all", "share": 1, "loss": "0.01 1/day"}],
        "centre": [{"name": "a", "arrivals": "10 per month", "booking": "2 day"}],
        "factory": [{"name": "f", "lines": 100, "culture": "7 day", "failure": 0.5}],
        "lane": [{"centre": "a", "factory": "f", "out": "3 day", "back": "4 day"}], **rest,
    })  # fmt: skip


def test_without_queues_waits_are_the_roads() -> None:
    # by hand: 1 day of apheresis and 3 on the road; 4 on the road back and 2 of booking; failures and losses do not touch a probe
    waits = waits_of(network(), np.arange(1, 26), seed=1)
    assert waits.before_apheresis == pytest.approx(np.zeros(25))
    assert waits.to_culture == pytest.approx(np.full(25, 4.0))
    assert waits.to_lymphodepletion == pytest.approx(np.full(25, 6.0))


def test_a_patient_waits_the_same_in_any_company() -> None:
    crowded = network(factory=[{"name": "f", "lines": 3, "culture": "7 day", "changeover": "1 day"}])
    whole = waits_of(crowded, np.arange(1, 41), seed=1).to_culture
    alone = np.concatenate([waits_of(crowded, np.array([k]), seed=1).to_culture for k in (40, 3, 11)])
    assert np.array_equal(alone, whole[[39, 2, 10]])
    assert whole.std() > 0


def test_a_wait_is_told_as_long_as_it_would_have_been() -> None:
    # fluid limit by hand: 20 are ahead; they go at 1 + 0.15 n a month, so that a probe waits ln(1 + 0.15 x 20) / 0.15 = 9.2
    # months and half a month for the next slot; those who die of a long wait are not left out
    month = 365.25 / 12
    crowded = network(
        patients=1500, warm_up="36 month", tier=[{"name": "all", "share": 1, "loss": f"{0.15 / month} 1/day"}],
        centre=[{"name": "a", "arrivals": "4 per month", "slots": "1 per month"}],
    )  # fmt: skip
    waits = waits_of(crowded, np.arange(1, 151), seed=1).before_apheresis / month
    assert np.median(waits) == pytest.approx(9.7, abs=1.2)


def test_a_warm_up_longer_than_patients_come_is_refused() -> None:
    with pytest.raises(BadInput, match="warm_up"):
        waits_of(network(warm_up="9 year"), np.array([1]), seed=1)
