"""Addressed random numbers: the published generator, uniform and independent."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from livingdrug.foundation.streams import exponential, normal, philox, uniform

KNOWN = [
    # expected: Random123 known-answer tests, kat_vectors, philox4x32 with 10 rounds (Salmon et al. 2011)
    ([0, 0, 0, 0], (0, 0), [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([0xFFFFFFFF] * 4, (0xFFFFFFFF, 0xFFFFFFFF), [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    (
        [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
        (0xA4093822, 0x299F31D0),
        [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
    ),
]
PATIENTS = np.arange(1, 20_001)


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN, ids=["zeros", "ones", "pi"])
def test_known_answers(counter, key, words):
    # expected: see KNOWN; also with several counters at once
    one = philox(np.array(counter, dtype=np.uint64)[:, None], key)
    assert one[:, 0].tolist() == words
    many = philox(np.array([KNOWN[0][0], counter], dtype=np.uint64).T, key)
    assert many[:, 1].tolist() == words


def independent_philox(counter, key):
    """The generator once more, in Python's whole numbers, from the paper's description of one round."""
    c, k = list(counter), list(key)
    for number in range(10):
        if number:
            k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
        high0, low0 = divmod(0xD2511F53 * c[0], 2**32)
        high1, low1 = divmod(0xCD9E8D57 * c[2], 2**32)
        c = [high1 ^ c[1] ^ k[0], low1, high0 ^ c[3] ^ k[1], low0]
    return c


word = st.integers(min_value=0, max_value=2**32 - 1)


@settings(deadline=None, derandomize=True)
@given(st.lists(word, min_size=4, max_size=4), st.tuples(word, word))
def test_any_counter_and_key(counter, key):
    # expected: the same generator written a second time with Python's integers
    assert philox(np.array(counter, dtype=np.uint64)[:, None], key)[:, 0].tolist() == independent_philox(counter, key)


@pytest.mark.parametrize("seed", [0, 1, 7, 2**40])
def test_uniform_over_patients_purposes_and_indices(seed):
    # expected: uniform law, Kolmogorov-Smirnov; seeds are fixed, the level leaves one failure in ten thousand
    assert stats.kstest(uniform(seed, "a", PATIENTS), "uniform").pvalue > 1e-4
    assert stats.kstest(uniform(seed, "a", np.full(20_000, 5), PATIENTS), "uniform").pvalue > 1e-4
    purposes = [uniform(seed, f"purpose {i}", np.array([3]))[0] for i in range(2000)]
    assert stats.kstest(purposes, "uniform").pvalue > 1e-4
    seeds = [uniform(seed + i, "a", np.array([3]))[0] for i in range(2000)]
    assert stats.kstest(seeds, "uniform").pvalue > 1e-4


def test_inversions_have_their_laws():
    # expected: standard normal and exponential laws, Kolmogorov-Smirnov
    assert stats.kstest(normal(4, "n", PATIENTS), "norm").pvalue > 1e-4
    assert stats.kstest(exponential(4, "e", PATIENTS), "expon").pvalue > 1e-4
    assert (exponential(4, "e", PATIENTS) > 0).all()


def test_streams_are_independent():
    # expected: for independent uniforms the difference modulo 1 is uniform again, and rank correlation is near zero
    first = uniform(9, "a", PATIENTS)
    others = {
        "purpose": uniform(9, "b", PATIENTS),
        "seed": uniform(10, "a", PATIENTS),
        "index": uniform(9, "a", PATIENTS, 1),
        "neighbour": uniform(9, "a", PATIENTS + 1),
    }
    for what, second in others.items():
        assert stats.kstest((first - second) % 1.0, "uniform").pvalue > 1e-4, what
        assert abs(stats.spearmanr(first, second).statistic) < 4 / np.sqrt(len(PATIENTS)), what


def test_a_patient_has_an_address_not_a_turn():
    # expected: alone, in company, in another order: the same bits
    company = uniform(3, "dose", PATIENTS)
    assert uniform(3, "dose", np.array([137]))[0] == company[136]
    assert (uniform(3, "dose", PATIENTS[::-1]) == company[::-1]).all()
    indices = np.arange(100)
    each = uniform(3, "dose", np.full(100, 137), indices)
    assert each.tolist() == [uniform(3, "dose", np.array([137]), int(i))[0] for i in indices]


@pytest.mark.parametrize("seed", [0, 7, 2**40])
def test_the_compiled_form_gives_the_words_of_the_readable_one(seed):
    # expected: `philox`, which the known answers hold, on counters (patient's low and high word, index, 0); exactly
    patients = np.array([0, 1, 137, 2**32 + 5, 2**40 - 1, 2**62])
    for index in (0, 3, 20_001, 2**32 - 1):
        counter = np.array([[p % 2**32, p // 2**32, index, 0] for p in patients.tolist()], dtype=np.uint64).T
        digest = hashlib.sha256(f"{seed}\0visit/x".encode()).digest()
        key = int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:8], "little")
        first, second = philox(counter, key)[:2].tolist()
        expected = [(((a << 20) ^ (b >> 12)) + 0.5) * 2.0**-52 for a, b in zip(first, second, strict=True)]
        assert uniform(seed, "visit/x", patients, index).tolist() == expected


def test_many_numbers_at_once_are_those_of_single_calls():
    # expected: one call a number, exactly
    patients, numbers = np.array([3, 7, 2**33]), np.array([[0, 5, 20_001]])
    singly = np.stack([normal(2, "visit", patients, int(number)) for number in numbers[0]], axis=1)
    assert normal(2, "visit", patients, numbers).tolist() == singly.tolist()
    own = np.array([[0, 1], [2, 3], [4, 5]])
    each = [[exponential(2, "x", patients[i : i + 1], int(k))[0] for k in own[i]] for i in range(3)]
    assert exponential(2, "x", patients, own).tolist() == each
    with pytest.raises(ValueError, match="3 patients"):
        uniform(2, "x", patients, np.zeros((2, 2), dtype=np.int64))


def test_large_patient_numbers_are_other_persons():
    # expected: the whole 64-bit number is the address
    low = uniform(3, "dose", np.array([5, 5 + 2**32, 5 + 2**40]))
    assert len(set(low.tolist())) == 3


def test_strictly_inside_the_interval():
    # expected: 52 bits, moved by half a step: never 0 and never 1, so that inversions stay finite
    assert np.isfinite(normal(1, "x", PATIENTS)).all()
    assert (0.5) * 2.0**-52 > 0
    assert (2.0**52 - 1 + 0.5) * 2.0**-52 < 1
