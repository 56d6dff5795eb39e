"""Scenarios that sweeps are tried on: small ones, whose runs take a few milliseconds."""

from typing import Any, Final

from sim import Exponential, Scenario, Worker

FOUR: Final = Scenario(
    workers=[Worker(name="w", count=4, compute=Exponential(mean=1.0))], stop={"updates": 20}
)
TWO: Final = Scenario(
    workers=[Worker(name="a", compute=1.0), Worker(name="b", compute=2.5)], stop={"updates": 6}
)
OVER: Final[dict[str, list[Any]]] = {"protocol.k": [1, 2, 4], "workers[0].speed": [1.0, 2.0]}
