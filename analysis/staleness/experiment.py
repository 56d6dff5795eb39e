"""From a scenario and protocols to a result: simulate, replay with each seed, watch."""

import re
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import psutil
import torch

from analysis.errors import AnalysisError
from analysis.learning.counters import counters
from analysis.learning.experiments import ALONE, Means, prepared
from analysis.learning.models import check_module
from analysis.learning.parallel import side_by_side
from analysis.learning.setups import Setup, machine
from analysis.staleness.agenda import Agenda
from analysis.staleness.batches import check_batch
from analysis.staleness.recipe import Recipe, corrected_momentum
from analysis.staleness.results import Arm, StalenessResult
from analysis.staleness.rules import parse_rule
from analysis.staleness.runs import Case, Curve
from analysis.staleness.settings import StalenessOptions
from analysis.staleness.tables import memory
from sim import Protocol, Scenario, SimError, Trace, simulate
from sim.scenario.override import parse_protocol

Progress = Callable[[int, int, int, int], object]
"""Called with gradients replayed, of how many in all, the number of finished runs, and of all."""


def staleness(
    scenario: Scenario,
    setup: Setup,
    options: StalenessOptions,
    means: Means = ALONE,
    progress: Progress | None = None,
    say: Callable[[str], object] | None = None,
) -> StalenessResult:
    """Train under each protocol and rule, once per seed.

    Parameters
    ----------
    scenario
        Workers, server, network, and when it ends; its own protocol is taken if the options name none.
    setup, options
        What to train, and how. A seed is that of the simulation, of the initial weights and of the batches.
    means
        How the runs are made; its ``watch`` is not called.
    progress
        Called now and then.
    say
        Called before the first run with a sentence on the memory that is foreseen.

    Raises
    ------
    AnalysisError
        When the scenario, the images, the net, the device or the folder are not to be had, the batch is
        larger than the data, or a protocol makes no update.
    """
    arms = _arms(scenario, setup, options)
    ready = prepared("staleness", setup, means)
    check_batch(options.batch, len(ready.data.train.labels))
    with machine(setup) as where:
        parameters = check_module(setup.net, ready.build, ready.data, setup.first_seed)
        versions = {
            name: max(Agenda.of(trace).most_kept for trace in traces) for name, (*_, traces) in arms.items()
        }
        module = ready.build(setup.first_seed)
        size = sum(each.numel() * each.element_size() for each in module.parameters() if each.requires_grad)
        _check_memory(max(versions.values()), size, means.jobs, setup.device)
        if say:
            at_once = f", in each of {means.jobs} runs at a time" if means.jobs > 1 else ""
            say(f"{memory(max(versions.values()), size)}{at_once}")
        cases = [
            Case(
                f"{re.sub(r'[^A-Za-z0-9.]+', '-', name)}-seed{trace.seed}",
                ready.build,
                ready.data,
                trace,
                recipe,
                options.points,
                options.sample,
                ready.keeping,
            )
            for name, (_, recipe, traces) in arms.items()
            for trace in traces
        ]
        curves = _made(cases, means.jobs, progress)
    count = setup.seeds
    return StalenessResult(
        "staleness",
        scenario.to_data(),
        setup,
        options,
        where,
        parameters,
        size,
        tuple(
            Arm(
                name,
                protocol.describe(scenario.size),
                tuple(corrected_momentum(recipe, trace) for trace in traces),
                tuple(np.bincount(np.concatenate([trace.staleness for trace in traces])).tolist()),
                versions[name],
                tuple(curves[place * count : (place + 1) * count]),
            )
            for place, (name, (protocol, recipe, traces)) in enumerate(arms.items())
        ),
        ready.summary,
    )


def _arms(
    scenario: Scenario, setup: Setup, options: StalenessOptions
) -> dict[str, tuple[Protocol, Recipe, list[Trace]]]:
    """Simulate each protocol with each seed; a rule changes no trace."""
    arms: dict[str, tuple[Protocol, Recipe, list[Trace]]] = {}
    for text in options.protocols or (label(scenario.protocol),):
        simulated = _with_protocol(scenario, text) if options.protocols else scenario
        traces = [_simulated(simulated, seed, text) for seed in setup.all_seeds]
        for rule in options.rules:
            name = f"{text} {rule}" if len(options.rules) > 1 else text
            if name in arms:
                raise AnalysisError(f"protocol: {name} is given twice")
            way = parse_rule(rule)
            recipe = Recipe(
                options.lr, way, setup.momentum, options.batch, options.weights, options.batch_norm
            )
            arms[name] = (simulated.protocol, recipe, traces)
    return arms


def label(protocol: Protocol) -> str:
    """Return a protocol as the command line would have it.

    >>> label(Protocol.k_async(4, slack=2)), label(Protocol.bsp())
    ('k-async:k=4,slack=2', 'bsp')
    """
    data = protocol.model_dump(mode="json")
    settings = ",".join(f"{key}={value}" for key, value in data.items() if key != "kind")
    return f"{data['kind']}:{settings}" if settings else str(data["kind"])


def _with_protocol(scenario: Scenario, text: str) -> Scenario:
    try:
        return scenario.with_({"protocol": parse_protocol(text)})
    except SimError as error:
        raise AnalysisError(f"protocol {text}: {error}") from None


def _simulated(scenario: Scenario, seed: int, name: str) -> Trace:
    try:
        trace = simulate(scenario, seed)
    except SimError as error:
        raise AnalysisError(f"{name}: {error}") from None
    if not trace.updates:
        raise AnalysisError(
            f"{name}: makes no update in the {trace.duration:g} s that it lasts; let it go on for longer"
        )
    return trace


def _check_memory(versions: int, size: int, jobs: int, device: str) -> None:
    """Refuse what would not fit: the versions of the weights that runs at one time keep."""
    free = psutil.virtual_memory().available if device == "cpu" else torch.cuda.mem_get_info()[0]
    needed = versions * size * jobs
    if needed > free:
        raise AnalysisError(
            f"memory: {versions} versions of the weights at once, {jobs} runs at a time, take"
            f" {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free: have fewer workers, a narrower net or"
            " fewer --jobs"
        )


def _made(cases: list[Case], jobs: int, progress: Progress | None) -> list[Curve]:
    """Make all runs, and tell of the gradients that they have replayed, whichever process they are in."""
    total = sum(case.trace.applied for case in cases)
    curves: dict[int, Curve] = {}

    def seen(counts: Sequence[int]) -> None:
        if progress:
            done = sum(
                cases[place].trace.applied if place in curves else count for place, count in enumerate(counts)
            )
            progress(done, total, len(curves), len(cases))

    with counters(len(cases), seen) as (own, look):
        look()
        work = [partial(case.run, counter) for case, counter in zip(cases, own, strict=True)]
        for index, curve in side_by_side(work, jobs):
            curves[index] = curve
            look()
    return [curves[index] for index in range(len(cases))]
