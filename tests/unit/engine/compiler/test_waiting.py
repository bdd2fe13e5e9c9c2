"""Values that wait in memory between distant uses change no bit of what is computed."""

import re

import numpy as np
import pytest

from livingdrug.engine.compiler import emission, waiting
from livingdrug.engine.compiler.assembly import kernel_ir
from livingdrug.engine.compiler.graph import Graph
from livingdrug.engine.compiler.kernel import Array, Kernel
from livingdrug.engine.compiler.machine import MachineCode
from livingdrug.engine.compiler.sparse import find_pattern, solve_kernel
from livingdrug.engine.compiler.system import build_system
from livingdrug.engine.compiler.vector_math import vector_math

LANES = 4


@pytest.fixture
def written(monkeypatch):
    """What LLVM is given after all that is used again later than the next line but one waits, texts in order."""
    texts = []
    monkeypatch.setattr(emission, "_LONG", 0)
    monkeypatch.setattr(emission, "_made_apart", lambda ir: None)
    monkeypatch.setattr(waiting, "_LONG", 0)
    monkeypatch.setattr(waiting, "_FAR", 2)
    monkeypatch.setattr(emission, "_SPREAD", "")
    monkeypatch.setattr(
        emission, "with_waiting", lambda ir, name: texts.append(waiting.with_waiting(ir, name)) or texts[-1]
    )
    return texts


def _code(kernel, folder):
    return MachineCode("\n".join([vector_math(LANES), kernel_ir(kernel, LANES)]), (kernel.name,), folder)


def _called(kernel, code, **given):
    arrays = [given.get(array.name, np.zeros((array.size, LANES))).copy() for array in kernel.arrays]
    code.call(kernel, LANES, *arrays)
    return {array.name: one for array, one in zip(kernel.arrays, arrays, strict=True)}


def _both(kernel, tmp_path, written, **given):
    """Results of code made as it is written, and of code in which values wait."""
    emission._SPREAD = kernel.name
    emission._LONG = 10**9
    straight = _called(kernel, _code(kernel, tmp_path / "straight"), **given)
    assert not written
    emission._LONG = 0
    waits = _called(kernel, _code(kernel, tmp_path / "waiting"), **given)
    assert len(written) == 1
    for name, expected in straight.items():
        np.testing.assert_array_equal(waits[name].view(np.int64), expected.view(np.int64), err_msg=name)
    return waits


def test_a_models_equations_have_the_same_bits(everything, arguments, parameters, tmp_path, written):
    # expected: bitwise equality with code in which nothing waits
    random, n = np.random.default_rng(3), len(everything.states)
    linearise = build_system(everything, arguments["log_scales"]).linearise
    x = random.uniform(0.1, 5, (n, LANES))
    p = np.repeat(np.array(everything.defaults)[:, None], LANES, axis=1) * random.uniform(0.5, 2, LANES)
    got = _both(linearise, tmp_path, written, x=x, p=p, t=np.full((1, LANES), 2.5))
    assert np.isfinite(got["J"]).all()
    assert "load volatile" in written[0]
    assert re.search(r"%again\d+\S* = load <", written[0])  # x and p, which nothing is stored to, are


def test_a_product_is_fused_where_it_was(tmp_path, written):
    # expected: bitwise equality; u v is used twice, far apart, and rounds by itself; w v is used once, and may be fused
    graph = Graph()
    x = [graph.input("x", i) for i in range(40)]
    twice, once = graph.multiply(x[0], x[1]), graph.multiply(x[2], x[1])
    stores = [("d", 0, graph.add(twice, x[3])), ("d", 1, graph.add(once, x[3]))]
    stores += [("d", i, graph.multiply(graph.add(x[i], x[i + 1]), x[i - 1])) for i in range(4, 30)]
    stores += [("d", 2, graph.subtract(x[5], twice)), ("d", 3, graph.negative(twice))]
    kernel = Kernel("f", graph, (Array("x", 40), Array("d", 40)), tuple(stores))
    given = np.random.default_rng(5).uniform(-1, 1, (40, LANES))
    got = _both(kernel, tmp_path, written, x=given)["d"]
    product = given[0] * given[1]  # what NumPy rounds by itself
    np.testing.assert_array_equal(got[2], given[5] - product)
    np.testing.assert_array_equal(got[0], product + given[3])


def test_what_is_stored_to_is_not_read_again(tmp_path, written):
    # expected: bitwise equality of a solution in place, whose right-hand side is overwritten; NumPy's solution within rounding
    random, n = np.random.default_rng(7), 12
    pattern = find_pattern(n, {(i, j) for i in range(n) for j in range(n) if i != j})
    w, b = random.uniform(0.1, 1, (len(pattern.filled), LANES)), random.uniform(-1, 1, (n, LANES))
    got = _both(solve_kernel(pattern), tmp_path, written, W=w, b=b)["b"]
    turn = pattern.orders()
    for lane in range(LANES):
        lower, upper = np.eye(n), np.zeros((n, n))
        for q, (i, j) in enumerate(pattern.filled):
            if turn[j] < turn[i]:
                lower[turn[i], turn[j]] = w[q, lane]
            else:
                upper[turn[i], turn[j]] = 1 / w[q, lane] if i == j else w[q, lane]
        right = b[list(pattern.pivots), lane]
        np.testing.assert_allclose(got[list(pattern.pivots), lane], np.linalg.solve(lower @ upper, right), rtol=1e-9)
    again = re.findall(r"%again\d+\S* = load <.*ptr (%\S+),", written[0])
    addresses = dict(re.findall(r"(%\S+) = getelementptr .*ptr (%\w+),", written[0]))
    assert "%b" not in {addresses.get(one, one) for one in again}
    assert "load volatile" in written[0]


def test_equal_instructions_are_one(monkeypatch):
    # expected: the second sum, written the other way round and not to be fused, is the first, which is then not fused either
    monkeypatch.setattr(waiting, "_LONG", 0)
    lines = [
        "define void @f(ptr %d) {", "  %a = load <2 x double>, ptr %d, align 16", "  %b = fneg contract <2 x double> %a",
        "  %s = fadd contract <2 x double> %a, %b", "  %t = fadd <2 x double> %b, %a", "  %u = fsub <2 x double> %t, %a",
        "  store <2 x double> %u, ptr %d, align 16", "  ret void", "}",
    ]  # fmt: skip
    got = waiting.with_waiting("\n".join(lines), "f").split("\n")
    assert got == [*lines[:3], "  %s = fadd <2 x double> %a, %b", "  %u = fsub <2 x double> %s, %a", *lines[6:]]


def test_short_functions_and_those_that_branch_stay_as_they_are(monkeypatch):
    # expected: the text given
    many = "\n".join(f"  %v{i} = fadd <2 x double> %v{i - 1}, %v0" for i in range(1, 3000))
    start = "define void @f(ptr %d) {\n  %v0 = load <2 x double>, ptr %d, align 16\n"
    branch = f"{start}{many}\n  br label %on\non:\n  store <2 x double> %v0, ptr %d, align 16\n  ret void\n}}\n"
    assert waiting.with_waiting(branch, "f") == branch
    short = f"{start}  store <2 x double> %v0, ptr %d, align 16\n  ret void\n}}\n"
    monkeypatch.setattr(waiting, "_FAR", 0)
    assert waiting.with_waiting(short, "f") == short
