"""Runs side by side: the same results from any number of hands, in chunks of any size."""

import itertools
from collections.abc import Iterator, Sequence

import joblib
import pytest
from joblib._parallel_backends import ThreadingBackend

from sim import SimError
from sim.sweep import execute as room
from sim.sweep.execute import Done, Job, execute
from sim.sweep.runs import Result, keys, run
from tests.sim.sweep.scenarios import FOUR, TWO

JOBS = [
    Job(key, scenario, seed)
    for scenario in (FOUR, FOUR.replace(stop={"updates": 5}))
    for seed, key in enumerate(keys(scenario, range(12)))
]
ALONE = {job.key: run(job.scenario, job.seed) for job in JOBS}


def together(done: Iterator[Done]) -> dict[str, Result]:
    return dict(itertools.chain.from_iterable(done))


@pytest.mark.parametrize("hands", [1, 2])
def test_any_number_of_hands_gives_the_same_results(hands: int) -> None:
    assert together(execute(JOBS, hands=hands)) == ALONE


def test_any_backend_of_joblib_will_do() -> None:
    with joblib.parallel_config(backend="threading", n_jobs=3):
        assert together(execute(JOBS)) == ALONE
    assert together(execute(JOBS)) == ALONE


def test_a_backend_that_hands_back_all_at_once_is_given_a_round_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room._Dealer, "_size", lambda *_: 5)
    monkeypatch.setattr(ThreadingBackend, "supports_return_generator", False)
    with joblib.parallel_config(backend="threading", n_jobs=2):
        chunks = list(execute(JOBS))
    assert len(chunks) == 5
    assert together(iter(chunks)) == ALONE


def test_chunks_grow_to_a_second_and_shrink_to_the_end() -> None:
    dealer = room._Dealer(range(10_000), hands=2)  # type: ignore[arg-type]  # what is dealt does not matter
    sizes = []
    for chunk in dealer:
        sizes.append(len(chunk))
        dealer.learn(len(chunk), 0.001 * len(chunk))
    assert sum(sizes) == 10_000
    assert (sizes[0], sizes[1]) == (1, 1000)
    assert max(sizes) == 1000
    assert all(size <= 1000 for size in sizes[-5:])
    assert min(sizes[1:-1]) >= 50
    assert len(sizes) < 40


def test_runs_of_a_second_go_out_one_by_one() -> None:
    dealer = room._Dealer(range(8), hands=2)  # type: ignore[arg-type]  # what is dealt does not matter
    for chunk in dealer:
        assert len(chunk) == 1
        dealer.learn(1, 1.0)


def test_what_a_chunk_has_no_time_for_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LONGEST", 0.0)  # each chunk does one run
    monkeypatch.setattr(room._Dealer, "_size", lambda *_: 5)
    done = list(execute(JOBS))
    assert all(len(chunk) == 1 for chunk in done)
    assert together(iter(done)) == ALONE


def test_another_version_on_a_cluster_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def older(jobs: Sequence[Job], engine: str) -> room._Chunk:
        return room._Chunk([(jobs[0].key, run(TWO, 0, engine))], 0.1, semantics=0)

    monkeypatch.setattr(room, "_do", older)
    with pytest.raises(SimError, match="another version of dlsyslab"):
        list(execute(JOBS))
