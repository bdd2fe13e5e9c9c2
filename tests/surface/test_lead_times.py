"""Expected values: by hand. An arm whose bags travel longer is told so, loses more people, and names its network in the plan."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from livingdrug.catalog.load import default_catalog
from livingdrug.foundation.errors import BadInput
from livingdrug.trial.door import planned

Command = Callable[..., subprocess.CompletedProcess[str]]
NETWORK = """title = "A long road"
patients = 400
[[centre]]
name = "Clinic"
arrivals = "10 per month"
booking = "0 day"
[[factory]]
name = "Factory"
lines = 1000
culture = "7 day"
[[lane]]
centre = "Clinic"
factory = "Factory"
out = "ROAD"
"""


def trial(tmp_path: Path, trial_file: Callable[..., Path], road: str) -> Path:
    (tmp_path / "mine_network.toml").write_text(NETWORK.replace("ROAD", road), encoding="utf-8")
    return trial_file("[arm.bridging]", 'lead_time = "mine_network.toml"\n[arm.bridging]')


def waits(path: Path) -> tuple[float, float]:
    """Median days from enrolment to infusion, and the share infused."""
    from livingdrug.course.equations import parameters_of
    from livingdrug.manufacturing import make
    from livingdrug.population import draw

    _, plans = planned(path, default_catalog())
    lots = make(plans[0], draw(plans[0].population, np.arange(1, 801), 3), parameters_of(plans[0]), 3)
    return float(np.nanmedian(lots.vein_to_vein_days)), float(lots.infused.mean())


def test_a_longer_road_is_a_longer_wait_and_loses_people(trial_file: Callable[..., Path], tmp_path: Path) -> None:
    # by hand: thirty days longer each way are sixty days more from vein to vein
    short, slow = waits(trial(tmp_path, trial_file, "1 day")), waits(trial(tmp_path, trial_file, "31 day"))
    assert slow[0] - short[0] == pytest.approx(60.0, abs=1.5)  # the lost are not the same
    assert slow[1] < short[1] - 0.1


def test_a_network_that_never_serves_all_is_refused_at_the_door(
    trial_file: Callable[..., Path], tmp_path: Path
) -> None:
    path = trial(tmp_path, trial_file, "1 day")
    network = tmp_path / "mine_network.toml"
    network.write_text(network.read_text(encoding="utf-8").replace("lines = 1000", "lines = 1"), encoding="utf-8")
    with pytest.raises(BadInput, match='factory "Factory", "lines"'):
        planned(path, default_catalog())


def test_a_warm_up_without_room_for_the_trial_is_refused_at_the_door(
    trial_file: Callable[..., Path], tmp_path: Path
) -> None:
    # by hand: ten a month are 360 of 400 patients in three years; a trial's probes need 20, and five times the root of 400 besides
    path = trial(tmp_path, trial_file, "1 day")
    network = tmp_path / "mine_network.toml"
    network.write_text(f'warm_up = "3 year"\n{network.read_text(encoding="utf-8")}', encoding="utf-8")
    with pytest.raises(BadInput, match=r'network mine_network: "warm_up": of 400 patients about 40 come after'):
        planned(path, default_catalog())


def test_a_network_that_is_not_there_is_told(trial_file: Callable[..., Path], livingdrug: Command) -> None:
    done = livingdrug("check", trial_file("[arm.bridging]", 'lead_time = "nowhere.toml"\n[arm.bridging]'))
    assert done.returncode == 2
    assert "nowhere.toml" in done.stderr
    assert "Traceback" not in done.stderr
