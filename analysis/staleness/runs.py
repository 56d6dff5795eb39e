"""One run under a trace: watched by simulated time, logged, and resumed where it was cut off."""

import math
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn
from torch.nn.functional import cross_entropy

from analysis.errors import AnalysisError
from analysis.learning.checkpoints import (
    ALREADY,
    CHECKPOINT,
    LOG,
    Log,
    Progress,
    load_checkpoint,
    save_checkpoint,
)
from analysis.learning.digests import digest
from analysis.learning.identity import Identity, identity_of
from analysis.learning.runs import NOWHERE, Keeping
from analysis.learning.training import PLAIN, Data, DivergedError, Examples, Score, evaluate, sgd
from analysis.staleness.recipe import Recipe
from analysis.staleness.replay import Replay
from sim import Trace

Watch = Callable[[int], object]
"""Called with the number of gradients that have just been replayed."""


@dataclass(frozen=True)
class Point:
    """How a run stood at an instant.

    Attributes
    ----------
    seconds, updates
        Of simulated time, and made by then.
    loss
        On a fixed sample of the training images, in nats.
    validation_loss, accuracy
        On the validation images.
    """

    seconds: float
    updates: int
    loss: float
    validation_loss: float
    accuracy: float


@dataclass(frozen=True)
class Divergence:
    """Where a run ended because a number was not finite any more: what it was, and when."""

    what: str
    update: int
    seconds: float


@dataclass(frozen=True)
class Curve:
    """A finished run; ``test`` is None where it diverged, ``processor`` the seconds that replaying took."""

    seed: int
    points: tuple[Point, ...]
    test: Score | None
    diverged: Divergence | None
    updates: int
    gradients: int
    processor: float


@dataclass(frozen=True)
class Case:
    """One run to be made.

    Attributes
    ----------
    name
        Of the run, and of its folder.
    make_module
        From a seed to a fresh module on the data's device.
    data, trace, recipe
        What to learn from, when, and how. The trace's seed is that of the run.
    points, sample
        At how many instants after the start to watch it, and how many training images to watch it on.
    keeping
        Log and checkpoints.
    """

    name: str
    make_module: Callable[[int], nn.Module]
    data: Data
    trace: Trace
    recipe: Recipe
    points: int = 40
    sample: int = 1000
    keeping: Keeping = field(default=NOWHERE)

    def run(self, watch: Watch | None = None) -> Curve:
        """Make the run, or what is left of it.

        Raises
        ------
        AnalysisError
            When the folder holds a run already and is not to be resumed, holds another run, is damaged, or
            cannot be written.
        """
        return _Running(self, watch).finish()

    @property
    def folder(self) -> Path | None:
        """Where the run is kept."""
        return self.keeping.folder / self.name if self.keeping.folder else None


class _Running:
    """A run under way: the replay, its log and the clock."""

    def __init__(self, case: Case, watch: Watch | None) -> None:
        self._case, self._watch = case, watch
        self._module = case.make_module(case.trace.seed)
        data = case.data.train
        self._replay = Replay(
            self._module, cross_entropy, (data.inputs, data.labels), case.trace, case.recipe
        )
        sample = slice(0, case.sample)
        self._sample = Examples(data.inputs[sample], data.labels[sample])
        self._identity = self._identify() if case.folder else {}
        self._instants = np.linspace(0, case.trace.duration, case.points + 1)
        self._due = np.searchsorted(case.trace.updated_at, self._instants, side="right").tolist()

    def _identify(self) -> Identity:
        case = self._case
        common = identity_of(self._module, sgd(self._module, case.recipe.momentum), case.data, PLAIN)
        columns = [f"{name} {column.tobytes().hex()}" for name, column in case.trace.ticks.items()]
        return {
            **common,
            "run": case.name,
            "trace": f"{case.trace.updates:,} updates in {case.trace.duration:g} s ({digest(columns)})",
            "seed": str(case.trace.seed),
            "recipe": str(case.recipe),
            "watched": f"{case.points} times on {case.sample} images",
        }

    def finish(self) -> Curve:
        begun = self._start()
        spent = begun.seconds
        with closing(Log(self._case.folder, begun)) as log, self._replay.opened():
            if not any(record["kind"] in {"test", "diverged"} for record in log.records):
                spent = self._train(log, begun)
            return self._curve(log, spent)

    def _start(self) -> Progress:
        """Return how far the run in the folder is, its state put in place; nowhere for a new run."""
        folder = self._case.folder
        if folder is None:
            return Progress()
        if not self._case.keeping.resume:
            if (folder / LOG).exists():
                raise AnalysisError(ALREADY.format(folder))
        elif (folder / CHECKPOINT).exists():
            return load_checkpoint(folder, self._module, self._replay, self._identity)
        return Progress()

    def _train(self, log: Log, begun: Progress) -> float:
        """Train and watch to the end; return the seconds spent on updates."""
        replay, spent = self._replay, begun.seconds
        seen = len(log.of_kind("point"))
        saved = time.perf_counter()
        try:
            for place in range(seen, len(self._due)):
                while replay.made < self._due[place]:
                    started = time.perf_counter()
                    step = replay.step()
                    spent += time.perf_counter() - started
                    if self._watch:
                        self._watch(step.gradients)
                    if time.perf_counter() - saved > self._case.keeping.every:
                        self._save(log, spent)
                        saved = time.perf_counter()
                log.append({"kind": "point", **asdict(self._look(place, log))})
            test = evaluate(self._module, self._case.data.test)
            log.append({"kind": "test", **asdict(test)})
        except DivergedError as error:
            seconds = float(self._case.trace.updated_at[min(error.update, replay.agenda.updates - 1)])
            log.append({"kind": "diverged", **asdict(Divergence(error.what, error.update, seconds))})
        self._save(log, spent)
        return spent

    def _save(self, log: Log, spent: float) -> None:
        if self._case.folder:
            progress = log.progress(self._replay.made, spent)
            save_checkpoint(self._case.folder, self._module, self._replay, progress, self._identity)

    def _look(self, place: int, log: Log) -> Point:
        """Measure the module as it stands; where no update was made since the last look, it is as it was."""
        seconds, updates = float(self._instants[place]), self._due[place]
        before = log.of_kind("point")[-1:]
        if before and before[0]["updates"] == updates:
            return Point(**{**before[0], "seconds": seconds})
        train, validation = (
            evaluate(self._module, part) for part in (self._sample, self._case.data.validation)
        )
        for name, score in (("training", train), ("validation", validation)):
            if not math.isfinite(score.loss):
                raise DivergedError(f"the {name} loss is {score.loss}", max(updates - 1, 0), 0.0)
        return Point(seconds, updates, train.loss, validation.loss, validation.accuracy)

    def _curve(self, log: Log, spent: float) -> Curve:
        def only(kind: str) -> dict[str, Any] | None:
            return next(iter(log.of_kind(kind)), None)

        test, diverged = only("test"), only("diverged")
        return Curve(
            self._case.trace.seed,
            tuple(Point(**record) for record in log.of_kind("point")),
            Score(**test) if test else None,
            Divergence(**diverged) if diverged else None,
            self._replay.made,
            int(self._replay.agenda.starts[self._replay.made]),
            spent,
        )
