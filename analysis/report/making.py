"""From an order to what was found: parts that are kept are taken, the others are computed."""

import hashlib
import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import AnalysisError
from analysis.files import write
from analysis.report.claims import Judged, judged
from analysis.report.handed_in import CLAIMS
from analysis.report.keeping import keep, kept, key_of, name_of
from analysis.report.part import Part
from analysis.report.scales import Scale

if TYPE_CHECKING:
    from analysis.learning.results import Result
    from analysis.learning.watching import StartWatch
    from analysis.report.parts.learning import Task

PROBLEMS = {1: "fits", 2: "scores", 3: "learning", 4: "architectures", 5: "staleness"}
"""The part behind each problem."""
LEARNING = 3


@dataclass(frozen=True)
class Order:
    """What is to be made.

    Attributes
    ----------
    out
        The folder for pages, pictures and what is kept.
    scale
        How much is computed.
    problems
        Which of the five.
    source
        A folder with results of the learning experiments, to be shown instead of training.
    jobs
        How many runs are trained at a time.
    """

    out: Path
    scale: Scale
    problems: tuple[int, ...] = tuple(PROBLEMS)
    source: Path | None = None
    jobs: int = 1


@dataclass(frozen=True)
class Watching:
    """How the work is watched: `stage` is entered for each part, `training` is told of every run."""

    stage: Callable[[str], AbstractContextManager[None]]
    training: "StartWatch"


@dataclass(frozen=True)
class Found:
    """All that the page shows.

    Attributes
    ----------
    scale, problems
        As ordered.
    parts
        By their names.
    claims
        What was printed beside ours.
    source
        Where the results of training were taken from; None where they were made.
    """

    scale: Scale
    problems: tuple[int, ...]
    parts: Mapping[str, Part]
    claims: tuple[Judged, ...]
    source: str | None = None

    @property
    def results(self) -> dict[str, Mapping[str, object]]:
        """The numbers of all parts."""
        return {name: part.numbers for name, part in self.parts.items()}

    @property
    def broken(self) -> tuple[Judged, ...]:
        """What is determined and did not come out as it must."""
        return tuple(each for each in self.claims if not each.reproduced)


def make(order: Order, watching: Watching) -> Found:
    """Find everything that was ordered.

    Raises
    ------
    AnalysisError
        When the folder cannot be written, or what is to be shown from elsewhere is not there.
    """
    parts: dict[str, Part] = {}
    for problem in order.problems:
        name = PROBLEMS[problem]
        with watching.stage(f"problem {problem}: {name}"):
            parts[name] = _part(name, order, watching)
    results = {name: part.numbers for name, part in parts.items()}
    claims = judged((claim for claim in CLAIMS if claim.problem in order.problems), results)
    source = str(order.source) if order.source and LEARNING in order.problems else None
    return Found(order.scale, order.problems, parts, tuple(claims), source)


def _part(name: str, order: Order, watching: Watching) -> Part:
    path = order.out / "parts" / f"{name}.json"
    if name == PROBLEMS[LEARNING]:
        return _learning(order, watching)
    if name == "scores":
        from analysis.report.parts import scores

        data = scores.find()
        held = _fingerprint(data.table.features, data.table.target)
        key = key_of(name, order.scale, data.table.name, data.missing, held)
        return kept(path, key) or keep(path, key, scores.compute(order.scale, data))
    key = key_of(name, order.scale)
    return kept(path, key) or keep(path, key, _compute(name)(order.scale))


def _compute(name: str) -> Callable[[Scale], Part]:
    from analysis.report.parts import architectures, fits, staleness

    return {
        "fits": fits.compute,
        "architectures": architectures.compute,
        "staleness": staleness.compute,
    }[name]


def _fingerprint(*arrays: np.ndarray) -> str:
    found = hashlib.sha256()
    for array in arrays:
        found.update(f"{array.dtype} {array.shape}".encode())
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def _learning(order: Order, watching: Watching) -> Part:
    """Take the three training experiments' results from where they are, or train."""
    from analysis.report.parts import learning

    if order.source is not None:
        results = {name: learning.given(order.source, name, order.scale) for name in learning.EXPERIMENTS}
        missing = None
    else:
        task = learning.find(order.scale)
        results = {name: _trained(name, task, order, watching) for name in learning.EXPERIMENTS}
        missing = task.missing
    return learning.compute(results, missing)


def _trained(experiment: str, task: "Task", order: Order, watching: Watching) -> "Result":
    """Return an experiment's result: the one that is kept where it is of the same settings and images."""
    from analysis.delivery import to_json
    from analysis.learning import read_result
    from analysis.report.parts import learning

    path = order.out / "results" / f"{experiment}-{task.scale}.json"
    if path.exists():
        try:
            result = read_result(path, experiment)
        except AnalysisError:
            result = None
        if result is not None and learning.fits(result, task):
            return result
    name = name_of(experiment, task.setup, task.options[experiment], task.data)
    folder = order.out / "training" / name[:12]
    result = learning.train(task, experiment, folder, watching.training, order.jobs)
    write(path, f"{to_json(asdict(result))}\n".encode())
    shutil.rmtree(folder, ignore_errors=True)
    return result
