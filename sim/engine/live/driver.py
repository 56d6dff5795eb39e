"""From a scenario to the trace of a real run on Ray."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from sim.address import check_listens
from sim.engine.live.actors import GROUPS, POST, Actor, Process, ServerActor, WorkerActor
from sim.engine.live.messages import Kind
from sim.engine.live.scale import scaled
from sim.engine.live.worker import TORCH, WORKS
from sim.engine.results import Progress, Run, TooLong
from sim.errors import SimError, SimulationError
from sim.processes import interrupted_afterwards
from sim.scenario import Network, Scenario
from sim.scenario.values import checked_seed, shown
from sim.trace import Trace

Log = Callable[[str], None]

PROCESS: Final = 150e6
"""Bytes that an actor's process takes beside its vectors, roughly; measured with Ray 2.60."""

STORE: Final = 100e6
"""Bytes of Ray's store of objects, beside the vectors on their way."""

COPIES: Final = 3
"""Of each vector at a worker, on its way and at the server."""

LOOK: Final = 0.25
"""Seconds between two looks at how far a run is."""


def live(
    scenario: Scenario,
    seed: int | None = None,
    *,
    work: str = "sleep",
    time_scale: float = 1.0,
    address: str | None = None,
    progress: Progress | None = None,
    log: Log | None = None,
) -> Trace:
    """Run a scenario for real on Ray: an actor for the server, one for each worker, vectors between them.

    The trace is that of a simulation, in nanoseconds of the system's clock. Ctrl-C ends the run, which keeps
    what there is until then.

    Parameters
    ----------
    scenario
        What to run. Its network is the real one: it may say bytes, but no latency and no bandwidths.
    seed
        Of the compute times, which are those that a simulation draws; the scenario's own where not given.
    work
        ``"sleep"``, ``"spin"``, or ``"torch:package.module:function"``: see `sim.engine.live.worker`.
    time_scale
        By which all times of the scenario are multiplied first; the trace's scenario is the result.
    address
        Of a Ray cluster, or ``"auto"``; a cluster on this machine is started and ended where not given.
    progress
        Called now and then with the seconds, the updates and the gradients so far.
    log
        Called with sentences on what runs where.

    Raises
    ------
    SimError
        Before anything runs: where Ray is missing or cannot start, where processors or memory are too few,
        or where the scenario asks for a network that is not the real one.
    SimulationError
        Where the run fails.
    """
    seed = checked_seed(scenario.seed if seed is None else seed)
    asked = _possible(scenario, work, time_scale)
    with _ray(asked, work, address) as ray:
        room = 0 if work == "sleep" else 1
        actors: list[Actor] = []
        try:
            workers, sized = _workers(ray, asked, seed, work, room, actors)
            server = ray.remote(num_cpus=room, concurrency_groups=GROUPS)(ServerActor).remote(sized, seed)
            actors.append(server)
            where = _whereabouts(ray, sized, server, workers)
            run = _run(ray, server, workers, progress, lambda: log and log(where))
        except ray.exceptions.RayTaskError as error:
            raise _explained(error.cause, asked) from None
        except ray.exceptions.RayActorError:
            raise SimulationError("the process of the server ended before the run did") from None
        finally:
            for actor in actors:
                ray.kill(actor)
    titled = sized.replace(title=_title(scenario, work, time_scale))
    return Trace(titled, seed, "live", run.ended, run.end, run.ticks, run.stays, run.unread)


def _possible(scenario: Scenario, work: str, time_scale: float) -> Scenario:
    """Return the scenario as it is to be run, once nothing in it speaks against that."""
    if work not in WORKS and not re.fullmatch(rf"{TORCH}[\w.]+:\w+", work):
        raise SimError(f"work {shown(work)} must be sleep, spin or torch:package.module:function")
    if not 0 < time_scale < float("inf"):
        raise SimError(f"time scale {time_scale:g} must be a finite number greater than 0")
    network = scenario.network
    own = [f"workers[{place}]" for place, worker in enumerate(scenario.workers) if worker.bandwidth]
    for name, given in (
        ("network.latency", network.latency),
        ("network.bandwidth", network.bandwidth),
        ("network.server_bandwidth", network.server_bandwidth),
        *((f"{place}.bandwidth", True) for place in own),
    ):
        if given:
            raise SimError(f"{name} is given, but the network of a live run is the real one: leave it out")
    return scaled(scenario, time_scale)


