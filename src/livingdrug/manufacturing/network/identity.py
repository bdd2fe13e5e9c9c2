"""The chain of identity: whose bag is in whose hands, and whether anybody notices when it is the wrong one."""

from __future__ import annotations

from dataclasses import dataclass, field

from livingdrug.foundation.errors import LivingDrugError

STEPS = (
    "centre to courier",
    "courier to factory",
    "onto the line",
    "testing to courier",
    "courier to centre",
    "bedside",
)
"""Hand-overs of one bag; each is checked."""


class WrongBag(LivingDrugError):
    """A bag is with another patient although nobody swaps bags in this network: a defect of ours."""


GONE = -1


@dataclass
class Chain:
    """Whose bag each patient's way holds now; changed as bags move.

    Attributes
    ----------
    bag
        Patient -> the patient whose cells are in the bag.
    holder
        The other way round; `GONE` when the cells were given or thrown away.
    swap
        Probability that a bag is exchanged with another one at the same place, at each hand-over.
    n_checked, n_swapped, n_caught
        Hand-overs, bags exchanged by mistake, and wrong bags noticed.
    waiting
        Bags that wait for a hand-over: (step, place) -> patients.
    """

    bag: list[int]
    holder: list[int]
    swap: float
    n_checked: int = 0
    n_swapped: int = 0
    n_caught: int = 0
    waiting: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, n: int, swap: float) -> Chain:
        """Everybody has the own bag."""
        return cls(list(range(n)), list(range(n)), swap)

    def wait_for(self, step: int, place: int, patient: int) -> None:
        """The patient's bag now waits at this place for that hand-over."""
        if self.swap:
            self.waiting.setdefault((step, place), []).append(patient)

    def leave(self, step: int, place: int, patient: int) -> None:
        """The patient's bag waits there no longer."""
        beside = self.waiting.get((step, place))
        if beside and patient in beside:
            beside.remove(patient)

    def hand_over(self, step: int, place: int, patient: int, swapped: float, missed: bool) -> int:
        """Move a bag on, and check it.

        Parameters
        ----------
        step, place
            Which hand-over, and where.
        patient
            Whose bag it should be.
        swapped
            This hand-over's number strictly between 0 and 1: below the probability of a swap there is one.
        missed
            Whether every check misses a wrong bag at this hand-over.

        Returns
        -------
        Whose bag moves on: `patient`; another one's when nobody noticed; `GONE` when a wrong bag was noticed and the own
        one is not to be had any more.
        """
        self.n_checked += 1
        if not self.swap:
            if self.bag[patient] != patient:
                raise WrongBag(f"the bag of patient {self.bag[patient]} reached {patient}; please report this")
            return patient
        self.leave(step, place, patient)
        beside = self.waiting.get((step, place), [])
        if swapped < self.swap and beside:
            self._exchange(patient, beside[int(swapped / self.swap * len(beside))])
            self.n_swapped += 1
        if self.bag[patient] != patient and not missed:
            self.n_caught += 1
            if self.holder[patient] == GONE:
                self._throw_away(patient)
                return GONE
            self._exchange(patient, self.holder[patient])
        return self.bag[patient]

    def given(self, patient: int) -> None:
        """The bag that the patient's way holds is infused."""
        self._throw_away(patient)

    def renew(self, patient: int) -> None:
        """A new batch from the patient's own cells, in a bag with the own name."""
        self._throw_away(patient)
        self.bag[patient] = self.holder[patient] = patient

    def _throw_away(self, patient: int) -> None:
        if self.bag[patient] != GONE:
            self.holder[self.bag[patient]] = GONE
        self.bag[patient] = GONE

    def _exchange(self, one: int, other: int) -> None:
        bag, holder = self.bag, self.holder
        bag[one], bag[other] = bag[other], bag[one]
        for way in (one, other):
            if bag[way] != GONE:
                holder[bag[way]] = way
