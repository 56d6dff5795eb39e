"""What JSON says of a result, key by key, of numbers that differ from one another."""

from typing import Any

import numpy as np
import pytest

from analysis.bias_variance import Problem, parse_target
from analysis.bias_variance.data import fixed_data, fresh_data, replay_data, ridge_data
from analysis.bias_variance.decomposition import Decomposition
from analysis.bias_variance.replay import PRINTED_SAMPLE, Detectability, replay_homework
from analysis.bias_variance.results import FixedXResult, FreshXResult, RidgeResult, Settings
from analysis.bias_variance.simulation import Estimates, FreshX, Simulation

SETTINGS = Settings(Problem(target=parse_target("2*x"), noise=0.5, interval=(1.0, 4.0)), 7, 2, 5)
EXACT = Decomposition(np.array([4.0, 1.0]), np.array([1.0, 2.0]), 0.5)
SIMULATED = Simulation(
    bias_squared=Estimates(np.array([4.1, 1.1]), np.array([0.01, 0.02])),
    variance=Estimates(np.array([0.9, 2.2]), np.array([0.03, 0.04])),
    mse=Estimates(np.array([3.4, 3.8]), np.array([0.05, 0.06])),
    plug_in_bias_squared=np.array([4.2, 1.3]),
    errors=np.array([[3.0, 3.4, 3.8], [3.6, 3.8, 4.0]]),
    noise=0.5,
)
FIXED = FixedXResult(SETTINGS, (1, 3), ("degree 1", "degree 3"), EXACT, SIMULATED)
FRESH = FreshXResult(
    SETTINGS, (1, 3), ("degree 1", "degree 3"), FreshX(SIMULATED, np.array([[0, 1, 20], [5, 6, 7]]))
)
HEAD = {"function": "2*x", "interval": [1.0, 4.0], "points": 7, "test": 2, "seed": 5}
FIRST = {
    "bias_squared": {"value": 4.1, "se": 0.01},
    "variance": {"value": 0.9, "se": 0.03},
    "mse": {"value": 3.4, "se": 0.05},
}
SECOND = {
    "bias_squared": {"value": 1.1, "se": 0.02},
    "variance": {"value": 2.2, "se": 0.04},
    "mse": {"value": 3.8, "se": 0.06},
}
FIXED_DATA = {
    **HEAD,
    "scheme": "fixed-x",
    "noise": 0.5,
    "datasets": 3,
    "fits": [
        {
            "fit": "degree 1",
            "exact": {"bias_squared": 4.0, "variance": 1.0, "mse": 5.5},
            "simulated": FIRST,
        },
        {
            "fit": "degree 3",
            "exact": {"bias_squared": 1.0, "variance": 2.0, "mse": 3.5},
            "simulated": SECOND,
        },
    ],
    "best": {"exact": "degree 3", "simulated": "degree 1"},
}


def test_fits_for_fixed_x() -> None:
    assert fixed_data(FIXED) == FIXED_DATA


def test_fits_for_fresh_x() -> None:
    data = fresh_data(FRESH)
    first, second = data["fits"]
    assert first["risk_quantiles"] == pytest.approx({"0.05": 0.1, "0.5": 1.0, "0.95": 18.1})
    assert second["risk_quantiles"] == pytest.approx({"0.05": 5.1, "0.5": 6.0, "0.95": 6.9})
    assert (first["fit"], first["simulated"]) == ("degree 1", FIRST)
    assert (second["fit"], second["simulated"]) == ("degree 3", SECOND)
    assert {key for fit in data["fits"] for key in fit} == {"fit", "simulated", "risk_quantiles"}
    rest = {key: value for key, value in data.items() if key != "fits"}
    best = {"mean": "degree 1", "median": "degree 1"}
    assert rest == {**HEAD, "scheme": "fresh-x", "noise": 0.5, "datasets": 3, "best": best}


def test_a_penalty_and_its_path() -> None:
    comparison = {
        "gain": 0.25,
        "unpaired_sd": 0.5,
        "paired_sd": 0.125,
        "unpaired_wrong": 0.4,
        "paired_wrong": None,
        "unpaired_needed": 100,
        "paired_needed": None,
    }
    found = Detectability(**comparison)  # type: ignore[arg-type]  # of several kinds
    path = Decomposition(np.array([1.0, 2.0, 4.0]), np.array([3.0, 2.0, 1.0]), 0.5)
    result = RidgeResult(FIXED, 0.1, "monomial", found, np.array([0.01, 0.1, 1.0]), path)
    assert ridge_data(result) == {
        **FIXED_DATA,
        "degree": 1,
        "alpha": 0.1,
        "basis": "monomial",
        "comparison": comparison,
        "path": [
            {"alpha": 0.01, "bias_squared": 1.0, "variance": 3.0, "mse": 4.5},
            {"alpha": 0.1, "bias_squared": 2.0, "variance": 2.0, "mse": 4.5},
            {"alpha": 1.0, "bias_squared": 4.0, "variance": 1.0, "mse": 5.5},
        ],
    }


def test_the_homework() -> None:
    replay = replay_homework()
    data = replay_data(replay)
    printed = [{"x": x, "y": float(y), "as_printed": True} for x, y in PRINTED_SAMPLE]
    for row, expected in zip(data.pop("sample"), printed, strict=True):
        assert row == {**expected, "y": pytest.approx(expected["y"], abs=6e-7)}
    assert data.pop("lines") == {str(degree): replay.lines[degree].tolist() for degree in (1, 3)}

    def parts(exact: Decomposition, k: int) -> dict[str, Any]:
        return {"bias_squared": exact.bias_squared[k], "variance": exact.variance[k], "mse": exact.mse[k]}

    for k, row in enumerate(data.pop("table")):
        handed_in = replay.table[k + 1]
        assert row == {
            "degree": k + 1,
            "handed_in": {
                "mse": handed_in.mse,
                "bias_squared": handed_in.bias_squared,
                "variance": handed_in.variance,
            },
            # Ten rows are at hand as printed, three more are determined, two hang on the solver.
            "status": "yes" if k < 10 else "?" if k < 13 else "-",
            "exact": parts(replay.exact, k),
        }
    assert k == 14
    assert data.pop("best_degree") == 8
    assert data.pop("best_probability") == replay.best_probability
    ridge = data.pop("ridge")
    assert ridge.pop("runs") == [[vars(row) for row in rows] for rows in replay.ridge]
    assert ridge.pop("exact") == [parts(replay.ridge_exact, k) for k in (0, 1)]
    assert ridge.pop("comparison") == vars(replay.detectability)
    assert (data, ridge) == ({}, {})
