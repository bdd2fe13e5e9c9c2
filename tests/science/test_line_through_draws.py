"""Expected values: a line itself, met to the last digit; least squares of a library on rows with the doubt written as rows of their own;
and the average of a square over a normal law, half its bend times the variance."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.fitting.joint.averaged import DOUBTS, LEAST_DRAWS, SHARES, through

N, P, R = 60, 5, 7


@pytest.fixture
def draw() -> np.random.Generator:
    return np.random.default_rng(17)


def test_a_line_is_found_from_wrong_slopes(draw) -> None:
    slopes, moves = draw.normal(size=(R, P)), draw.normal(size=(N, P))
    wrong = slopes + draw.normal(size=(R, P))
    found = through(moves, moves @ slopes.T + 0.3, wrong, np.ones((R, P), dtype=bool))
    # the doubt is large, not endless: what is left of the prior is 1 part in the number of draws times the doubt
    np.testing.assert_allclose(found.slopes, slopes, atol=0.01)
    np.testing.assert_allclose(found.offset, 0.3, atol=0.01)


def test_slopes_are_least_squares_with_the_doubt_as_rows(draw) -> None:
    slopes, moves = draw.normal(size=(R, P)), 0.3 * draw.normal(size=(N, P))
    changes = moves @ slopes.T + 0.5 * draw.normal(size=(N, R)) + 0.1
    known = slopes + 0.4 * draw.normal(size=(R, P))
    found = through(moves, changes, known, np.ones((R, P), dtype=bool))
    # rows of the prior: each slope is its known share, with the square root of the doubt as its error; the constant is free
    prior = np.hstack([np.zeros((P, 1)), np.eye(P) / np.sqrt(found.doubt)])
    design = np.vstack([np.hstack([np.ones((N, 1)), moves]), prior])
    for row in range(R):
        told = np.concatenate([changes[:, row], found.share * known[row] / np.sqrt(found.doubt)])
        expected = np.linalg.lstsq(design, told, rcond=None)[0]
        np.testing.assert_allclose([found.offset[row], *found.slopes[row]], expected, atol=1e-10)


def test_doubt_is_what_predicts_draws_left_out_best(draw) -> None:
    # expected: each draw left out by hand, the line through the others by a library
    slopes, moves = draw.normal(size=(R, P)), 0.3 * draw.normal(size=(20, P))
    changes = moves @ slopes.T + 0.5 * draw.normal(size=(20, R))
    known = slopes + 0.4 * draw.normal(size=(R, P))
    found = through(moves, changes, known, np.ones((R, P), dtype=bool))

    def missed(share: float, doubt: float) -> float:
        off = np.zeros((20, R))
        prior = np.hstack([np.zeros((P, 1)), np.eye(P) / np.sqrt(doubt)])
        for out in range(20):
            others = np.arange(20) != out
            design = np.vstack([np.hstack([np.ones((19, 1)), moves[others]]), prior])
            for row in range(R):
                told = np.concatenate([changes[others, row], share * known[row] / np.sqrt(doubt)])
                line = np.linalg.lstsq(design, told, rcond=None)[0]
                off[out, row] = changes[out, row] - line[0] - moves[out] @ line[1:]
        return float(np.log((off**2).mean(axis=0)).sum())

    chosen = missed(found.share, found.doubt)
    tried = [missed(share, doubt) for share in SHARES for doubt in DOUBTS]
    assert chosen == pytest.approx(min(tried), abs=1e-9)


def test_a_bend_is_in_the_offset_on_average(draw) -> None:
    # expected: E[x' B x / 2] = trace(B C) / 2 over moves of covariance C, within four standard errors
    n = 4_000
    root = draw.normal(size=(P, P)) / np.sqrt(P)
    moves, bend = draw.normal(size=(n, P)) @ root.T, draw.normal(size=(P, P))
    bend = bend + bend.T
    slopes = draw.normal(size=(1, P))
    squares = 0.5 * np.einsum("ni,ij,nj->n", moves, bend, moves)
    found = through(moves, moves @ slopes.T + squares[:, None], slopes, np.ones((1, P), dtype=bool))
    assert found.offset[0] == pytest.approx(0.5 * np.trace(bend @ root @ root.T), abs=4 * squares.std() / np.sqrt(n))


def test_numbers_that_do_not_concern_a_row_stay_at_nought_and_rows_without_answers_keep_their_slopes(draw) -> None:
    slopes, moves = draw.normal(size=(2, P)), draw.normal(size=(N, P))
    concerned = np.array([[True, True, False, False, True], [True] * P])
    changes = moves @ np.where(concerned, slopes, 0.0).T + draw.normal(size=(N, 2))
    changes[LEAST_DRAWS - 1 :, 1] = np.nan
    found = through(moves, changes, slopes, concerned)
    assert (found.slopes[0, [2, 3]] == 0).all()
    assert (found.slopes[0, [0, 1, 4]] != 0).all()
    np.testing.assert_array_equal(found.slopes[1], slopes[1])
    assert found.offset[1] == 0
    nothing = through(moves, np.full((N, 2), np.nan), slopes, concerned)
    np.testing.assert_array_equal(nothing.slopes, np.where(concerned, slopes, 0.0))
