"""An independent simulator, written from docs/sim alone: small, slow, and in exact fractions of a nanosecond.

It shares with the engines what chance hands out and nothing else, so that they can be held against it. Every
name here is one of docs/sim/protocols.md, and what a function does is said there.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from sim import Scenario, SimulationError, Trace, Worker
from sim.engine.draws import COMPUTE, SERVICE
from sim.trace import COLUMNS, STAYS, UNREAD, Outcome
from tests.sim.engine.reference_worker import (
    Draw,
    Elapsed,
    Exact,
    draws_of,
    elapsed_by,
    exact,
    outer,
    shown,
    stays_of,
    transfer,
)

LAST = 2**63 - 2
PATIENCE, PATIENCE_PER_WORKER = 1_000_000, 100  # events in which no gradient joins a batch
PULL = ("ready_at", "asked_at", "pull_at", "left_at")


class Event(NamedTuple):
    """Compared by the rule for ties: its instant, when it was scheduled, its worker, presence first."""

    at: int
    scheduled: int
    worker: int
    rank: int
    instant: Exact
    happen: Callable[[], None]


@dataclass
class Gradient:
    worker: "State"
    index: int
    version_read: int
    instants: dict[str, int]
    version_applied: int = -1
    outcome: Outcome = Outcome.IN_FLIGHT

    def end(self, outcome: Outcome, now: int) -> None:
        self.outcome = outcome
        self.instants["ended_at"] = now


@dataclass(eq=False)
class State:
    """A worker, and all that it is about."""

    place: int
    about: Worker
    draw: Draw
    elapsed: Elapsed
    stays: Iterator[tuple[Exact, Exact | None]]
    pull_way: Exact
    push_way: Exact
    until: Exact | None = None
    there: bool = False
    done: bool = False
    owed: bool = False
    begun: int = 0
    completed: int = 0
    pull: dict[str, int] | None = None
    gradient: Gradient | None = None
    """What it computes or sends."""
    presence: Event | None = None
    event: Event | None = None

    @property
    def left(self) -> bool:
        return self.about.most is None or self.begun < self.about.most

    @property
    def held(self) -> bool:
        return self.pull is not None and "asked_at" not in self.pull


@dataclass
class Link:
    """One direction of the server's link."""

    takes: Exact
    enter: Callable[[State], None]
    leave: Callable[[State], None]
    busy: State | None = None
    queue: list[State] = field(default_factory=list)

    def drop(self, worker: State) -> None:
        if self.busy is worker:
            self.busy = None
        if worker in self.queue:
            self.queue.remove(worker)


