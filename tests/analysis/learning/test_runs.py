"""Runs that are cut off at any moment and end as if they had not been."""

import json
import math
import signal
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from analysis.errors import AnalysisError
from analysis.learning.checkpoints import CHECKPOINT, LOG
from analysis.learning.plans import Plan
from analysis.learning.runs import History, Keeping, train
from analysis.learning.schedules import Constant, Ramp
from analysis.learning.training import PLAIN, Arithmetic, Data, DivergedError, Update, evaluate, sgd
from analysis.learning.watching import StartWatch, Watch, watch_nothing
from tests.analysis.learning.synthetic import Net, data, same, state
from tests.commands import run_python
from tests.effort import examples

DATA = data()
PLAN = Plan((8, 16, 20), Ramp(0.01, 0.2, 10))  # 5 + 3 + 2 updates


class CutError(Exception):
    """What interrupts a run here."""


def cut_at(moment: int) -> Watch:
    def watch(update: Update) -> None:
        if update.update == moment:
            raise CutError

    return watch


@dataclass(frozen=True)
class Try:
    """How a run is tried, and what may be another in it."""

    folder: Path | None = None
    resume: bool = False
    every: float = 60.0
    watch: StartWatch = watch_nothing
    plan: Plan = PLAN
    seed: int = 4
    data: Data = DATA
    net: int = 0
    momentum: float = 0.9
    arithmetic: Arithmetic = PLAIN


def run(how: Try) -> tuple[History, dict[str, Tensor]]:
    """A run of the net that has everything, with what its weights end as."""
    module = Net(how.net)
    done = train(
        "run",
        module,
        sgd(module, how.momentum),
        how.data,
        how.plan,
        seed=how.seed,
        arithmetic=how.arithmetic,
        keeping=Keeping(how.folder, how.resume, how.every),
        watch=how.watch,
    )
    return replace(done, seconds=0.0), state(module)


UNBROKEN, WEIGHTS = run(Try())


@examples(30)
@given(st.lists(st.integers(0, 9), max_size=3), st.sampled_from([0.0, 60.0]))
def test_cut_off_anywhere_and_resumed_it_ends_with_the_same_numbers(
    tmp_path_factory: pytest.TempPathFactory, moments: list[int], every: float
) -> None:
    folder = tmp_path_factory.mktemp("out")
    for moment in moments:
        cut = Try(folder=folder, resume=True, every=every, watch=lambda *_, at=moment: cut_at(at))
        with suppress(CutError):
            run(cut)
    resumed, weights = run(Try(folder=folder, resume=True, every=every))
    assert resumed == UNBROKEN
    assert same(weights, WEIGHTS)


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.analysis.learning.test_runs import Try, run

def watch(name, total):
    def seen(update):
        if update.update == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
    return seen

