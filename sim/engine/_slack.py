"""The slack: who is too far ahead of the slowest."""

from heapq import heappop, heappush, heapreplace

from sim.engine._fleet import Fleet
from sim.engine._member import READY, Member


class Slack:
    """Compares each worker's count of completed gradients with the least among those that are there."""

    def __init__(self, slack: int, fleet: Fleet) -> None:
        self._slack = slack
        self._fleet = fleet
        self.held: list[Member] = []
        self._least = 0
        self._clocks: list[tuple[int, int]] = []  # a heap: no worker has counted less than it says there
        self._listed: set[int] = set()  # those in the heap: all that are there

    def enter(self, member: Member) -> None:
        """Give a worker that comes the least count of the others, where its own is less."""
        member.completed = max(member.completed, self.least())
        if member.order not in self._listed:
            self._listed.add(member.order)
            heappush(self._clocks, (member.completed, member.order))

    def allowed(self, ready: list[Member]) -> list[Member]:
        """Return those that may begin, of the ready and, where the least count has risen, of the held."""
        least = self.least()
        if least != self._least:
            ready, self.held, self._least = ready + self.held, [], least
        most = least + self._slack
        allowed: list[Member] = []
        for member in ready:
            (allowed if member.completed <= most else self.held).append(member)
        return allowed

    def least(self) -> int:
        """Return the least count of completed gradients among the workers that are there, 0 if none is."""
        clocks, members = self._clocks, self._fleet.members
        while clocks:
            completed, order = clocks[0]
            member = members[order]
            if member.place < READY:
                heappop(clocks)
                self._listed.remove(order)
            elif member.completed > completed:
                heapreplace(clocks, (member.completed, order))
            else:
                return completed
        return 0

    def releases(self) -> bool:
        """Whether all with the least count will go, which may let those go on that are held."""
        if not self.held:
            return False
        least = self.least()
        there = [member for member in self._fleet.members if member.place >= READY]
        return all(member.goes >= 0 for member in there if member.completed == least)
