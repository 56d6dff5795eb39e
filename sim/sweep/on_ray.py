"""Ray for joblib, each call a task of Ray's: its own backend hands nothing back before all is done."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from joblib import parallel_config, register_parallel_backend
from joblib.parallel import ParallelBackendBase

NAME = "dlsyslab-ray"


class _Backend(ParallelBackendBase):  # type: ignore[misc]  # joblib has no types
    """What joblib asks of those that do its work."""

    supports_retrieve_callback = True
    default_n_jobs = -1

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """Return how many tasks the cluster does at a time, fewer where fewer are asked for."""
        import ray

        cores = int(ray.cluster_resources().get("CPU", 1))
        return cores if n_jobs is None or n_jobs < 0 else min(n_jobs, cores)

    def submit(self, func: Callable[[], Any], callback: Callable[[Future[Any]], None]) -> Future[Any]:
        """Let a task call a function, and tell the callback when it has."""
        import ray

        future: Future[Any] = ray.remote(_call).remote(func).future()
        future.add_done_callback(callback)
        return future

    apply_async = submit  # as older versions of joblib call it

    def retrieve_result_callback(self, out: Future[Any]) -> Any:  # noqa: ANN401 -- whatever was called returns
        """Return what a task returned, or raise what it raised."""
        return out.result()


def _call(func: Callable[[], Any]) -> Any:  # noqa: ANN401 -- whatever is called returns
    return func()


@contextmanager
def connected(address: str) -> Iterator[None]:
    """Let joblib send its work to the Ray cluster at an address; raises as `ray.init` does."""
    import ray

    ray.init(address=address, log_to_driver=False, logging_level="ERROR", include_dashboard=False)
    register_parallel_backend(NAME, _Backend)
    try:
        with parallel_config(backend=NAME):
            yield
    finally:
        ray.shutdown()
