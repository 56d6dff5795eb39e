"""The server: it applies gradients one at a time, and updates the weights with each full batch."""

from collections import deque

from simpy.core import StopSimulation

from sim.engine._fleet import Fleet
from sim.engine._kernel import Kernel
from sim.engine._ledger import Gradient, Ledger
from sim.engine._member import OWED, Member
from sim.engine.draws import SERVICE, TOO_LONG
from sim.engine.results import TooLong
from sim.engine.setup import NONE, Setup
from sim.engine.supply import by_entry
from sim.scenario.clock import LAST
from sim.trace import Outcome


class Server:
    """Takes gradients in, applies them and answers the workers.

    ``queue`` are the workers whose gradients wait to be applied, ``serving`` the one whose is being applied.
    """

    def __init__(self, env: Kernel, setup: Setup, ledger: Ledger, fleet: Fleet) -> None:
        self._env = env
        self._ledger = ledger
        self._fleet = fleet
        self._service = (
            by_entry(setup, [setup.service] * len(setup.most), SERVICE) if setup.service != NONE else []
        )
        self._k = setup.k
        self._waits = setup.waits
        self._cancels = setup.cancels
        self._most_stale = LAST if setup.max_staleness == NONE else setup.max_staleness
        self._stop_updates = LAST if setup.stop_updates == NONE else setup.stop_updates
        self._stop_gradients = LAST if setup.stop_gradients == NONE else setup.stop_gradients
        self.version = 0
        self.queue: deque[Member] = deque()
        self.serving: Member | None = None
        self.batch: list[Gradient] = []
        self._waiting: list[Member] = []  # for the update

    def arrive(self, member: Member) -> None:
        """Take a gradient in: into the queue, or, where applying costs nothing, into the batch at once."""
        member.arrived_at = self._env.instant
        member.place = OWED
        member.due = True
        self._fleet.busy -= 1
        if self._service:
            self.queue.append(member)
        elif self.version - member.version_read > self._most_stale:
            self._discard(member)
        else:
            self._join_batch(member)

    def serve(self) -> None:
        """Take up the next gradient in the queue, discarding those that are too stale."""
        while self.queue and self.serving is None:
            member = self.queue.popleft()
            if self.version - member.version_read > self._most_stale:
                self._discard(member)
                continue
            member.service_at = self._env.instant
            whole, part = self._service[member.entry].at(member.order, member.begun - 1)
            if whole == TOO_LONG:
                raise TooLong(member.order, SERVICE, part)
            self.serving = member
            self._env.after(member.event, whole, part, self._served)

    def _served(self, member: Member) -> None:
        self.serving = None
        member.served_at = self._env.instant
        self._join_batch(member)

    def _discard(self, member: Member) -> None:
        self._ledger.close(member, self._env.instant, Outcome.DISCARDED)
        member.row = NONE
        member.completed += 1
        self._fleet.answer(member)

    def _join_batch(self, member: Member) -> None:
        self._env.idle = 0
        self.batch.append(self._ledger.gradient(member))
        member.row = NONE
        member.completed += 1
        if self._waits:
            self._waiting.append(member)
        else:
            self._fleet.answer(member)

    def full(self) -> bool:
        """Whether the batch is: with K gradients, or with one of everybody who may still give one."""
        if self._k:
            return len(self.batch) >= self._k
        return bool(self.batch) and not (self.queue or self.serving is not None or self._fleet.busy)

    def update(self) -> None:
        """Update the weights with the batch; answer those who waited for that, cancel the rest."""
        batch, self.batch = self.batch, []
        self.version += 1
        self._ledger.update(batch, self._env.instant)
        if self._waits:
            waiting, self._waiting = self._waiting, []
            for member in waiting:
                self._fleet.answer(member)
        if self._cancels:
            self._cancel()
        if self.version >= self._stop_updates:
            raise StopSimulation("updates")
        if self._ledger.applied >= self._stop_gradients:
            raise StopSimulation("gradients")

    def _cancel(self) -> None:
        """Drop every gradient that is being computed, sent or queued; their workers begin anew."""
        fleet = self._fleet
        for member in fleet.members:
            if fleet.in_flight(member):
                fleet.drop(member, Outcome.CANCELLED)
                fleet.answer(member)
        while self.queue:
            member = self.queue.popleft()
            self._ledger.close(member, self._env.instant, Outcome.CANCELLED)
            member.row = NONE
            fleet.answer(member)
