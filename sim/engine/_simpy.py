"""The reference engine, on SimPy's event loop: it reads like docs/sim/protocols.md, sentence by sentence."""

from collections.abc import Callable
from operator import attrgetter

from simpy.core import StopSimulation

from sim.engine import room
from sim.engine._fleet import Fleet
from sim.engine._kernel import Action, Kernel
from sim.engine._ledger import Ledger
from sim.engine._member import BUSY, READY, Member
from sim.engine._network import Network, Ways
from sim.engine._presence import Presence
from sim.engine._server import Server
from sim.engine._slack import Slack
from sim.engine.draws import COMPUTE, TOO_LONG
from sim.engine.pace import FAILED, TOO_OFTEN, at_the_start, finish
from sim.engine.results import Progress, Run, TooLong
from sim.engine.setup import NONE, Setup
from sim.engine.supply import by_entry
from sim.scenario.clock import LAST, NANOSECONDS


class Engine:
    """Workers, network and server: `run` lets happen what happens next, and settles what follows from it.

    What turns the clock, carries messages and applies gradients can be others than those that simulate it.
    """

    def __init__(
        self,
        setup: Setup,
        progress: Progress | None,
        kernel: Callable[[Callable[[], None]], Kernel] = Kernel,
        network: Callable[[Kernel, Setup, Action, Action], Ways] = Network,
        server: Callable[[Kernel, Setup, Ledger, Fleet], Server] = Server,
    ) -> None:
        self._setup = setup
        self._progress = progress
        self._env = env = kernel(self._settle)
        self._network = ways = network(env, setup, self._read, self._arrive)
        self._ledger = ledger = Ledger(
            self._report,
            pulled=ways.pulls,
            pushed=ways.pushes,
            served=setup.service != NONE,
            held=setup.slack != NONE,
        )
        self._fleet = fleet = Fleet(env, setup, ledger)
        self._slack = Slack(setup.slack, fleet) if setup.slack != NONE else None
        self._server = server(env, setup, ledger, fleet)
        self._presence = Presence(env, setup, ledger, fleet, self._slack)
        self._ask = ways.pull if ways.pulls else self._read
        self._shares = ways.shares
        self._computed = ways.push if ways.pushes else self._server.arrive
        self._work = by_entry(setup, setup.compute.tolist(), COMPUTE)
        self._varies = setup.varies.tolist()
        self._patience = setup.patience
        self._paces = at_the_start(setup)

    def run(self) -> Run:
        """Simulate until the run ends."""
        env, stop = self._env, self._setup.stop_time
        env.first(0, self._start)
        if stop != NONE:
            env.last(stop, self._time_is_up)
        env.first(LAST, self._outlast)
        ended = str(env.run())
        return self._result(ended, env.instant)

    def _start(self, _: None) -> None:
        """Let the workers come that are there from the first instant."""
        self._env.idle = 0
        for member in self._fleet.members:
            self._presence.expect(member)

    @staticmethod
    def _time_is_up(_: None) -> None:
        raise StopSimulation("time")

    @staticmethod
    def _outlast(_: None) -> None:
        raise OverflowError

    def _settle(self) -> None:
        """Let follow what follows from an event."""
        server, fleet, slack = self._server, self._fleet, self._slack
        if server.full():
            server.update()
        if server.queue and server.serving is None:
            server.serve()
        if fleet.ready or (slack is not None and slack.held):
            self._begin_in_order()
        if self._shares:
            self._network.carry()
        if self._env.idle > self._patience:
            raise StopSimulation("no-progress")
        if not (fleet.busy or fleet.coming or server.queue or server.serving is not None):
            self._end_unless_released()

    def _begin_in_order(self) -> None:
        """Let workers ask for the weights, in the order of the scenario, as far as the slack allows."""
        fleet = self._fleet
        ready, fleet.ready = fleet.ready, []
        if self._slack is not None:
            ready = self._slack.allowed(ready)
        if len(ready) > 1:
            ready.sort(key=attrgetter("order"))
        for member in ready:
            member.place = BUSY
            fleet.busy += 1
            self._ask(member)

    def _read(self, member: Member) -> None:
        """Read the weights and compute a gradient from them."""
        ledger = self._ledger
        if ledger.rows == ledger.room:
            ledger.make_room()
        member.row = ledger.rows = ledger.rows + 1
        member.read_at = self._env.instant
        member.version_read = self._server.version
        member.begun += 1
        self._compute(member)

    def _compute(self, member: Member) -> None:
        """Let a worker compute its gradient for as long as it is drawn to take."""
        if not member.wholes:
            member.wholes, member.parts = self._work[member.entry].following(member.order, member.begun - 1)
        whole, part = member.wholes.pop(), member.parts.pop()
        if whole == TOO_LONG:
            raise TooLong(member.order, COMPUTE, part)
        if self._varies[member.entry]:
            self._compute_at_changing_speed(member, whole, part)
        else:
            self._env.after(member.event, whole, part, self._computed)

    def _compute_at_changing_speed(self, member: Member, whole: int, part: float) -> None:
        env = self._env
        patience = self._patience - env.idle
        at, fraction, changes = finish(
            self._setup, self._paces, member.order, env.instant, env.fraction, whole, part, patience
        )
        env.idle += int(changes)
        if at <= FAILED:
            raise TooLong(member.order, FAILED - at, fraction)
        if at == TOO_OFTEN:
            raise StopSimulation("no-progress")
        member.event.action = self._computed
        env.at(member.event, int(at), float(fraction))

    def _arrive(self, member: Member) -> None:
        self._server.arrive(member)

    def _end_unless_released(self) -> None:
        """End a run in which nothing is under way, unless a worker's going will release others."""
        if self._slack is None or not self._slack.releases():
            there = any(member.place >= READY for member in self._fleet.members)
            raise StopSimulation("stalled" if there else "finished")

    def _result(self, ended: str, end: int) -> Run:
        ledger, members = self._ledger, self._fleet.members
        for member in members:
            pulls = member.place == BUSY and member.row == NONE
            if (pulls or member.place == READY) and member.ready_at < end:
                ledger.miss(member, NONE)
        ledger.leave(self._server.batch, [member for member in members if member.row != NONE])
        return Run(ledger.columns(end), *ledger.side_tables(), ended, end)

    def _report(self) -> None:
        room.check(self._ledger.rows)
        if self._progress is not None:
            self._progress(self._env.instant / NANOSECONDS, self._server.version, self._ledger.rows)


def run(setup: Setup, progress: Progress | None = None) -> Run:
    """Simulate a scenario that has been set up."""
    room.foresee(setup)
    return Engine(setup, progress).run()
