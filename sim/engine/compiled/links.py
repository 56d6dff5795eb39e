"""The server's links: each carries one message at a time, in order of arrival."""

from sim.engine.compiled.agenda import schedule
from sim.engine.compiled.memory import (
    CARRIED,
    CARRIED_DOWN,
    CARRIED_UP,
    DOWN,
    HEAD,
    LENGTH,
    LINK,
    NO_LINK,
    NOW,
    PULL_AT,
    PUSH_AT,
    TICKET,
    TICKETS,
    WAITING,
    Memory,
)
from sim.engine.setup import NONE, Setup


def join_line(m: Memory, worker: int, link: int) -> None:
    """Let a message wait for a link; those that gave up leave their places when these are needed."""
    own, line, places = m.workers[worker], m.links[link], m.lines[link]
    room = places.shape[1]
    if line[LENGTH] == room:
        kept = 0
        for step in range(room):
            place = (line[HEAD] + step) % room
            who, ticket = places[0, place], places[1, place]
            if m.workers[who, LINK] == link and m.workers[who, TICKET] == ticket and line[CARRIED] != who:
                to = (line[HEAD] + kept) % room
                places[0, to], places[1, to] = who, ticket
                kept += 1
        line[LENGTH] = kept
    place = (line[HEAD] + line[LENGTH]) % room
    line[TICKETS] += 1
    own[LINK], own[TICKET] = link, line[TICKETS]
    places[0, place], places[1, place] = worker, line[TICKETS]
    line[LENGTH] += 1
    line[WAITING] += 1


def carry(s: Setup, m: Memory, link: int) -> None:
    """Let an idle link take up the next message that waits for it."""
    line, places = m.links[link], m.lines[link]
    room = places.shape[1]
    while True:
        place = line[HEAD]
        worker, ticket = places[0, place], places[1, place]
        line[HEAD] = (place + 1) % room
        line[LENGTH] -= 1
        if m.workers[worker, LINK] == link and m.workers[worker, TICKET] == ticket:
            break
    line[WAITING] -= 1
    line[CARRIED] = worker
    if link == DOWN:
        m.workers[worker, PULL_AT] = m.numbers[NOW]
        schedule(m, worker, CARRIED_DOWN, s.down.whole, s.down.part)
    else:
        m.workers[worker, PUSH_AT] = m.numbers[NOW]
        schedule(m, worker, CARRIED_UP, s.up.whole, s.up.part)


def leave_line(m: Memory, worker: int) -> None:
    """Drop a worker's message that waits for a link or crosses it."""
    own = m.workers[worker]
    line = m.links[own[LINK]]
    if line[CARRIED] == worker:
        line[CARRIED] = NONE
    else:
        line[WAITING] -= 1
    own[LINK] = NO_LINK
