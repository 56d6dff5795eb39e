"""Bias, variance and noise of fitted curves: exactly for fixed x, by simulation beside it, and replayed.

The flow of data::

    target, polynomials ─▶ decomposition, simulation ─▶ experiments, replay ─▶ results
                                                 report · data · figures ─▶ runs ─▶ cli

What stands in ``__all__`` is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from analysis.lazy import lazily

if TYPE_CHECKING:
    from analysis.bias_variance.decomposition import Decomposition, Problem, Split, exact, fixed_split
    from analysis.bias_variance.experiments import fixed_x, fresh_x, ridge, sample
    from analysis.bias_variance.figures import plot
    from analysis.bias_variance.polynomials import hat_matrices, ridge_hat_matrices
    from analysis.bias_variance.quadratic_forms import QuadraticForm, squared_error
    from analysis.bias_variance.replay import detectability, replay_homework
    from analysis.bias_variance.results import FixedXResult, FreshXResult, RidgeResult
    from analysis.bias_variance.simulation import simulate, simulate_estimators, simulate_fresh_x
    from analysis.bias_variance.target import OwnTarget, Target, parse_target

_WHERE = {
    "decomposition": ("Decomposition", "Problem", "Split", "exact", "fixed_split"),
    "experiments": ("fixed_x", "fresh_x", "ridge", "sample"),
    "figures": ("plot",),
    "polynomials": ("hat_matrices", "ridge_hat_matrices"),
    "quadratic_forms": ("QuadraticForm", "squared_error"),
    "replay": ("detectability", "replay_homework"),
    "results": ("FixedXResult", "FreshXResult", "RidgeResult"),
    "simulation": ("simulate", "simulate_estimators", "simulate_fresh_x"),
    "target": ("OwnTarget", "Target", "parse_target"),
}

__all__ = [
    "Decomposition",
    "FixedXResult",
    "FreshXResult",
    "OwnTarget",
    "Problem",
    "QuadraticForm",
    "RidgeResult",
    "Split",
    "Target",
    "detectability",
    "exact",
    "fixed_split",
    "fixed_x",
    "fresh_x",
    "hat_matrices",
    "parse_target",
    "plot",
    "replay_homework",
    "ridge",
    "ridge_hat_matrices",
    "sample",
    "simulate",
    "simulate_estimators",
    "simulate_fresh_x",
    "squared_error",
]

__getattr__ = lazily(__name__, _WHERE)
