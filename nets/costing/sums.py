"""Sums of sizes: numbers, or polynomials in the user's symbols, kept as coefficients of monomials.

All monomials are products of positive sizes and their roundings, so a sum is never smaller than another whose
coefficients are all at most as large: that tells which sums can be the largest, without trying numbers.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, TypeAlias

import numpy as np

from nets.network.algebra import Size

Terms: TypeAlias = Mapping[Any, int]
"""Coefficients by monomial; the key 1 holds the constant."""

ONE = 1


def terms(size: Size) -> Terms:
    """Return a size as coefficients.

    >>> from nets.network.reading import parse
    >>> terms(parse("4*N*(H + 2)")) == {parse("N*H"): 4, parse("N"): 8}
    True
    """
    return {ONE: size} if isinstance(size, int) else _terms(size)


@cache
def _terms(size: Any) -> Terms:  # noqa: ANN401  # sympy publishes no types
    import sympy

    found = sympy.expand(size).as_coefficients_dict()
    return {ONE if monomial == 1 else monomial: factor for monomial, factor in found.items()}


def total(summed: Terms) -> Size:
    """Return the size again.

    >>> total({ONE: 3})
    3
    """
    if all(monomial is ONE for monomial in summed):
        return int(summed.get(ONE, 0))
    import sympy

    return sympy.Add(*(factor * monomial for monomial, factor in summed.items() if factor))


def add(summed: dict[Any, int], size: Size, times: int = 1) -> None:
    """Add a size to a sum in place; with -1 times, take it off."""
    for monomial, factor in terms(size).items():
        summed[monomial] = summed.get(monomial, 0) + times * factor


def never_exceeded(candidates: Iterable[Terms]) -> list[int]:
    """Return which of several sums can be the largest, in order; of equal ones, the first.

    A sum never is where some mixture of others has coefficients at least as large for sizes of 1 and more:
    each monomial is 1 + m with m ≥ 0, which moves all coefficients into the constant. A linear programme says
    whether there is such a mixture.

    >>> never_exceeded([{ONE: 1, "N": 2}, {ONE: 3, "N": 2}, {ONE: 9, "N": 1}, {ONE: 9, "N": 1}])
    [1, 2]
    >>> never_exceeded([{ONE: 0, "N": 4}, {ONE: 4, "N": 2}, {ONE: 9, "N": 0}])  # 4 + 2·N is below 9 or 4·N
    [0, 2]
    """
    rows = list(candidates)
    monomials = {
        monomial: place for place, monomial in enumerate({ONE: None} | {m: None for r in rows for m in r})
    }
    table = np.zeros((len(rows), len(monomials)))
    for row, summed in enumerate(rows):
        for monomial, factor in summed.items():
            table[row, monomials[monomial]] = float(factor)
    table[:, 0] = table.sum(axis=1)
    kept: list[int] = []
    for row in sorted(range(len(rows)), key=lambda row: (-table[row, 0], row)):
        if not any((table[other] >= table[row]).all() for other in kept):
            kept.append(row)
    for row in sorted(kept, key=lambda row: table[row, 0]):
        others = [other for other in kept if other != row]
        if others and _mixed_above(table[others], table[row]):
            kept.remove(row)
    return sorted(kept)


_MARGIN = 1e-6  # above what the solver may be off by, so that nothing is dropped that could be the largest


def _mixed_above(others: Any, row: Any) -> bool:  # noqa: ANN401  # arrays
    from scipy.optimize import linprog

    differing = (others != row).any(axis=0)
    others, row = others[:, differing], row[differing]
    scale = np.maximum(np.abs(row), np.abs(others).max(axis=0))
    found = linprog(
        np.zeros(len(others)),
        A_ub=-(others / scale).T,
        b_ub=-(row / scale) - _MARGIN,
        A_eq=np.ones((1, len(others))),
        b_eq=[1.0],
        bounds=(0, 1),
    )
    return bool(found.status == 0)
