"""The largest batch that fits a memory: in closed form where bytes grow in proportion, proved by traces."""

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from nets.costing import sums
from nets.costing.held import Moment
from nets.costing.memory import Peak
from nets.errors import CountError, InputError
from nets.network.formulas import substitute

_MOST = 2**40


@attrs.frozen
class Fit:
    """The largest batch, and what keeps the next one out.

    Parameters
    ----------
    symbol
        What stands for the batch.
    memory, allowance
        Bytes that there are, and of them what is kept back for context, allocator and workspaces.
    largest
        How many fit; 0 if not even one does.
    at
        The operation after which the next one is too many.
    peak, next_peak
        The peak at the largest batch and at the next.
    formulas
        For each sum that can be the peak, how many it lets in, and its operation.
    """

    symbol: str
    memory: int
    allowance: int
    largest: int
    at: Moment
    peak: int
    next_peak: int
    formulas: tuple[tuple[str, Moment], ...]


def fit(peaks: Sequence[Peak], symbol: str, memory: int, allowance: int, traced: Callable[[int], int]) -> Fit:
    """Find the largest batch.

    Parameters
    ----------
    peaks
        The sums of which the largest is the peak, in one symbol.
    symbol
        That of the batch.
    memory, allowance
        As in `Fit`.
    traced
        Traces a batch in numbers and returns its peak, to prove what the formulas say.

    Raises
    ------
    CountError
        If the trace at the largest batch, or at the next, says otherwise.
    InputError
        If nothing is left of the memory.
    """
    room = memory - allowance
    if room <= 0:
        raise InputError(f"allowance {allowance:,} B leaves nothing of a memory of {memory:,} B")
    largest = min(_most(peak, symbol, room) for peak in peaks)
    at = {
        n: max((substitute(peak.bytes, {symbol: n}), -place) for place, peak in enumerate(peaks))
        for n in (max(largest, 1), largest + 1)
    }
    binding = peaks[-at[largest + 1][1]]
    for n, (said, _) in at.items():
        if (found := traced(n)) != said:
            raise CountError(f"the formula says {said:,} B for {symbol} = {n}, a trace {found:,} B")
    formulas = tuple((_formula(peak, room), peak.at) for peak in peaks)
    peak = at[largest][0] if largest else 0
    return Fit(symbol, memory, allowance, largest, binding.at, peak, at[largest + 1][0], formulas)


def _linear(peak: Peak) -> tuple[int, int] | None:
    """Return slope and constant of a sum that is a straight line."""
    found = dict(sums.terms(peak.bytes))
    constant = found.pop(sums.ONE, 0)
    if len(found) > 1 or any(not monomial.is_Symbol for monomial in found):
        return None
    return int(next(iter(found.values()), 0)), int(constant)


def _most(peak: Peak, symbol: str, room: int) -> int:
    line = _linear(peak)
    if line is not None:
        slope, constant = line
        if slope == 0:
            return _MOST if constant <= room else 0
        return max((room - constant) // slope, 0)

    def size(n: int) -> int:
        return substitute(peak.bytes, {symbol: n})

    fits, too_many = 0, 1
    while size(too_many) <= room and too_many < _MOST:
        fits, too_many = too_many, 2 * too_many
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        fits, too_many = (middle, too_many) if size(middle) <= room else (fits, middle)
    return fits


def _formula(peak: Peak, room: Any) -> str:  # noqa: ANN401  # an int
    line = _linear(peak)
    if line is None:
        return f"{peak.bytes} ≤ {room:,}"
    slope, constant = line
    return f"⌊({room:,} − {constant:,})/{slope:,}⌋" if slope else f"{constant:,} ≤ {room:,}"
