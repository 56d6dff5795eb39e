"""The reference engine, on SimPy's event loop: it reads like docs/sim/protocols.md, sentence by sentence."""

from collections import deque
from collections.abc import Iterator
from enum import IntEnum
from heapq import heappop, heappush
from operator import attrgetter

from sim.engine import room
from sim.engine._kernel import Happening, Kernel
from sim.engine._ledger import Ledger
from sim.engine.draws import COMPUTE, SERVICE, TOO_LONG
from sim.engine.pace import FAILED, TOO_OFTEN, at_the_start, finish
from sim.engine.presence import from_the_start, next_stay
from sim.engine.results import Progress, Run, TooLong
from sim.engine.setup import NONE, Setup
from sim.engine.supply import Pair, by_entry
from sim.scenario.clock import LAST, NANOSECONDS, Duration
from sim.trace import Outcome


class Place(IntEnum):
    """Where a worker stands; from `READY` on it is there."""

    GONE = 0
    """Away for good, or done."""
    AWAY = 1
    """It will come."""
    READY = 2
    """There, and free to begin a gradient, unless the slack holds it."""
    BUSY = 3
    """It pulls, computes or sends."""
    OWED = 4
    """The server owes it the answer to a gradient that has arrived."""


GONE, AWAY, READY, BUSY, OWED = (int(place) for place in Place)


class Member:
    """A worker as the engine sees it; ``order`` is its place in the scenario."""

    def __init__(self, order: int, entry: int, work: Iterator[Pair]) -> None:
        self.order = order
        self.entry = entry
        self.work = work
        self.place = GONE
        self.begun = 0
        self.completed = 0  # gradients that were applied or discarded
        self.row = NONE  # the gradient that it computes or sends
        self.due = NONE  # the gradient to which the server owes it an answer
        self.event: Happening | None = None  # what its pull or its gradient does next
        self.link: Link | None = None  # the server's link that it waits for or uses
        self.stay: list[int] = []
        self.goes = NONE  # when it goes, while it is there
        self.presence: Happening | None = None  # its going or its next coming
        self.ready_at = self.asked_at = self.pull_at = self.left_at = NONE


class Link:
    """One direction of the server's link: it carries one message at a time, first come, first served."""

    def __init__(self, duration: Duration) -> None:
        self.duration = duration
        self.waiting: deque[Member] = deque()
        self.carried: Member | None = None


