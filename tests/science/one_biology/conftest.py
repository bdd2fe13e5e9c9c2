"""Scenes for the behaviour tests: the same patients with one thing changed, each run once in a session.

No guideline acts; the extinction of each clone is decided by chance, as in a trial. Nobody dies of toxicity, so that the
tumour alone decides.
Expected directions come from publications and are told in each test; margins are wide enough that another calibration of
the same mechanisms keeps them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from livingdrug.foundation.remembered import Latest

Floats = NDArray[np.float64]
Change = Callable[[Any], Any]

N = 300
ACUTE = 60.0
OVERT = 1e10
"""Cells of the reference adult that a clinic finds: a hundredth of a full marrow, ten millilitres of lymphoma."""
APLASIA_ENDS = 50.0  # B cells per uL, as in the trials' files
STORIES = 24
"""Stories kept, the last looked at; each takes tens of megabytes, and an older one is told again to the same bits."""
TRIALS = ("eliana", "zuma_1", "juliet", "transcend_nhl_001", "zuma_2", "karmma", "cartitude_1")


@dataclass(frozen=True)
class Story:
    """What happened to the patients (n,) of one scene, on its days (C,)."""

    people: Any = field(repr=False)
    days: Floats = field(repr=False)
    columns: dict[str, Floats] = field(repr=False)

    def __getitem__(self, name: str) -> Floats:
        return self.columns[name]

    def on(self, day: float, name: str) -> Floats:
        """Values of a name on the check nearest to a day (n,)."""
        return self.columns[name][:, int(np.argmin(np.abs(self.days - day)))]

    def peak(self, name: str, *, since: float = 0.0, until: float = ACUTE) -> Floats:
        """Highest value between two days (n,)."""
        return self.columns[name][:, (self.days >= since) & (self.days <= until)].max(axis=1)

    def least(self, name: str, *, since: float = 0.0, until: float = ACUTE) -> Floats:
        """Lowest value between two days (n,)."""
        return self.columns[name][:, (self.days >= since) & (self.days <= until)].min(axis=1)

    def parameter(self, name: str) -> Floats:
        """A parameter of each patient (n,)."""
        return self.people.parameter(name)

    @property
    def size(self) -> Floats:
        """Size of each patient relative to the reference adult (n,)."""
        return self.parameter("weight") / self.parameter("reference_weight")

    @property
    def cmax(self) -> Floats:
        """Highest number of CAR T cells that have engrafted, each microlitre of the body's share (n,)."""
        return self.peak("car_t_total") / self.size

    @property
    def tmax(self) -> Floats:
        """Day of the highest number (n,)."""
        acute = (self.days >= 0) & (self.days <= ACUTE)
        return self.days[acute][self.columns["car_t_total"][:, acute].argmax(axis=1)]

    @property
    def fever(self) -> NDArray[np.bool_]:
        """Who had 38 degrees or more (n,)."""
        return self.peak("temperature") >= 38.0

    @property
    def pressors(self) -> NDArray[np.bool_]:
        """Who needed a vasopressor (n,)."""
        return self.peak("pressor_level") >= 2

    @property
    def icans(self) -> NDArray[np.bool_]:
        """Who had ICANS of any grade (n,)."""
        return (self.least("ice_score") < 10) | (self.peak("arousal") > 0) | (self.peak("seizure") > 0)

    @property
    def severe_icans(self) -> NDArray[np.bool_]:
        """Who had ICANS of grade 3 or more (n,)."""
        return (self.least("ice_score") < 3) | (self.peak("arousal") > 1) | (self.peak("seizure") > 0)

    @property
    def hlh(self) -> NDArray[np.bool_]:
        """Who had an HLH-like syndrome (n,)."""
        return self.peak("hlh_like") >= 1

    @property
    def start(self) -> Floats:
        """Tumour cells at the start (n,)."""
        return self.parameter("tumour_start")

    def overt(self) -> NDArray[np.bool_]:
        """Whether a clinic would find tumour (n, C)."""
        return self.columns["tumour_total"] > OVERT * self.size[:, None]

    def responded(self, day: float = 90.0) -> NDArray[np.bool_]:
        """Whose tumour is below a tenth of its start and not found on a day (n,)."""
        cells = self.on(day, "tumour_total")
        return (cells < 0.1 * self.start) & (cells < OVERT * self.size)

    def event_free(self, until: float = 365.0, *, response: float = 90.0) -> NDArray[np.bool_]:
        """Who responded, and has no tumour to be found until a day (n,)."""
        later = (self.days >= response) & (self.days <= until)
        return self.responded(response) & ~self.overt()[:, later].any(axis=1)

    def clones(self, target: str) -> dict[bool, list[str]]:
        """Names of clones by whether they carry the antigen."""
        found: dict[bool, list[str]] = {True: [], False: []}
        for clone in self.people.ready.model.clones:
            found[clone.carries(target)].append(clone.name)
        return found

    def relapse(self, target: str, *, response: float = 90.0) -> tuple[NDArray[np.bool_], NDArray[np.bool_], Floats]:
        """Relapses with and without the antigen among those who responded (n,), and the day (n,), infinite for none."""
        named = self.clones(target)
        found = self.overt() & (self.days >= response) & self.responded(response)[:, None]
        relapsed = found.any(axis=1)
        place = found.argmax(axis=1)
        rows = np.arange(len(place))
        cells = {
            carries: sum(self.columns[f"tumour_{name}"][rows, place] for name in named[carries]) for carries in named
        }
        negative = cells[False] > cells[True]
        return relapsed & ~negative, relapsed & negative, np.where(relapsed, self.days[place], np.inf)

    def cured(self) -> NDArray[np.bool_]:
        """Whose clones have all died out (n,)."""
        days = [self.columns[f"{clone.name}_extinct_day"][:, -1] for clone in self.people.ready.model.clones]
        return (np.stack(days) < 1e6).all(axis=0)

    def b_cells_back(self) -> Floats:
        """Day from 28 on when B cells end aplasia (n,); infinite for never."""
        back = (self.columns["b_cells_per_ul"] >= APLASIA_ENDS) & (self.days >= 28)
        return np.where(back.any(axis=1), self.days[back.argmax(axis=1)], np.inf)


