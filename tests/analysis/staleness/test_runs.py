"""Runs by a trace that are cut off at any moment and end as if they had not been."""

import signal
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.learning.checkpoints import CHECKPOINT, LOG
from analysis.learning.runs import Keeping
from analysis.learning.training import Data, Examples, evaluate
from analysis.staleness.recipe import Recipe
from analysis.staleness.runs import Case, Curve
from analysis.staleness.settings import BatchNorm
from sim import Exponential, Protocol, Scenario, Stop, Trace, Worker, simulate
from tests.analysis.learning.synthetic import Net, data
from tests.commands import run_python
from tests.effort import examples

DATA = data()
BATCHES = Protocol.k_batch_async(2)


def trace(protocol: Protocol = BATCHES, seed: int = 3) -> Trace:
    workers = [Worker(name=f"w{i}", compute=Exponential(mean=1 + i)) for i in range(3)]
    return simulate(Scenario(workers=workers, protocol=protocol, stop=Stop(time=12.0)), seed)


class CutError(Exception):
    """What interrupts a run here."""


@dataclass(frozen=True)
class Try:
    """How a run is tried, and what may be another in it."""

    folder: Path | None = None
    resume: bool = False
    cut: int | None = None
    every: float = 60.0
    protocol: Protocol = BATCHES
    seed: int = 3
    data: Data = DATA
    rate: float = 0.05
    momentum: float = 0.9
    batch_norm: BatchNorm = "latest"
    points: int = 6


def run(how: Try) -> Curve:
    """A run of the net that has everything: momentum, batch norm, dropout, weights of several ages."""
    seen = 0

    def watch(gradients: int) -> None:
        nonlocal seen
        seen += gradients
        if how.cut is not None and seen > how.cut:
            raise CutError

    recipe = Recipe(how.rate, momentum=how.momentum, batch=5, batch_norm=how.batch_norm)
    keeping = Keeping(how.folder, how.resume, how.every)
    case = Case(
        "run",
        Net,
        how.data,
        trace(how.protocol, how.seed),
        recipe,
        points=how.points,
        sample=20,
        keeping=keeping,
    )
    return replace(case.run(watch), processor=0.0)


UNBROKEN = run(Try())
FROZEN = run(Try(batch_norm="frozen"))


@examples(30)
@given(
    st.lists(st.integers(0, 20), max_size=3),
    st.sampled_from([0.0, 60.0]),
    st.sampled_from([(Try(), UNBROKEN), (Try(batch_norm="frozen"), FROZEN)]),
)
def test_cut_off_anywhere_and_resumed_it_ends_with_the_same_numbers(
    tmp_path_factory: pytest.TempPathFactory, moments: list[int], every: float, of: tuple[Try, Curve]
) -> None:
    how = replace(of[0], folder=tmp_path_factory.mktemp("out"), resume=True, every=every)
    for moment in moments:
        with suppress(CutError):
            run(replace(how, cut=moment))
    assert run(how) == of[1]


KILLED = """
import os, signal, sys
from pathlib import Path
from analysis.staleness.runs import _Running
from tests.analysis.staleness.test_runs import Try, run

step = _Running._look
def look(self, place, log):
    if place == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return step(self, place, log)
_Running._look = look
run(Try(folder=Path(sys.argv[1]), every=0.0))
"""


def test_killed_by_the_system_and_resumed_it_ends_with_the_same_numbers(tmp_path: Path) -> None:
    killed = run_python("-c", KILLED, str(tmp_path))
    assert killed.returncode == -signal.SIGKILL
    assert len((tmp_path / "run" / LOG).read_text().splitlines()) == 4
    assert run(Try(folder=tmp_path, resume=True)) == UNBROKEN


def test_a_finished_run_is_not_made_again(tmp_path: Path) -> None:
    run(Try(folder=tmp_path))
    assert run(Try(folder=tmp_path, resume=True, cut=0)) == UNBROKEN


def test_it_is_watched_at_equal_steps_of_simulated_time() -> None:
    assert [point.seconds for point in UNBROKEN.points] == [0, 2, 4, 6, 8, 10, 12]
    by = trace()
    assert [point.updates for point in UNBROKEN.points] == [
        int((by.updated_at <= seconds).sum()) for seconds in range(0, 13, 2)
    ]
    first = evaluate(Net(3), Examples(DATA.train.inputs[:20], DATA.train.labels[:20]))
    assert UNBROKEN.points[0].loss == first.loss


def test_the_test_is_of_the_last_weights() -> None:
    assert UNBROKEN.test is not None
    swapped = run(Try(data=Data(DATA.train, DATA.test, DATA.test)))
    assert swapped.points[-1].accuracy == UNBROKEN.test.accuracy


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (Try(seed=4), "net"),
        (Try(protocol=Protocol.asynchronous()), "trace"),
        (Try(rate=0.1), "recipe"),
        (Try(data=data(41)), "data"),
        (Try(batch_norm="group"), "recipe"),
        (Try(points=7), "watched"),
    ],
)
def test_another_run_is_not_resumed(tmp_path: Path, other: Try, named: str) -> None:
    run(Try(folder=tmp_path))
    with pytest.raises(AnalysisError, match=rf"was made with {named} = .*resume with the same settings"):
        run(replace(other, folder=tmp_path, resume=True))


def test_a_folder_with_a_run_in_it_is_not_overwritten(tmp_path: Path) -> None:
    run(Try(folder=tmp_path))
    with pytest.raises(AnalysisError, match="holds a run already; go on with it by --resume"):
        run(Try(folder=tmp_path))


def test_a_run_that_diverges_says_so_and_when(tmp_path: Path) -> None:
    diverged = run(Try(folder=tmp_path, rate=1e30))
    assert diverged.diverged is not None
    assert diverged.test is None
    assert diverged.diverged.what.endswith((" is nan", " is inf"))
    assert diverged.diverged.seconds == trace().updated_at[diverged.diverged.update]
    assert run(Try(folder=tmp_path, rate=1e30, resume=True)) == diverged


def test_images_that_are_no_numbers_diverge_at_once() -> None:
    spoilt = Examples(torch.full_like(DATA.train.inputs, torch.nan), DATA.train.labels)
    found = run(Try(data=Data(spoilt, DATA.validation, DATA.test)))
    assert found.diverged is not None
    assert found.diverged.what == "the training loss is nan"
    assert found.points == ()


FULL = """
import resource, signal, sys
from pathlib import Path
from analysis.errors import AnalysisError
from tests.analysis.staleness.test_runs import Try, run

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    run(Try(folder=Path(sys.argv[1]), every=0.0))
except AnalysisError as error:
    print(error)
"""


@pytest.mark.parametrize(("room", "file"), [(100, LOG), (2_000, CHECKPOINT)])
def test_a_full_disk_is_one_sentence_and_nothing_is_half_written(
    tmp_path: Path, room: int, file: str
) -> None:
    done = run_python("-c", FULL, str(tmp_path), str(room))
    assert done.stdout == f"{tmp_path / 'run' / file}: cannot be written: File too large\n"
    assert {path.name for path in (tmp_path / "run").iterdir()} <= {LOG}
    assert run(Try(folder=tmp_path, resume=True)) == UNBROKEN
