"""Workers come and go."""

from sim.engine._fleet import Fleet
from sim.engine._kernel import Kernel
from sim.engine._ledger import Ledger
from sim.engine._member import AWAY, BUSY, GONE, OWED, READY, Member
from sim.engine._slack import Slack
from sim.engine.pace import FAILED
from sim.engine.presence import from_the_start, next_stay
from sim.engine.results import TooLong
from sim.engine.setup import NONE, Setup
from sim.trace import Outcome


class Presence:
    """Lets workers come and go, as the scenario says and chance has it."""

    def __init__(self, env: Kernel, setup: Setup, ledger: Ledger, fleet: Fleet, slack: Slack | None) -> None:
        self._env = env
        self._setup = setup
        self._ledger = ledger
        self._fleet = fleet
        self._slack = slack
        self._stays = from_the_start(setup)
        self._always_there = setup.always_there.tolist()

    def expect(self, member: Member) -> None:
        """Let a worker come when it comes next, if it does."""
        if self._always_there[member.entry]:
            comes, goes, drawn = 0, NONE, 0.0
        else:
            comes, goes, drawn = next_stay(self._setup, self._stays, member.order)
        if comes <= FAILED:
            raise TooLong(member.order, FAILED - comes, drawn)
        member.goes = int(goes)
        if comes == NONE:
            member.place = GONE
        elif comes == self._env.instant == 0:
            self._come(member)
        else:
            member.place = AWAY
            self._fleet.coming += 1
            member.presence = member.appointment(self._env, self._comes)
            self._env.at(member.presence, int(comes), 0.0)

    def _comes(self, member: Member) -> None:
        self._fleet.coming -= 1
        self._come(member)

    def _come(self, member: Member) -> None:
        env = self._env
        member.stay = [member.order, env.instant, NONE, 0]
        self._ledger.stays.append(member.stay)
        member.presence = None
        if member.goes != NONE:
            member.presence = member.appointment(env, self._goes)
            env.at(member.presence, member.goes, 0.0)
        if self._slack is not None:
            self._slack.enter(member)
        member.place = OWED
        if not member.due:
            self._fleet.answer(member)

    def _goes(self, member: Member) -> None:
        self._lose(member)
        self.expect(member)

    def end(self, member: Member) -> None:
        """Let a worker go for good, wherever it stands, against all that the scenario says."""
        if member.presence is not None:
            member.presence.void = True
        if member.place == AWAY:
            self._fleet.coming -= 1
        elif member.place != GONE:
            self._lose(member)
        member.place = GONE

    def _lose(self, member: Member) -> None:
        """Lose the gradient that a worker computes or sends, or its pull; one at the server stays."""
        if member.place == BUSY:
            self._fleet.drop(member, Outcome.LOST)
        elif member.place == READY and self._slack is not None:
            self._slack.held.remove(member)
            self._ledger.miss(member, self._env.instant)
        member.stay[2] = self._env.instant