class Run:
    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario, self.protocol, self.stop = scenario, scenario.protocol, scenario.stop
        self.batch_size = scenario.protocol.batch(scenario.size)
        self.workers = list(_workers(scenario, seed))
        self.patience = PATIENCE + PATIENCE_PER_WORKER * len(self.workers)
        network = scenario.network
        self.out = Link(transfer(network.weight_bytes, network.server_bandwidth), self.pulled, self.left)
        self.into = Link(
            transfer(network.gradient_bytes, network.server_bandwidth), self.pushed, self.arrived
        )
        self.instant, self.now = Fraction(0), 0
        self.version = self.idle_events = 0
        self.queue: list[Gradient] = []
        self.serving: Gradient | None = None
        self.service: Event | None = None
        self.batch: list[Gradient] = []
        self.read_order: list[Gradient] = []
        self.applied: list[Gradient] = []
        self.stays: list[dict[str, int]] = []
        self.unread: list[dict[str, int]] = []
        self.ended = ""

    def run(self) -> None:
        limit = None if self.stop.time is None else shown(exact(self.stop.time))
        for worker in self.workers:
            self.expect(worker)
        for worker in self.workers:
            if worker.presence and worker.presence.at == 0:
                worker.presence.happen()
        self.settle()
        while not self.ended:
            event = min(self.events())
            if limit is not None and event.at > limit:
                self.now, self.ended = limit, "time"
                return
            if event.at > LAST:
                raise SimulationError("the run outlasts the clock")
            self.now, self.instant = event.at, event.instant
            self.idle_events += 1
            event.happen()
            self.settle()

    def events(self) -> Iterator[Event]:
        theirs = (event for worker in self.workers for event in (worker.presence, worker.event))
        yield from (event for event in (self.service, *theirs) if event is not None)

    # Coming and going.

    def expect(self, worker: State) -> None:
        """Schedule the next coming, if there is one."""
        worker.presence = None
        for come, go in worker.stays:
            if go is None or shown(come) < shown(go):
                worker.until = go
                worker.presence = self.event(worker, 0, outer(come), lambda: self.come(worker))
                return

    def come(self, worker: State) -> None:
        others = [other.completed for other in self.workers if other.there]
        worker.completed = max(worker.completed, min(others, default=0))
        worker.there = True
        self.stays.append({"worker": worker.place, "comes": self.now, "goes": -1, "done": 0})
        worker.presence = None
        if worker.until is not None:
            worker.presence = self.event(worker, 0, outer(worker.until), lambda: self.go(worker))
        self.finish(worker)

    def go(self, worker: State) -> None:
        if worker.gradient:
            worker.gradient.end(Outcome.LOST, self.now)
        if worker.pull is not None:
            self.unread.append({"worker": worker.place, **worker.pull, "ended_at": self.now})
            worker.pull = None
        self.drop(worker)
        self.away(worker)
        self.expect(worker)

    def away(self, worker: State) -> None:
        if worker.there:
            stay = next(stay for stay in reversed(self.stays) if stay["worker"] == worker.place)
            stay.update(goes=self.now, done=int(worker.done))
            worker.there = False

    def drop(self, worker: State) -> None:
        """Forget what a worker computes, sends or pulls."""
        worker.gradient = worker.event = None
        self.out.drop(worker)
        self.into.drop(worker)

    def finish(self, worker: State) -> None:
        if worker.there and not (worker.left or worker.owed or worker.gradient):
            worker.done, worker.presence = True, None
            self.away(worker)

    # From the asking for weights to the arrival of the gradient.

    def ask(self, worker: State) -> None:
        assert worker.pull is not None
        worker.pull["asked_at"] = self.now
        self.cross(self.out, worker)

    def cross(self, link: Link, worker: State) -> None:
        if link.takes:
            link.queue.append(worker)
        else:
            link.enter(worker)
            link.leave(worker)

    def pulled(self, worker: State) -> None:
        assert worker.pull is not None
        worker.pull["pull_at"] = self.now

    def left(self, worker: State) -> None:
        assert worker.pull is not None
        worker.pull["left_at"] = self.now
        self.after(worker, worker.pull_way, self.read)

    def read(self, worker: State) -> None:
        assert worker.pull is not None
        worker.begun += 1
        instants = {**worker.pull, "read_at": self.now}
        worker.pull = None
        worker.gradient = Gradient(worker, worker.begun, self.version, instants)
        self.read_order.append(worker.gradient)
        patience = self.patience - self.idle_events
        takes, changes = worker.elapsed(self.instant, worker.draw(COMPUTE, worker.begun - 1), patience)
        self.idle_events += changes
        self.after(worker, takes, self.computed)

    def computed(self, worker: State) -> None:
        self.mark(worker, "computed_at")
        self.after(worker, worker.push_way, self.sent)

    def sent(self, worker: State) -> None:
        self.mark(worker, "sent_at")
        self.cross(self.into, worker)

    def pushed(self, worker: State) -> None:
        self.mark(worker, "push_at")

    def arrived(self, worker: State) -> None:
        self.mark(worker, "arrived_at")
        assert worker.gradient is not None
        self.queue.append(worker.gradient)
        worker.gradient, worker.owed = None, True

    def mark(self, worker: State, name: str) -> None:
        assert worker.gradient is not None
        worker.gradient.instants[name] = self.now

    def after(self, worker: State, takes: Exact, happen: Callable[[State], None]) -> None:
        """Let something happen to a worker's gradient after a time; at once where that is nothing."""

        def happens() -> None:
            worker.event = None
            happen(worker)

        if takes:
            worker.event = self.event(worker, 1, self.instant + takes, happens)
        else:
            happen(worker)

    def event(self, worker: State, rank: int, instant: Exact, happen: Callable[[], None]) -> Event:
        return Event(shown(instant), self.now, worker.place, rank, instant, happen)

    # The server.

    def serve(self) -> None:
        """Take up the next gradient in the queue, discarding those that are too stale."""
        while self.queue:
            gradient = self.queue.pop(0)
            worker, bound = gradient.worker, self.protocol.max_staleness
            if bound is None or self.version - gradient.version_read <= bound:
                break
            gradient.end(Outcome.DISCARDED, self.now)
            worker.completed += 1
            self.answer(worker)
        else:
            return
        gradient.instants["service_at"] = self.now
        self.serving = gradient
        apply = self.scenario.server.apply
        if apply == 0:
            self.served(gradient)
        else:
            ends = self.instant + worker.draw(SERVICE, gradient.index - 1)
            self.service = self.event(worker, 1, ends, lambda: self.served(gradient))

    def served(self, gradient: Gradient) -> None:
        worker = gradient.worker
        gradient.instants["served_at"] = self.now
        self.batch.append(gradient)
        self.serving = self.service = None
        self.idle_events = 0
        worker.completed += 1
        if self.protocol.after_push == "go on":
            self.answer(worker)

    def answer(self, worker: State) -> None:
        worker.owed = False
        self.finish(worker)

    def full(self) -> bool:
        if self.batch_size is not None:
            return len(self.batch) == self.batch_size
        idle = not self.queue and self.serving is None
        waiting = [gradient.worker for gradient in self.batch]
        return bool(self.batch) and idle and all(w in waiting for w in self.workers if w.there)

    def update(self) -> None:
        for gradient in self.batch:
            gradient.version_applied = self.version
            gradient.end(Outcome.APPLIED, self.now)
        self.applied += self.batch
        batch, self.batch = self.batch, []
        self.version += 1
        if self.version == self.stop.updates:
            self.ended = "updates"
        elif self.stop.gradients is not None and len(self.applied) >= self.stop.gradients:
            self.ended = "gradients"
        if self.protocol.after_push == "wait":
            for gradient in batch:
                self.answer(gradient.worker)
        if self.protocol.at_update == "cancel":
            self.cancel()

    def cancel(self) -> None:
        queue, self.queue = self.queue, []
        for gradient in queue:
            gradient.end(Outcome.CANCELLED, self.now)
            self.answer(gradient.worker)
        for worker in self.workers:
            if worker.gradient:
                worker.gradient.end(Outcome.CANCELLED, self.now)
                self.drop(worker)
                self.finish(worker)

    # What follows from an event.

    def settle(self) -> None:
        while self.full() or (self.queue and self.serving is None):
            if self.full():
                self.update()
                if self.ended:
                    return
            if self.serving is None:
                self.serve()
        self.begin()
        for link in (self.out, self.into):
            if link.queue and link.busy is None:
                self.take(link)
        self.ended = "no-progress" if self.idle_events > self.patience else self.over()

    def begin(self) -> None:
        for worker in self.workers:
            if worker.there and worker.left and not (worker.owed or worker.gradient):
                if worker.pull is None:
                    worker.pull = {"ready_at": self.now}
                if worker.held and self.within_slack(worker):
                    self.ask(worker)

    def within_slack(self, worker: State) -> bool:
        slack = self.protocol.slack
        return slack is None or worker.completed - min(w.completed for w in self.workers if w.there) <= slack

    def take(self, link: Link) -> None:
        link.busy = link.queue.pop(0)
        link.enter(link.busy)

        def leave(worker: State) -> None:
            link.busy = None
            link.leave(worker)

        self.after(link.busy, link.takes, leave)

    def over(self) -> str:
        """Return why the run is over, or nothing."""
        if self.queue or self.serving:
            return ""
        if any(w.gradient or (w.pull is not None and not w.held) for w in self.workers):
            return ""
        if any(w.presence for w in self.workers if not (w.there or w.done)):
            return ""
        present = [w for w in self.workers if w.there]
        if not present:
            return "finished"
        least = min(w.completed for w in present)
        if any(w.held for w in present) and all(w.presence for w in present if w.completed == least):
            return ""
        return "stalled"


