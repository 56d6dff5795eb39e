"""Which of the comparisons that a symbolic trace went by its formula needs, by trials beyond each of them.

torch notes each comparison of sizes that its code makes, whether the counts depend on it or not: a choice of
back end, a shortcut for size 1, a limit of the model, a real change of the arithmetic. Numbers that violate a
comparison tell which it is: where the module still does what the formula says, it is no condition. One trial
stands as near to the border as can be, others as far away as the conditions allow, for what holds at L = 3
need not hold at L = 2.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import sympy

from nets.network.formulas import symbol

Agrees = Callable[[Mapping[str, int]], bool]
"""Whether a trace in these numbers gives what the formula says."""

_TRIED = 20_000  # at most, in the search for one violation
_ALONE = 2**13  # how far a single symbol is looked through
_POWERS = tuple(2**power for power in range(6, 17))
_ROUNDS = 4  # how often the far corners are tried anew when a condition has been added


def borders(
    compared: Iterable[Any], hints: Mapping[str, int], agrees: Agrees, needed: Iterable[Any] = ()
) -> tuple[list[Any], list[Any]]:
    """Sort comparisons into those that a formula needs, and those that do not matter to it.

    Parameters
    ----------
    compared
        Relations between symbols that hold at the hints.
    hints
        The numbers behind the symbols in the symbolic trace.
    agrees
        Tries the formula at other numbers.
    needed
        Relations that are known to be needed.

    Returns
    -------
    needed, unneeded
        What is needed beside those that were known to be; it may be a tighter form of what was compared.
    """
    known = list(needed)
    found: list[Any] = []
    unneeded: list[Any] = []
    nearest: dict[Any, Mapping[str, int]] = {}
    for condition in compared:
        if condition in (True, False):
            continue
        values = violation(condition, hints, known + found)
        if values is None:
            continue
        nearest[condition] = values
        (unneeded if agrees(values) else found).append(condition)
    for extreme in (_smallest, _largest):
        for _ in range(_ROUNDS):
            values = _corner(hints, known + found, extreme(hints, unneeded))
            beyond = [condition for condition in unneeded if not _holds(condition, values)]
            if not beyond or agrees(values):
                break
            culprits = {c: _culprit(c, hints, nearest[c], values, agrees, known + found) for c in beyond}
            for condition in beyond:
                if culprits[condition] is not None or not any(each is not None for each in culprits.values()):
                    unneeded.remove(condition)
                    found.append(condition if culprits[condition] is None else culprits[condition])
    return found, unneeded


def _culprit(
    condition: Any,  # noqa: ANN401  # sympy publishes no types
    hints: Mapping[str, int],
    near: Mapping[str, int],
    corner: Mapping[str, int],
    agrees: Agrees,
    others: list[Any],
) -> Any:  # noqa: ANN401  # sympy publishes no types
    """Return what must hold if a formula fails far beyond a comparison, not near it; None if it does not."""
    names = sorted(str(name) for name in condition.free_symbols)
    far = {**hints, **{name: corner[name] for name in names}}
    if _holds(condition, far) or not all(_holds(other, far) for other in others) or agrees(far):
        return None
    if len(names) > 1 or isinstance(condition, sympy.Eq | sympy.Ne):
        return condition
    (name,) = names
    good, bad = near[name], far[name]
    while abs(good - bad) > 1:
        middle = (good + bad) // 2
        values = {**hints, name: middle}
        if all(_holds(other, values) for other in others) and agrees(values):
            good = middle
        else:
            bad = middle
    return symbol(name) >= good if bad < good else symbol(name) <= good


def violation(
    condition: Any,  # noqa: ANN401  # sympy publishes no types
    hints: Mapping[str, int],
    others: Iterable[Any],
) -> dict[str, int] | None:
    """Return numbers at which a condition does not hold, and the others do; None if there are none near."""
    names = sorted(str(name) for name in condition.free_symbols)
    holds = _function(condition)
    rest = [(_function(other), sorted(map(str, other.free_symbols))) for other in others]
    ranges = [_candidates(condition, hints[name], len(names)) for name in names]
    for values in sorted(itertools.product(*ranges), key=lambda v: _distance(v, names, hints)):
        found = {**hints, **dict(zip(names, values, strict=True))}
        if holds(*values) is False and all(
            other(*(found[name] for name in theirs)) for other, theirs in rest
        ):
            return found
    return None


def _candidates(condition: Any, hint: int, symbols: int) -> list[int]:  # noqa: ANN401  # sympy publishes no types
    """Return sizes at which a symbol of a condition is tried: all up to a limit where it stands alone."""
    stated = [abs(int(number)) for number in condition.atoms(sympy.Integer)]
    near = [hint, 1, 2, *range(hint - 4, hint + 5), *(n + d for n in stated for d in (-1, 0, 1))]
    beyond = range(3, _ALONE) if symbols == 1 else (*range(3, 40), *_POWERS)
    most = _ALONE if symbols == 1 else int(_TRIED ** (1 / symbols))
    return [size for size in dict.fromkeys((*near, *beyond)) if size > 0][:most]


def _smallest(hints: Mapping[str, int], _: list[Any]) -> dict[str, Iterable[int]]:
    return {name: range(1, hint) for name, hint in hints.items()}


def _largest(hints: Mapping[str, int], beyond: list[Any]) -> dict[str, Iterable[int]]:
    """Return sizes far above the hints, and beyond every number that conditions state."""
    most = dict(hints)
    for condition in beyond:
        stated = max((abs(int(number)) for number in condition.atoms(sympy.Integer)), default=0)
        for name in map(str, condition.free_symbols):
            most[name] = max(most[name], stated)
    return {name: (2 * most[name] + 2 * hint + 1, 2 * hint + 1, hint + 1) for name, hint in hints.items()}


def _corner(
    hints: Mapping[str, int], needed: list[Any], sizes: Mapping[str, Iterable[int]]
) -> dict[str, int]:
    """Return for one symbol after the other the first size that the conditions allow."""
    values = dict(hints)
    for name in hints:
        for size in sizes[name]:
            if all(_holds(condition, {**values, name: size}) for condition in needed):
                values[name] = size
                break
    return values


def _distance(values: tuple[int, ...], names: list[str], hints: Mapping[str, int]) -> int:
    return sum(abs(value - hints[name]) for value, name in zip(values, names, strict=True))


def _holds(condition: Any, values: Mapping[str, int]) -> bool:  # noqa: ANN401  # sympy publishes no types
    names = sorted(str(name) for name in condition.free_symbols)
    return bool(_function(condition)(*(values[name] for name in names)))


@lru_cache(maxsize=4096)
def _function(condition: Any) -> Callable[..., bool | None]:  # noqa: ANN401  # sympy publishes no types
    """Return whether a condition holds at numbers, as a function; None where it has no meaning."""
    names = sorted(str(name) for name in condition.free_symbols)
    helpers = {"Mod": lambda a, b: a % b, "Max": max, "Min": min}
    function = sympy.lambdify([symbol(name) for name in names], condition, [helpers, "math"])

    def holds(*values: int) -> bool | None:
        try:
            return bool(function(*values))
        except ZeroDivisionError:
            return None

    return holds
