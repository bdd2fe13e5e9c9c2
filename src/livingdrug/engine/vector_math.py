"""exp, log and pow of vectors as IR: no library calls, no branches, the same bits for any number of lanes.

Accuracy is about 2 ulp. exp(x) is inf above 709.78 and 0 below -707; log(0) is -inf, log of a negative number is not a
number. pow(a, b) = exp(b log a), so a negative base gives not-a-number (whole constant exponents up to 16 never come
here: the graph multiplies them out); its relative error is about |b log a| ulp.
"""

from __future__ import annotations

import math

from livingdrug.engine.writer import Writer

INLINE = "alwaysinline nounwind"
# ln 2 in two parts, the first with 32 trailing zero bits so that n * LN2_HIGH is exact (as in fdlibm, Sun 1993)
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_EXP_HIGHEST, _EXP_LOWEST = 709.782712893384, -707.0
_EXPONENT_BIAS, _MANTISSA_BITS = 1023, 52
_ROUND = 1.5 * 2.0**52  # adding it leaves an integer in the low bits of a double
_POWER_52 = 2.0**52


def vector_math(lanes: int) -> str:
    """IR text that defines ``exp_N``, ``log_N`` and ``pow_N`` for N lanes and declares the intrinsics kernels use."""
    declared = Writer(lanes)
    for name in ("fabs", "sqrt", "rint", "floor"):
        declared.lines.append(f"declare {declared.type} @llvm.{name}.{declared.suffix}({declared.type})")
    return declared.text() + _exp(lanes) + _log(lanes) + _pow(lanes)


def _horner(w: Writer, coefficients: list[float], x: str) -> str:
    result = w.constant(coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        result = w.add(w.multiply(result, x), w.constant(coefficient))
    return result


def _exp(lanes: int) -> str:
    """exp(x) = 2^n exp(r), n = round(x / ln 2), |r| <= 0.35; Taylor series of exp(r) to r^13."""
    w = Writer(lanes)
    w.lines.append(f"define internal {w.type} @exp_{lanes}({w.type} %x) {INLINE} {{")
    too_low = w.compare("olt", "%x", w.constant(_EXP_LOWEST))
    too_high = w.compare("ogt", "%x", w.constant(_EXP_HIGHEST))
    x = w.select(too_low, w.constant(_EXP_LOWEST), "%x")
    x = w.select(too_high, w.constant(_EXP_HIGHEST), x)
    n = w.intrinsic("rint", w.multiply(x, w.constant(1 / math.log(2))))
    r = w.add(x, w.multiply(n, w.constant(-LN2_HIGH)))
    r = w.add(r, w.multiply(n, w.constant(-LN2_LOW)))
    series = _horner(w, [1 / math.factorial(j) for j in range(14)], r)
    # 2^(n-1) from its bit pattern, doubled at the end: 2^1024 itself has no bit pattern
    shifted = w.value(f"fadd {w.type} {n}, {w.constant(_ROUND + _EXPONENT_BIAS - 1)}")
    bits = w.value(f"bitcast {w.type} {shifted} to {w.integer}")
    power = w.value(f"shl {w.integer} {bits}, {w.whole(_MANTISSA_BITS)}")
    scaled = w.multiply(series, w.value(f"bitcast {w.integer} {power} to {w.type}"))
    result = w.multiply(scaled, w.constant(2.0))
    result = w.select(too_low, w.constant(0.0), result)
    result = w.select(too_high, w.constant(math.inf), result)
    w.lines.append(f"  ret {w.type} {result}\n}}")
    return w.text()


def _log(lanes: int) -> str:
    """log(m 2^e) = e ln 2 + 2 atanh((m - 1) / (m + 1)), with m between sqrt(1/2) and sqrt(2)."""
    w = Writer(lanes)
    w.lines.append(f"define internal {w.type} @log_{lanes}({w.type} %x) {INLINE} {{")
    tiny = w.compare("olt", "%x", w.constant(2.3e-308))  # subnormal: scale up first
    x = w.select(tiny, w.multiply("%x", w.constant(_POWER_52)), "%x")
    bits = w.value(f"bitcast {w.type} {x} to {w.integer}")
    exponent = w.value(f"lshr {w.integer} {bits}, {w.whole(_MANTISSA_BITS)}")
    glued = w.value(f"or {w.integer} {exponent}, {w.whole(0x4330000000000000)}")  # the bits of 2^52 + exponent
    as_number = w.value(f"bitcast {w.integer} {glued} to {w.type}")
    e = w.value(f"fsub {w.type} {as_number}, {w.constant(_POWER_52 + _EXPONENT_BIAS)}")
    fraction = w.value(f"and {w.integer} {bits}, {w.whole(0xFFFFFFFFFFFFF)}")
    mantissa = w.value(f"or {w.integer} {fraction}, {w.whole(0x3FF0000000000000)}")
    m = w.value(f"bitcast {w.integer} {mantissa} to {w.type}")
    large = w.compare("ogt", m, w.constant(math.sqrt(2)))
    m = w.select(large, w.multiply(m, w.constant(0.5)), m)
    e = w.select(large, w.add(e, w.constant(1.0)), e)
    e = w.select(tiny, w.subtract(e, w.constant(52.0)), e)
    z = w.divide(w.add(m, w.constant(-1.0)), w.add(m, w.constant(1.0)))
    series = _horner(w, [2 / (2 * j + 1) for j in range(11)], w.multiply(z, z))
    small = w.add(w.multiply(z, series), w.multiply(e, w.constant(LN2_LOW)))
    result = w.add(w.multiply(e, w.constant(LN2_HIGH)), small)
    result = w.select(w.compare("oeq", "%x", w.constant(0.0)), w.constant(-math.inf), result)
    result = w.select(w.compare("oeq", "%x", w.constant(math.inf)), w.constant(math.inf), result)
    bad = w.value(f"fcmp ult {w.type} %x, {w.constant(0.0)}")  # negative, or not a number
    result = w.select(bad, w.constant(math.nan), result)
    w.lines.append(f"  ret {w.type} {result}\n}}")
    return w.text()


def _pow(lanes: int) -> str:
    w = Writer(lanes)
    w.lines.append(f"define internal {w.type} @pow_{lanes}({w.type} %a, {w.type} %b) {INLINE} {{")
    logarithm = w.call(f"log_{lanes}", "%a")
    power = w.call(f"exp_{lanes}", w.multiply("%b", logarithm))
    result = w.select(w.compare("oeq", "%b", w.constant(0.0)), w.constant(1.0), power)
    w.lines.append(f"  ret {w.type} {result}\n}}")
    return w.text()