@contextmanager
def _ray(scenario: Scenario, work: str, address: str | None) -> Iterator[Any]:
    """Let Ray be there, with room for the run."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_worker_niceness", "0")  # 15 by default: every other process would go first
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        raise SimError(f"live needs {package}, which is not installed: install dlsyslab[live]") from None
    network = scenario.network
    moving = COPIES * (scenario.size + 1) * (network.weight_bytes + network.gradient_bytes)
    mine = not ray.is_initialized()
    if address is None and mine:
        _check_memory(scenario, moving)
        _check_processors(scenario, work, os.cpu_count() or 1)
    elif address is not None and mine:
        check_listens("--ray", address)
    try:
        if mine:
            where: dict[str, Any] = {"address": address}
            if address is None:
                where = {"object_store_memory": int(STORE + moving), "include_dashboard": False}
            with interrupted_afterwards():  # half-started, it would leave its processes behind
                ray.init(**where, log_to_driver=False, logging_level="ERROR")
    except KeyboardInterrupt:
        ray.shutdown()
        raise
    except (OSError, ValueError, RuntimeError) as error:
        who = "Ray does not start" if address is None else f"--ray {address}: no cluster answers"
        raise SimError(f"{who}: {str(error).splitlines()[0]}") from None
    try:
        _check_processors(scenario, work, ray.cluster_resources().get("CPU", 0))
        yield ray
    finally:
        if mine:
            ray.shutdown()


def _check_memory(scenario: Scenario, moving: float) -> None:
    import psutil

    need, free = (scenario.size + 1) * PROCESS + STORE + 2 * moving, psutil.virtual_memory().available
    if need > free:
        raise SimError(
            f"{scenario.size} workers and their server take about {need / 1e9:.1f} GB of memory,"
            f" {free / 1e9:.1f} GB are free: ask for fewer, or for a cluster by --ray"
        )


def _check_processors(scenario: Scenario, work: str, there: float) -> None:
    """Refuse work that each worker needs a processor for; many sleepers share one."""
    if work != "sleep" and there < scenario.size + 1:
        kind = work.partition(":")[0]
        raise SimError(
            f"--work {kind} takes a processor for each of {scenario.size} workers and one for the server, and"
            f" there are {there:g}: ask for fewer workers, or for --work sleep"
        )


def _workers(
    ray: Any,  # noqa: ANN401 -- a module
    scenario: Scenario,
    seed: int,
    work: str,
    room: int,
    actors: list[Actor],
) -> tuple[list[Actor], Scenario]:
    """Start the workers; return them, and the scenario with the bytes that they send."""
    start = ray.remote(num_cpus=room, concurrency_groups=GROUPS)(WorkerActor).remote
    workers = [start(scenario, seed, order, work) for order in range(scenario.size)]
    actors += workers
    try:
        processes: list[Process] = ray.get([each.process.remote() for each in workers])
    except ray.exceptions.RayActorError as error:
        reason = str(error).strip().splitlines()[-1]
        raise SimError(f"--work {work}: a worker does not start: {reason}") from None
    if processes[0].weights is None:
        return workers, scenario
    sizes = {"weight_bytes": processes[0].weights, "gradient_bytes": processes[0].gradients}
    for name, size in sizes.items():
        if getattr(scenario.network, name) not in {0.0, size}:
            raise SimError(
                f"network.{name} is {getattr(scenario.network, name):g}, and {work} has {size:g}:"
                " leave it out"
            )
    return workers, scenario.replace(network=Network(**sizes))


def _run(
    ray: Any,  # noqa: ANN401 -- a module
    server: Actor,
    workers: list[Actor],
    progress: Progress | None,
    begun: Callable[[], object],
) -> Run:
    """Wait for the run to end; Ctrl-C asks it to."""
    end = server.run.remote(workers)
    try:
        begun()
        while not ray.wait([end], timeout=LOOK)[0]:
            if progress is not None:
                progress(*ray.get(server.reached.options(concurrency_group=POST).remote()))
    except KeyboardInterrupt:
        server.tell.options(concurrency_group=POST).remote(Kind.STOP)
    found: Run = ray.get(end)
    return found


def _whereabouts(ray: Any, scenario: Scenario, server: Actor, workers: list[Actor]) -> str:  # noqa: ANN401
    processes = ray.get([each.process.remote() for each in (server, *workers)])
    named = zip(("server", *scenario.names), processes, strict=True)
    return "processes: " + ", ".join(f"{name} {process.number}" for name, process in named)


def _explained(error: BaseException, scenario: Scenario) -> SimError:
    if isinstance(error, TooLong):
        return error.explain(scenario)
    if isinstance(error, SimError):
        return error
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return SimulationError(f"the run failed: {lines[-1]}")


def _title(scenario: Scenario, work: str, time_scale: float) -> str:
    """Return a title that tells how the run came about."""
    scale = "" if time_scale == 1.0 else f", times × {time_scale:g}"
    return f"{scenario.title or 'No title'} (live, {work}{scale})"
