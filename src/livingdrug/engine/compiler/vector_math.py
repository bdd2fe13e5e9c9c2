"""exp, log, pow, sin, cos and atan of vectors as IR: no library calls, no branches, the same bits for any number of lanes.

Accuracy is about 2 ulp, in doubles and in single precision. exp(x) of a double is inf above 709.78 and 0 below -707;
log(0) is -inf, log of a negative number is not a number. pow(a, b) = exp(b log a), so a negative base gives
not-a-number (whole constant exponents up to 16 never come here: the graph multiplies them out); its relative error is
about |b log a| ulp. sin and cos are good for |x| up to 1e5 (1e3 in single precision) and lose digits beyond.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from livingdrug.engine.compiler.writer import Writer

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
    """IR text that defines ``exp_S``, ``log_S`` and so on for S such as v8f64, and declares what kernels use."""
    declared = Writer(lanes, bits)
    for name in ("fabs", "sqrt", "rint", "floor"):
        declared.lines.append(f"declare {declared.type} @llvm.{name}.{declared.suffix}({declared.type})")
    parts = [_exp(lanes, bits), _log(lanes, bits), _pow(lanes, bits), _atan(lanes, bits)]
    parts += [_wave(lanes, bits, "sin", 0.0), _wave(lanes, bits, "cos", 1.0)]
    return declared.text() + "".join(parts)


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


# pi / 2 in three parts; the first two have trailing zero bits, so that n times them is exact (as in Cephes, Moshier)
_QUARTER = {
    64: (1.57079625129699707031e0, 7.54978941586159635335e-8, 5.39030285815811905290e-15),
    32: (1.5703125, 4.837512969970703e-4, 7.549789948768648e-8),
}


def _wave(lanes: int, bits: int, name: str, quarters: float) -> str:
    """sin(x + quarters pi / 2), from sin or cos of r = x - n pi / 2, |r| <= pi / 4, by their Taylor series."""
    w, terms = Writer(lanes, bits), 9 if bits == 64 else 5
    w.lines.append(f"define internal {w.type} @{name}_{w.suffix}({w.type} %x) {INLINE} {{")
    n = w.intrinsic("rint", w.multiply("%x", w.constant(2 / math.pi)))
    r = "%x"
    for part in _QUARTER[bits]:
        r = w.add(r, w.multiply(n, w.constant(-part)))
    square = w.multiply(r, r)
    sine = w.multiply(r, _horner(w, [(-1.0) ** j / math.factorial(2 * j + 1) for j in range(terms)], square))
    cosine = _horner(w, [(-1.0) ** j / math.factorial(2 * j) for j in range(terms)], square)
    quarter = w.add(n, w.constant(quarters))
    turns = w.intrinsic("floor", w.multiply(quarter, w.constant(0.25)))
    quarter = w.subtract(quarter, w.multiply(turns, w.constant(4.0)))  # 0, 1, 2 or 3
    half = w.intrinsic("floor", w.multiply(quarter, w.constant(0.5)))
    odd = w.compare("one", w.subtract(quarter, w.multiply(half, w.constant(2.0))), w.constant(0.0))
    value = w.select(odd, cosine, sine)
    sign = w.subtract(w.constant(1.0), w.multiply(half, w.constant(2.0)))
    w.lines.append(f"  ret {w.type} {w.multiply(sign, value)}\n}}")
    return w.text()


def _atan(lanes: int, bits: int) -> str:
    """atan(x) of |x| above 1 from 1 / |x|, above tan(pi / 8) from (t - 1) / (t + 1); Taylor series below."""
    w, terms = Writer(lanes, bits), 21 if bits == 64 else 9
    w.lines.append(f"define internal {w.type} @atan_{w.suffix}({w.type} %x) {INLINE} {{")
    size = w.intrinsic("fabs", "%x")
    large = w.compare("ogt", size, w.constant(1.0))
    t = w.select(large, w.divide(w.constant(1.0), size), size)
    middle = w.compare("ogt", t, w.constant(math.sqrt(2) - 1))
    turned = w.divide(w.subtract(t, w.constant(1.0)), w.add(t, w.constant(1.0)))
    z = w.select(middle, turned, t)
    series = _horner(w, [(-1.0) ** j / (2 * j + 1) for j in range(terms)], w.multiply(z, z))
    result = w.add(w.multiply(z, series), w.select(middle, w.constant(math.pi / 4), w.constant(0.0)))
    result = w.select(large, w.subtract(w.constant(math.pi / 2), result), result)
    negative = w.compare("olt", "%x", w.constant(0.0))
    opposite = w.value(f"fneg {w.type} {result}")
    w.lines.append(f"  ret {w.type} {w.select(negative, opposite, result)}\n}}")
    return w.text()
