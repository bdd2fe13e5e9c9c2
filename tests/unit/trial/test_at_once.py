"""Work in one piece that memory would not hold is refused. Expected: bytes of a patient, counted by hand from what is kept."""

import pytest

from livingdrug.catalog.load import default_catalog
from livingdrug.foundation.errors import BadInput
from livingdrug.trial.door import planned
from livingdrug.trial.estimate import refuse_at_once


@pytest.fixture(scope="module")
def plans():
    return planned("eliana", default_catalog())[1]


def test_what_fits_passes(plans):
    # 45 watched outputs x 297 checks x 8 bytes = 0.1 MB a patient: a few copies of 1,000 patients on two threads are below 4 GB
    refuse_at_once(plans, [1_000], 2)
    refuse_at_once(plans, [1_000], None)


@pytest.mark.parametrize(("patients", "threads"), [(10**9, 1), (10**6, 2), (1_000, 1000)])
def test_what_does_not_is_refused_with_the_remedy(plans, patients, threads):
    # 10^9 patients of 0.1 MB are 100 TB, 10^6 of them 100 GB on each thread, 1,000 on each of 1,000 threads 100 GB
    with pytest.raises(BadInput, match="4 GB are allowed") as refused:
        refuse_at_once(plans, [patients], threads)
    assert "-n" in str(refused.value)
    if patients == 1_000:
        fit = int(str(refused.value).split("--threads ")[1].split(")")[0])
        refuse_at_once(plans, [patients], fit)


def test_samples_are_bounded_before_any_is_drawn():
    from livingdrug.design.sensitivity import sensitivity

    for samples in (0, 10**9, True):
        with pytest.raises(BadInput, match="samples"):
            sensitivity("eliana", ["efs"], method="prcc", factors=["growth_max"], samples=samples, patients=4)
