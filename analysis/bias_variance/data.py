"""Bias–variance results as plain data, ready for JSON."""

from typing import Any

import numpy as np

from analysis.bias_variance.decomposition import Decomposition
from analysis.bias_variance.replay import DEGREES, PRINTED_SAMPLE, Replay, agrees
from analysis.bias_variance.report import verdict
from analysis.bias_variance.results import PARTS, TAILS, FixedXResult, FreshXResult, RidgeResult, Settings
from analysis.bias_variance.simulation import Simulation


def fixed_data(result: FixedXResult) -> dict[str, Any]:
    """Return the settings and, for each fit, its exact and its simulated parts."""
    simulation = result.simulation
    return {
        **_settings(result.settings, "fixed-x"),
        "noise": result.exact.noise,
        "datasets": simulation.errors.shape[1],
        "fits": [
            {"fit": name, "exact": _parts(result.exact, k), "simulated": _simulated(simulation, k)}
            for k, name in enumerate(result.names)
        ],
        "best": {
            "exact": result.best,
            "simulated": result.names[int(np.argmin(simulation.mse.value))],
        },
    }


def fresh_data(result: FreshXResult) -> dict[str, Any]:
    """Return the settings and, for each fit, its parts and the quantiles of its risk."""
    fresh = result.fresh
    quantiles = {f"{level:g}": fresh.quantile(level) for level in TAILS}
    return {
        **_settings(result.settings, "fresh-x"),
        "noise": fresh.simulation.noise,
        "datasets": fresh.risks.shape[1],
        "fits": [
            {
                "fit": name,
                "simulated": _simulated(fresh.simulation, k),
                "risk_quantiles": {level: float(values[k]) for level, values in quantiles.items()},
            }
            for k, name in enumerate(result.names)
        ],
        "best": dict(result.best),
    }


def ridge_data(result: RidgeResult) -> dict[str, Any]:
    """Return the two fits, what comparing them can show, and the path over all penalties."""
    return {
        **fixed_data(result.fits),
        "degree": result.fits.degrees[0],
        "alpha": result.alpha,
        "basis": result.basis,
        "comparison": vars(result.detectability),
        "path": [{"alpha": float(alpha), **_parts(result.path, k)} for k, alpha in enumerate(result.alphas)],
    }


def replay_data(replay: Replay) -> dict[str, Any]:
    """Return the hand-in's figures as replayed, the exact ones and the verdicts."""
    return {
        "sample": [
            {"x": x, "y": y, "as_printed": bool(x == given and agrees(y, printed))}
            for x, y, (given, printed) in zip(
                replay.x.tolist(), replay.y.tolist(), PRINTED_SAMPLE, strict=True
            )
        ],
        "lines": {str(degree): values.tolist() for degree, values in replay.lines.items()},
        "table": [
            {
                "degree": degree,
                "handed_in": vars(replay.table[degree]),
                "status": verdict(replay, degree),
                "exact": _parts(replay.exact, k),
            }
            for k, degree in enumerate(DEGREES)
        ],
        "best_degree": DEGREES[int(np.argmin(replay.exact.mse))],
        "best_probability": replay.best_probability,
        "ridge": {
            "runs": [[vars(row) for row in rows] for rows in replay.ridge],
            "exact": [_parts(replay.ridge_exact, k) for k in (0, 1)],
            "comparison": vars(replay.detectability),
        },
    }


def _parts(exact: Decomposition, k: int) -> dict[str, float]:
    return {part: float(getattr(exact, part)[k]) for part in PARTS}


def _simulated(simulation: Simulation, k: int) -> dict[str, dict[str, float]]:
    return {
        part: {
            "value": float(getattr(simulation, part).value[k]),
            "se": float(getattr(simulation, part).se[k]),
        }
        for part in PARTS
    }


def _settings(settings: Settings, scheme: str) -> dict[str, Any]:
    return {
        "function": str(settings.problem.target),
        "interval": list(settings.problem.interval),
        "scheme": scheme,
        "points": settings.points,
        "test": settings.test,
        "seed": settings.seed,
    }
