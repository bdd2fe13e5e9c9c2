"""Random numbers with an address: (seed, purpose, patient, index) always gives the same number.

Nothing is consumed, so patient 137 is the same person in every arm, with any chunks, threads or extra outputs.
The generator is Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), vectorised over
patients; NumPy's own Philox would need one generator object per patient and purpose. `philox` is its readable form, to which
a test holds the compiled one that `uniform` calls.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = 0x9E3779B9, 0xBB67AE85
_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)


def philox(counter: NDArray[np.uint64], key: tuple[int, int]) -> NDArray[np.uint64]:
    """Philox4x32-10 of many counters under one key.

    Parameters
    ----------
    counter
        32-bit words held in uint64, shaped (4, n).
    key
        Two 32-bit words.

    Returns
    -------
    32-bit random words held in uint64, shaped (4, n).
    """
    c0, c1, c2, c3 = (np.ascontiguousarray(row, dtype=np.uint64) for row in counter)
    k0, k1 = key
    for _ in range(10):
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = (
            (p1 >> _SHIFT) ^ c1 ^ np.uint64(k0),
            p1 & _LOW,
            (p0 >> _SHIFT) ^ c3 ^ np.uint64(k1),
            p0 & _LOW,
        )
        k0, k1 = (k0 + _W0) & 0xFFFFFFFF, (k1 + _W1) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3])


def _key(seed: int, purpose: str) -> tuple[int, int]:
    digest = hashlib.sha256(f"{seed}\x00{purpose}".encode()).digest()
    return int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:8], "little")


def uniform(
    seed: int, purpose: str, patients: NDArray[np.int64], index: int | NDArray[np.int64] = 0
) -> NDArray[np.float64]:
    """Uniform numbers strictly between 0 and 1 for each patient.

    Parameters
    ----------
    seed
        The run's seed.
    purpose
        What the number is for, e.g. ``"population/age"``: another purpose is another, independent stream.
    patients
        Patient numbers, shaped (n,).
    index
        Which number of this stream (0, 1, 2 …): one for all, one per patient (n,), or several at once, shaped (1, m) for the
        same ones of all patients or (n, m).

    Returns
    -------
    Floats in (0, 1), shaped (n,), or (n, m) where several are asked for.
    """
    from livingdrug.foundation.stream_kernel import fill  # Numba's start is not paid before the first number

    ids = np.ascontiguousarray(patients, dtype=np.uint64)
    which = np.asarray(index, dtype=np.uint64)
    numbers = np.ascontiguousarray(which.reshape(-1, 1) if which.ndim < 2 else which)
    if numbers.shape[0] not in (1, ids.size):
        raise ValueError(f"index is shaped {which.shape} for {ids.size} patients")
    found = np.empty((ids.size, numbers.shape[1]))
    fill(*_key(seed, purpose), ids, numbers, found)
    return found if which.ndim == 2 else found[:, 0]


def normal(
    seed: int, purpose: str, patients: NDArray[np.int64], index: int | NDArray[np.int64] = 0
) -> NDArray[np.float64]:
    """Standard normal numbers for each patient, by inversion of `uniform`."""
    return ndtri(uniform(seed, purpose, patients, index))


def exponential(
    seed: int, purpose: str, patients: NDArray[np.int64], index: int | NDArray[np.int64] = 0
) -> NDArray[np.float64]:
    """Exponential numbers of mean 1 for each patient, by inversion of `uniform`."""
    return -np.log(uniform(seed, purpose, patients, index))
