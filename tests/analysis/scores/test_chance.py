from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.scores import aupr, auprg, auroc
from analysis.scores.chance import chance
from analysis.scores.scored import scored


def sizes(positives: int, negatives: int) -> dict[str, float]:
    labels = np.arange(positives + negatives) < positives
    return chance(scored(labels, np.zeros(len(labels))))


@given(st.integers(1, 5), st.integers(1, 5))
def test_chance_is_the_mean_over_every_order(positives: int, negatives: int) -> None:
    n = positives + negatives
    orders = list(combinations(range(n), positives))
    total = np.zeros(5)
    for places in orders:
        y = np.isin(np.arange(n), places)
        falling = -np.arange(n)
        total += [
            auroc(y, falling),
            aupr(y, falling),
            aupr(y, falling, method="average-precision"),
            aupr(y, falling, method="trapezoid"),
            auprg(y, falling),
        ]
    assert list(sizes(positives, negatives).values()) == pytest.approx(
        total / len(orders), rel=1e-12, abs=1e-13
    )


def test_few_positives_make_the_limit_a_poor_guide() -> None:
    level = sizes(10, 90)
    harmonic = sum(1 / k for k in range(1, 101))
    # Bestgen (2015): the mean average precision of random orders.
    assert level["ap"] == pytest.approx((harmonic + 9 / 99 * (100 - harmonic)) / 100, rel=1e-13)
    assert (round(level["ap"], 3), round(level["auprg"], 2)) == (0.138, -0.23)


def test_chance_tends_to_the_limit() -> None:
    level = sizes(200_000, 800_000)
    assert level["aupr"] == pytest.approx(0.2, abs=1e-4)
    assert level["auprg"] == pytest.approx(0, abs=1e-4)


def test_weighted_examples_have_the_chance_of_their_weights() -> None:
    """Equal weights: the mean over drawn orders is that over all, within its error."""
    labels, n = [1] * 6 + [0] * 14, 20
    drawn, exact = chance(scored(labels, np.zeros(n), np.full(n, 2.5))), sizes(6, 14)
    assert drawn == chance(scored(labels, np.zeros(n), np.full(n, 2.5)))
    for area, error in (("auroc", 0.02), ("ap", 0.02), ("auprg", 0.12)):
        assert drawn[area] == pytest.approx(exact[area], abs=error)


def test_unequal_weights_by_hand() -> None:
    """One positive of weight 3, one negative of weight 1: precision 1 or 3/4, each in half of the orders."""
    level = chance(scored([1, 0], [0, 0], [3.0, 1.0]))
    assert level["ap"] == pytest.approx(0.875, abs=0.02)
    assert level["auroc"] == pytest.approx(0.5, abs=0.06)
