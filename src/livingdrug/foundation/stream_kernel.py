"""The stream of `livingdrug.foundation.streams` as machine code: the same words as its NumPy form, a hundred times sooner."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float64, uint64, void

from livingdrug.foundation.kept import kept


def _fill(k0, k1, patients, index, result):
    low = np.uint64(0xFFFFFFFF)
    s32, s20, s12 = np.uint64(32), np.uint64(20), np.uint64(12)
    m0, m1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
    own = index.shape[0] > 1  # one row for all patients, or one each
    for i in range(result.shape[0]):
        for j in range(result.shape[1]):
            c0, c1 = patients[i] & low, patients[i] >> s32
            c2, c3 = index[i if own else 0, j], np.uint64(0)
            a, b = k0, k1
            for _ in range(10):
                p0, p1 = m0 * c0, m1 * c2
                c0, c1, c2, c3 = (p1 >> s32) ^ c1 ^ a, p1 & low, (p0 >> s32) ^ c3 ^ b, p0 & low
                a = (a + np.uint64(0x9E3779B9)) & low
                b = (b + np.uint64(0xBB67AE85)) & low
            bits = (c0 << s20) ^ (c1 >> s12)  # 52 bits
            result[i, j] = (np.float64(bits) + 0.5) * 2.0**-52


_SIGNATURE: Any = void(uint64, uint64, uint64[::1], uint64[:, ::1], float64[:, ::1])
fill: Any = kept(_fill, _SIGNATURE, nogil=True)
"""fill(key's two words, patients (n,), index (1 or n, m), result (n, m)): uniform numbers into `result`."""
