"""What travels between a server and real workers: orders with the weights, and what they bring back."""

from sim.engine._member import BUSY, Member
from sim.engine.live.kernel import LiveKernel
from sim.engine.live.messages import Crew, Message, Vector, vector
from sim.engine.setup import NONE
from sim.scenario import Network

RATE = 1e-6
"""The learning rate: any number would do, the vectors mean nothing."""


class Weights:
    """The weights, their version, and the gradients added up for the next one."""

    def __init__(self, network: Network, crew: Crew) -> None:
        self.version = 0
        self._values = vector(network.weight_bytes)
        self._sum = vector(network.gradient_bytes)
        self._crew = crew
        self._sent: object = None

    def sent(self) -> object:
        """Return the present version as it is sent, which is made once for all workers."""
        if self._sent is None:
            self._sent = self._crew.published(self._values)
        return self._sent

    def add(self, gradient: Vector) -> None:
        """Add a gradient to those of the next version."""
        self._sum += gradient

    def update(self) -> None:
        """Make the next version."""
        common = min(len(self._values), len(self._sum))
        self._values[:common] -= RATE * self._sum[:common]
        self._sum[:] = 0.0
        self.version += 1
        self._sent = None


class LiveNetwork:
    """Hands weights to workers, which it is done with when Ray has taken them; the rest cannot be seen."""

    pulls = True
    pushes = True
    shares = False

    def __init__(self, env: LiveKernel, workers: int, weights: Weights, crew: Crew) -> None:
        self._env = env
        self._weights = weights
        self._crew = crew
        self._tickets = [0] * workers
        self._versions = [NONE] * workers

    def carry(self) -> None:
        """Do nothing: no link waits for being told."""

    def push(self, member: Member) -> None:
        """Do nothing: a worker sends by itself what it has computed."""

    def pull(self, member: Member) -> None:
        """Send a worker the weights."""
        member.asked_at = self._env.instant
        self._send(member)

    def _send(self, member: Member) -> None:
        env, order = self._env, member.order
        env.look()
        member.pull_at = env.instant
        member.link = self
        self._tickets[order] += 1
        self._versions[order] = self._weights.version
        self._crew.begin(order, self._tickets[order], member.begun, env.origin, self._weights.sent())
        env.look()
        member.left_at = env.instant

    def drop(self, member: Member) -> None:
        """Let a worker stop what it does; what it has sent already comes too late."""
        self._crew.cancel(member.order, self._tickets[member.order])
        self._tickets[member.order] += 1

    def renew(self, member: Member) -> None:
        """Send a worker that still pulls an older version the present one in its place."""
        older = self._versions[member.order] < self._weights.version
        if older and member.place == BUSY and member.row == NONE:
            self.drop(member)
            self._send(member)

    def expects(self, message: Message) -> bool:
        """Whether a message answers what was last asked of its worker."""
        return message.ticket == self._tickets[message.order]

    def sent_version(self, member: Member) -> int:
        """Return the version of the weights that a worker was sent last."""
        return self._versions[member.order]
