"""The rules of the SimPy engine, on a real clock: what workers tell is what happens."""

from collections.abc import Callable
from queue import SimpleQueue

from simpy.core import StopSimulation

from sim.engine._fleet import Fleet
from sim.engine._kernel import Action, Kernel
from sim.engine._ledger import Ledger
from sim.engine._member import Member
from sim.engine._server import Server
from sim.engine._simpy import Engine
from sim.engine.live.kernel import LiveKernel
from sim.engine.live.messages import Crew, Kind, Message, Vector
from sim.engine.live.network import LiveNetwork, Weights
from sim.engine.setup import Setup, set_up
from sim.scenario import Scenario
from sim.scenario.network import Server as ServerCost
from sim.scenario.values import NANOSECOND


class LiveServer(Server):
    """A server that adds up real gradients, which takes the time that it takes; its cost comes on top."""

    def __init__(self, env: LiveKernel, setup: Setup, ledger: Ledger, fleet: Fleet, weights: Weights) -> None:
        super().__init__(env, setup, ledger, fleet)
        self._clock = env
        self._weights = weights
        self._gradients: dict[int, Vector] = {}

    def take(self, member: Member, gradient: Vector) -> None:
        """Keep a gradient that has arrived until its turn comes."""
        self._gradients[member.order] = gradient

    def _served(self, member: Member) -> None:
        self._weights.add(self._gradients.pop(member.order))
        self._clock.look()
        super()._served(member)

    def update(self) -> None:
        """Make the weights' next version, then do what an update does."""
        self._weights.update()
        self._clock.look()
        super().update()


class LiveEngine(Engine):
    """Runs a scenario with a crew of real workers, whose messages come in by ``inbox``.

    A worker reads what it was sent: its version is that of the weights when they were sent. Where updates
    cancel, a worker that still pulls is sent the new weights instead.
    """

    _clock: LiveKernel
    _ways: LiveNetwork
    _adding: LiveServer

    def __init__(self, scenario: Scenario, seed: int, crew: Crew, inbox: SimpleQueue[Message]) -> None:
        weights = Weights(scenario.network, crew)

        def kernel(follow: Callable[[], None]) -> LiveKernel:
            self._clock = LiveKernel(follow, inbox, self._handle)
            return self._clock

        def network(_: Kernel, setup: Setup, *__: Action) -> LiveNetwork:
            self._ways = LiveNetwork(self._clock, setup.size, weights, crew)
            return self._ways

        def server(_: Kernel, setup: Setup, ledger: Ledger, fleet: Fleet) -> LiveServer:
            self._adding = LiveServer(self._clock, setup, ledger, fleet, weights)
            return self._adding

        super().__init__(set_up(_served(scenario), seed), None, kernel, network, server)

    @property
    def reached(self) -> tuple[float, int, int]:
        """How far the run is: seconds, updates and gradients begun."""
        return self._clock.instant / 1e9, self._server.version, self._ledger.rows

    def _compute(self, member: Member) -> None:
        """Do nothing: a worker draws by itself how long it takes, and goes to it."""

    def _settle(self) -> None:
        super()._settle()
        if self._setup.cancels:
            for member in self._fleet.members:
                self._ways.renew(member)

    def _handle(self, message: Message) -> None:
        """Let happen what a message tells; what answers to no present order comes too late."""
        match message.kind:
            case Kind.STOP:
                raise StopSimulation("interrupted")
            case Kind.FAILED:
                raise message.content
            case Kind.DIED:
                self._presence.end(self._fleet.members[message.order])
            case Kind.READ if self._ways.expects(message):
                self._has_read(self._fleet.members[message.order], message)
            case Kind.PUSHED if self._ways.expects(message):
                self._has_pushed(self._fleet.members[message.order], message)

    def _has_read(self, member: Member, message: Message) -> None:
        self._read(member)
        member.read_at = within(message.at, member.pull_at, self._clock.instant)
        member.left_at = min(member.left_at, member.read_at)  # it may be read before sending it returns
        member.version_read = self._ways.sent_version(member)

    def _has_pushed(self, member: Member, message: Message) -> None:
        self._adding.take(member, message.content)
        self._arrive(member)
        member.link = None
        came = message.came - self._clock.origin
        member.computed_at = within(message.at, member.read_at + 1, came)
        member.sent_at = member.push_at = member.arrived_at = max(came, member.computed_at)


def within(instant: int, earliest: int, latest: int) -> int:
    """Return an instant moved to where it can have been: clocks of several machines differ a little.

    >>> within(7, 3, 5), within(4, 3, 5), within(1, 3, 5)
    (5, 4, 3)
    """
    return max(earliest, min(instant, latest))


def _served(scenario: Scenario) -> Scenario:
    """Return the scenario with a server that takes time, as a real one does; a nanosecond is the least."""
    return scenario if scenario.server.apply else scenario.replace(server=ServerCost(apply=NANOSECOND))
