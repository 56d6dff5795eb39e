"""Where runs go: this machine's cores, a Dask cluster, or a Ray one."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from sim.address import PATIENCE, check_listens
from sim.engine.choice import events
from sim.errors import SimError
from sim.sweep.plan import Plan

PER_EVENT: Final = 5e-6
"""Seconds of an event on SimPy, roughly."""

PAYS: Final = 4.0
"""Seconds of work from which on other processes, which take a second to start, pay."""


def hands_for(plan: Plan) -> int:
    """Return how many processes suit a sweep on this machine: one for each core, or only one."""
    count = plan.replicas.count
    total = sum(events(point.scenario) * count for point in plan.points if point.scenario is not None)
    return -1 if total * PER_EVENT > PAYS else 1


@contextmanager
def on_cluster(dask: str | None = None, ray: str | None = None) -> Iterator[None]:
    """Let joblib send its work to a cluster, where an address is given.

    Raises
    ------
    SimError
        Where two are given, the package is not installed, or nothing answers.
    """
    if dask is not None and ray is not None:
        raise SimError("--dask and --ray exclude each other")
    if dask is not None:
        with _dask(dask):
            yield
    elif ray is not None:
        with _ray(ray):
            yield
    else:
        yield


@contextmanager
def _dask(address: str) -> Iterator[None]:
    from joblib import parallel_config

    try:
        from dask.distributed import Client
    except ModuleNotFoundError as error:
        raise _missing("dask", error) from None
    try:
        client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise SimError(f"--dask {address}: no scheduler answers: {str(error).splitlines()[0]}") from None
    with client, parallel_config(backend="dask"):
        yield


@contextmanager
def _ray(address: str) -> Iterator[None]:
    from sim.sweep.on_ray import connected

    check_listens("--ray", address)
    with ExitStack() as stack:
        try:
            stack.enter_context(connected(address))
        except ModuleNotFoundError as error:
            raise _missing("ray", error) from None
        except (OSError, ValueError, RuntimeError) as error:
            raise SimError(f"--ray {address}: no cluster answers: {str(error).splitlines()[0]}") from None
        yield


def _missing(extra: str, error: ModuleNotFoundError) -> SimError:
    package = str(error.name).partition(".")[0]
    return SimError(f"--{extra} needs {package}, which is not installed: install dlsyslab[{extra}]")
