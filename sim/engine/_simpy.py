"""The reference engine: workers, network and server as SimPy processes that read like what they describe."""

from collections.abc import Callable, Generator, Iterator
from typing import Any, NamedTuple

from simpy import Event, Interrupt

from sim.engine._kernel import Kernel, Life, Link
from sim.engine._ledger import Ledger
from sim.engine._server import GONE, Member, Server
from sim.engine.draws import presence, streams
from sim.scenario import Scenario
from sim.scenario.clock import NANOSECONDS, to_ns
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
    network = scenario.network
    down, up = (
        Link(env, to_ns(network.shared(size))) if network.shared(size) else None
        for size in (network.weight_bytes, network.gradient_bytes)
    )
    for order, (name, worker) in enumerate(scenario.each):
        stream = streams(seed, name)
        member = Member(order, worker, stream, scenario.server.apply)
        server.expect(member)
        own = (to_ns(network.way(worker, size)) for size in (network.weight_bytes, network.gradient_bytes))
        line = _Line(env, order, down, up, *own)
        env.process(_life(env, server, line, member, presence(worker, stream)))
    if scenario.stop.time is not None:
        env.finally_at(to_ns(scenario.stop.time), lambda: server.end("time"))
    env.run(until=server.done)
    return Run(ledger.columns(env.now), server.ended, env.now)


class _Line(NamedTuple):
    """The way between the server and one worker: a link that all share in each direction, and its own."""

    env: Kernel
    order: int
    down: Link | None
    up: Link | None
    pull_time: int
    push_time: int

    def pull(self) -> Generator[Event, Any, int]:
        """Fetch the weights; return the instant at which the server's link took them."""
        taken = [self.env.now]
        if self.down is not None:
            yield from self.down.carry(self.order, taken, 0)
        if self.pull_time:
            yield self.env.after(self.order, self.pull_time)
        return taken[0]

    def push(self, ledger: Ledger, row: int) -> Life:
        """Send a gradient."""
        if self.push_time:
            yield self.env.after(self.order, self.push_time)
        if self.up is not None:
            yield from self.up.carry(self.order, ledger.push_at, row)


def _life(
    env: Kernel, server: Server, line: _Line, member: Member, present: Iterator[tuple[int, int | None]]
) -> Life:
    """Take part whenever the worker is present, until it has no work left."""
    following = next(present, None)
    if following is None:
        server.excuse()
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


def _work(env: Kernel, server: Server, line: _Line, member: Member) -> Life:  # noqa: C901 -- a life, in order
    """Wait for leave to start, pull the weights, compute, push, wait for the server's answer; again."""
    ledger, order = server.ledger, member.order
    far = any(line[2:])
    while (work := member.work) is not None:
        try:
            if member.pushed is not None:
                yield server.answer(member)
            ready = now = env.now
            if server.bounded:
                yield from server.permission(member)
            if server.in_step:
                now = yield env.turn(order)
            asked = taken = now
            if far:
                taken = yield from line.pull()
                now = env.now

            row = member.in_hand = ledger.open(order, member.begun + 1, now, server.version)
            if ready != now:
                ledger.ready_at[row], ledger.asked_at[row], ledger.pull_at[row] = ready, asked, taken
            now = yield env.after(order, member.begin(work, now))
            ledger.computed_at[row] = now

            if far:
                yield from line.push(ledger, row)
                now = env.now
            ledger.arrived_at[row] = now
            server.arrive(member, row)
            if member.pushed is not None:
                yield server.answer(member)
        except Interrupt as interrupt:
            member.go = None
            if interrupt.cause == GONE:
                return
