"""The three learning experiments, from a setup to a result that JSON can hold."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from torch import nn

from analysis.errors import AnalysisError
from analysis.learning.batch_growth import compare, plans
from analysis.learning.checkpoints import ALREADY
from analysis.learning.curves import train_plans
from analysis.learning.identity import identity_of
from analysis.learning.lr_range import Bench, Effort, candidates, log_spaced, ramp
from analysis.learning.memory import Memory
from analysis.learning.models import check_module, make_module
from analysis.learning.plans import cyclical_plan
from analysis.learning.results import CyclicalResult, GrowthResult, RangeResult
from analysis.learning.runs import NOWHERE, Keeping
from analysis.learning.setups import (
    CyclicalOptions,
    DataSummary,
    GrowthOptions,
    RangeOptions,
    Setup,
    check_device,
    load_data,
    machine,
)
from analysis.learning.training import Arithmetic, Data, sgd
from analysis.learning.watching import StartWatch, watch_nothing


@dataclass(frozen=True)
class Means:
    """How an experiment is run, which changes none of its numbers.

    Attributes
    ----------
    data_dir
        A folder of idx files or an ``.npz`` file; else FashionMNIST is looked for, or downloaded.
    keeping
        Logs and checkpoints. What is resumed goes on where it was: runs in the middle, a range test after the
        last that was finished.
    jobs
        How many runs at a time.
    watch
        For a progress bar, with one job.
    """

    data_dir: Path | None = None
    keeping: Keeping = NOWHERE
    jobs: int = 1
    watch: StartWatch = watch_nothing


ALONE = Means()
"""Here, one run after the other, and nothing kept."""


def lr_range(setup: Setup, options: RangeOptions, means: Means = ALONE) -> RangeResult:
    """Try candidate rates, and a ramp, on the setup's net and images.

    Parameters
    ----------
    setup
        What to run on. The weights are drawn from the first seed; with several seeds the candidates' losses
        are medians over orders of the images, the ramp's means.
    options
        Which rates, and how long.
    means
        How.

    Raises
    ------
    AnalysisError
        When the images, the net, the device or the folder are not to be had.
    """
    ready = prepared("lr-range", setup, means)
    rates = log_spaced(options.lowest, options.highest, options.candidates)
    arithmetic = Arithmetic(bfloat16=setup.bfloat16)
    with machine(setup) as where:
        parameters = check_module(setup.net, ready.build, ready.data, setup.first_seed)
        module = ready.build(setup.first_seed)
        optimizer = sgd(module, setup.momentum)
        folder = ready.keeping.folder
        identity = identity_of(module, optimizer, ready.data, arithmetic) if folder else None
        with closing(Memory(folder, identity, resume=ready.keeping.resume)) as memory:
            bench = Bench(module, optimizer, ready.data.train, arithmetic)
            effort = Effort(setup.all_seeds, means.jobs, means.watch, memory)
            tried = candidates(bench, rates, batch=options.batch, epochs=options.epochs, effort=effort)
            climbed = ramp(
                bench,
                lowest=options.lowest,
                highest=options.highest,
                length=options.ramp,
                batch=options.batch,
                smoothing=options.smoothing,
                effort=effort,
            )
    return RangeResult("lr-range", setup, options, where, parameters, tried, climbed, ready.summary)


def cyclical(setup: Setup, options: CyclicalOptions, means: Means = ALONE) -> CyclicalResult:
    """Train with cyclical rates, once per seed; the parameters are those of `lr_range`.

    Raises
    ------
    DivergedError
        When a loss or a weight is not finite any more.
    AnalysisError
        When the images, the net, the device or the folder are not to be had.
    """
    ready = prepared("cyclical", setup, means)
    plan = cyclical_plan(len(ready.data.train.labels), **asdict(options))
    with machine(setup) as where:
        parameters = check_module(setup.net, ready.build, ready.data, setup.first_seed)
        arithmetic = Arithmetic(bfloat16=setup.bfloat16)
        runs = train_plans(
            {"cyclical": plan}, ready.build, ready.data, **_common(ready, setup, means, arithmetic)
        )
    return CyclicalResult("cyclical", setup, options, where, parameters, runs["cyclical"], ready.summary)


def batch_growth(setup: Setup, options: GrowthOptions, means: Means = ALONE) -> GrowthResult:
    """Train with growing batches, their control and cyclical rates, once per seed each; see `cyclical`."""
    ready = prepared("batch-growth", setup, means)
    settings = asdict(options)
    arithmetic = Arithmetic(settings.pop("ghost") or None, setup.bfloat16)
    arms = plans(len(ready.data.train.labels), **settings)
    with machine(setup) as where:
        parameters = check_module(setup.net, ready.build, ready.data, setup.first_seed)
        trained = train_plans(arms, ready.build, ready.data, **_common(ready, setup, means, arithmetic))
    comparisons = (compare(trained, "growth", "control"), compare(trained, "growth", "cyclical"))
    return GrowthResult(
        "batch-growth", setup, options, where, parameters, trained, comparisons, ready.summary
    )


@dataclass(frozen=True)
class Ready:
    """An experiment's data, what they are, how its nets are made, and where it is kept."""

    data: Data
    summary: DataSummary
    build: Callable[[int], nn.Module]
    keeping: Keeping


def prepared(experiment: str, setup: Setup, means: Means) -> Ready:
    """Check machine and folder, and load the images; runs are kept in a folder of the experiment's name."""
    keeping = means.keeping
    folder = keeping.folder / experiment if keeping.folder else None
    if folder and folder.exists() and not keeping.resume:
        raise AnalysisError(ALREADY.format(folder))
    check_device(setup)
    data, summary = load_data(setup, means.data_dir)
    build = partial(
        make_module, setup.net, summary.shape, summary.classes, width=setup.width, device=setup.device
    )
    return Ready(data, summary, build, replace(keeping, folder=folder))


def _common(ready: Ready, setup: Setup, means: Means, arithmetic: Arithmetic) -> dict[str, Any]:
    return {
        "seeds": setup.all_seeds,
        "momentum": setup.momentum,
        "arithmetic": arithmetic,
        "keeping": ready.keeping,
        "jobs": means.jobs,
        "watch": means.watch,
    }
