"""What is recorded at a check does not depend, to the last bit, on what else is recorded there."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.engine.ensemble import compile_model
from livingdrug.engine.odes import Odes
from livingdrug.engine.summaries import Summary

N = 400
ODES = Odes(
    ("y",), ("k", "c"), (1.0, 0.0),
    (("product", "k * y"), ("shifted", "product + c"), ("late", "product * 3.0 - c")), ("0 * y",), ("c + 0.1",),
)  # fmt: skip
OUTPUTS = ("y", "product", "shifted", "late")


@pytest.fixture(scope="module")
def numbers():
    return np.random.default_rng(5).uniform(0.1, 3.0, (N, 2))


def run(numbers, outputs, **options):
    chosen = {name: options.pop(name) for name in ("keep",) if name in options}
    model = compile_model(ODES, log_scales={}, linear_scales={}, outputs=outputs, **options)
    return model.run(numbers, [0.0, 1.0], [False, False], **chosen)


@pytest.mark.parametrize("outputs", [("y", "shifted"), OUTPUTS, ("shifted", "y", "late")])
def test_every_operation_rounds_by_itself(numbers, outputs):
    # expected: double arithmetic, one operation after the other; a fused multiplication and addition rounds once
    k, c = numbers.T
    found = run(numbers, outputs).outputs[:, 0]
    y = found[:, outputs.index("y")]
    assert (found[:, outputs.index("shifted")] == k * y + c).all()
    if "late" in outputs:
        assert (found[:, outputs.index("late")] == (k * y) * 3.0 - c).all()


@pytest.mark.parametrize("keep", [("shifted", "y"), ("shifted",), ("product", "late"), OUTPUTS])
def test_what_is_kept_briefly_is_what_is_kept_with_everything(numbers, keep):
    # expected: the same numbers as with everything recorded, whether the brief way holds what is kept or not
    whole = run(numbers, OUTPUTS)
    brief = run(numbers, OUTPUTS, brief=("y", "shifted"), keep=keep)
    kept = [name for name in OUTPUTS if name in keep]
    assert brief.outputs.shape == (N, 2, len(kept))
    for place, name in enumerate(kept):
        assert brief.outputs[:, :, place].tobytes() == whole.outputs[:, :, OUTPUTS.index(name)].tobytes()


def test_summaries_are_made_whatever_is_kept(numbers):
    # expected: y stands still, so its maximum is its start
    ensemble = run(numbers, OUTPUTS, brief=("y",), keep=("y",), summaries=[Summary("most", "late", "max")])
    k, c = numbers.T
    assert (ensemble.summaries[:, 0] == (k * (c + 0.1)) * 3.0 - c).all()


def test_the_interpreter_records_briefly_too(numbers):
    # expected: the compiled kernels
    few = numbers[:9]
    options = {"brief": ("y", "shifted"), "keep": ("shifted",)}
    compiled, interpreted = (run(few, OUTPUTS, interpret=way, **options).outputs for way in (False, True))
    assert compiled.tobytes() == interpreted.tobytes()
