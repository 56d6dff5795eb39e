"""The three learning experiments, from a setup to a result that JSON can hold."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import torch
from torch import nn

from analysis.errors import AnalysisError
from analysis.learning.batch_growth import Arm, Comparison, compare, plans, train_arms
from analysis.learning.checkpoints import ALREADY, Memory, Record
from analysis.learning.curves import Curves, train_seeds
from analysis.learning.lr_range import Curve, candidates, log_spaced, ramp
from analysis.learning.plans import cyclical_plan
from analysis.learning.runs import Means
from analysis.learning.setups import (
    CyclicalOptions,
    GrowthOptions,
    RangeOptions,
    Setup,
    check_device,
    load,
    machine,
    make_module,
)
from analysis.learning.training import Data, sgd


@dataclass(frozen=True)
class RangeResult:
    """What `lr_range` found: the two curves with their readings."""

    experiment: Literal["lr-range"]
    setup: Setup
    options: RangeOptions
    machine: dict[str, str | int]
    parameters: int
    candidates: Curve
    ramp: Curve


@dataclass(frozen=True)
class CyclicalResult:
    """What `cyclical` saw, one run per seed."""

    experiment: Literal["cyclical"]
    setup: Setup
    options: CyclicalOptions
    machine: dict[str, str | int]
    parameters: int
    runs: tuple[Curves, ...]


@dataclass(frozen=True)
class GrowthResult:
    """What `batch_growth` saw, one run per arm and seed, and how the arms compare."""

    experiment: Literal["batch-growth"]
    setup: Setup
    options: GrowthOptions
    machine: dict[str, str | int]
    parameters: int
    arms: dict[Arm, tuple[Curves, ...]]
    comparisons: tuple[Comparison, ...]


Result = RangeResult | CyclicalResult | GrowthResult


def lr_range(
    setup: Setup, options: RangeOptions, *, data_dir: Path | None = None, means: Means | None = None
) -> RangeResult:
    """Try candidate rates, and a ramp, on the setup's net and images.

    Parameters
    ----------
    setup
        What to run on. The weights are drawn from the first seed; with several seeds the candidates' losses
        are medians over orders of the images.
    options
        Which rates, and how long.
    data_dir
        Where FashionMNIST's files are; else they are looked for, or downloaded.
    means
        Logging, resuming, progress. What is resumed is resumed after the last candidate that was finished.

    Raises
    ------
    AnalysisError
        When the images, the device or the folder are not to be had, or the loss falls nowhere.
    """
    means, data = _prepared("lr-range", setup, options, data_dir, means)
    build = _builder(setup, data)
    rates = log_spaced(options.lowest, options.highest, options.candidates)
    with (
        machine(setup) as where,
        closing(
            Memory(means.folder, {**means.identity, "seeds": list(setup.all_seeds)}, resume=means.resume)
        ) as remember,
    ):
        module = build(setup.first_seed)
        optimizer = sgd(module, setup.momentum)
        tried = candidates(
            module,
            optimizer,
            data.train,
            rates,
            batch=options.batch,
            epochs=options.epochs,
            seeds=setup.all_seeds,
            bfloat16=means.bfloat16,
            watch=means.watch,
            remember=remember,
        )
        climbed = ramp(
            module,
            optimizer,
            data.train,
            lowest=options.lowest,
            highest=options.highest,
            length=options.ramp,
            batch=options.batch,
            smoothing=options.smoothing,
            seed=setup.first_seed,
            bfloat16=means.bfloat16,
            watch=means.watch,
            remember=remember,
        )
        return RangeResult("lr-range", setup, options, where, _parameters(module), tried, climbed)


def cyclical(
    setup: Setup, options: CyclicalOptions, *, data_dir: Path | None = None, means: Means | None = None
) -> CyclicalResult:
    """Train with cyclical rates, once per seed; the parameters are those of `lr_range`.

    Raises
    ------
    DivergedError
        When a loss or a weight is not finite any more.
    AnalysisError
        When the images, the device or the folder are not to be had.
    """
    means, data = _prepared("cyclical", setup, options, data_dir, means)
    build = _builder(setup, data)
    plan = cyclical_plan(len(data.train.labels), **asdict(options))
    with machine(setup) as where:
        runs = train_seeds(
            "cyclical",
            build,
            data,
            plan,
            seeds=setup.all_seeds,
            momentum=setup.momentum,
            means=means,
        )
        return CyclicalResult("cyclical", setup, options, where, _parameters(build(setup.first_seed)), runs)


def batch_growth(
    setup: Setup, options: GrowthOptions, *, data_dir: Path | None = None, means: Means | None = None
) -> GrowthResult:
    """Train with growing batches, their control and cyclical rates, once per seed each; see `cyclical`."""
    means, data = _prepared("batch-growth", setup, options, data_dir, means)
    build = _builder(setup, data)
    settings = asdict(options)
    means = replace(means, ghost=settings.pop("ghost") or None)
    arms = plans(len(data.train.labels), **settings)
    with machine(setup) as where:
        trained = train_arms(build, data, arms, seeds=setup.all_seeds, momentum=setup.momentum, means=means)
        comparisons = (compare(trained, "growth", "control"), compare(trained, "growth", "cyclical"))
        return GrowthResult(
            "batch-growth", setup, options, where, _parameters(build(setup.first_seed)), trained, comparisons
        )


def _prepared(
    experiment: str,
    setup: Setup,
    options: RangeOptions | CyclicalOptions | GrowthOptions,
    data_dir: Path | None,
    means: Means | None,
) -> tuple[Means, Data]:
    """Check machine and folder, load the images, and let the means tell these runs from others."""
    means = means or Means()
    folder = means.folder / experiment if means.folder else None
    if folder and folder.exists() and not means.resume:
        raise AnalysisError(ALREADY.format(folder))
    check_device(setup)
    data = load(setup, data_dir)
    settings = {**asdict(setup), **asdict(options), "threads": setup.threads or torch.get_num_threads()}
    del settings["seeds"], settings["first_seed"]  # more seeds may be added to runs that are resumed
    identity: Record = {name: settings[name] for name in sorted(settings)}
    identity |= {"decay": str(identity["decay"])} if "decay" in identity else {}
    return replace(means, folder=folder, bfloat16=setup.bfloat16, identity=identity), data


def _builder(setup: Setup, data: Data) -> Callable[[int], nn.Module]:
    height, width = data.train.inputs.shape[-2:]
    return partial(make_module, setup, (height, width))


def _parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
