"""Counts of several processes, seen by one."""

import time
from functools import partial

from analysis.learning.counters import Counter, counters
from analysis.learning.parallel import side_by_side


def count_to(last: int, counter: Counter) -> int:
    for _ in range(last):
        counter(2)
    return last


def test_what_other_processes_count_is_seen() -> None:
    seen: list[list[int]] = []
    with counters(3, lambda counts: seen.append(list(counts))) as (own, look):
        look()
        work = [partial(count_to, place + 1, counter) for place, counter in enumerate(own)]
        assert sorted(side_by_side(work, jobs=2)) == [(0, 1), (1, 2), (2, 3)]
        look()
    assert (seen[0], seen[-1]) == ([0, 0, 0], [2, 4, 6])


def test_it_is_seen_without_being_asked() -> None:
    seen: list[list[int]] = []
    with counters(1, lambda counts: seen.append(list(counts))) as (own, _):
        own[0](5)
        while [5] not in seen:
            time.sleep(0.01)
