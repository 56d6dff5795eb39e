"""The compiled functions; importing this module loads numba, the first call of each compiles it or loads it.

numba looks for compiled code by a function's module, name and source: they are therefore plain functions of a
module, and no closures.
"""

from types import FunctionType
from typing import Any, Final

import numba
from numba.extending import register_jitable

from sim.engine import draws, pace, presence
from sim.engine.compiled import agenda, book, fleet, kernel, links, reading, server, slack
from sim.engine.compiled.handles import opener
from sim.engine.compiled.memory import remember
from sim.engine.setup import set_up
from sim.scenario import Scenario, clock
from sim.scenario.worker import Worker

FLAGS: Final[dict[str, Any]] = {"_nrt": False, "error_model": "numpy"}
"""How all parts are compiled: they allocate nothing, count no references, and divide by nothing that is 0."""

_SCALAR: Final = (
    draws.philox, draws.unit, draws.uniforms, draws.normal, draws._polynomial, draws.shaped, draws.gamma,  # noqa: SLF001 -- parts
    draws.attempted, draws.boost, draws.settled, draws.duration, clock.later,
)  # fmt: skip


def _functions(module: Any) -> list[FunctionType]:  # noqa: ANN401 -- a module
    return [
        each
        for each in vars(module).values()
        if isinstance(each, FunctionType) and each.__module__ == module.__name__
    ]


_MODULES: Final = (pace, presence, agenda, book, slack, links, fleet, server, reading, kernel)

_HOT: Final = {
    draws.philox, kernel._step, kernel._happen, kernel._settle,  # noqa: SLF001 -- parts
    server.arrive, server.join_batch, server.update, reading.begin_in_order, reading.read,
    agenda.schedule, agenda.schedule_at, agenda.put, fleet.answer, fleet.let_go_on, slack.place_at,
}  # fmt: skip
"""What every gradient goes through: the compiler is told to make one function of it."""

for _each in (*_SCALAR, *(each for module in _MODULES for each in _functions(module))):
    register_jitable(forceinline=_each in _HOT, **FLAGS)(_each)

_setup = set_up(Scenario(workers=[Worker(name="w", compute=1.0, gradients=1)]), 0)
_set_up_at = opener(_setup, "Setup")
_memory_at = opener(remember(_setup, rows=1, sums=True), "Memory")


@numba.njit(cache=True, **FLAGS)
def start(setup: int, memory: int) -> int:
    """Compile `kernel.start`; the arguments are the addresses of tables (see `handles`)."""
    return kernel.start(_set_up_at(setup), _memory_at(memory))


@numba.njit(cache=True, **FLAGS)
def advance(setup: int, memory: int, events: int) -> int:
    """Compile `kernel.advance`."""
    return kernel.advance(_set_up_at(setup), _memory_at(memory), events)


@numba.njit(cache=True, **FLAGS)
def close_up(setup: int, memory: int) -> None:
    """Compile `kernel.close_up`."""
    kernel.close_up(_set_up_at(setup), _memory_at(memory))
