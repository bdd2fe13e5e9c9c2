"""Elementary functions of vectors as IR: no library calls, the same bits for any number of lanes; no branch but
for sines of arguments beyond 1e5.

Each is within 4 units in the last place of the true value over its whole range, in doubles and in single precision,
subnormal results included (measured against 50 digits: tests/science/test_elementary_functions.py).

pow(a, b) = exp(b log a) with log a and the product as sums of two numbers, so that large exponents keep their digits; a
negative base with a whole exponent gives what C and NumPy give, any other exponent not-a-number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial
from itertools import pairwise

from livingdrug.engine.compiler.graph import FORGIVEN
from livingdrug.engine.compiler.writer import Writer

INLINE = "alwaysinline nounwind"
FUNCTIONS = (
    "exp", "quick_exp", "log", "parity", "power", "lenient_power", "quick_power", "atan", "sin", "cos", "log1p", "expm1",
    "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
)  # fmt: skip
FUNCTIONS_AND_PARTS = ("half_exp", "far_wave", *FUNCTIONS)
_PARTS = {
    "power": ("parity",), "log1p": ("log",), "sinh": ("expm1", "half_exp"), "cosh": ("half_exp",), "tanh": ("expm1",),
    "sin": ("far_wave",), "cos": ("far_wave",), "asinh": ("log", "log1p"), "acosh": ("log", "log1p"), "atanh": ("log", "log1p"),
}  # fmt: skip


@dataclass(frozen=True)
class _Precision:
    """What exp and log need to know about a binary format.

    ln 2 comes in two parts, the first with so many trailing zero bits that n * ln2_high is exact.
    """

    ln2_high: float
    ln2_low: float
    highest: float  # exp overflows above
    lowest: float  # exp is 0 below
    quick_lowest: float  # the quick exp ends here
    nearly_lowest: float  # below it exp is scaled up on the way, because 2^n alone has no bit pattern
    bias: int  # of the exponent
    mantissa_bits: int
    smallest: float  # normal number
    exp_terms: int
    log_terms: int
    whole: float  # from here x^2 + 1 is x^2


_FORMATS = {
    # split of ln 2 as in fdlibm (Sun 1993) and Cephes (Moshier)
    64: _Precision(
        6.93147180369123816490e-01, 1.90821492927058770002e-10, 709.782712893384, -745.2, -708.0, -700.0, 1023, 52,
        2.2250738585072014e-308, 14, 11, 2.0**28,
    ),
    32: _Precision(
        0.693359375, -2.12194440054690583e-4, 88.72283, -103.98, -87.0, -80.0, 127, 23, 1.17549435e-38, 8, 5, 2.0**13,
    ),
}  # fmt: skip


def vector_math(lanes: int, bits: int = 64, functions: Collection[str] = FUNCTIONS) -> str:
    """IR text that defines ``exp_S``, ``log_S`` and so on for S such as v8f64, and declares what kernels use.

    Parameters
    ----------
    lanes, bits
        Of a vector: numbers, and bits of each.
    functions
        Operations of the graph that kernels need; the rest is left out, which keeps compiling short.
    """
    declared = Writer(lanes, bits)
    for name in ("fabs", "sqrt", "rint", "floor"):
        declared.lines.append(f"declare {declared.type} @llvm.{name}.{declared.suffix}({declared.type})")
    three = ", ".join([declared.type] * 3)
    declared.lines.append(f"declare {declared.type} @llvm.fma.{declared.suffix}({three})")
    wanted = {part for name in functions for part in (name, *_PARTS.get(name, ()))}
    return declared.text() + "".join(_WRITTEN[name](lanes, bits) for name in FUNCTIONS_AND_PARTS if name in wanted)


def _horner(w: Writer, coefficients: list[float], x: str) -> str:
    result = w.constant(coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        result = w.add(w.multiply(result, x), w.constant(coefficient))
    return result


def _define(w: Writer, name: str, *arguments: str) -> None:
    listed = ", ".join(f"{w.type} %{argument}" for argument in arguments)
    w.lines.append(f"define internal {w.type} @{name}_{w.suffix}({listed}) {INLINE} {{")


def _returned(w: Writer, value: str) -> str:
    w.lines.append(f"  ret {w.type} {value}\n}}")
    return w.text()


# ---- exp ------------------------------------------------------------------------------------------------------------


def _reduced(w: Writer, f: _Precision, x: str) -> tuple[str, str]:
    """n = round(x / ln 2) and r = x - n ln 2, |r| <= 0.35."""
    n = w.intrinsic("rint", w.multiply(x, w.constant(1 / math.log(2))))
    r = w.add(x, w.multiply(n, w.constant(-f.ln2_high)))
    return n, w.add(r, w.multiply(n, w.constant(-f.ln2_low)))


def _half_power_of_two(w: Writer, f: _Precision, n: str) -> str:
    """2^(n-1) from its bit pattern (2^1024 has none). Adding 1.5 * 2^52 leaves an integer in the low bits of a double."""
    shifted = w.value(f"fadd {w.type} {n}, {w.constant(1.5 * 2.0**f.mantissa_bits + f.bias - 1)}")
    pattern = w.value(f"bitcast {w.type} {shifted} to {w.integer}")
    power = w.value(f"shl {w.integer} {pattern}, {w.whole(f.mantissa_bits)}")
    return w.value(f"bitcast {w.integer} {power} to {w.type}")


def _exponential(w: Writer, f: _Precision, x: str, *, low: str = "", half: bool = False, quick: bool = False) -> str:
    """exp(x + low), or half of it, = 2^n exp(r); Taylor series of exp(r). Beyond both ends it overflows or vanishes.

    The quick one, for rates, has no subnormal results: what is smaller than a normal number is about the smallest of them.
    """
    highest = w.constant(f.highest + (1.0 if half else 0.25))
    lowest = w.constant(f.quick_lowest if quick else f.lowest)
    x = w.select(w.compare("olt", x, lowest), lowest, x)
    x = w.select(w.compare("ogt", x, highest), highest, x)
    n, r = _reduced(w, f, x)
    if low:
        r = w.add(r, low)
    series = _horner(w, [1 / math.factorial(j) for j in range(f.exp_terms)], r)
    if half:
        n = w.subtract(n, w.constant(1.0))
    if quick:
        return w.multiply(w.multiply(series, _half_power_of_two(w, f, n)), w.constant(2.0))
    small, up = w.compare("olt", x, w.constant(f.nearly_lowest)), 2 * f.mantissa_bits
    n = w.select(small, w.add(n, w.constant(float(up))), n)
    scaled = w.multiply(series, _half_power_of_two(w, f, n))
    return w.multiply(scaled, w.select(small, w.constant(2.0 ** (1 - up)), w.constant(2.0)))


def _exp(lanes: int, bits: int) -> str:
    w = Writer(lanes, bits)
    _define(w, "exp", "x")
    return _returned(w, _exponential(w, _FORMATS[bits], "%x"))


def _quick_exp(lanes: int, bits: int) -> str:
    w = Writer(lanes, bits)
    _define(w, "quick_exp", "x")
    return _returned(w, _exponential(w, _FORMATS[bits], "%x", quick=True))


def _half_exp(lanes: int, bits: int) -> str:
    """exp(x) / 2, which overflows later."""
    w = Writer(lanes, bits)
    _define(w, "half_exp", "x")
    return _returned(w, _exponential(w, _FORMATS[bits], "%x", half=True))


def _expm1(lanes: int, bits: int) -> str:
    """exp(x) - 1 = 2^n (exp(r) - 1) + (2^n - 1), everything halved on the way; the series itself for small x."""
    w, f = Writer(lanes, bits), _FORMATS[bits]
    _define(w, "expm1", "x")
    lowest = -(f.mantissa_bits + 3) * math.log(2)  # exp is below half a unit of 1
    too_low = w.compare("olt", "%x", w.constant(lowest))
    too_high = w.compare("ogt", "%x", w.constant(f.highest))
    x = w.select(too_low, w.constant(lowest), "%x")
    x = w.select(too_high, w.constant(f.highest), x)
    n, r = _reduced(w, f, x)
    rest = _horner(w, [1 / math.factorial(j) for j in range(2, f.exp_terms + 1)], r)
    series = w.add(r, w.multiply(w.multiply(r, r), rest))
    power = _half_power_of_two(w, f, n)
    result = w.add(w.multiply(power, series), w.subtract(power, w.constant(0.5)))
    result = w.multiply(result, w.constant(2.0))
    result = w.select(w.compare("oeq", n, w.constant(0.0)), series, result)
    result = w.select(too_low, w.constant(-1.0), result)
    return _returned(w, w.select(too_high, w.constant(math.inf), result))


# ---- log ------------------------------------------------------------------------------------------------------------


def _split(w: Writer, f: _Precision, x: str) -> tuple[str, str]:
    """m and e of x = m 2^e, with m between sqrt(1/2) and sqrt(2)."""
    whole = 2.0**f.mantissa_bits
    # the bits of 2^52 + exponent, and of a number between 1 and 2
    glue = (f.bias + f.mantissa_bits) << f.mantissa_bits
    one = f.bias << f.mantissa_bits
    tiny = w.compare("olt", x, w.constant(f.smallest))  # subnormal: scale up first
    x = w.select(tiny, w.multiply(x, w.constant(whole)), x)
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
    return m, w.select(tiny, w.subtract(e, w.constant(float(f.mantissa_bits))), e)


def _log(lanes: int, bits: int) -> str:
    """log(m 2^e) = e ln 2 + 2 atanh(z), z = (m - 1) / (m + 1), summed so that m - 1, which is exact, comes last."""
    w, f = Writer(lanes, bits), _FORMATS[bits]
    _define(w, "log", "x")
    m, e = _split(w, f, "%x")
    u = w.add(m, w.constant(-1.0))
    z = w.divide(u, w.add(m, w.constant(1.0)))
    square = w.multiply(z, z)
    rest = w.multiply(square, _horner(w, [2 / (2 * j + 1) for j in range(1, f.log_terms)], square))
    half = w.multiply(w.multiply(u, u), w.constant(0.5))
    small = w.add(w.multiply(z, w.add(half, rest)), w.multiply(e, w.constant(f.ln2_low)))
    result = w.subtract(u, w.subtract(half, small))
    result = w.add(w.multiply(e, w.constant(f.ln2_high)), result)
    result = w.select(w.compare("oeq", "%x", w.constant(0.0)), w.constant(-math.inf), result)
    result = w.select(w.compare("oeq", "%x", w.constant(math.inf)), w.constant(math.inf), result)
    bad = w.value(f"fcmp ult {w.type} %x, {w.constant(0.0)}")  # negative, or not a number
    return _returned(w, w.select(bad, w.constant(math.nan), result))


def _log1p(lanes: int, bits: int) -> str:
    """log(1 + x), with what 1 + x lost in rounding put back to first order."""
    w = Writer(lanes, bits)
    _define(w, "log1p", "x")
    one = w.constant(1.0)
    u = w.add("%x", one)
    lost = w.subtract("%x", w.subtract(u, one))
    result = w.add(w.call(f"log_{w.suffix}", u), w.divide(lost, u))
    result = w.select(w.compare("oeq", u, one), "%x", result)
    plain = w.call("llvm.fabs." + w.suffix, u)
    odd = w.value(f"fcmp ueq {w.type} {plain}, {w.constant(math.inf)}")  # infinite, or not a number
    zero = w.compare("oeq", u, w.constant(0.0))
    either = w.value(f"or {w.boolean} {odd}, {zero}")
    return _returned(w, w.select(either, w.call(f"log_{w.suffix}", u), result))


# ---- pow ------------------------------------------------------------------------------------------------------------


def _exact_log(w: Writer, f: _Precision, x: str) -> tuple[str, str]:
    """log x as a sum of two numbers, good for about 10 bits more than one; x positive and finite.

    With z = (m - 1) / (m + 1) in two parts and w = z^2 (2/3 + 2/5 z^2 + ...) in two parts, log m = z (2 + w).
    """
    m, e = _split(w, f, x)
    minus = w.constant(-1.0)
    u, v = w.add(m, minus), w.add(m, w.constant(1.0))
    v_low = w.subtract(m, w.subtract(v, w.constant(1.0)))
    inverse = w.divide(w.constant(1.0), v)
    z = w.exactly("fmul", u, inverse)
    opposite = w.value(f"fneg {w.type} {z}")
    rest = w.fused(opposite, v, u)
    rest = w.fused(opposite, v_low, rest)
    z_low = w.exactly("fmul", rest, inverse)
    square = w.exactly("fmul", z, z)
    square_low = w.fused(z, z, w.value(f"fneg {w.type} {square}"))
    square_low = w.fused(w.exactly("fmul", z, w.constant(2.0)), z_low, square_low)
    tail = w.exactly("fmul", square, _horner(w, [2 / (2 * j + 5) for j in range(f.log_terms - 1)], square))
    first = w.rounded(2 / 3)
    p = w.exactly("fadd", w.constant(first), tail)
    p_low = w.exactly("fadd", w.exactly("fsub", w.constant(first), p), tail)
    p_low = w.exactly("fadd", p_low, w.constant(_two_thirds_low(first)))
    high = w.exactly("fmul", square, p)
    low = w.fused(square, p, w.value(f"fneg {w.type} {high}"))
    low = w.fused(square, p_low, w.fused(square_low, p, low))
    y = w.exactly("fadd", w.constant(2.0), high)
    y_low = w.exactly("fadd", w.exactly("fadd", w.exactly("fsub", w.constant(2.0), y), high), low)
    log_m = w.exactly("fmul", z, y)
    log_low = w.fused(z, y, w.value(f"fneg {w.type} {log_m}"))
    log_low = w.fused(z, y_low, w.fused(z_low, y, log_low))
    whole = w.exactly("fmul", e, w.constant(f.ln2_high))
    total = w.exactly("fadd", whole, log_m)
    left = w.exactly("fsub", log_m, w.exactly("fsub", total, whole))
    left = w.exactly("fadd", w.fused(e, w.constant(f.ln2_low), log_low), left)
    return total, left


def _two_thirds_low(first: float) -> float:
    """2/3 minus its rounded value."""
    return float(Fraction(2, 3) - Fraction(first))


def _magnitude(w: Writer, f: _Precision, *, quick: bool) -> str:
    """|a|^b."""
    infinite = w.constant(math.inf)
    size = w.intrinsic("fabs", "%a")
    high, low = _exact_log(w, f, size)
    high = w.select(w.compare("oeq", size, w.constant(0.0)), w.constant(-math.inf), high)
    high = w.select(w.value(f"fcmp ueq {w.type} {size}, {infinite}"), size, high)  # infinite, or not a number
    product = w.exactly("fmul", "%b", high)
    rest = w.fused("%b", high, w.value(f"fneg {w.type} {product}"))
    rest = w.fused("%b", low, rest)
    within = w.compare("olt", w.intrinsic("fabs", product), w.constant(2 * f.highest))
    power = _exponential(w, f, product, low=w.select(within, rest, w.constant(0.0)), quick=quick)
    return w.select(w.compare("oeq", "%b", w.constant(0.0)), w.constant(1.0), power)


def _power(lanes: int, bits: int) -> str:
    w, f = Writer(lanes, bits), _FORMATS[bits]
    _define(w, "power", "a", "b")
    power = _magnitude(w, f, quick=False)
    signed = w.exactly("fmul", power, w.call(f"parity_{w.suffix}", "%b"))
    odd = w.value(f"and {w.boolean} {_negative(w)}, {w.compare('one', '%b', w.constant(0.0))}")
    return _returned(w, w.select(odd, signed, power))


def _negative(w: Writer) -> str:
    return w.compare("olt", "%a", w.constant(0.0))


def _lenient_power(lanes: int, bits: int, *, quick: bool) -> str:
    """For rates: bases that rounding made negative are forgiven, and the sign of negative ones is known beforehand."""
    w, f = Writer(lanes, bits), _FORMATS[bits]
    _define(w, "quick_power" if quick else "lenient_power", "a", "b", "sign")
    power = _magnitude(w, f, quick=quick)
    negative = w.compare("olt", "%a", w.constant(-FORGIVEN))
    return _returned(w, w.select(negative, w.exactly("fmul", power, "%sign"), power))


def _parity(lanes: int, bits: int) -> str:
    """1 for even numbers, -1 for odd ones, not a number for others."""
    w = Writer(lanes, bits)
    _define(w, "parity", "x")
    half = w.exactly("fmul", "%x", w.constant(0.5))
    fraction = w.exactly("fsub", half, w.intrinsic("floor", half))  # 0 for even, 0.5 for odd numbers
    quarter = w.exactly("fsub", fraction, w.constant(0.25))
    whole = w.compare("oeq", w.intrinsic("fabs", quarter), w.constant(0.25))
    return _returned(w, w.select(whole, w.exactly("fmul", quarter, w.constant(-4.0)), w.constant(math.nan)))


# ---- hyperbolic -----------------------------------------------------------------------------------------------------


def _hyperbolic(lanes: int, bits: int, name: str) -> str:
    """A function that is odd (or even, cosh) from its values at |x|."""
    w, f = Writer(lanes, bits), _FORMATS[bits]
    _define(w, name, "x")
    size = w.intrinsic("fabs", "%x") if name != "acosh" else "%x"
    result = _HYPERBOLIC[name](w, f, size)
    if name in ("cosh", "acosh"):
        return _returned(w, result)
    opposite = w.value(f"fneg {w.type} {result}")
    return _returned(w, w.select(w.compare("olt", "%x", w.constant(0.0)), opposite, result))


def _sinh(w: Writer, f: _Precision, x: str) -> str:
    """(E + E / (E + 1)) / 2 with E = exp(x) - 1 up to 1, from the two exponentials above."""
    small = w.call(f"expm1_{w.suffix}", w.select(w.compare("olt", x, w.constant(1.0)), x, w.constant(1.0)))
    near = w.add(small, w.divide(small, w.add(small, w.constant(1.0))))
    half = w.call(f"half_exp_{w.suffix}", x)
    far = w.subtract(half, w.divide(w.constant(0.25), half))
    chosen = w.select(w.compare("olt", x, w.constant(1.0)), w.multiply(near, w.constant(0.5)), far)
    return w.select(w.compare("olt", x, w.constant(f.smallest)), x, chosen)


def _cosh(w: Writer, f: _Precision, x: str) -> str:
    half = w.call(f"half_exp_{w.suffix}", x)
    return w.add(half, w.divide(w.constant(0.25), half))


def _tanh(w: Writer, f: _Precision, x: str) -> str:
    """E / (E + 2) with E = exp(2 x) - 1; 1 long before E overflows."""
    far = w.compare("ogt", x, w.constant(22.0))
    e = w.call(f"expm1_{w.suffix}", w.multiply(w.select(far, w.constant(22.0), x), w.constant(2.0)))
    result = w.divide(e, w.add(e, w.constant(2.0)))
    result = w.select(far, w.constant(1.0), result)
    return w.select(w.compare("olt", x, w.constant(f.smallest)), x, result)


def _asinh(w: Writer, f: _Precision, x: str) -> str:
    """log1p(x + x^2 / (1 + sqrt(1 + x^2))), log(x) + ln 2 where x^2 + 1 is x^2."""
    far = w.compare("ogt", x, w.constant(f.whole))
    near = w.select(far, w.constant(f.whole), x)
    square = w.multiply(near, near)
    root = w.intrinsic("sqrt", w.add(square, w.constant(1.0)))
    near = w.add(near, w.divide(square, w.add(root, w.constant(1.0))))
    far_value = w.add(w.call(f"log_{w.suffix}", x), w.constant(math.log(2)))
    return w.select(far, far_value, w.call(f"log1p_{w.suffix}", near))


def _acosh(w: Writer, f: _Precision, x: str) -> str:
    """log1p(t + sqrt(t (t + 2))) with t = x - 1, log(x) + ln 2 for large x."""
    far = w.compare("ogt", x, w.constant(f.whole))
    t = w.subtract(w.select(far, w.constant(f.whole), x), w.constant(1.0))
    root = w.intrinsic("sqrt", w.multiply(t, w.add(t, w.constant(2.0))))
    far_value = w.add(w.call(f"log_{w.suffix}", x), w.constant(math.log(2)))
    return w.select(far, far_value, w.call(f"log1p_{w.suffix}", w.add(t, root)))


def _atanh(w: Writer, f: _Precision, x: str) -> str:
    """log1p(2 x / (1 - x)) / 2."""
    share = w.divide(w.multiply(x, w.constant(2.0)), w.subtract(w.constant(1.0), x))
    result = w.multiply(w.call(f"log1p_{w.suffix}", share), w.constant(0.5))
    return w.select(w.compare("olt", x, w.constant(f.smallest)), x, result)


_HYPERBOLIC = {"sinh": _sinh, "cosh": _cosh, "tanh": _tanh, "asinh": _asinh, "acosh": _acosh, "atanh": _atanh}


# ---- sine, cosine, arc tangent --------------------------------------------------------------------------------------

_QUARTER_BITS = {64: (33, 33, 33, 53), 32: (12, 12, 12, 24)}
"""pi / 2 in four parts; all but the last have so many trailing zero bits that n times them is exact up to `_NEAR`."""
_NEAR = {64: 1e5, 32: 1e3}


@cache
def _pi() -> Fraction:
    """Pi to 1400 bits, more than the largest double has places: 16 atan(1/5) - 4 atan(1/239) (Machin 1706)."""
    one = 1 << 1432
    total = 0
    for weight, base in ((16, 5), (-4, 239)):
        power, k = one // base, 0
        while power:
            total += (-1) ** k * weight * (power // (2 * k + 1))
            power, k = power // base**2, k + 1
    return Fraction(total, one)


def _quarter_parts(bits: int) -> list[float]:
    """pi / 2 as a sum of floating-point numbers with these numbers of bits."""
    rest, parts = _pi() / 2, []
    for kept in _QUARTER_BITS[bits]:
        size = 2 ** (kept - 1 - math.floor(math.log2(rest)))
        parts.append(math.floor(rest * size) / size)
        rest -= Fraction(parts[-1])
    return parts


def _wave(lanes: int, bits: int, name: str, quarters: float) -> str:
    """sin(x + quarters pi / 2), from sin or cos of r = x - n pi / 2, |r| <= pi / 4, by their Taylor series."""
    w, terms = Writer(lanes, bits), 9 if bits == 64 else 5
    w.lines.append(f"define internal {w.type} @{name}_{w.suffix}({w.type} %x) {INLINE} {{")
    far = w.value(f"fcmp ugt {w.type} {w.intrinsic('fabs', '%x')}, {w.constant(_NEAR[bits])}")
    near = w.select(far, w.constant(0.0), "%x")
    n = w.intrinsic("rint", w.multiply(near, w.constant(2 / math.pi)))
    r = near
    for part in _quarter_parts(bits):
        r = w.add(r, w.multiply(n, w.constant(-part)))
    r, n = _or_far(w, far, r, n)
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


def _or_far(w: Writer, far: str, r: str, n: str) -> tuple[str, str]:
    """r and n of the lanes in which x is large, from the function below; asked only where there is such a lane."""
    kind = w.type
    some = far
    if w.lanes > 1:
        some = w.value(f"icmp ne i{w.lanes} {w.value(f'bitcast {w.boolean} {far} to i{w.lanes}')}, 0")
    w.lines.append(f"  br label %before\nbefore:\n  br i1 {some}, label %beyond, label %within\nbeyond:")
    far_r, far_n = r, n
    for lane in range(w.lanes):
        x = w.value(f"extractelement {kind} %x, i32 {lane}") if w.lanes > 1 else "%x"
        x = w.value(f"fpext float {x} to double") if w.bits == 32 else x
        both = w.value(f"call {{double, double}} @far_wave_{w.suffix}(double {x})")
        found = [w.value(f"extractvalue {{double, double}} {both}, {place}") for place in (0, 1)]
        if w.bits == 32:
            found = [w.value(f"fptrunc double {one} to float") for one in found]
        if w.lanes > 1:
            far_r = w.value(f"insertelement {kind} {far_r}, {w.element} {found[0]}, i32 {lane}")
            far_n = w.value(f"insertelement {kind} {far_n}, {w.element} {found[1]}, i32 {lane}")
        else:
            far_r, far_n = found
    far_r, far_n = w.select(far, far_r, r), w.select(far, far_n, n)
    w.lines.append("  br label %within\nwithin:")
    joined = [w.value(f"phi {kind} [{near}, %before], [{there}, %beyond]") for near, there in ((r, far_r), (n, far_n))]
    return joined[0], joined[1]


def _far_wave(lanes: int, bits: int) -> str:
    """r and n of one large x, whatever its size: x 2 / pi in whole numbers of 128 bits (Payne and Hanek 1983).

    x = m 2^e, and of the bits of 2 / pi only those matter that m 2^e neither makes whole turns nor nothing of: 192 from
    place e - 1 on. What is infinite or not a number gives not-a-number.
    """
    places = 20 * 64
    digits = math.floor(2 / _pi() * 2 ** (places - 64))  # 64 zeros stand before the first bit
    words = [digits >> (places - 64 * (k + 1)) & (2**64 - 1) for k in range(20)]
    listed = ", ".join(f"i64 {word}" for word in words)
    w = Writer(1, 64)
    suffix = Writer(lanes, bits).suffix
    w.lines.append(f"@two_over_pi_{suffix} = internal constant [20 x i64] [{listed}]")
    w.lines.append(f"define internal {{double, double}} @far_wave_{suffix}(double %x) noinline nounwind {{")
    pattern = w.value("bitcast double %x to i64")
    biased = w.value(f"and i64 {w.value(f'lshr i64 {pattern}, 52')}, 2047")
    finite = w.value(f"icmp ne i64 {biased}, 2047")
    m = w.value(f"or i64 {w.value(f'and i64 {pattern}, {2**52 - 1}')}, {2**52}")
    start = w.value(f"sub i64 {biased}, {1075 - 62}")
    start = w.value(f"select i1 {finite}, i64 {start}, i64 64")
    start = w.value(f"select i1 {w.value(f'icmp sgt i64 {start}, 0')}, i64 {start}, i64 0")  # small x are nobody's
    word, shift = w.value(f"lshr i64 {start}, 6"), w.value(f"and i64 {start}, 63")
    loaded = []
    for k in range(4):
        place = w.value(f"add i64 {word}, {k}")
        address = w.value(f"getelementptr inbounds [20 x i64], ptr @two_over_pi_{suffix}, i64 0, i64 {place}")
        loaded.append(w.value(f"load i64, ptr {address}, align 8"))
    left = w.value(f"sub i64 63, {shift}")
    parts = []
    for here, after in pairwise(loaded):
        after = w.value(f"lshr i64 {w.value(f'lshr i64 {after}, 1')}, {left}")
        parts.append(w.value(f"or i64 {w.value(f'shl i64 {here}, {shift}')}, {after}"))
    wide = [w.value(f"zext i64 {one} to i128") for one in (*parts, m)]
    low = w.value(f"lshr i128 {w.value(f'mul i128 {wide[2]}, {wide[3]}')}, 64")
    middle = w.value(f"mul i128 {wide[1]}, {wide[3]}")
    high = w.value(f"shl i128 {w.value(f'mul i128 {wide[0]}, {wide[3]}')}, 64")
    turns = w.value(
        f"add i128 {w.value(f'add i128 {low}, {middle}')}, {high}"
    )  # in quarters: 2 bits and 126 behind the point
    whole = w.value(f"lshr i128 {w.value(f'add i128 {turns}, {2**125}')}, 126")
    rest = w.value(f"sub i128 {turns}, {w.value(f'shl i128 {whole}, 126')}")
    upper = w.value(f"ashr i128 {rest}, 64")
    upper = w.value(f"sitofp i64 {w.value(f'trunc i128 {upper} to i64')} to double")
    lower = w.value(f"uitofp i64 {w.value(f'trunc i128 {rest} to i64')} to double")
    r = w.add(w.multiply(upper, w.constant(2.0**-62)), w.multiply(lower, w.constant(2.0**-126)))
    r = w.multiply(r, w.constant(math.pi / 2))
    n = w.value(f"uitofp i64 {w.value(f'trunc i128 {whole} to i64')} to double")
    negative = w.value(f"icmp slt i64 {pattern}, 0")
    r = w.value(f"select i1 {negative}, double {w.value(f'fneg double {r}')}, double {r}")
    n = w.value(f"select i1 {negative}, double {w.value(f'fneg double {n}')}, double {n}")
    r = w.value(f"select i1 {finite}, double {r}, double {w.constant(math.nan)}")
    both = w.value(f"insertvalue {{double, double}} undef, double {r}, 0")
    both = w.value(f"insertvalue {{double, double}} {both}, double {n}, 1")
    w.lines.append(f"  ret {{double, double}} {both}\n}}")
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


_WRITTEN: dict[str, Callable[[int, int], str]] = {
    "exp": _exp, "half_exp": _half_exp, "expm1": _expm1, "log": _log, "log1p": _log1p, "power": _power,
    "quick_exp": _quick_exp, "lenient_power": partial(_lenient_power, quick=False),
    "quick_power": partial(_lenient_power, quick=True), "parity": _parity, "atan": _atan, "far_wave": _far_wave,
    "sin": partial(_wave, name="sin", quarters=0.0), "cos": partial(_wave, name="cos", quarters=1.0),
    **{name: partial(_hyperbolic, name=name) for name in _HYPERBOLIC},
}  # fmt: skip
