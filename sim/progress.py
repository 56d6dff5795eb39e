"""Progress of a run on the terminal, once it lasts longer than two seconds."""

import time
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from sim.scenario import Scenario
from sim.terminal import Screen

PATIENCE = 2.0
"""Seconds before anything is shown."""


def _bar() -> Progress:
    screen = Screen(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=screen,
        transient=True,
        disable=not screen.is_terminal,  # a file would get an empty line
    )


class RunsWatch:
    """A context around a sweep, whose ``progress`` it is: shows the runs done, failed and to come."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._bar = _bar()
        self._task = self._bar.add_task("simulating", total=None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar.live.is_started:
            self._bar.stop()

    def __call__(self, done: int, failed: int, total: int) -> None:
        """Take note of how many runs are done, how many of them failed, and how many there are."""
        if time.monotonic() - self._begun < PATIENCE:
            return
        if not self._bar.live.is_started:
            self._bar.start()
        words = f"{done:,} runs done, {failed:,} failed, {total - done:,} to come"
        self._bar.update(self._task, description=words, total=total, completed=done)


class Watch:
    """A context around `sim.simulate`, whose ``progress`` it is: shows a bar on standard error.

    The bar leads to whichever bound of the scenario the run is nearest to; without one it only counts.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._stop = scenario.stop
        most = [worker.most and worker.most * (worker.count or 1) for worker in scenario.workers]
        self._most = sum(number or 0 for number in most) if all(most) else None
        self._begun = time.monotonic()
        self._bar = _bar()
        self._task = self._bar.add_task("simulating", total=None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar.live.is_started:
            self._bar.stop()

    def __call__(self, seconds: float, updates: int, gradients: int) -> None:
        """Take note of how far the run has come."""
        if time.monotonic() - self._begun < PATIENCE:
            return
        if not self._bar.live.is_started:
            self._bar.start()
        bounds = (
            (seconds, self._stop.time),
            (updates, self._stop.updates),
            (gradients, self._stop.gradients),
            (gradients, self._most),
        )
        shares = [done / bound for done, bound in bounds if bound]
        self._bar.update(
            self._task,
            description=f"{seconds:.4g} s, {updates:,} updates",
            total=1.0 if shares else None,
            completed=max(shares, default=0.0),
        )
