"""The parameter server: the three rules and two bounds of a protocol at work.

Gradients arrive, are applied one by one, gather in a batch, and a full batch is an update. The server
decides who may go on, and when; it knows nothing of how long anything takes on the way to it.
"""

from collections import Counter

from simpy import Event, Process, Store

from sim.engine._kernel import Kernel, Life
from sim.engine._ledger import Ledger
from sim.engine.draws import Pace, Stream, nanoseconds, works
from sim.scenario import Scenario
from sim.scenario.durations import Distribution
from sim.scenario.worker import Worker
from sim.trace import Outcome

CANCELLED, GONE = "cancelled", "gone"
"""Why a worker is interrupted."""


class Member:
    """A worker as the server and the engine see it; ``order`` is its place in the scenario."""

    def __init__(self, order: int, worker: Worker, stream: Stream, apply: float | Distribution) -> None:
        self.order = order
        self.services = nanoseconds(apply, stream, "service")
        self.process: Process | None = None
        self.begun = 0
        self.completed = 0  # the worker's clock: gradients that the server has taken or refused
        self.active = False
        self.in_hand: int | None = None  # the row of the gradient that it computes or sends
        self.queued = False  # its gradient is in the server's queue or being applied
        self.in_batch = False  # its gradient waits for an update
        self.pushed: int | None = None  # the row for which the server owes it an answer
        self.go: Event | None = None  # what it waits for meanwhile
        self._works = works(worker, stream)
        self.work = next(self._works, None)  # the gradient to begin next; None at the worker's end
        self._pace = Pace(worker, stream) if worker.varies else None

    def begin(self, work: int, now: int) -> int:
        """Begin a gradient; return the nanoseconds that it takes."""
        self.begun += 1
        self.work = next(self._works, None)
        return work if self._pace is None else self._pace.time_for(work, now)