def reference(scenario: Scenario, seed: int | None = None) -> Trace:
    """Simulate a scenario by the documents."""
    seed = scenario.seed if seed is None else seed
    run = Run(scenario, seed)
    run.run()
    others = [gradient for gradient in run.read_order if gradient.outcome != Outcome.APPLIED]
    begun = [
        gradient
        for gradient in others
        if gradient.instants["read_at"] < run.now or gradient.outcome != Outcome.IN_FLIGHT
    ]
    rows = [
        {
            "worker": gradient.worker.place,
            "index": gradient.index,
            **gradient.instants,
            "version_read": gradient.version_read,
            "version_applied": gradient.version_applied,
            "outcome": gradient.outcome,
        }
        for gradient in run.applied + begun
    ]
    just_read = [
        {"worker": g.worker.place, **{name: g.instants[name] for name in PULL}}
        for g in others
        if g not in begun
    ]
    waiting = [{"worker": w.place, **w.pull} for w in run.workers if w.pull is not None]
    waiting = [row for row in waiting + just_read if row["ready_at"] < run.now]
    unread = sorted(run.unread + waiting, key=lambda row: row["worker"])
    return Trace(
        scenario,
        seed,
        "reference",
        run.ended,
        run.now,
        _columns(rows, COLUMNS),
        _columns(run.stays, STAYS),
        _columns(unread, UNREAD),
    )


def _columns(rows: list[dict[str, int]], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: np.array([row.get(name, -1) for row in rows], np.int64) for name in names}


def _workers(scenario: Scenario, seed: int) -> Iterator[State]:
    network = scenario.network
    for place, (name, about) in enumerate(scenario.each):
        draw = draws_of(scenario, name, about, seed)
        own = about.bandwidth or network.bandwidth
        pull, push = (
            exact(network.latency) + transfer(size, own)
            for size in (network.weight_bytes, network.gradient_bytes)
        )
        yield State(place, about, draw, elapsed_by(about, draw), stays_of(about, draw), pull, push)
