"""exp, log and pow of vectors as IR: no library calls, no branches, the same bits for any number of lanes.

Accuracy is about 2 ulp, in doubles and in single precision. exp(x) of a double is inf above 709.78 and 0 below -707;
log(0) is -inf, log of a negative number is not a number. pow(a, b) = exp(b log a), so a negative base gives
not-a-number (whole constant exponents up to 16 never come here: the graph multiplies them out); its relative error is
about |b log a| ulp.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from livingdrug.engine.writer import Writer

INLINE = "alwaysinline nounwind"


@dataclass(frozen=True)
class _Precision:
    """What exp and log need to know about a binary format.

    ln 2 comes in two parts, the first with so many trailing zero bits that n * ln2_high is exact.
    """

    ln2_high: float
    ln2_low: float
    highest: float  # exp overflows above
    lowest: float  # exp is taken as 0 below
    bias: int  # of the exponent
    mantissa_bits: int
    smallest: float  # normal number
    exp_terms: int
    log_terms: int


_FORMATS = {
    # split of ln 2 as in fdlibm (Sun 1993) and Cephes (Moshier)
    64: _Precision(6.93147180369123816490e-01, 1.90821492927058770002e-10, 709.782712893384, -707.0, 1023, 52, 2.3e-308, 14, 11),
    32: _Precision(0.693359375, -2.12194440054690583e-4, 88.72283, -87.0, 127, 23, 1.2e-38, 8, 5),
}  # fmt: skip


def vector_math(lanes: int, bits: int = 64) -> str:
    """IR text that defines ``exp_S``, ``log_S`` and ``pow_S`` for S such as v8f64 and declares what kernels use."""
    declared = Writer(lanes, bits)
    for name in ("fabs", "sqrt", "rint", "floor"):
        declared.lines.append(f"declare {declared.type} @llvm.{name}.{declared.suffix}({declared.type})")
    return declared.text() + _exp(lanes, bits) + _log(lanes, bits) + _pow(lanes, bits)


def _horner(w: Writer, coefficients: list[float], x: str) -> str:
    result = w.constant(coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        result = w.add(w.multiply(result, x), w.constant(coefficient))
    return result


def _exp(lanes: int, bits: int) -> str:
    """exp(x) = 2^n exp(r), n = round(x / ln 2), |r| <= 0.35; Taylor series of exp(r)."""
    w, f = Writer(lanes, bits), _FORMATS[bits]
    w.lines.append(f"define internal {w.type} @exp_{w.suffix}({w.type} %x) {INLINE} {{")
    too_low = w.compare("olt", "%x", w.constant(f.lowest))
    too_high = w.compare("ogt", "%x", w.constant(f.highest))
    x = w.select(too_low, w.constant(f.lowest), "%x")
    x = w.select(too_high, w.constant(f.highest), x)
    n = w.intrinsic("rint", w.multiply(x, w.constant(1 / math.log(2))))
    r = w.add(x, w.multiply(n, w.constant(-f.ln2_high)))
    r = w.add(r, w.multiply(n, w.constant(-f.ln2_low)))
    series = _horner(w, [1 / math.factorial(j) for j in range(f.exp_terms)], r)
    # 2^(n-1) from its bit pattern, doubled at the end: 2^1024 itself has no bit pattern. Adding 1.5 * 2^52 leaves an
    # integer in the low bits of a double.
    shifted = w.value(f"fadd {w.type} {n}, {w.constant(1.5 * 2.0**f.mantissa_bits + f.bias - 1)}")
    pattern = w.value(f"bitcast {w.type} {shifted} to {w.integer}")
    power = w.value(f"shl {w.integer} {pattern}, {w.whole(f.mantissa_bits)}")
    scaled = w.multiply(series, w.value(f"bitcast {w.integer} {power} to {w.type}"))
    result = w.multiply(scaled, w.constant(2.0))
    result = w.select(too_low, w.constant(0.0), result)
    result = w.select(too_high, w.constant(math.inf), result)
    w.lines.append(f"  ret {w.type} {result}\n}}")
    return w.text()


def _log(lanes: int, bits: int) -> str:
    """log(m 2^e) = e ln 2 + 2 atanh((m - 1) / (m + 1)), with m between sqrt(1/2) and sqrt(2)."""
    w, f = Writer(lanes, bits), _FORMATS[bits]
    whole = 2.0**f.mantissa_bits
    # the bits of 2^52 + exponent, and of a number between 1 and 2
    glue = (f.bias + f.mantissa_bits) << f.mantissa_bits
    one = f.bias << f.mantissa_bits
    w.lines.append(f"define internal {w.type} @log_{w.suffix}({w.type} %x) {INLINE} {{")
    tiny = w.compare("olt", "%x", w.constant(f.smallest))  # subnormal: scale up first
    x = w.select(tiny, w.multiply("%x", w.constant(whole)), "%x")
    pattern = w.value(f"bitcast {w.type} {x} to {w.integer}")
    exponent = w.value(f"lshr {w.integer} {pattern}, {w.whole(f.mantissa_bits)}")
    glued = w.value(f"or {w.integer} {exponent}, {w.whole(glue)}")
    as_number = w.value(f"bitcast {w.integer} {glued} to {w.type}")
    e = w.value(f"fsub {w.type} {as_number}, {w.constant(whole + f.bias)}")
    fraction = w.value(f"and {w.integer} {pattern}, {w.whole((1 << f.mantissa_bits) - 1)}")
    mantissa = w.value(f"or {w.integer} {fraction}, {w.whole(one)}")
    m = w.value(f"bitcast {w.integer} {mantissa} to {w.type}")
    large = w.compare("ogt", m, w.constant(math.sqrt(2)))
    m = w.select(large, w.multiply(m, w.constant(0.5)), m)
    e = w.select(large, w.add(e, w.constant(1.0)), e)
    e = w.select(tiny, w.subtract(e, w.constant(float(f.mantissa_bits))), e)
    z = w.divide(w.add(m, w.constant(-1.0)), w.add(m, w.constant(1.0)))
    series = _horner(w, [2 / (2 * j + 1) for j in range(f.log_terms)], w.multiply(z, z))
    small = w.add(w.multiply(z, series), w.multiply(e, w.constant(f.ln2_low)))
    result = w.add(w.multiply(e, w.constant(f.ln2_high)), small)
    result = w.select(w.compare("oeq", "%x", w.constant(0.0)), w.constant(-math.inf), result)
    result = w.select(w.compare("oeq", "%x", w.constant(math.inf)), w.constant(math.inf), result)
    bad = w.value(f"fcmp ult {w.type} %x, {w.constant(0.0)}")  # negative, or not a number
    result = w.select(bad, w.constant(math.nan), result)
    w.lines.append(f"  ret {w.type} {result}\n}}")
    return w.text()


def _pow(lanes: int, bits: int) -> str:
    w = Writer(lanes, bits)
    w.lines.append(f"define internal {w.type} @pow_{w.suffix}({w.type} %a, {w.type} %b) {INLINE} {{")
    logarithm = w.call(f"log_{w.suffix}", "%a")
    power = w.call(f"exp_{w.suffix}", w.multiply("%b", logarithm))
    result = w.select(w.compare("oeq", "%b", w.constant(0.0)), w.constant(1.0), power)
    w.lines.append(f"  ret {w.type} {result}\n}}")
    return w.text()
