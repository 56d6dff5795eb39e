"""The workers together: who may begin a gradient, who is busy, who will come."""

from sim.engine._kernel import Happening, Kernel
from sim.engine._ledger import Ledger
from sim.engine._member import BUSY, GONE, OWED, READY, Member
from sim.engine.setup import NONE, Setup
from sim.trace import Outcome


class Fleet:
    """All workers, in the order of the scenario.

    ``ready`` are those that may begin a gradient once what follows from an event is settled; ``busy`` counts
    those that pull, compute or send, ``coming`` those that are away and will come.
    """

    def __init__(self, env: Kernel, setup: Setup, ledger: Ledger) -> None:
        self._env = env
        self._ledger = ledger
        most = setup.most.tolist()
        self.members = [
            Member(env, order, entry, most[entry]) for order, entry in enumerate(setup.entry.tolist())
        ]
        self.ready: list[Member] = []
        self.busy = 0
        self.coming = 0

    def answer(self, member: Member) -> None:
        """Let a worker that is there begin its next gradient; without one it is done."""
        member.due = False
        if member.place != OWED:
            return
        now = self._env.instant
        if member.begun != member.most:
            member.place = READY
            member.row = NONE
            member.ready_at = now
            self.ready.append(member)
            return
        member.place = GONE
        member.stay[2:] = now, 1
        if member.presence is not None:
            member.presence.void = True

    def drop(self, member: Member, outcome: Outcome) -> None:
        """Drop what a worker pulls, computes or sends."""
        event = member.event
        event.void = True
        member.event = Happening(self._env, member, event.rank, event.action)
        if member.link is not None:
            member.link.drop(member)
            member.link = None
        if member.row == NONE:
            self._ledger.miss(member, self._env.instant)
        else:
            self._ledger.close(member, self._env.instant, outcome)
        member.asked_at = member.pull_at = member.left_at = member.row = NONE
        member.place = OWED
        self.busy -= 1

    def in_flight(self, member: Member) -> bool:
        """Whether a worker computes or sends, rather than pulls."""
        return member.place == BUSY and member.row != NONE
