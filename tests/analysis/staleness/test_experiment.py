"""From a scenario to a result: what each arm is made from, and what is foreseen before training."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
import torch

from analysis.errors import AnalysisError
from analysis.learning.experiments import Means
from analysis.learning.runs import Keeping
from analysis.learning.schedules import Constant
from analysis.staleness.agenda import Agenda
from analysis.staleness.experiment import _check_memory, label, staleness
from analysis.staleness.replay import Replay
from analysis.staleness.settings import SCALES_OF_STALENESS
from sim import Exponential, Protocol, Scenario, Stop, Worker, simulate

SCENARIO = Scenario(
    workers=[Worker(name=f"w{i}", compute=Exponential(mean=1 + i)) for i in range(3)],
    protocol=Protocol.asynchronous(),
    stop=Stop(time=6.0),
)
TINY = SCALES_OF_STALENESS["tiny"]
SETUP = replace(TINY.setup, dataset="digits", net="logistic", seeds=2, first_seed=4, momentum=0.5)
OPTIONS = replace(TINY.options, points=2, sample=16, batch=4)


def test_each_protocol_is_simulated_with_each_seed_and_replayed() -> None:
    seen: list[tuple[int, int, int, int]] = []
    protocols = {"bsp": Protocol.bsp(), "k-batch-async:k=2": Protocol.k_batch_async(2)}
    found = staleness(
        SCENARIO,
        SETUP,
        replace(OPTIONS, protocols=tuple(protocols)),
        progress=lambda *done: seen.append(done),
    )
    assert (found.experiment, found.scenario, found.setup) == ("staleness", SCENARIO.to_data(), SETUP)
    # A linear map of images shrunk to 2×2 to ten classes, in four bytes each.
    assert (found.parameters, found.version_bytes) == (50, 200)
    assert found.data.name == "digits"
    applied = 0
    for arm, (name, protocol) in zip(found.arms, protocols.items(), strict=True):
        scenario = SCENARIO.with_({"protocol": protocol})
        traces = [simulate(scenario, seed) for seed in (4, 5)]
        assert (arm.name, arm.protocol, arm.momentum) == (name, protocol.describe(3), (0.5, 0.5))
        assert arm.staleness == tuple(np.bincount(np.concatenate([trace.staleness for trace in traces])))
        assert arm.versions == max(Agenda.of(trace).most_kept for trace in traces)
        assert [curve.seed for curve in arm.curves] == [4, 5]
        assert [curve.updates for curve in arm.curves] == [trace.updates for trace in traces]
        assert [curve.gradients for curve in arm.curves] == [trace.applied for trace in traces]
        assert [[point.seconds for point in curve.points] for curve in arm.curves] == [[0, 3, 6]] * 2
        applied += sum(trace.applied for trace in traces)
    assert len({curve.points[0].loss for arm in found.arms for curve in arm.curves}) == 2  # one of each seed
    assert seen[-1] == (applied, applied, 4, 4)
    assert [done[0] for done in seen] == sorted(done[0] for done in seen)
    assert {done[1:4:2] for done in seen} == {(applied, 4)}
    assert {done[2] for done in seen} == {0, 1, 2, 3, 4}


def test_a_rule_is_an_arm_of_the_same_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    recipes = []
    made = Replay.__init__

    def noticed(self: Replay, *arguments: object) -> None:
        recipes.append(arguments[-1])
        made(self, *arguments)  # type: ignore[arg-type]  # whatever they are

    monkeypatch.setattr(Replay, "__init__", noticed)
    rules = ("constant", "momentum-correction")
    found = staleness(
        SCENARIO, replace(SETUP, seeds=1), replace(OPTIONS, rules=rules, weights="sum", batch_norm="group")
    )
    assert [arm.name for arm in found.arms] == ["async constant", "async momentum-correction"]
    first, second = found.arms
    assert first.staleness == second.staleness
    mean = first.mean_staleness
    assert list(second.momentum) == pytest.approx([max(0.0, 0.5 - mean / (mean + 1))])
    assert [recipe.rule.corrects_momentum for recipe in recipes] == [False, True]  # type: ignore[attr-defined]  # a recipe
    for recipe in recipes:
        settings = (recipe.momentum, recipe.batch, recipe.weights, recipe.batch_norm)  # type: ignore[attr-defined]  # a recipe
        assert settings == (0.5, 4, "sum", "group")
        assert recipe.schedule == Constant(OPTIONS.lr)  # type: ignore[attr-defined]  # a recipe


def test_what_cannot_be_compared_is_refused_before_it_is_trained() -> None:
    for options, sentence in (
        (replace(OPTIONS, protocols=("bsp", "bsp")), "^protocol: bsp is given twice$"),
        (replace(OPTIONS, protocols=("k-sync:k=9",)), "^protocol k-sync:k=9: "),
    ):
        with pytest.raises(AnalysisError, match=sentence):
            staleness(SCENARIO, SETUP, options)
    with pytest.raises(AnalysisError, match=r"^async: makes no update in the 1e-06 s that it lasts"):
        staleness(SCENARIO.with_({"stop": {"time": 1e-6}}), SETUP, OPTIONS)


def test_a_protocol_as_the_command_line_has_it() -> None:
    assert label(Protocol.k_async(4, slack=2)) == "k-async:k=4,slack=2"
    assert label(Protocol.asynchronous()) == "async"


def test_versions_that_do_not_fit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=6_000_000_000))
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (6_100_000_000, 80_000_000_000))
    _check_memory(3, 1_000_000_000, 2, "cpu")
    with pytest.raises(AnalysisError) as refused:
        _check_memory(3, 1_100_000_000, 2, "cpu")
    assert str(refused.value) == (
        "memory: 3 versions of the weights at once, 2 runs at a time, take 6.6 GB, and 6.0 GB are free: have"
        " fewer workers, a narrower net or fewer --jobs"
    )
    with pytest.raises(AnalysisError, match=r"take 6\.6 GB, and 6\.1 GB are free"):
        _check_memory(3, 1_100_000_000, 2, "cuda")


def test_each_run_is_kept_in_a_folder_of_its_own(tmp_path: Path) -> None:
    options = replace(OPTIONS, protocols=("k-batch-async:k=2",), rules=("constant", "polynomial:0.5"))
    staleness(SCENARIO, replace(SETUP, seeds=1), options, Means(keeping=Keeping(tmp_path)))
    names = {path.name for path in (tmp_path / "staleness").iterdir() if path.is_dir()}
    assert names == {"k-batch-async-k-2-constant-seed4", "k-batch-async-k-2-polynomial-0.5-seed4"}


def test_the_memory_is_said_before_the_first_run() -> None:
    told: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        staleness(SCENARIO, SETUP, OPTIONS, progress=interrupt, say=told.append)
    # Three versions, one for each worker, of fifty numbers in four bytes each.
    assert told == ["Replaying keeps at most 3 versions of the weights at once: 600 B"]
    told.clear()
    with pytest.raises(KeyboardInterrupt):
        staleness(SCENARIO, SETUP, OPTIONS, Means(jobs=2), interrupt, told.append)
    assert told == [
        "Replaying keeps at most 3 versions of the weights at once: 600 B, in each of 2 runs at a time"
    ]


def interrupt(*_: int) -> None:
    raise KeyboardInterrupt
