"""Random numbers of a fit by address (seed, purpose, patient, chain, number): the stream of `foundation.streams`, compiled.

A fit draws some millions; `uniforms` gives the very numbers of `streams.uniform` and a test holds them together.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numba import float64 as f8
from numba import int64, uint64, void
from numpy.typing import NDArray
from scipy.special import ndtri

from livingdrug.engine.kept import kept

Floats = NDArray[np.float64]

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


def _fill(k0, k1, patient, chain, begin, result):
    low = np.uint64(0xFFFFFFFF)
    s32, s20, s12 = np.uint64(32), np.uint64(20), np.uint64(12)
    m0, m1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
    for q in range(result.shape[0]):
        for r in range(result.shape[1]):
            c0, c1 = np.uint64(patient[r]), np.uint64(chain[r])
            c2, c3 = np.uint64(begin + q), np.uint64(0)
            a, b = np.uint64(k0), np.uint64(k1)
            for _ in range(10):
                p0, p1 = m0 * c0, m1 * c2
                c0, c1, c2, c3 = (p1 >> s32) ^ c1 ^ a, p1 & low, (p0 >> s32) ^ c3 ^ b, p0 & low
                a = (a + np.uint64(0x9E3779B9)) & low
                b = (b + np.uint64(0xBB67AE85)) & low
            bits = (c0 << s20) ^ (c1 >> s12)
            result[q, r] = (np.float64(bits) + 0.5) * 2.0**-52


_SIGNATURE: Any = void(uint64, uint64, int64[::1], int64[::1], int64, f8[:, ::1])
_filled: Any = kept(_fill, _SIGNATURE, **_OPTIONS)


def uniforms(
    seed: int, purpose: str, patient: NDArray[np.int64], chain: NDArray[np.int64], begin: int, n: int
) -> Floats:
    """Numbers begin … begin + n - 1 of each row's stream, shaped (n, rows), strictly between 0 and 1.

    Parameters
    ----------
    seed, purpose
        As in `streams.uniform`.
    patient, chain
        Number of the patient and of the chain of each row; together the patient number of `streams.uniform`,
        patient + 2^32 chain.
    begin, n
        Which numbers.
    """
    digest = hashlib.sha256(f"{seed}\x00{purpose}".encode()).digest()
    k0, k1 = int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:8], "little")
    result = np.empty((n, patient.size))
    _filled(np.uint64(k0), np.uint64(k1), patient, chain, begin, result)
    return result


def normals(
    seed: int, purpose: str, patient: NDArray[np.int64], chain: NDArray[np.int64], begin: int, n: int
) -> Floats:
    """Standard normal numbers by inversion of `uniforms`."""
    return ndtri(uniforms(seed, purpose, patient, chain, begin, n))