run(Try(folder=Path(sys.argv[1]), every=0.0, watch=watch))
"""


@pytest.mark.parametrize("moment", [3, 7])
def test_killed_by_the_system_and_resumed_it_ends_with_the_same_numbers(tmp_path: Path, moment: int) -> None:
    killed = run_python("-c", KILLED, str(tmp_path), str(moment))
    assert killed.returncode == -signal.SIGKILL
    assert len((tmp_path / "run" / LOG).read_text().splitlines()) >= moment
    resumed, weights = run(Try(folder=tmp_path, resume=True))
    assert resumed == UNBROKEN
    assert same(weights, WEIGHTS)


def test_a_log_torn_in_the_middle_of_a_line_is_mended(tmp_path: Path) -> None:
    with pytest.raises(CutError):
        run(Try(folder=tmp_path, watch=lambda *_: cut_at(6)))
    with (tmp_path / "run" / LOG).open("ab") as log:
        log.write(b'{"kind": "upd')
    assert run(Try(folder=tmp_path, resume=True))[0] == UNBROKEN


def test_the_log_holds_one_json_line_for_each_update_epoch_and_test(tmp_path: Path) -> None:
    done, _ = run(Try(folder=tmp_path))
    records = [json.loads(line) for line in (tmp_path / "run" / LOG).read_text().splitlines()]
    kinds = [record["kind"] for record in records]
    assert kinds == [*["update"] * 5, "epoch", *["update"] * 3, "epoch", *["update"] * 2, "epoch", "test"]
    assert records[0]["loss"] == done.updates[0].loss
    assert records[-1]["accuracy"] == done.test.accuracy


def test_epochs_sum_up_their_updates(tmp_path: Path) -> None:
    del tmp_path
    for epoch, images in zip(UNBROKEN.epochs, ((8,) * 5, (16, 16, 8), (20, 20)), strict=True):
        updates = [update for update in UNBROKEN.updates if update.epoch == epoch.epoch]
        assert tuple(update.batch for update in updates) == images
        assert epoch.train_loss == pytest.approx(sum(u.loss * u.batch for u in updates) / 40)
        assert epoch.train_accuracy == pytest.approx(sum(u.accuracy * u.batch for u in updates) / 40)
        assert epoch.updates == updates[-1].update + 1


def test_the_last_validation_and_the_test_are_of_the_last_weights() -> None:
    module = Net()
    module.load_state_dict(WEIGHTS)
    score = evaluate(module, DATA.validation)
    assert (UNBROKEN.epochs[-1].validation_loss, UNBROKEN.epochs[-1].validation_accuracy) == (
        score.loss,
        score.accuracy,
    )
    assert evaluate(module, DATA.test) == UNBROKEN.test


def test_the_test_set_is_met_once_even_if_a_finished_run_is_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(Try(folder=tmp_path))

    def met_again(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr("analysis.learning.runs.evaluate", met_again)
    assert run(Try(folder=tmp_path, resume=True))[0] == UNBROKEN


def test_torch_random_state_is_left_alone() -> None:
    before = torch.get_rng_state()
    run(Try())
    assert torch.equal(torch.get_rng_state(), before)


def test_a_folder_with_a_run_in_it_is_not_overwritten(tmp_path: Path) -> None:
    run(Try(folder=tmp_path))
    before = (tmp_path / "run" / LOG).read_bytes()
    with pytest.raises(AnalysisError, match="holds a run already; go on with it by --resume"):
        run(Try(folder=tmp_path))
    assert (tmp_path / "run" / LOG).read_bytes() == before


LONGER = Plan((8, 16, 20, 20), Ramp(0.01, 0.2, 10))
OTHER = replace(DATA, test=replace(DATA.test, labels=(DATA.test.labels + 1) % 3))


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (Try(plan=LONGER), "plan = 3 epochs, 10 updates, rates from 0.01 to 0.2 ("),
        (Try(plan=Plan((8, 16, 20), Ramp(0.01, 0.21, 10))), "plan = 3 epochs, 10 updates"),
        (Try(plan=Plan((8, 16, 20), Constant(0.1))), "plan = 3 epochs, 10 updates"),
        (Try(seed=5), "seed = 4, not 5; resume with the same settings"),
        (Try(data=OTHER), "data = 40 train + 12 validation + 12 test examples ("),
        (Try(data=data(train=41)), "data = 40 train + 12 validation + 12 test examples ("),
        (Try(net=1), "net = Net of 227 parameters ("),
        (Try(momentum=0.8), "optimizer = SGD ("),
        (Try(arithmetic=Arithmetic(ghost=4)), "arithmetic = float32, all images of a batch at a time, not"),
    ],
)
@pytest.mark.parametrize("finished", [True, False])
def test_another_run_is_not_resumed(tmp_path: Path, other: Try, named: str, finished: bool) -> None:  # noqa: FBT001  # a parameter of the test
    with suppress(CutError):
        run(Try(tmp_path, watch=watch_nothing if finished else lambda *_: cut_at(6)))
    with pytest.raises(AnalysisError) as refusal:
        run(replace(other, folder=tmp_path, resume=True))
    assert str(refusal.value).startswith(f"{tmp_path / 'run' / CHECKPOINT}: was made with {named}")
    assert run(Try(tmp_path, resume=True))[0] == UNBROKEN


@pytest.mark.parametrize("damage", ["shortened", "emptied", "a digit changed", "edited", "gone"])
def test_a_log_that_is_not_what_it_was_is_one_sentence(tmp_path: Path, damage: str) -> None:
    run(Try(tmp_path))
    path = tmp_path / "run" / LOG
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(
            {
                "shortened": content[:300],
                "emptied": b"",
                "a digit changed": content.replace(b"5", b"6", 1),
                "edited": content.replace(b'"kind": "test"', b'"kind": "best"'),
            }[damage]
        )
    with pytest.raises(AnalysisError, match=r"metrics\.jsonl: (is damaged; start again|cannot be written)"):
        run(Try(tmp_path, resume=True))


def test_a_checkpoint_of_something_else_is_one_sentence(tmp_path: Path) -> None:
    run(Try(tmp_path))
    torch.save({"weights": torch.zeros(3)}, tmp_path / "run" / CHECKPOINT)
    with pytest.raises(AnalysisError, match=r"checkpoint\.pt: is damaged or no checkpoint"):
        run(Try(tmp_path, resume=True))


@pytest.mark.parametrize("content", [b"", b"nonsense", None])
def test_a_damaged_checkpoint_is_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    run(Try(folder=tmp_path))
    path = tmp_path / "run" / CHECKPOINT
    path.write_bytes(path.read_bytes()[:-100] if content is None else content)
    with pytest.raises(AnalysisError, match=r"checkpoint\.pt: is damaged or no checkpoint"):
        run(Try(folder=tmp_path, resume=True))


def test_a_run_that_diverges_says_when_and_keeps_its_last_good_checkpoint(tmp_path: Path) -> None:
    def explode(update: Update) -> None:
        if update.update == 6:
            with torch.no_grad():
                next(module.parameters()).fill_(math.inf)

    module = Net()
    with pytest.raises(DivergedError) as stop:
        train(
            "run",
            module,
            sgd(module, 0.9),
            DATA,
            PLAN,
            seed=4,
            keeping=Keeping(tmp_path, every=0.0),
            watch=lambda *_: explode,
        )
    assert stop.value.update == 6
    assert stop.value.rate == pytest.approx(0.01 * 20 ** (6 / 9))
    assert str(stop.value).startswith("a weight is not finite at update 6, with learning rate 0.0736")
    assert run(Try(folder=tmp_path, resume=True))[0] == UNBROKEN


def test_a_rate_far_too_high_stops_with_its_step_and_rate() -> None:
    with pytest.raises(DivergedError, match=r"at update \d+, with learning rate 1e\+30; try a lower rate"):
        run(Try(plan=Plan((8,) * 3, Constant(1e30))))


FULL = """
import resource, signal, sys
from pathlib import Path
from analysis.errors import AnalysisError
from tests.analysis.learning.test_runs import Try, run
from tests.commands import run_python

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
    assert run(Try(folder=tmp_path, resume=True))[0] == UNBROKEN
