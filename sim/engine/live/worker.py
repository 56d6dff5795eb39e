"""What a worker does with the weights: it sleeps, spins, or computes with a real module."""

import time
from collections.abc import Callable
from threading import Condition
from typing import Final, NamedTuple

import numpy as np

from sim.engine.draws import COMPUTE, TOO_LONG, duration
from sim.engine.live.messages import FLOAT, Vector, vector
from sim.engine.pace import FAILED, TOO_OFTEN, at_the_start, finish
from sim.engine.results import TooLong
from sim.engine.setup import set_up
from sim.errors import SimulationError
from sim.scenario import Scenario
from sim.scenario.clock import NANOSECONDS

GLANCE: Final = 0.001
"""Seconds of spinning between two looks at whether it is still asked for."""


class Orders:
    """Which orders a worker still has to carry out; others may cancel them from another thread."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._cancelled = -1

    def cancel(self, ticket: int) -> None:
        """Drop all orders up to one."""
        with self._changed:
            self._cancelled = max(self._cancelled, ticket)
            self._changed.notify_all()

    def stands(self, ticket: int) -> bool:
        """Whether an order is still to be carried out."""
        return ticket > self._cancelled

    def sleep(self, ticket: int, seconds: float) -> bool:
        """Sleep, but no longer than an order stands; return whether it does."""
        with self._changed:
            self._changed.wait_for(lambda: not self.stands(ticket), max(0.0, seconds))
        return self.stands(ticket)


class Draws:
    """How long a worker's gradients take by the scenario: the very times that a simulation draws."""

    def __init__(self, scenario: Scenario, seed: int, order: int) -> None:
        self._setup = set_up(scenario, seed)
        self._paces = at_the_start(self._setup)
        self._order = order

    def until(self, index: int, begun: int) -> int:
        """Return when the worker is done with its gradient number ``index``, from 0, that it begins now.

        Both instants are nanoseconds since the start of the run.
        """
        setup, order = self._setup, self._order
        entry = setup.entry[order]
        whole, part = duration(
            setup.laws, setup.compute[entry], setup.keys[COMPUTE], setup.identity[order], index
        )
        if whole == TOO_LONG:
            raise TooLong(order, COMPUTE, part)
        if not setup.varies[entry]:
            return begun + int(whole)
        at, fraction, _ = finish(
            setup, self._paces, order, begun, 0.0, int(whole), float(part), setup.patience
        )
        if at <= FAILED:
            raise TooLong(order, FAILED - at, fraction)
        if at == TOO_OFTEN:
            raise SimulationError("the speed of a worker changes too often for a gradient to be done")
        return int(at)


class Order(NamedTuple):
    """What the server asks for: gradient number ``number``, from 0, of these weights."""

    ticket: int
    number: int
    weights: Vector


class Work:
    """How a worker spends its compute times; this one sleeps.

    ``weights`` and ``gradients`` are the bytes of its vectors, where they are its own to say.
    """

    weights: float | None = None
    gradients: float | None = None

    def __init__(self, scenario: Scenario, seed: int, order: int) -> None:
        self._draws = Draws(scenario, seed, order)
        self._gradient = vector(scenario.network.gradient_bytes)

    def compute(self, orders: Orders, order: Order, now: Callable[[], int]) -> Vector | None:
        """Compute a gradient; return none where the order falls before that is done."""
        begun = now()
        seconds = (self._draws.until(order.number, begun) - begun) / NANOSECONDS
        return self._gradient if self._spend(orders, order.ticket, seconds) else None

    def _spend(self, orders: Orders, ticket: int, seconds: float) -> bool:
        return orders.sleep(ticket, seconds)


class Spin(Work):
    """Counts in circles for as many seconds of its processor's time."""

    def _spend(self, orders: Orders, ticket: int, seconds: float) -> bool:
        end = time.thread_time() + seconds
        while orders.stands(ticket) and time.thread_time() < end:
            glance = min(end, time.thread_time() + GLANCE)
            while time.thread_time() < glance:
                pass
        return orders.stands(ticket)


class Module(Work):
    """Sends a batch forward and backward through a torch module; how long that takes is not drawn.

    ``factory`` is ``package.module:function``; the function returns the module and a tuple of its inputs.
    """

    def __init__(self, factory: str) -> None:
        from importlib import import_module

        import torch

        torch.set_num_threads(1)
        home, _, name = factory.partition(":")
        self._module, self._inputs = getattr(import_module(home), name)()
        self._parameters = [each for each in self._module.parameters() if each.requires_grad]
        self.weights = self.gradients = float(FLOAT * sum(each.numel() for each in self._parameters))
        self._utils = torch.nn.utils
        self._tensor = torch.from_numpy

    def compute(self, orders: Orders, order: Order, now: Callable[[], int]) -> Vector | None:  # noqa: ARG002
        """Compute the gradient of the mean square of the module's output, to the end whatever befalls."""
        self._utils.vector_to_parameters(self._tensor(order.weights), self._parameters)
        self._module.zero_grad()
        self._module(*self._inputs).float().square().mean().backward()
        gradients = [
            each.new_zeros(each.shape) if each.grad is None else each.grad for each in self._parameters
        ]
        flat = self._utils.parameters_to_vector(gradients).detach().numpy().astype(np.float32)
        return flat if orders.stands(order.ticket) else None


TORCH: Final = "torch:"
WORKS: Final = {"sleep": Work, "spin": Spin}


def worker(work: str, scenario: Scenario, seed: int, order: int) -> Work:
    """Return what does such work."""
    if work.startswith(TORCH):
        return Module(work.removeprefix(TORCH))
    return WORKS[work](scenario, seed, order)
