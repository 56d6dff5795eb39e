"""Figures of bias–variance results; nothing is computed here but drawings."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from analysis.bias_variance.decomposition import Decomposition, Problem
from analysis.bias_variance.polynomials import hat_matrices
from analysis.bias_variance.results import FixedXResult, FreshXResult, RidgeResult
from analysis.bias_variance.simulation import Estimates, FreshX, Simulation
from analysis.figures import axes_or_new

Array = NDArray[np.float64]

CURVES = (("bias_squared", "bias²", "C0"), ("variance", "variance", "C1"), ("mse", "E[MSE]", "C3"))


def plot(result: FixedXResult | FreshXResult | RidgeResult, ax: Axes | None = None) -> Axes:
    """Draw a result: the parts over degree, the risk over degree, or the parts over the penalty.

    Parameters
    ----------
    result
        Of `fixed_x`, `fresh_x` or `ridge`.
    ax
        Where to draw; a figure of its own by default.
    """
    axes = axes_or_new(ax)
    match result:
        case FixedXResult():
            draw_decomposition(axes, result.degrees, result.exact, result.simulation)
        case FreshXResult():
            draw_fresh_x(axes, result.degrees, result.fresh)
        case RidgeResult():
            draw_ridge_path(axes, result)
    return axes


def draw_sample(axes: Axes, problem: Problem, x: Array, y: Array, degrees: Sequence[int]) -> None:
    """Scatter a sample; draw f as a smooth line and least-squares fits to the sample."""
    grid = np.linspace(*problem.interval, 400)
    axes.plot(grid, problem.target(grid), color="black", label="f")
    axes.scatter(x, y, s=14, color="0.4", zorder=3, label="sample")
    for position, degree in enumerate(degrees):
        fit = hat_matrices([degree], x, grid, problem.interval)[0] @ y
        axes.plot(grid, fit, color=f"C{position}", label=f"degree {degree}")
    spread = np.ptp(y) or 1.0
    axes.set(ylim=(y.min() - spread / 4, y.max() + spread / 4), xlabel="x", ylabel="y")
    axes.set_title("Sample and fitted lines")
    axes.legend()


def draw_decomposition(
    axes: Axes, degrees: Sequence[int], exact: Decomposition, simulation: Simulation | None
) -> None:
    """Draw bias², variance, noise and E[MSE] over degree: exact lines, bands of ± 2 standard errors."""
    for part, label, color in CURVES:
        axes.plot(degrees, getattr(exact, part), color=color, marker=".", label=label)
        if simulation is not None:
            _band(axes, degrees, getattr(simulation, part), color)
    axes.axhline(exact.noise, color="0.5", linestyle="--", label="noise")
    best = int(np.argmin(exact.mse))
    axes.plot(degrees[best], exact.mse[best], "*", color="C3", markersize=14, label=f"best: {degrees[best]}")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(yscale="log", xlabel="degree", ylabel="mean over the test points")
    axes.set_ylim(bottom=max(1e-5, 0.3 * float(min(exact.bias_squared.min(), exact.variance.min()) or 1e-5)))
    sets = "" if simulation is None else f", bands ± 2 SE of {simulation.errors.shape[1]:,} data sets"
    axes.set_title(f"Fixed x: exact{sets}")
    axes.legend(fontsize="small")


def draw_fresh_x(axes: Axes, degrees: Sequence[int], fresh: FreshX) -> None:
    """Draw the median risk over draws of the training points with its 5–95 % band, and the mean."""
    low, median, high = (fresh.quantile(level) for level in (0.05, 0.5, 0.95))
    axes.fill_between(degrees, low, high, color="C3", alpha=0.2, linewidth=0, label="5–95 %")
    axes.plot(degrees, median, color="C3", marker=".", label="median E[MSE]")
    mean = fresh.simulation.mse
    axes.errorbar(
        degrees, mean.value, yerr=2 * mean.se, color="C0", marker="_", linestyle=":", label="mean ± 2 SE"
    )
    axes.axhline(fresh.simulation.noise, color="0.5", linestyle="--", label="noise")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(yscale="log", xlabel="degree", ylabel="E[MSE] given the training points")
    axes.set_title(f"Fresh x: quantiles over {fresh.risks.shape[1]:,} data sets")
    axes.legend(fontsize="small")


def draw_ridge_path(axes: Axes, result: RidgeResult) -> None:
    """Draw the exact parts over the penalty, the chosen penalty and the unpenalised E[MSE] marked."""
    alphas, path = result.alphas, result.path
    for part, label, color in CURVES:
        axes.plot(alphas, getattr(path, part), color=color, label=label)
    axes.axhline(result.fits.exact.mse[0], color="C3", linestyle=":", label="E[MSE] without penalty")
    axes.axvline(result.alpha, color="0.3", linestyle="--", label=f"α = {result.alpha:g}")
    axes.set(xscale="log", yscale="log", xlabel="α", ylabel="mean over the test points")
    axes.set_ylim(bottom=max(1e-5, float(path.bias_squared.min())))
    axes.set_title(f"Ridge path of degree {result.fits.degrees[0]}, {result.basis} basis, exact")
    axes.legend(fontsize="small")


def _band(axes: Axes, degrees: Sequence[int], estimates: Estimates, color: str) -> None:
    low, high = estimates.value - 2 * estimates.se, estimates.value + 2 * estimates.se
    axes.fill_between(
        degrees, np.maximum(low, 1e-12), np.maximum(high, 1e-12), color=color, alpha=0.25, linewidth=0
    )
