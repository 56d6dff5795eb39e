"""What speaks against a live run is said in one sentence before anything runs."""

import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from sim import Network, Scenario, SimError, Stop, Worker
from sim.cli import main
from sim.engine.live import live
from tests.commands import ROOT

ONE = Scenario(workers=[Worker(name="w", compute=1.0)], stop=Stop(updates=1))
FILE = ROOT / "examples" / "live" / "four-workers.toml"


@pytest.mark.parametrize(
    ("scenario", "settings", "sentence"),
    [
        (ONE, {"work": "dig"}, "work 'dig' must be sleep, spin or torch:package.module:function"),
        (ONE, {"work": "torch:module"}, "work 'torch:module' must be sleep, spin or torch:"),
        (ONE, {"time_scale": 0.0}, "time scale 0 must be a finite number greater than 0"),
        (ONE, {"time_scale": float("nan")}, "time scale nan must be a finite number greater than 0"),
        (ONE.replace(network=Network(latency=0.1)), {}, "network.latency is given, but the network"),
        (ONE.replace(network=Network(bandwidth=1e9)), {}, "network.bandwidth is given, but the network"),
        (
            ONE.replace(network=Network(server_bandwidth=1e9)),
            {},
            "network.server_bandwidth is given, but the network",
        ),
        (
            ONE.replace(workers=[Worker(name="w", compute=1.0, bandwidth=1e9)]),
            {},
            r"workers\[0\].bandwidth is given, but the network",
        ),
    ],
)
def test_what_cannot_run_live_is_refused(scenario: Scenario, settings: dict[str, str], sentence: str) -> None:
    with pytest.raises(SimError, match=sentence) as raised:
        live(scenario, **settings)  # type: ignore[arg-type]
    assert "\n" not in str(raised.value)


def test_ray_that_is_missing_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    kept = tmp_path / "live.parquet"
    assert main(["live", str(FILE), "--save", str(kept)]) == 2
    said = capsys.readouterr()
    assert said.err == "error: live needs ray, which is not installed: install dlsyslab[live]\n"
    assert said.out == ""
    assert not kept.exists()


def no_cluster(**_: object) -> None:
    raise ConnectionError("nobody is there\nand more")


def test_a_cluster_that_does_not_answer_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(is_initialized=lambda: False, init=no_cluster))
    with pytest.raises(SimError, match=r"^--ray auto: no cluster answers: nobody is there$"):
        live(ONE, address="auto")
    with pytest.raises(SimError, match=r"^--ray nonsense: must be auto or local or HOST:PORT$"):
        live(ONE, address="nonsense")
    with pytest.raises(SimError, match=r"^--ray 127.0.0.1:1: no cluster answers: .*refused$"):
        live(ONE, address="127.0.0.1:1")
    with pytest.raises(SimError, match=r"^Ray does not start: nobody is there$"):
        live(ONE)


def test_too_little_memory_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(is_initialized=lambda: False, init=no_cluster))
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=8e8))
    large = ONE.replace(network=Network(weight_bytes=1e8, gradient_bytes=1e8))
    with pytest.raises(SimError, match=r"^1 workers and their server take about 2.8 GB of memory, 0.8 GB"):
        live(large)
