"""Problem 1: the hand-in replayed, the exact decomposition, both schemes, the penalty."""

from typing import Any

import numpy as np

from analysis.bias_variance import (
    Problem,
    fixed_x,
    fresh_x,
    hat_matrices,
    parse_target,
    replay_homework,
    ridge,
    ridge_hat_matrices,
    sample,
)
from analysis.bias_variance.data import fixed_data, fresh_data, replay_data, ridge_data
from analysis.bias_variance.figures import draw_decomposition, draw_fresh_x, draw_ridge_path, draw_sample
from analysis.bias_variance.plug_in import Scatter, scatter
from analysis.bias_variance.replay import ALPHA, DATASETS, DEGREES, PRINTED_LINES, RIDGE_DEGREE, Replay
from analysis.report.drawing import drawn
from analysis.report.handed_in.fits import PRINTED_G10
from analysis.report.part import Part
from analysis.report.scales import Scale

PARTS = ("mse", "bias_squared", "variance", "noise")
SHOWN_DEGREES = (1, 3, 10)


def compute(scale: Scale) -> Part:
    """Return everything of problem 1."""
    problem = Problem(target=parse_target("x + sin(1.5*x)"))
    replay = replay_homework()
    fixed = fixed_x(problem, datasets=scale.datasets)
    fresh = fresh_x(problem, datasets=scale.datasets)
    penalised = ridge(problem, alpha=ALPHA, degree=RIDGE_DEGREE, basis="monomial", datasets=scale.datasets)
    told = replay_data(replay)
    second = told["ridge"]["runs"][1]
    numbers = {
        "sample": [{**row, "f": float(problem.target(np.array([row["x"]]))[0])} for row in told["sample"]],
        "lines": told["lines"],
        "column_of_ones": 0,
        "distinct": len(np.unique(replay.x)),
        "g10_off": _off_the_means(replay),
        "table": _beside(
            told["table"], [row["handed_in"] for row in told["table"]], _scatter(replay), problem.noise
        ),
        "best_degree": told["best_degree"],
        "best_replayed": DEGREES[int(np.argmin([row["handed_in"]["mse"] for row in told["table"]]))],
        "best_probability": told["best_probability"],
        "handed_in_datasets": DATASETS,
        "ridge": {
            **_beside(
                [{"exact": row} for row in told["ridge"]["exact"]],
                second,
                _scatter(replay, penalised=True),
                problem.noise,
            ),
            "first_run": told["ridge"]["runs"][0],
            "comparison": told["ridge"]["comparison"],
        },
        "fixed": fixed_data(fixed),
        "fresh": fresh_data(fresh),
        "path": ridge_data(penalised),
    }
    numbers["ridge"]["difference"] = _differences(numbers["ridge"])
    x, y = replay.x, replay.y
    drawn_sample = sample(problem)  # of twenty distinct x, which determine ten degrees
    figures = {
        "sample": drawn(lambda axes: draw_sample(axes, problem, x, y, tuple(PRINTED_LINES))),
        "lines": drawn(lambda axes: draw_sample(axes, problem, *drawn_sample, SHOWN_DEGREES)),
        "decomposition": drawn(
            lambda axes: draw_decomposition(axes, fixed.degrees, fixed.exact, fixed.simulation)
        ),
        "fresh": drawn(lambda axes: draw_fresh_x(axes, fresh.degrees, fresh.fresh)),
        "ridge": drawn(lambda axes: draw_ridge_path(axes, penalised)),
    }
    return Part(numbers, figures)


def _off_the_means(replay: Replay) -> float:
    """Return how far the printed g₁₀ passes from the means of y at the sample's x, at most."""
    coefficients = [float(printed) for printed in PRINTED_G10]
    return max(
        float(abs(np.polynomial.polynomial.polyval(x, coefficients) - replay.y[replay.x == x].mean()))
        for x in np.unique(replay.x)
    )


def _scatter(replay: Replay, *, penalised: bool = False) -> Scatter:
    split, problem = replay.split, replay.problem
    places = (split.x_train, split.x_test, problem.interval)
    hats = (
        ridge_hat_matrices((0.0, ALPHA), RIDGE_DEGREE, *places, basis="monomial")
        if penalised
        else hat_matrices(DEGREES, *places)
    )
    return scatter(hats, problem, split, datasets=DATASETS)


def _beside(
    rows: list[dict[str, Any]], replayed: list[dict[str, float]], found: Scatter, noise: float
) -> dict[str, Any]:
    """Return exact figures, those replayed, and how the latter scatter."""
    return {
        "exact": [{**row["exact"], "noise": noise} for row in rows],
        "replayed": [
            {**row, "noise": row["mse"] - row["bias_squared"] - row["variance"]} for row in replayed
        ],
        "scatter": {part: getattr(found, part).tolist() for part in (*PARTS, "inflation")},
    }


def _differences(found: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Return penalised less plain, and the standard error of measuring that on noise of their own."""
    plain, penalised = found["exact"]
    return {
        part: {
            "value": penalised[part] - plain[part],
            "error": float(np.hypot(*found["scatter"][part])),
        }
        for part in ("mse", "bias_squared", "variance")
    }