class Server:
    """The weights' version, the queue of gradients, the batch, and the workers that wait."""

    def __init__(self, env: Kernel, scenario: Scenario, ledger: Ledger) -> None:
        self.env = env
        self.ledger = ledger
        self.version = 0
        self.ended = ""  # why the run ended, once it has
        self.done = env.event()
        protocol = scenario.protocol
        self._k = protocol.batch(scenario.size)
        self._waits = protocol.after_push == "wait"
        self._cancels = protocol.at_update == "cancel"
        self._alone = self._k == 1 and not self._cancels
        self.bounded = protocol.slack is not None
        self._slack = protocol.slack or 0
        self._max_staleness = protocol.max_staleness
        self._most_updates = scenario.stop.updates
        self._most_gradients = scenario.stop.gradients
        # Where several workers may be set going at one instant, they start in the order of the scenario.
        self.in_step = self._waits or self._cancels or self.bounded
        # Plain asynchronous SGD, the common case: nothing to wait for, to gather or to refuse.
        self._plain = (
            self._alone and not self.bounded and self._max_staleness is None and not scenario.server.apply
        )
        self._members: list[Member] = []
        self._coming = 0  # workers that are away, but will take part
        self._batch: list[tuple[Member, int]] = []
        self._owing = 0  # workers whose gradient a barrier waits for
        self._active = 0
        self._unserved = 0  # gradients in the queue or being applied
        self._blocked = 0  # active workers that only an update or a slower worker can set going
        self._clocks: Counter[int] = Counter()  # active workers by their completed gradients
        self._slowest = 0
        self._held: list[Member] = []
        self._queue: Store | None = None
        if scenario.server.apply:
            self._queue = Store(env)
            env.process(self._serve(self._queue))

    def expect(self, member: Member) -> None:
        """Learn of a worker, in the order of the scenario."""
        self._members.append(member)
        self._coming += 1

    def excuse(self) -> None:
        """Learn that a worker that was expected will never take part."""
        self._coming -= 1
        self._check_for_the_end()

    def arrive(self, member: Member, row: int) -> None:
        """Take a gradient in: into the queue, or, where applying costs nothing, into the batch at once."""
        member.in_hand = None
        if self._plain:
            self._update([(member, row)])
            return
        member.pushed = row
        if self._queue is not None:
            self._place(member, queued=True)
            self._queue.put((member, row))
        elif not self._too_stale(row):
            self._accept(member, row)
        else:
            self._discard(member, row)

    def _serve(self, queue: Store) -> Life:
        while True:
            member, row = yield queue.get()
            if self._too_stale(row):
                self._discard(member, row)
                continue
            self.ledger.service_at[row] = self.env.now
            yield self.env.after(member.order, next(member.services))
            self.ledger.served_at[row] = self.env.now
            self._accept(member, row)

    def _too_stale(self, row: int) -> bool:
        return (
            self._max_staleness is not None
            and self.version - self.ledger.version_read[row] > self._max_staleness
        )

    def _discard(self, member: Member, row: int) -> None:
        self.ledger.close(row, self.env.now, Outcome.DISCARDED)
        self._place(member, queued=False)
        self._answer(member, row)
        if self.bounded:
            self._advance(member)
        self._check_for_the_end()

    def _accept(self, member: Member, row: int) -> None:
        """Count a gradient that is done with: alone it is an update, or it goes into the batch."""
        if self.bounded:
            self._advance(member)
        if self._alone:
            self._answer(member, row)
            self._update([(member, row)])
            if member.queued:
                self._place(member, queued=False)
                self._check_for_the_end()
            return
        self._batch.append((member, row))
        self._place(member, in_batch=True, queued=False)
        if not self._waits:
            self._answer(member, row)
        self._update_if_full()

    def _place(
        self,
        member: Member,
        *,
        active: bool | None = None,
        in_batch: bool | None = None,
        queued: bool | None = None,
    ) -> None:
        """Note whether a worker takes part and where its gradients are, and count it accordingly."""
        self._owing -= (member.active or member.queued) and not member.in_batch
        self._blocked -= self._waits and member.active and member.in_batch
        self._unserved -= member.queued
        member.active = member.active if active is None else active
        member.in_batch = member.in_batch if in_batch is None else in_batch
        member.queued = member.queued if queued is None else queued
        self._owing += (member.active or member.queued) and not member.in_batch
        self._blocked += self._waits and member.active and member.in_batch
        self._unserved += member.queued

    def _update_if_full(self) -> None:
        if self._batch and (self._owing == 0 if self._k is None else len(self._batch) >= self._k):
            batch, self._batch = self._batch, []
            for member, row in batch:
                self._place(member, in_batch=False)
                if self._waits:
                    self._answer(member, row)
            self._update(batch)
            if self._cancels:
                self._cancel()
        self._check_for_the_end()

    def _update(self, batch: list[tuple[Member, int]]) -> None:
        now, found = self.env.now, self.version
        self.version = found + 1
        for _, row in batch:
            self.ledger.apply(row, now, found)
        if self.version == self._most_updates:
            self.end("updates")
        elif self._most_gradients is not None and len(self.ledger.applied) >= self._most_gradients:
            self.end("gradients")

    def _cancel(self) -> None:
        """Drop every gradient that is not in the update just made; their workers start anew."""
        queued = []
        if self._queue is not None:
            queued, self._queue.items[:] = self._queue.items[:], []
        in_hand = [(member, member.in_hand) for member in self._members if member.in_hand is not None]
        for member, row in sorted([*queued, *in_hand], key=lambda pair: pair[0].order):
            self.ledger.close(row, self.env.now, Outcome.CANCELLED)
            member.in_hand = member.pushed = None
            self._place(member, queued=False)
            if member.active and member.process is not None:
                member.process.interrupt(CANCELLED)

    # What follows is said to workers, or by them.

    def _answer(self, member: Member, row: int) -> None:
        if member.pushed == row:
            member.pushed = None
            _wake(member)

    def answer(self, member: Member) -> Event:
        """Return the event at which the server lets a worker that has pushed go on."""
        member.go = self.env.event()
        return member.go

    def permission(self, member: Member) -> Life:
        """Hold a worker until the slack lets it begin its next gradient."""
        while not self._may_start(member):
            self._held.append(member)
            self._blocked += 1
            self._check_for_the_end()
            yield self.answer(member)

    def _may_start(self, member: Member) -> bool:
        return member.completed <= self._slowest + self._slack

    def enter(self, member: Member) -> None:
        """Count a worker in from now on; its clock is at least the slowest one's."""
        self._place(member, active=True)
        self._coming -= 1
        self._active += 1
        if self.bounded:
            member.completed = max(member.completed, self._slowest)
            self._clocks[member.completed] += 1

    def leave(self, member: Member, *, returning: bool) -> None:
        """Count a worker out: nobody waits for it any more, and a gradient in its hands is lost."""
        if member.in_hand is not None:
            self.ledger.close(member.in_hand, self.env.now, Outcome.LOST)
            member.in_hand = None
        self._place(member, active=False)
        self._coming += returning
        self._active -= 1
        if member in self._held:
            self._held.remove(member)
            self._blocked -= 1
        if self.bounded:
            self._clocks[member.completed] -= 1
            self._let_go()
        self._update_if_full()

    def _advance(self, member: Member) -> None:
        """Move a worker's clock on by one gradient, and let those go who waited for it."""
        member.completed += 1
        if member.active:
            self._clocks[member.completed - 1] -= 1
            self._clocks[member.completed] += 1
            self._let_go()

    def _let_go(self) -> None:
        while self._active and not self._clocks[self._slowest]:
            del self._clocks[self._slowest]
            self._slowest += 1
        for member in [member for member in self._held if self._may_start(member)]:
            self._held.remove(member)
            self._blocked -= 1
            _wake(member)

    def _check_for_the_end(self) -> None:
        if self._blocked == self._active and not self._coming and not self._unserved:
            self.end("stalled" if self._active else "finished")

    def end(self, reason: str) -> None:
        """End the run at this instant, unless it has ended."""
        if not self.ended:
            self.ended = reason
            self.done.succeed()


def _wake(member: Member) -> None:
    if member.go is not None:
        member.go.succeed()
        member.go = None
