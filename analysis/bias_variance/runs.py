"""The runs behind the command ``bias-variance``: settings in, report, data and figure out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.bias_variance import report
from analysis.bias_variance.decomposition import Problem, exact, fixed_split
from analysis.bias_variance.polynomials import Basis, hat_matrices, ridge_hat_matrices
from analysis.bias_variance.quadratic_forms import squared_error
from analysis.bias_variance.replay import DEGREES, PRINTED_LINES, compare, replay
from analysis.bias_variance.simulation import simulate, simulate_fresh_x
from analysis.console import progress
from analysis.delivery import Run
from analysis.errors import AnalysisError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SAMPLE = 20
SHOWN_DEGREES = (1, 3, 10)
ALPHAS = np.logspace(-6, 6, 121)

__all__ = ["Problem", "Run", "fixed_run", "fresh_run", "replay_run", "ridge_run"]


def fixed_run(
    problem: Problem, *, degrees: Sequence[int], datasets: int, points: int, test: int, seed: int
) -> Run:
    """Decompose for fixed x: exactly, and by simulation."""
    split = fixed_split(problem, points=points, test=test, seed=seed)
    hats = hat_matrices(degrees, split.x_train, split.x_test, problem.interval)
    truth = exact(hats, problem, split)
    noise_stream, sample_stream = _streams(seed)
    with progress() as bar:
        bar.add_task(f"{datasets} data sets", total=None)
        simulation = simulate(hats, problem, split, datasets=datasets, rng=noise_stream)
    names = [f"degree {degree}" for degree in degrees]

    def draw() -> "Figure":
        from analysis.bias_variance import figures
        from analysis.figures import panels

        figure, (left, right) = panels(2)
        figures.draw_sample(left, problem, *_sample(problem, sample_stream), _shown(degrees))
        figures.draw_decomposition(right, degrees, truth, simulation)
        return figure

    settings = _settings(problem, "fixed-x", points, test, seed)
    return Run(
        report=report.fixed_report(names, truth, simulation),
        data=settings | report.fixed_data(names, truth, simulation),
        draw=draw,
    )


def fresh_run(
    problem: Problem, *, degrees: Sequence[int], datasets: int, points: int, test: int, seed: int
) -> Run:
    """Decompose over redrawn training points, on test points in the middle of equal cells."""
    if test >= points:
        raise AnalysisError(f"test: {test} points of {points} leave none to train")
    low, high = problem.interval
    x_test = low + (np.arange(test) + 0.5) * (high - low) / test
    x_stream, sample_stream = _streams(seed)
    with progress() as bar:
        task = bar.add_task("data sets", total=datasets)
        fresh = simulate_fresh_x(
            degrees,
            problem,
            x_test,
            points=points - test,
            datasets=datasets,
            rng=x_stream,
            advance=lambda done: bar.advance(task, done),
        )
    names = [f"degree {degree}" for degree in degrees]

    def draw() -> "Figure":
        from analysis.bias_variance import figures
        from analysis.figures import panels

        figure, (left, right) = panels(2)
        figures.draw_sample(left, problem, *_sample(problem, sample_stream), _shown(degrees))
        figures.draw_fresh_x(right, degrees, fresh)
        return figure

    return Run(
        report=report.fresh_report(names, fresh),
        data=_settings(problem, "fresh-x", points, test, seed) | report.fresh_data(names, fresh),
        draw=draw,
    )


def ridge_run(
    problem: Problem,
    *,
    alpha: float,
    degree: int,
    basis: Basis,
    datasets: int,
    points: int,
    test: int,
    seed: int,
) -> Run:
    """Compare one degree without and with a penalty, and follow the penalty over its path."""
    if not (np.isfinite(alpha) and alpha > 0):
        raise AnalysisError(f"ridge: {alpha:g} must be a penalty above 0")
    if problem.noise == 0:
        raise AnalysisError("noise: without noise there is no variance for --ridge to trade: give it some")
    split = fixed_split(problem, points=points, test=test, seed=seed)
    places = (split.x_train, split.x_test, problem.interval)
    hats = ridge_hat_matrices((0.0, alpha), degree, *places, basis=basis)
    truth = exact(hats, problem, split)
    noise_stream, _ = _streams(seed)
    simulation = simulate(hats, problem, split, datasets=datasets, rng=noise_stream)
    f_train, f_test = problem.target(split.x_train), problem.target(split.x_test)
    plain, penalised = (squared_error(hat, f_train, f_test, problem.noise) for hat in hats)
    comparison = compare(plain, penalised, datasets=datasets)
    path = exact(ridge_hat_matrices(ALPHAS.tolist(), degree, *places, basis=basis), problem, split)
    best = int(np.argmin(path.mse))
    names = [f"degree {degree}", f"ridge {alpha:g}"]

    def draw() -> "Figure":
        from analysis.bias_variance import figures
        from analysis.figures import panels

        figure, (axes,) = panels(1)
        figures.draw_ridge_path(axes, ALPHAS, path, alpha, float(truth.mse[0]))
        return figure

    return Run(
        report=[
            *report.fixed_report(names, truth, simulation),
            "",
            *report.comparison_report(comparison, datasets),
            (
                f"\nOver all penalties ({basis} basis) E[MSE] is lowest at {ALPHAS[best]:.3g}:"
                f" {path.mse[best]:.6f}."
            ),
        ],
        data=_settings(problem, "fixed-x", points, test, seed)
        | {"degree": degree, "alpha": alpha, "basis": basis}
        | report.fixed_data(names, truth, simulation)
        | {
            "comparison": vars(comparison),
            "path": [
                {"alpha": float(a), "bias_squared": float(b), "variance": float(v), "mse": float(m)}
                for a, b, v, m in zip(ALPHAS, path.bias_squared, path.variance, path.mse, strict=True)
            ],
        },
        draw=draw,
    )


def replay_run() -> Run:
    """Replay the hand-in."""
    with progress() as bar:
        bar.add_task("replaying", total=None)
        result = replay()

    def draw() -> "Figure":
        from analysis.bias_variance import figures
        from analysis.figures import panels

        figure, (left, right) = panels(2)
        figures.draw_sample(left, result.problem, result.x, result.y, tuple(PRINTED_LINES))
        figures.draw_decomposition(right, DEGREES, result.exact, None)
        return figure

    return Run(report=report.replay_report(result), data=report.replay_data(result), draw=draw)


def _streams(seed: int) -> tuple[np.random.Generator, np.random.Generator]:
    first, second = np.random.SeedSequence(seed).spawn(2)
    return np.random.default_rng(first), np.random.default_rng(second)


def _sample(problem: Problem, stream: np.random.Generator) -> tuple[Any, Any]:
    low, high = problem.interval
    x = stream.uniform(low, high, SAMPLE)
    return x, problem.target(x) + stream.normal(0.0, np.sqrt(problem.noise), SAMPLE)


def _shown(degrees: Sequence[int]) -> list[int]:
    """Choose the lines to draw: 1, 3 and 10 where asked for, else the ends."""
    possible = [degree for degree in degrees if degree < SAMPLE]
    return [degree for degree in SHOWN_DEGREES if degree in possible] or possible[
        :: max(1, len(possible) - 1)
    ]


def _settings(problem: Problem, scheme: str, points: int, test: int, seed: int) -> dict[str, Any]:
    return {
        "function": str(problem.target),
        "interval": list(problem.interval),
        "scheme": scheme,
        "points": points,
        "test": test,
        "seed": seed,
    }
