"""What the compiled engine remembers: arrays of whole numbers, and the names of their fields."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.pace import Paces, at_the_start
from sim.engine.presence import Stays, from_the_start
from sim.engine.setup import NONE, Setup
from sim.metrics.tally import STAGES
from sim.scenario.clock import LAST
from sim.trace import COLUMNS, STAYS, UNREAD

Integers = NDArray[np.int64]

# Where a worker stands.
GONE, AWAY, READY, BUSY, OWED = range(5)

# What happens to it next.
CARRIED_DOWN, PULLED, COMPUTED_STAGE, SENT_STAGE, CARRIED_UP, SERVED_STAGE = range(6)

# Fields of a worker. Those that every gradient needs come first, and share two cache lines.
(
    PLACE,
    STAGE,
    SCHEDULED,
    BEGUN,
    VERSION,
    SEQUENCE,  # of readings
    READY_AT,
    READ_AT,
    COMPUTED_AT,
    HAND,  # 1: it computes or sends a gradient
    DUE,  # 1: the server owes it an answer
    NEXT_WHOLE,  # how long it computes next: drawn ahead, for a draw takes long and depends on no event
    COMPLETED,
    COMES,
    PRESENT,  # nanoseconds that it was there in earlier stays
    GOES,
    ASKED_AT,
    PULL_AT,
    LEFT_AT,
    SENT_AT,
    PUSH_AT,
    ARRIVED_AT,
    SERVICE_AT,
    SERVED_AT,
    LINK,  # which link it waits for or uses, `NO_LINK` for none
    TICKET,  # its number in the line for that link
    STAY,  # the row of its stay
    THERE_ARRIVED,  # nanoseconds that it had been there when its gradient arrived
    THERE_SERVICE,
    THERE_SERVED,
    COMES_OR_GOES_SCHEDULED,
    SERVICE_WHOLE,  # how long its gradient is applied, drawn ahead as well
    FIELDS,
) = range(33)  # a row is four cache lines long

# Fractions of a nanosecond of a worker.
FRACTION, NEXT_PART, SERVICE_PART, FRACTIONS = range(4)  # the first is of its next event

# Numbers of the whole run.
(
    NOW,
    VERSIONS,
    IDLE,  # events since a gradient joined a batch
    ENDED,  # a place in `ENDED_AS`
    SERVING,  # a worker
    JOINED,  # rows of gradients that have joined a batch
    APPLIED,  # of these, the ones that are applied
    TOTAL,  # applied gradients
    READINGS,
    READIES,
    HELDS,
    QUEUE_HEAD,
    QUEUED,
    LEAST,  # the least count of completed gradients among workers that are there
    AT_LEAST,  # how many of them have it
    LEAST_SEEN,  # when workers that the slack holds were looked at last
    OTHERS,
    STAYED,
    MISSED,
    BIGS,
    LONGEST_QUEUE,
    LONGEST_UP,
    LONGEST_DOWN,
    FAILED_WORKER,
    FAILED_PURPOSE,
    STALE_LEAF,  # a worker whose event has happened, but still stands in the tree
    AT_PLACE,  # the first of five: workers by place
) = range(27)
OUTCOMES: Final = AT_PLACE + 5  # the first of five: closed gradients by outcome
NUMBERS: Final = OUTCOMES + 5

ENDED_AS: Final = ("", "finished", "stalled", "updates", "gradients", "time", "no-progress")
FINISHED, STALLED, BY_UPDATES, BY_GRADIENTS, BY_TIME, NO_PROGRESS = range(1, 7)

# What becomes of a gradient, as `sim.trace.Outcome`.
IN_FLIGHT, APPLIED_AS, DISCARDED, CANCELLED, LOST = range(-1, 4)

# Fields of a link.
NO_LINK, DOWN, UP = -1, 0, 1
CARRIED, HEAD, LENGTH, WAITING, TICKETS, LINK_FIELDS = range(6)

# Why the engine returns to its caller.
(
    ENDS,
    PAUSES,
    NEEDS_ROWS,
    NEEDS_OTHERS,
    NEEDS_STAYS,
    NEEDS_UNREAD,
    NEEDS_HISTOGRAM,
    NEEDS_BIGS,
    OUTLASTS,
    FAILS,
) = range(10)

# Columns of sums for each worker.
WAITS: Final = 0  # one for each of `STAGES`
UPDATE_WAIT: Final = len(STAGES) - 1
(
    COMPUTING,
    GRADIENTS,
    STALE,
    SERVER_BUSY,
    SERVER_WAITED,
    UP_BUSY,
    UP_WAITED,
    DOWN_BUSY,
    DOWN_WAITED,
    WASTED,
) = range(len(STAGES), len(STAGES) + 10)
SUMS: Final = WASTED + 3 + 6  # a row is three cache lines long

ROOM: Final = 1024
"""What there is room for at first where nothing is known."""

HISTOGRAM_LIMIT: Final = 1 << 22
"""From this staleness on gradients are listed, not counted by staleness."""

(
    WORKER_ROW, INDEX_ROW, READY_ROW, ASKED_ROW, PULL_ROW, LEFT_ROW, READ_ROW, COMPUTED_ROW, SENT_ROW,
    PUSH_ROW, ARRIVED_ROW, SERVICE_ROW, SERVED_ROW, ENDED_ROW, VERSION_READ_ROW, VERSION_APPLIED_ROW,
    OUTCOME_ROW,     SEQUENCE_ROW,
) = range(len(COLUMNS) + 1)  # fmt: skip


class Memory(NamedTuple):
    """The state of a run; a compiled function changes it in place."""

    workers: Integers  # a row each, `FIELDS`
    fractions: NDArray[np.float64]  # a row each, `FRACTIONS`
    tree_at: Integers  # the first of two instants at each node; a worker's own at its leaf
    tree_of: NDArray[np.int32]  # whose it is
    presence_at: Integers
    presence_of: NDArray[np.int32]
    numbers: Integers
    fraction: NDArray[np.float64]  # of `NOW`; then how long a draw is that is too long
    ready: Integers
    held: Integers
    queue: Integers
    links: Integers  # two rows of `LINK_FIELDS`
    lines: Integers  # workers and tickets that wait for each: link, worker or ticket, place
    rows: Integers  # columns of gradients that have joined a batch
    others: Integers  # columns of gradients that ended otherwise
    stays: Integers
    unread: Integers
    sums: Integers
    histogram: Integers
    bigs: Integers
    paces: Paces
    presence: Stays
    keeps: bool  # rows are kept
    sums_up: bool  # sums are made
    pulled: bool  # pulls take time
    pushed: bool  # pushes do
    served: bool  # applying a gradient does


def remember(setup: Setup, *, rows: int, sums: bool) -> Memory:
    """Return the memory of a run before its start, with room for so many rows; 0 to keep none."""
    size = setup.size
    leaves = 1 << max(size - 1, 1).bit_length()
    presences = 1 if setup.always_there.all() else leaves
    workers = _aligned(size, FIELDS)
    workers[:] = NONE
    workers[:, [PLACE, BEGUN, COMPLETED, DUE, HAND, PRESENT]] = 0
    numbers = np.zeros(NUMBERS, np.int64)
    numbers[[SERVING, STALE_LEAF]] = NONE
    numbers[AT_PLACE + GONE] = size
    links = np.zeros((2, LINK_FIELDS), np.int64)
    links[:, CARRIED] = NONE
    closing = setup.cancels or setup.max_staleness != NONE
    networked = any(setup.down) or any(setup.up)
    return Memory(
        workers=workers,
        fractions=np.zeros((size, FRACTIONS)),
        tree_at=np.full(2 * leaves, LAST, np.int64),
        tree_of=_tree(leaves),
        presence_at=np.full(2 * presences, LAST, np.int64),
        presence_of=_tree(presences),
        numbers=numbers,
        fraction=np.zeros(2),
        ready=np.empty(size, np.int64),
        held=np.empty(size if setup.slack != NONE else 0, np.int64),
        queue=np.empty(size if setup.service != NONE else 1, np.int64),
        links=links,
        lines=np.empty((2, 2, 2 * size + 2 if networked else 1), np.int64),
        rows=np.empty((len(COLUMNS) + 1, rows or ROOM), np.int64),
        others=np.empty((len(COLUMNS) + 1, ROOM + (size if closing else 0)), np.int64),
        stays=np.empty((len(STAYS), size + ROOM), np.int64),
        unread=np.empty((len(UNREAD), size + ROOM), np.int64),
        sums=_aligned(size if sums else 1, SUMS),
        histogram=np.zeros(ROOM if sums else 1, np.int64),
        bigs=np.empty(0, np.int64),
        paces=at_the_start(setup),
        presence=from_the_start(setup),
        keeps=bool(rows),
        sums_up=sums,
        pulled=bool(any(setup.down) or setup.pull_whole.any() or setup.pull_part.any()),
        pushed=bool(any(setup.up) or setup.push_whole.any() or setup.push_part.any()),
        served=setup.service != NONE,
    )


def _aligned(size: int, fields: int) -> Integers:
    """Return so many rows of zeros, the first of them at the beginning of a cache line."""
    line = 64 // 8
    space = np.zeros(size * fields + line, np.int64)
    first = -(space.ctypes.data // 8) % line
    return space[first : first + size * fields].reshape(size, fields)


def _tree(leaves: int) -> NDArray[np.int32]:
    """Return a tree whose every leaf is its own worker's, and whose every node is the first one's below."""
    of = np.zeros(2 * leaves, np.int32)
    of[leaves:] = np.arange(leaves)
    level = leaves
    while level > 1:
        of[level // 2 : level] = of[level : 2 * level : 2]
        level //= 2
    return of
