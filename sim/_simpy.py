"""The reference engine: workers, network and server as SimPy processes that read like what they describe."""

from collections.abc import Callable, Generator, Iterator
from typing import Any, NamedTuple

from simpy import Event, Interrupt

from sim._kernel import Kernel, Life, Link
from sim._ledger import Ledger
from sim._server import GONE, Member, Server
from sim.clock import NANOSECONDS, to_ns
from sim.draws import presence, streams
from sim.scenario import Network, Scenario, Worker
from sim.trace import Column

Progress = Callable[[float, int, int], None]
"""Called now and then with the simulated seconds, the updates and the gradients so far."""


class Run(NamedTuple):
    """What an engine hands back: the columns, and why and when (in nanoseconds) the run ended."""

    columns: dict[str, Column]
    ended: str
    end: int


def run(scenario: Scenario, seed: int, progress: Progress | None = None) -> Run:
    """Simulate a scenario with a seed."""
    env = Kernel(scenario.size)

    def report() -> None:
        if progress is not None:
            progress(env.now / NANOSECONDS, server.version, ledger.rows)

    ledger = Ledger(report, served=bool(scenario.server.apply))
    server = Server(env, scenario, ledger)
    network = _Network(env, scenario.network)
    for order, (name, worker) in enumerate(scenario.each):
        stream = streams(seed, name)
        member = Member(order, worker, stream, scenario.server.apply)
        server.expect(member)
        line = network.line(worker, order)
        env.process(_life(env, server, line, member, presence(worker, stream)))
    if scenario.stop.time is not None:
        env.finally_at(to_ns(scenario.stop.time), lambda: server.end("time"))
    env.run(until=server.done)
    return Run(ledger.columns(env.now), server.ended, env.now)


class _Network:
    """The server's link in each direction, which all workers share."""

    def __init__(self, env: Kernel, network: Network) -> None:
        self._env = env
        self._network = network
        self._down = self._shared(network.weight_bytes)
        self._up = self._shared(network.gradient_bytes)

    def _shared(self, size: float) -> Link | None:
        rate = self._network.server_bandwidth
        return Link(self._env, to_ns(size / rate)) if rate and size else None

    def line(self, worker: Worker, order: int) -> "_Line":
        """Return the way between the server and one worker."""
        return _Line(self._env, order, self._down, self._up, *self._own(worker))

    def _own(self, worker: Worker) -> Iterator[int]:
        """Return the nanoseconds of latency and of the worker's own link, for a pull and for a push."""
        rate = worker.bandwidth or self._network.bandwidth
        for size in (self._network.weight_bytes, self._network.gradient_bytes):
            yield to_ns(self._network.latency + (size / rate if rate else 0.0))


class _Line(NamedTuple):
    """The way between the server and one worker."""

    env: Kernel
    order: int
    down: Link | None
    up: Link | None
    pull_time: int
    push_time: int

    def pull(self) -> Generator[Event, Any, int]:
        """Fetch the weights; return the instant at which the server's link took them."""
        taken = self.env.now if self.down is None else (yield from self.down.carry(self.order))
        if self.pull_time:
            yield self.env.after(self.order, self.pull_time)
        return taken

    def push(self) -> Generator[Event, Any, int]:
        """Send a gradient; return the instant at which the server's link took it."""
        if self.push_time:
            yield self.env.after(self.order, self.push_time)
        return self.env.now if self.up is None else (yield from self.up.carry(self.order))


def _life(
    env: Kernel, server: Server, line: _Line, member: Member, present: Iterator[tuple[int, int | None]]
) -> Life:
    """Take part whenever the worker is present, until it has no work left."""
    following = next(present, None)
    while following is not None:
        (enters, leaves), following = following, next(present, None)
        if enters > env.now:
            yield env.after(member.order, enters - env.now)
        server.enter(member)
        member.process = env.process(_work(env, server, line, member))
        if leaves is None:
            yield member.process
        else:
            yield member.process | env.after(member.order, leaves - env.now)
            if member.process.is_alive:
                member.process.interrupt(GONE)
                server.leave(member, returning=following is not None)
                continue
        server.leave(member, returning=False)
        break


def _work(env: Kernel, server: Server, line: _Line, member: Member) -> Life:
    """Wait for leave to start, pull the weights, compute, push, wait for the server's answer; again."""
    ledger, order = server.ledger, member.order
    far = any(line[2:])
    while (work := member.work) is not None:
        try:
            if member.pushed is not None:
                yield server.answer(member)
            ready = env.now
            while server.bounded and not server.may_start(member):
                yield server.hold(member)
            if server.in_step:
                yield env.turn(order)
            asked = env.now
            taken = (yield from line.pull()) if far else asked

            begin = env.now
            row = member.in_hand = ledger.open(order, member.begun + 1, begin, server.version)
            ledger.ready_at[row], ledger.asked_at[row], ledger.pull_at[row] = ready, asked, taken
            yield env.after(order, member.begin(work, begin))
            ledger.computed_at[row] = sent = env.now

            ledger.push_at[row] = (yield from line.push()) if far else sent
            ledger.arrived_at[row] = env.now
            server.arrive(member, row)
            if member.pushed is not None:
                yield server.answer(member)
        except Interrupt as interrupt:
            member.go = None
            if interrupt.cause == GONE:
                return
