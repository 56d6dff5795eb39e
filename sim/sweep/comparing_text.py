"""A comparison as tables for the terminal: how fast, at what price, and differences to the first protocol."""

import math
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from sim.scenario.chance import without_chance
from sim.statistics import Estimate
from sim.sweep.comparing import TO_GRADIENTS, TO_UPDATES, Comparison, half_width
from sim.terminal import Column, Grid, Screen

SHARES: Final = frozenset({"share_wasted", "share_waiting"})
HEADS: Final[Mapping[str, str]] = {
    "gradients_per_second": "gradients/s",
    "updates_per_second": "updates/s",
    "staleness.mean": "staleness",
    "staleness.p95": "95 %",
    "staleness.max": "largest",
    "share_wasted": "wasted",
    "share_waiting": "waiting",
}
SPEED: Final = ("gradients_per_second", "updates_per_second", TO_GRADIENTS, TO_UPDATES)
PRICE: Final = ("staleness.mean", "staleness.p95", "staleness.max", "share_wasted", "share_waiting")
DIFFERENCES: Final = ("gradients_per_second", "staleness.mean", TO_GRADIENTS, TO_UPDATES)

DIGITS: Final = 4
"""Of a mean, at most; whole numbers have all of theirs."""


def interval(estimate: Estimate | None, *, share: bool = False, sign: bool = False) -> str:
    """Return a mean to four digits or fewer, and half its 95 % interval, rounded up.

    With ``sign`` it is a difference; one that may be nothing has a question mark.

    >>> interval(Estimate(12.3456, 0.02, 20)), interval(Estimate(0.25, 0.02, 20), share=True)
    ('12.35±0.05', '25.0±4.2%')
    >>> interval(Estimate(-12.3456, 0.02, 20), sign=True), interval(Estimate(0.01, 0.02, 20), sign=True)
    ('-12.35±0.05', '+0.010±0.042?')
    >>> interval(Estimate(1466.84, 2.0, 20)), interval(Estimate(1466.84, 0.0, 20)), interval(None)
    ('1,467±5', '1,467', '–')
    """
    if estimate is None:
        return "–"
    scale, unit = (100, "%") if share else (1, "")
    mean, half = scale * estimate.mean, scale * (half_width(estimate) or 0.0)
    decimals = 1 if share else _decimals(mean, DIGITS)
    plus = "+" if sign else ""
    if not half:
        text = f"{mean:{plus},.{decimals}f}"
        return (text.rstrip("0").rstrip(".") if "." in text else text) + unit
    decimals = min(decimals, _decimals(half, 2)) if mean or share else _decimals(half, 2)
    up = math.ceil(half * 10**decimals - ROUNDING) / 10**decimals
    doubt = "?" if sign and abs(mean) <= half else ""
    return f"{mean:{plus},.{decimals}f}±{up:,.{decimals}f}{unit}{doubt}"


ROUNDING: Final = 1e-6
"""What binary numbers may be above the decimal ones that are meant, in units of the last digit."""


def _decimals(number: float, digits: int) -> int:
    """Return how many decimals a number needs to show so many digits."""
    return min(9, max(0, digits - 1 - math.floor(math.log10(abs(number))))) if number else 0


def tables(found: Comparison, screen: Screen) -> RenderableType:
    """Return a comparison as text and tables."""
    parts: list[RenderableType] = [_table(found, SPEED), _table(found, PRICE)]
    parts += [Text(f"Differences to {found.lines[0].protocol}:", style="bold")]
    parts += [_table(found, DIFFERENCES, differences=True)]
    parts += [Text(line) for sentence in notes(found) for line in wrap(sentence, screen.width)]
    return Group(*parts)


def _table(found: Comparison, figures: Sequence[str], *, differences: bool = False) -> Grid:
    names = [name for name in figures if name in found.names]
    rows = []
    for line in found.lines[1:] if differences else found.lines:
        shown = line.differences if differences else line.figures
        rows.append([line.protocol, *_cells(shown, names, sign=differences)])
    return Grid([Column("protocol", words=True), *(Column(_head(found, name)) for name in names)], rows)


def _cells(figures: Mapping[str, Estimate | None], names: Sequence[str], *, sign: bool) -> Iterator[str]:
    for name in names:
        yield interval(figures.get(name), share=name in SHARES, sign=sign)


def _head(found: Comparison, name: str) -> str:
    if name == TO_UPDATES:
        return f"{found.updates:,} updates"
    return f"{found.gradients:,} gradients" if name == TO_GRADIENTS else HEADS[name]


def notes(found: Comparison) -> Iterator[str]:
    """Yield in sentences what the figures mean and how they were made."""
    yield (
        "gradients/s counts those applied; an update is made of K of them, so that updates/s compares only"
        " protocols of the same K."
    )
    goals = [_head(found, name) for name in (TO_GRADIENTS, TO_UPDATES) if name in found.names]
    if goals:
        yield f"{' and '.join(goals)}: seconds until so many are done."
    if found.replicas == 1:
        yield f"One run of each, of seed {found.seed}."
    elif without_chance(found.scenario):
        yield "Nothing in the scenario is drawn at random: one run of each tells all."
    else:
        last = found.seed + found.replicas - 1
        yield (
            f"Means over {found.replicas} runs of each, of the seeds {found.seed} to {last}; ± half of the"
            " 95 % interval, rounded up. Differences are within pairs of the same seed; ? may be chance."
        )
    for line in found.lines:
        if line.error is not None:
            yield f"{line.protocol}: {line.error}"
