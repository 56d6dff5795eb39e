"""The script that tries every builder of other libraries, on modules made here."""

import importlib.util
import json
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn


@pytest.fixture(scope="module")
def reach() -> ModuleType:
    path = Path(__file__).parents[3] / "benchmarks" / "nets_reach.py"
    specification = importlib.util.spec_from_file_location("nets_reach", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


class Asks(nn.Module):
    def forward(self, data: Tensor) -> Tensor:
        return data + 1 if data.sum() > 0 else data


def spectrum() -> nn.Module:
    class Spectrum(nn.Module):
        def forward(self, data: Tensor) -> Tensor:
            return torch.as_tensor(torch.fft.fft(data).real)

    return Spectrum()


def late() -> nn.Module:
    time.sleep(60)
    return nn.Identity()


def test_a_model_is_complete_with_both_counts(reach: ModuleType) -> None:
    found = reach.tried("torchvision/x", lambda: nn.Conv2d(3, 4, 3))
    assert found["verdict"] == "complete"
    assert found["macs"] == found["torch"] == 4 * 222 * 222 * 27
    assert found["parameters"] == 4 * 27 + 4


@pytest.mark.parametrize(
    ("build", "verdict", "why"),
    [
        (Asks, "refused", "depends on the numbers"),
        (spectrum, "lower bound", "_fft_r2c"),
        (lambda: 1 / 0, "cannot be built", "ZeroDivisionError: division by zero"),
    ],
)
def test_what_is_wrong_is_said(
    reach: ModuleType, build: Callable[[], nn.Module], verdict: str, why: str
) -> None:
    found = reach.tried("torchvision/x", build)
    assert found["verdict"] == verdict
    assert why in found["why"]


def test_the_time_limit_holds(reach: ModuleType) -> None:
    assert reach.within(0.2, "torchvision/x", late)["verdict"] == "time limit"


def test_a_model_with_a_line_is_not_tried_again(
    reach: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log, out = tmp_path / "log", tmp_path / "out.md"
    monkeypatch.setattr(
        reach, "builders", lambda: {"timm/a": Asks, "timm/b": spectrum, "timm/c": nn.Identity}
    )

    def within(_limit: float, name: str, _build: object) -> dict[str, Any]:
        tries.append(name)
        return {"verdict": "refused", "why": "because", "torch": None, "torch_why": "Error: no"}

    tries: list[str] = []
    monkeypatch.setattr(reach, "within", within)
    monkeypatch.setattr("sys.argv", ["x", str(log), "--only", "[ab]$", "--out", str(out)])
    log.write_text(json.dumps({"model": "timm/a", "verdict": "complete", "why": "", "macs": 3, "torch": 3,
                               "parameters": 1, "seconds": 0.5}) + '\n{"model": "timm/b", "verd')  # fmt: skip
    reach.main()
    assert tries == ["timm/b"]
    text = out.read_text()
    assert text == capsys.readouterr().out
    assert "| 3 | 2 | 1 | 1 | 1 | 0 | 0 | 0.50 |" in text
    assert "- refused: because: timm/b" in text