class Scenes:
    """Stories by trial and change. Patients of one trial are the same people in every scene."""

    def __init__(self, treated: Callable[..., Any]) -> None:
        self._treated = treated
        self._people: dict[str, Any] = {}
        self._stories: Latest[Story] = Latest(STORIES)

    def people(self, trial: str) -> Any:
        """The first patients of a trial, looked at often in the first weeks and monthly later."""
        if trial not in self._people:
            everyone = self._treated(N, of=trial)
            days = everyone.checks
            given = {float(days[one.check]) for one in everyone.doses}
            late = days[days > ACUTE]
            early = [day for day in days[days <= ACUTE] if day in given or day <= 14 or abs(day - round(day)) < 1e-6]
            chosen = np.array([*early, *late[(late < 800)][::3], *late[late >= 800][::2]])
            here = everyone.on_days(chosen).having(toxicity_base=0.0, hlh_danger=0.0)
            self._people[trial] = replace(here, ready=_without_guideline(here.ready))
        return self._people[trial]

    def __call__(self, trial: str, change: str = "as planned", how: Change = lambda people: people) -> Story:
        """The story of a trial's patients under a change; the change's name must tell it fully."""

        def story() -> Story:
            people = how(self.people(trial))
            return Story(people, people.checks, people.course(rules=True, rtol=1e-4))

        return self._stories.of((trial, change), story)


def _without_guideline(ready: Any) -> Any:
    """The same equations under fate alone, recording what the tests look at."""
    from livingdrug.course.fate import extinct_day, fate_program
    from livingdrug.engine.ensemble import compile_model

    model = ready.model
    known = (*model.outputs, *model.states, *map(extinct_day, model.clones))
    outputs = tuple(
        dict.fromkeys(
            name for name in known if name in _WATCHED or name.startswith("tumour_") or name.endswith("_extinct_day")
        )
    )
    compiled = compile_model(
        ready.odes, log_scales=model.log_scales, linear_scales=model.linear_scales, outputs=outputs,
        program=fate_program(model.clones),
    )  # fmt: skip
    return replace(ready, compiled=compiled, outputs=outputs)


_WATCHED = {
    "arousal", "b_cells", "b_cells_per_ul", "car_t_copies_per_ug", "car_t_infused", "car_t_memory", "car_t_total",
    "cd4_per_ul", "ferritin", "hlh_like", "ice_score", "ifn_gamma", "igg", "il6", "movement_sign", "mrd_fraction",
    "plasma_cells", "pressor_level", "oxygen_level", "seizure", "temperature", "dead_tumour", "brain", "car_t_per_ul",
    "macrophage_activation",
}  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder may stand in open.toml."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.may_miss)


@pytest.fixture(scope="session")
def scenes(treated) -> Scenes:
    """Runs each scene: ``scenes("eliana")``, ``scenes("eliana", "no cells", lambda people: people.with_cells(0))``."""
    return Scenes(treated)