class Engine:
    """Workers, network and server: `run` lets happen what happens next, and settles what follows from it."""

    def __init__(self, setup: Setup, progress: Progress | None) -> None:
        self._setup = setup
        self._progress = progress
        self._env = Kernel(setup.size)
        self._work = by_entry(setup, setup.compute.tolist(), COMPUTE)
        served = setup.service != NONE
        self._service = by_entry(setup, [setup.service] * len(self._work), SERVICE) if served else []
        self._members = [
            Member(order, entry, self._work[entry].of(order))
            for order, entry in enumerate(setup.entry.tolist())
        ]
        self._pulls = list(zip(setup.pull_whole.tolist(), setup.pull_part.tolist(), strict=True))
        self._pushes = list(zip(setup.push_whole.tolist(), setup.push_part.tolist(), strict=True))
        self._down = Link(setup.down) if any(setup.down) else None
        self._up = Link(setup.up) if any(setup.up) else None
        self._far = any(map(any, self._pulls)) or self._down is not None
        self._sends = any(map(any, self._pushes)) or self._up is not None
        self._ledger = Ledger(self._report, pulled=self._far, pushed=self._sends, served=served)
        self._most = setup.most.tolist()
        self._varies = setup.varies.tolist()
        self._always_there = setup.always_there.tolist()
        self._bounded = setup.slack != NONE
        self._waits = setup.waits
        self._k = setup.k
        self._patience = setup.patience
        self._max_staleness = setup.max_staleness
        self._paces = at_the_start(setup)
        self._stays = from_the_start(setup)
        self._count = [setup.size, 0, 0, 0, 0]  # workers by place
        self._ready: list[Member] = []
        self._held: list[Member] = []
        self._clocks: list[tuple[int, int]] = []  # of all that are there, and some that are no longer true
        self._least = 0
        self._queue: deque[Member] = deque()
        self._serving: Member | None = None
        self._batch: list[tuple[Member, int]] = []
        self._now = 0  # nanoseconds that the clock shows
        self._version = 0
        self._idle = 0  # events since a gradient joined a batch
        self._ended = ""

    def run(self) -> Run:
        """Simulate until the run ends."""
        env, stop = self._env, self._setup.stop_time
        for member in self._members:
            self._await(member)
        self._settle()
        while not self._ended:
            upcoming = env.upcoming()
            if stop != NONE and (upcoming is None or upcoming > stop):
                return self._result("time", stop)
            if upcoming is None or upcoming >= LAST:
                raise OverflowError
            self._idle += 1
            self._now = upcoming
            env.step()
            self._settle()
        return self._result(self._ended, self._now)

    def _settle(self) -> None:
        """Let follow what follows from an event."""
        if self._batch and self._full():
            self._update()
            if self._ended:
                return
        if self._queue and self._serving is None:
            self._serve()
        if self._ready or self._held:
            self._begin_in_order()
            if self._ended:
                return
        down, up = self._down, self._up
        if down is not None and down.carried is None and down.waiting:
            self._carry_down(down)
        if up is not None and up.carried is None and up.waiting:
            self._carry_up(up)
        if self._idle > self._patience:
            self._ended = "no-progress"
        count = self._count
        if not (count[BUSY] or count[AWAY] or self._queue or self._serving is not None):
            self._end_unless_released()

    # Coming and going.

    def _await(self, member: Member) -> None:
        """Let a worker come when it comes next, if it does."""
        if self._always_there[member.entry]:
            comes, goes, drawn = 0, NONE, 0.0
        else:
            comes, goes, drawn = next_stay(self._setup, self._stays, member.order)
        if comes <= FAILED:
            raise TooLong(member.order, FAILED - comes, drawn)
        member.goes = int(goes)
        if comes == NONE:
            self._place(member, GONE)
        elif comes == self._now == 0:
            self._come(member)
        else:
            self._place(member, AWAY)
            member.presence = self._env.at(member, comes, 0.0, self._comes, presence=True)

    def _comes(self, event: Happening) -> None:
        self._env.fraction = 0.0
        self._come(event.member)

    def _come(self, member: Member) -> None:
        env, ledger = self._env, self._ledger
        member.stay = [member.order, self._now, NONE, 0]
        ledger.stays.append(member.stay)
        member.presence = None
        if member.goes != NONE:
            member.presence = env.at(member, member.goes, 0.0, self._goes, presence=True)
        if self._bounded:
            member.completed = max(member.completed, self._least_clock())
        self._place(member, OWED)
        self._set_clock(member)
        if member.due == NONE:
            self._let_go_on(member)

    def _goes(self, event: Happening) -> None:
        """Lose the gradient that a worker computes or sends, or its pull; one at the server stays."""
        self._env.fraction = 0.0
        member = event.member
        if member.place == BUSY:
            self._drop(member, Outcome.LOST)
        elif member.place == READY:
            self._held.remove(member)
            self._miss(member, self._now)
        member.stay[2] = self._now
        self._await(member)

    def _drop(self, member: Member, outcome: Outcome) -> None:
        """Drop what a worker pulls, computes or sends."""
        if member.event is not None:
            member.event.cancel()
            member.event = None
        link = member.link
        if link is not None:
            if link.carried is member:
                link.carried = None
            else:
                link.waiting.remove(member)
            member.link = None
        if member.row == NONE:
            self._miss(member, self._now)
        else:
            self._ledger.close(member.row, self._now, outcome)
            member.row = NONE

    # Reading.

    def _free(self, member: Member) -> None:
        """Let a worker begin its next gradient when what follows is settled; only the slack may hold it."""
        place = READY if self._bounded else BUSY
        if member.place != place:
            self._place(member, place)
        member.ready_at = self._now
        if self._far or self._bounded:
            member.asked_at = member.pull_at = member.left_at = NONE
        self._ready.append(member)

    def _begin_in_order(self) -> None:
        """Let workers ask for the weights, in the order of the scenario, as far as the slack allows."""
        ready, self._ready = self._ready, []
        if self._bounded:
            slack = self._setup.slack
            least = self._least_clock()
            if least != self._least:
                ready, self._held, self._least = ready + self._held, [], least
            most = least + slack
            ahead = [member for member in ready if member.completed > most]
            if ahead:
                self._held += ahead
                ready = [member for member in ready if member.completed <= most]
        if len(ready) > 1:
            ready.sort(key=attrgetter("order"))
        for member in ready:
            if self._bounded:
                self._place(member, BUSY)
            if self._far:
                self._ask(member)
            else:
                self._read(member)
            if self._ended:
                return

    def _ask(self, member: Member) -> None:
        member.asked_at = self._now
        if self._down is not None:
            member.link = self._down
            self._down.waiting.append(member)
        else:
            member.pull_at = member.left_at = member.asked_at
            self._cross(member)

    def _carry_down(self, link: Link) -> None:
        member = link.carried = link.waiting.popleft()
        member.pull_at = self._now
        member.event = self._env.after(member, *link.duration, self._carried_down)

    def _carried_down(self, event: Happening) -> None:
        self._env.fraction = event.fraction
        member = event.member
        member.link = member.event = self._down.carried = None  # type: ignore[union-attr]  # it carried
        member.left_at = self._now
        self._cross(member)

    def _cross(self, member: Member) -> None:
        """Let the weights cross the latency and the worker's own link."""
        pull = self._pulls[member.entry]
        if any(pull):
            member.event = self._env.after(member, *pull, self._pulled)
        else:
            self._read(member)

    def _pulled(self, event: Happening) -> None:
        self._env.fraction = event.fraction
        self._read(event.member)

    def _read(self, member: Member) -> None:
        """Read the weights and compute a gradient from them."""
        env, ledger = self._env, self._ledger
        now = self._now
        member.begun = begun = member.begun + 1
        member.row = row = ledger.open(member.order, begun, now, self._version)
        if self._far:
            ledger.asked_at[row] = member.asked_at
            ledger.pull_at[row] = member.pull_at
            ledger.left_at[row] = member.left_at
        if self._far or member.ready_at != now:
            ledger.ready_at[row] = member.ready_at
        whole, part = next(member.work)
        if whole == TOO_LONG:
            raise TooLong(member.order, COMPUTE, part)
        if self._varies[member.entry]:
            self._compute_at_changing_speed(member, whole, part)
        else:
            member.event = env.after(member, whole, part, self._computed)

    def _compute_at_changing_speed(self, member: Member, whole: int, part: float) -> None:
        env, patience = self._env, self._setup.patience - self._idle
        at, fraction, changes = finish(
            self._setup, self._paces, member.order, self._now, env.fraction, whole, part, patience
        )
        self._idle += int(changes)
        if at <= FAILED:
            raise TooLong(member.order, FAILED - at, fraction)
        if at == TOO_OFTEN:
            self._ended = "no-progress"
        else:
            member.event = env.at(member, at, fraction, self._computed)

    # Pushing.

    def _computed(self, event: Happening) -> None:
        env, member = self._env, event.member
        env.fraction = event.fraction
        self._ledger.computed_at[member.row] = self._now
        if not self._sends:
            self._arrive(member)
            return
        push = self._pushes[member.entry]
        if any(push):
            member.event = env.after(member, *push, self._sent)
        else:
            self._join_link(member)

    def _sent(self, event: Happening) -> None:
        self._env.fraction = event.fraction
        self._join_link(event.member)

    def _join_link(self, member: Member) -> None:
        now, row = self._now, member.row
        self._ledger.sent_at[row] = now
        member.event = None
        if self._up is not None:
            member.link = self._up
            self._up.waiting.append(member)
        else:
            self._ledger.push_at[row] = self._ledger.arrived_at[row] = now
            self._arrive(member)

    def _carry_up(self, link: Link) -> None:
        member = link.carried = link.waiting.popleft()
        self._ledger.push_at[member.row] = self._now
        member.event = self._env.after(member, *link.duration, self._carried_up)

    def _carried_up(self, event: Happening) -> None:
        self._env.fraction = event.fraction
        member = event.member
        member.link = self._up.carried = None  # type: ignore[union-attr]  # it carried
        self._ledger.arrived_at[member.row] = self._now
        self._arrive(member)

    # At the server.

    def _arrive(self, member: Member) -> None:
        """Take a gradient in: into the queue, or, where applying costs nothing, into the batch at once."""
        member.due, member.row, member.event = member.row, NONE, None
        if self._service or self._waits:
            self._place(member, OWED)
        if self._service:
            self._queue.append(member)
        elif self._max_staleness != NONE and self._too_stale(member.due):
            self._discard(member)
        else:
            self._join_batch(member)

    def _serve(self) -> None:
        """Take up the next gradient in the queue, discarding those that are too stale."""
        while self._queue and self._serving is None:
            member = self._queue.popleft()
            if self._too_stale(member.due):
                self._discard(member)
                continue
            self._ledger.service_at[member.due] = self._now
            whole, part = self._service[member.entry].at(member.order, member.begun - 1)
            if whole == TOO_LONG:
                raise TooLong(member.order, SERVICE, part)
            self._serving = member
            self._env.after(member, whole, part, self._serviced)

    def _serviced(self, event: Happening) -> None:
        self._env.fraction = event.fraction
        self._serving = None
        self._ledger.served_at[event.member.due] = self._now
        self._join_batch(event.member)

    def _too_stale(self, row: int) -> bool:
        most = self._max_staleness
        return most != NONE and self._version - self._ledger.version_read[row] > most

    def _discard(self, member: Member) -> None:
        self._ledger.close(member.due, self._now, Outcome.DISCARDED)
        self._complete(member)
        self._answer(member)

    def _join_batch(self, member: Member) -> None:
        self._idle = 0
        self._batch.append((member, member.due))
        if self._bounded:
            self._complete(member)
        if not self._waits:
            self._answer(member)

    def _full(self) -> bool:
        if self._k:
            return len(self._batch) >= self._k
        count = self._count
        return not (self._queue or self._serving is not None or count[READY] or count[BUSY])

    def _update(self) -> None:
        """Update the weights with the batch; answer those who waited for that, cancel the rest."""
        setup, ledger, now, found, waits = self._setup, self._ledger, self._now, self._version, self._waits
        batch, self._batch = self._batch, []
        self._version = found + 1
        for member, row in batch:
            ledger.apply(row, now, found)
            if waits:
                self._answer(member)
        if setup.cancels:
            self._cancel()
        if self._version == setup.stop_updates:
            self._ended = "updates"
        elif setup.stop_gradients != NONE and len(ledger.applied) >= setup.stop_gradients:
            self._ended = "gradients"

    def _cancel(self) -> None:
        """Drop every gradient that is being computed, sent or queued; their workers begin anew."""
        for member in self._members:
            if member.row != NONE:
                self._drop(member, Outcome.CANCELLED)
                self._answer(member)
        while self._queue:
            member = self._queue.popleft()
            self._ledger.close(member.due, self._now, Outcome.CANCELLED)
            self._answer(member)

    def _answer(self, member: Member) -> None:
        member.due = NONE
        if member.place >= BUSY:
            self._let_go_on(member)

    def _let_go_on(self, member: Member) -> None:
        """Let a worker that is there begin its next gradient; without one it is done."""
        if member.begun != self._most[member.entry]:
            self._free(member)
            return
        member.stay[2:] = self._now, 1
        if member.presence is not None:
            member.presence.cancel()
        self._place(member, GONE)

    # The slack.

    def _complete(self, member: Member) -> None:
        member.completed += 1
        self._set_clock(member)

    def _set_clock(self, member: Member) -> None:
        if self._bounded and member.place >= READY:
            heappush(self._clocks, (member.completed, member.order))

    def _least_clock(self) -> int:
        """Return the least count of completed gradients among the workers that are there, 0 if none is."""
        clocks = self._clocks
        while clocks:
            completed, order = clocks[0]
            member = self._members[order]
            if member.completed == completed and member.place >= READY:
                return completed
            heappop(clocks)
        return 0

    # The end.

    def _end_unless_released(self) -> None:
        """End a run in which nothing is under way, unless a worker's going will release others."""
        there = [member for member in self._members if member.place in {READY, OWED}]
        if self._held:
            least = self._least_clock()
            if all(member.goes != NONE for member in there if member.completed == least):
                return
        self._ended = self._ended or ("stalled" if there else "finished")

    def _result(self, ended: str, end: int) -> Run:
        for member in self._members:
            if (
                member.place == READY or (member.place == BUSY and member.row == NONE)
            ) and member.ready_at < end:
                self._miss(member, NONE)
        return Run(self._ledger.columns(end), *self._ledger.side_tables(), ended, end)

    def _miss(self, member: Member, now: int) -> None:
        """Enter that a worker's wait for the weights led to no gradient."""
        pull = (member.ready_at, member.asked_at, member.pull_at, member.left_at)
        self._ledger.unread.append((member.order, *pull, now))

    def _place(self, member: Member, place: int) -> None:
        self._count[member.place] -= 1
        self._count[place] += 1
        member.place = place

    def _report(self) -> None:
        room.check(self._ledger.rows)
        if self._progress is not None:
            self._progress(self._now / NANOSECONDS, self._version, self._ledger.rows)


def run(setup: Setup, progress: Progress | None = None) -> Run:
    """Simulate a scenario that has been set up."""
    room.foresee(setup)
    return Engine(setup, progress).run()
