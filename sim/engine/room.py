"""Whether the gradients of a run will fit into memory: said before it starts where that can be known."""

from typing import Final

from sim.engine.setup import NONE, Setup
from sim.errors import SimulationError
from sim.trace import COLUMNS

A_ROW: Final = 2 * 8 * (len(COLUMNS) + 1)
"""Bytes that a gradient takes at most, while the trace is made of the engine's rows."""

SPARE: Final = 0.1
"""A share of what is free that is left alone."""

OFTEN: Final = 1 << 18
"""Rows between two looks at the memory."""

WAY_OUT: Final = "ask for its figures alone, which --summary-only and sim.summarise keep in sums, or for less"


def known(setup: Setup) -> int | None:
    """Return the most gradients that a run can begin, where the scenario says it and nothing is dropped."""
    bounds = []
    drops = setup.cancels or setup.max_staleness != NONE or not setup.always_there.all()
    if not drops and setup.stop_gradients != NONE:
        bounds.append(setup.stop_gradients + setup.k)
    if not drops and setup.stop_updates != NONE and setup.k:
        bounds.append(setup.stop_updates * setup.k)
    if (setup.most != NONE).all():
        bounds.append(int(setup.most[setup.entry].sum()))
    return min(bounds) + setup.size if bounds else None


def foresee(setup: Setup) -> None:
    """Refuse a run that is known to fill the memory; raises `SimulationError`."""
    rows = known(setup)
    if rows is not None and rows * A_ROW > _free():
        raise SimulationError(
            f"the trace of {rows:,} gradients takes up to {_gb(rows * A_ROW)}, and {_gb(_free())} are free:"
            f" {WAY_OUT}"
        )


def check(rows: int, more: int = OFTEN) -> None:
    """Stop a run whose next ``more`` rows, and the trace of all, have no room; raises `SimulationError`."""
    if rows >= OFTEN and rows % OFTEN < more and (rows / 2 + more) * A_ROW > _free():
        raise SimulationError(
            f"the memory is full after {rows:,} gradients, with {_gb(_free())} free: {WAY_OUT}"
        )


def _free() -> float:
    import psutil

    return float(psutil.virtual_memory().available) * (1 - SPARE)


def _gb(size: float) -> str:
    return f"{size / 1e9:.3g} GB"
