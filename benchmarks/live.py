"""Predicted against measured: real runs on Ray of settings that the calibration has not seen.

``python benchmarks/live.py record FOLDER`` records every setting three times, the calibration's two and the
fourteen that are held out, which takes about ten minutes and wants a quiet machine. ``python
benchmarks/live.py FOLDER`` calibrates on the former and predicts the latter; without a folder, those in
``examples/live/``.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from sim import Network, Protocol, Scenario, ShiftedExponential, Stop, Worker
from sim.cli import main
from sim.engine.live import live

FOLDER = Path(__file__).parents[1] / "examples" / "live"
REPEATS = 3
COMPUTE = ShiftedExponential(shift=0.06, mean=0.1)
SMALL, LARGE = 4_000, 8_000_000


def setting(protocol: Protocol, workers: int, size: int, slow: int = 0) -> Scenario:
    """Return a scenario of six seconds; slow workers are a third as fast."""
    fleet = [Worker(name="w", count=workers - slow, compute=COMPUTE)]
    if slow:
        fleet.append(Worker(name="slow", count=slow, compute=COMPUTE, speed=1 / 3))
    network = Network(weight_bytes=size, gradient_bytes=size)
    return Scenario(workers=fleet, protocol=protocol, network=network, stop=Stop(time=6.0))


CALIBRATION = {
    "calibration-small": setting(Protocol.asynchronous(), 4, SMALL),
    "calibration-large": setting(Protocol.k_async(2), 4, LARGE),
}
HELD_OUT = {
    "async-2": setting(Protocol.asynchronous(), 2, SMALL),
    "async-8": setting(Protocol.asynchronous(), 8, SMALL),
    "async-16": setting(Protocol.asynchronous(), 16, SMALL),
    "async-8-slow": setting(Protocol.asynchronous(), 8, SMALL, slow=1),
    "async-8-large": setting(Protocol.asynchronous(), 8, LARGE),
    "bsp-8": setting(Protocol.bsp(), 8, SMALL),
    "bsp-4-large-slow": setting(Protocol.bsp(), 4, LARGE, slow=1),
    "k-sync-8": setting(Protocol.k_sync(6), 8, SMALL),
    "k-sync-4-large": setting(Protocol.k_sync(3), 4, LARGE),
    "k-async-8-slow": setting(Protocol.k_async(4), 8, SMALL, slow=4),
    "k-batch-async-16": setting(Protocol.k_batch_async(4), 16, SMALL),
    "k-batch-async-6-large": setting(Protocol.k_batch_async(3), 6, LARGE),
    "ssp-8-slow": setting(Protocol.asynchronous(slack=2), 8, SMALL, slow=1),
    "ssp-4-large": setting(Protocol.asynchronous(slack=3), 4, LARGE),
}


def record(folder: Path) -> None:
    """Run every setting ``REPEATS`` times, one after the other, and keep the traces."""
    import ray

    ray.init(object_store_memory=10**9, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    try:
        for repeat in range(1, REPEATS + 1):
            for kind, settings in (("calibration", CALIBRATION), ("held-out", HELD_OUT)):
                (folder / kind).mkdir(parents=True, exist_ok=True)
                for name, scenario in settings.items():
                    trace = live(scenario.replace(title=name), seed=repeat)
                    trace.save(folder / kind / f"{name}-{repeat}.parquet")
                    print(repeat, name, trace, flush=True)
                    if trace.ended == "interrupted":
                        return
    finally:
        ray.shutdown()


def compare(folder: Path) -> None:
    """Print what is calibrated and predicted from the traces in a folder."""
    with TemporaryDirectory() as there:
        fitted = str(Path(there) / "fitted.toml")
        main(["calibrate", *map(str, sorted((folder / "calibration").glob("*.parquet"))), "--out", fitted])
        main(["predict", fitted, "--against", str(folder / "held-out")])


if __name__ == "__main__":
    if sys.argv[1:2] == ["record"]:
        record(Path(sys.argv[2]))
    else:
        compare(Path(sys.argv[1]) if sys.argv[1:] else FOLDER)
