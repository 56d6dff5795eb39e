"""Figures hold the numbers that they are drawn from, and files are whole."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from sim import Exponential, Protocol, Scenario, SimError, Stop, Worker, simulate
from sim.theory.over_k import over_k
from sim.theory.plots import over_k as draw_over_k
from sim.theory.plots import staleness, write

EIGHT = Scenario(
    workers=[Worker(name="w", count=8, compute=Exponential(mean=1.0))], stop=Stop(updates=3000), title="eight"
)


def test_the_histogram_has_the_shares_and_the_theory_its_curve() -> None:
    trace = simulate(EIGHT)
    axes = staleness(trace).axes[0]
    late = trace.staleness[300:]
    heights = [bar.get_height() for bar in axes.patches if isinstance(bar, Rectangle)]
    assert heights == pytest.approx([np.mean(late == value) for value in range(len(heights))])
    curve = axes.lines[0].get_ydata()
    assert curve == pytest.approx([(1 / 8) * (7 / 8) ** value for value in range(len(heights))])


def test_without_theory_the_histogram_stands_alone() -> None:
    stale = EIGHT.model_copy(update={"protocol": Protocol.asynchronous(slack=3)})
    axes = staleness(simulate(stale)).axes[0]
    assert len(axes.lines) == 0


def test_a_run_without_gradients_has_no_histogram() -> None:
    idle = EIGHT.model_copy(update={"stop": Stop(time=1e-6)})
    with pytest.raises(SimError, match="no gradient was applied"):
        staleness(simulate(idle))


def test_over_k_each_protocol_has_theory_and_simulation_side_by_side() -> None:
    small = EIGHT.model_copy(update={"workers": (Worker(name="w", count=3, compute=Exponential(mean=1.0)),)})
    levels = over_k(small, 5, 900, 0)
    assert [(level.protocol, level.k) for level in levels] == [
        (name, k) for name in ("k-sync", "k-batch-sync", "k-async", "k-batch-async") for k in (1, 2, 3)
    ]
    by_hand = {
        "k-sync": (0, 0, 0),
        "k-batch-sync": (0, 0, 0),
        "k-async": (2, 0.5, 0),
        "k-batch-async": (2, 1, 2 / 3),
    }
    for level in levels:
        assert level.expected_staleness == pytest.approx(by_hand[level.protocol][level.k - 1])
        assert level.expected_throughput is not None
        assert level.throughput.p_value(level.expected_throughput) > 1e-4
    speed, stale = draw_over_k(small, levels).axes
    assert [len(axes.containers) for axes in (speed, stale)] == [4, 4]


def test_workers_that_end_have_no_throughput_over_k() -> None:
    ending = EIGHT.model_copy(update={"workers": (Worker(name="w", compute=1.0, gradients=4),)})
    with pytest.raises(SimError, match="worker 'w' ends by itself"):
        over_k(ending, 2, 100, 0)


@pytest.mark.parametrize(("suffix", "start"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")])
def test_a_figure_is_written_in_the_format_of_its_name(tmp_path: Path, suffix: str, start: bytes) -> None:
    path = tmp_path / f"figure{suffix}"
    write(staleness(simulate(EIGHT)), path)
    assert path.read_bytes().startswith(start)
