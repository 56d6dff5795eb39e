"""What takes time between a worker and the server: latency, links, and waiting for them."""

from typing import Protocol

from sim.engine._kernel import Action, Kernel
from sim.engine._member import Link, Member
from sim.engine.setup import Setup


class Ways(Protocol):
    """How weights and gradients travel; see `Network`, which simulates it.

    ``pulls`` and ``pushes`` say whether either takes any time, ``shares`` whether links must be let `carry`.
    """

    pulls: bool
    pushes: bool
    shares: bool

    def carry(self) -> None:
        """Let idle links take up the next message that waits for them."""

    def pull(self, member: Member) -> None:
        """Let a worker ask for the weights."""

    def push(self, member: Member) -> None:
        """Let a worker send the gradient that it has computed."""


class Network:
    """Brings weights to workers, which ``read`` them, and gradients to the server, where they ``arrive``."""

    def __init__(self, env: Kernel, setup: Setup, read: Action, arrive: Action) -> None:
        self._env = env
        self._read = read
        self._arrive = arrive
        self._pulls = list(zip(setup.pull_whole.tolist(), setup.pull_part.tolist(), strict=True))
        self._pushes = list(zip(setup.push_whole.tolist(), setup.push_part.tolist(), strict=True))
        self._down = Link(setup.down) if any(setup.down) else None
        self._up = Link(setup.up) if any(setup.up) else None
        self.shares = self._down is not None or self._up is not None
        self.pulls = any(map(any, self._pulls)) or self._down is not None
        self.pushes = any(map(any, self._pushes)) or self._up is not None

    def carry(self) -> None:
        """Let idle links take up the next message that waits for them."""
        down, up, env = self._down, self._up, self._env
        if down is not None and down.carried is None and down.waiting:
            member = down.carried = down.waiting.popleft()
            member.pull_at = env.instant
            env.after(member.event, *down.duration, self._carried_down)
        if up is not None and up.carried is None and up.waiting:
            member = up.carried = up.waiting.popleft()
            member.push_at = env.instant
            env.after(member.event, *up.duration, self._carried_up)

    def pull(self, member: Member) -> None:
        """Let a worker ask for the weights."""
        member.asked_at = self._env.instant
        if self._down is not None:
            member.link = self._down
            self._down.waiting.append(member)
        else:
            member.pull_at = member.left_at = member.asked_at
            self._cross(member)

    def _carried_down(self, member: Member) -> None:
        self._leave(member)
        member.left_at = self._env.instant
        self._cross(member)

    def _cross(self, member: Member) -> None:
        """Let the weights cross the latency and the worker's own link."""
        pull = self._pulls[member.entry]
        if any(pull):
            self._env.after(member.event, *pull, self._read)
        else:
            self._read(member)

    def push(self, member: Member) -> None:
        """Let a worker send the gradient that it has computed, over its own link and the latency."""
        member.computed_at = self._env.instant
        push = self._pushes[member.entry]
        if any(push):
            self._env.after(member.event, *push, self._sent)
        else:
            self._sent(member)

    def _sent(self, member: Member) -> None:
        member.sent_at = self._env.instant
        if self._up is not None:
            member.link = self._up
            self._up.waiting.append(member)
        else:
            member.push_at = member.sent_at
            self._arrive(member)

    def _carried_up(self, member: Member) -> None:
        self._leave(member)
        self._arrive(member)

    @staticmethod
    def _leave(member: Member) -> None:
        if member.link is not None:
            member.link.drop(member)
            member.link = None
