"""Bias–variance results in words and tables."""

from typing import Any

import numpy as np

from analysis.bias_variance.decomposition import Decomposition
from analysis.bias_variance.replay import (
    ALPHA,
    DATASETS,
    DEGREES,
    DETERMINED,
    PRINTED_LINES,
    PRINTED_RIDGE,
    PRINTED_SAMPLE,
    PRINTED_TABLE,
    RIDGE_DEGREE,
    Detectability,
    Replay,
    Row,
    agrees,
)
from analysis.bias_variance.results import PARTS, TAILS, FixedXResult, FreshXResult, RidgeResult
from analysis.bias_variance.simulation import Estimates
from analysis.console import table

PRINTED_RUN = 2
LARGE = 1e6
"""From here on numbers are printed with an exponent."""


def fixed_report(result: FixedXResult) -> list[Any]:
    """Return the table of exact and simulated figures and a sentence on the best fit."""
    exact, simulation = result.exact, result.simulation
    made = table("fit", "bias²", "variance", "E[MSE]", "bias² ± SE", "variance ± SE", "MSE ± SE")
    for k, name in enumerate(result.names):
        made.add_row(name, *_exact(exact, k), *(_estimate(getattr(simulation, part), k) for part in PARTS))
    datasets = simulation.errors.shape[1]
    heading = f"Exact, and from {datasets} data sets common to all fits; noise {exact.noise:g}, known\n"
    return [heading, made, "", _best(result)]


def _best(result: FixedXResult) -> str:
    exact, simulation, names = result.exact, result.simulation, result.names
    best, found = int(np.argmin(exact.mse)), int(np.argmin(simulation.mse.value))
    sentence = f"Best: {names[best]}, E[MSE] {_six(exact.mse[best])}; the simulation finds {names[found]}."
    if len(names) == 1:
        return sentence
    second = int(np.argsort(exact.mse)[1])
    gap, se = simulation.difference(second, best)
    return (
        f"{sentence}\nIts lead over {names[second]}: {_six(exact.mse[second] - exact.mse[best])} exactly,"
        f" {_four(gap)}±{_four(se)} simulated."
    )


def fresh_report(result: FreshXResult) -> list[Any]:
    """Return the table of means and quantiles over draws of the training points."""
    fresh, simulation = result.fresh, result.fresh.simulation
    made = table("fit", "bias²", "variance", "mean MSE ± SE", "median", "5 %", "95 %")
    low, median, high = (fresh.quantile(level) for level in TAILS)
    for k, name in enumerate(result.names):
        made.add_row(
            name,
            _short(simulation.bias_squared.value[k]),
            _short(simulation.variance.value[k]),
            f"{_short(simulation.mse.value[k])}±{_short(simulation.mse.se[k])}",
            *(_short(level[k]) for level in (median, low, high)),
        )
    return [
        (
            f"{fresh.risks.shape[1]} draws of the training points, common to all fits; the noise"
            f" ({simulation.noise:g}) is\naveraged out exactly; quantiles are of E[MSE] given the points\n"
        ),
        made,
        (
            f"\nBest by the mean: {result.best['mean']}; by the median: {result.best['median']}.\n"
            "A mean far above its median hangs on rare draws that leave a gap at an end."
        ),
    ]


def ridge_report(result: RidgeResult) -> list[Any]:
    """Return the two fits, what comparing them can show, and where the path is lowest."""
    return [
        *fixed_report(result.fits),
        "",
        *_detectability_report(result.detectability, result.fits.simulation.errors.shape[1]),
        f"\n{_lowest(result)}",
    ]


def _lowest(result: RidgeResult) -> str:
    mse, alphas = result.path.mse, result.alphas
    best = int(np.argmin(mse))
    if 0 < best < len(alphas) - 1:
        return (
            f"Over all penalties ({result.basis} basis) E[MSE] is lowest at {alphas[best]:.3g}:"
            f" {_six(mse[best])}."
        )
    edge, beyond = ("least", "less") if best == 0 else ("greatest", "more")
    return (
        f"From {alphas[0]:g} to {alphas[-1]:g} ({result.basis} basis) E[MSE] is lowest at the {edge} penalty:"
        f" {_six(mse[best])}; {beyond} of it may be better still."
    )


def _detectability_report(found: Detectability, datasets: int) -> list[Any]:
    """Say what comparing the plain with the penalised fit can show."""
    made = table("measured", "SD of the gain", "P(wrong sign)", "data sets for 1.96 SD")
    for name, deviation, wrong, needed in (
        ("on noise of its own", found.unpaired_sd, found.unpaired_wrong, found.unpaired_needed),
        ("on common noise", found.paired_sd, found.paired_wrong, found.paired_needed),
    ):
        made.add_row(
            name,
            _four(deviation),
            "unknown" if wrong is None else f"{wrong:.3f}",
            "no number" if needed is None else str(needed),
        )
    if found.gain == 0:
        return ["The penalty leaves E[MSE] as it is: there is no gain to measure."]
    verb = "lowers" if found.gain > 0 else "raises"
    return [
        (
            f"The penalty {verb} E[MSE] by {_six(abs(found.gain))}, exactly. Measuring that on"
            f" {datasets} data sets:\n"
        ),
        made,
    ]


def replay_report(replay: Replay) -> list[Any]:
    """Return the hand-in's figures as replayed, the exact ones beside them, and the verdicts."""
    matching = sum(
        x == given and agrees(y, printed)
        for x, y, (given, printed) in zip(replay.x, replay.y, PRINTED_SAMPLE, strict=True)
    )
    lines = [
        f"1.2  The sample: {matching} of {len(PRINTED_SAMPLE)} rows are as printed, to six decimals.",
        "1.3  " + "; ".join(_line(replay, degree) for degree in PRINTED_LINES),
        (
            f"     g10 is not determined: {len(set(replay.x))} distinct x leave rank"
            f" {len(set(replay.x))} for 11 coefficients."
        ),
        "1.4  Replayed as handed in (noise of its own for each degree), and exact:\n",
    ]
    made = table("degree", "MSE", "bias²", "variance", "as printed", "E[MSE]", "bias²", "variance")
    for k, degree in enumerate(DEGREES):
        made.add_row(
            str(degree), *_cells(replay.table[degree]), verdict(replay, degree), *_mse_first(replay.exact, k)
        )
    best = DEGREES[int(np.argmin(replay.exact.mse))]
    ridge = table("", "MSE", "bias²", "variance", "as printed", "E[MSE]", "bias²", "variance")
    for run, rows in enumerate(replay.ridge, start=1):
        for k, (name, row) in enumerate(zip((f"g{RIDGE_DEGREE}", "ridge"), rows, strict=True)):
            printed = _ridge_verdict(row, PRINTED_RIDGE[k]) if run == PRINTED_RUN else "-"
            ridge.add_row(f"{name}, run {run}", *_cells(row), printed, *_mse_first(replay.ridge_exact, k))
    return [
        "\n".join(lines),
        made,
        "     (?: the printed figure is not at hand; -: it hangs on the solver)\n",
        f'"The best model has degree 8": right; exactly, degree {best} is best.',
        f"The hand-in's scheme finds it with probability {replay.best_probability:.2f}.\n",
        f"1.5  Degree {RIDGE_DEGREE} and ridge {ALPHA}; the cell was run twice, and run 2 was printed:\n",
        ridge,
        f'\n"The penalty lowers MSE (g{RIDGE_DEGREE})": true, but not shown; run 1 had it the other way.',
        *_detectability_report(replay.detectability, DATASETS),
    ]


def _line(replay: Replay, degree: int) -> str:
    coefficients = replay.lines[degree]
    matching = sum(map(agrees, coefficients, PRINTED_LINES[degree]))
    return f"g{degree}: {matching} of {len(coefficients)} coefficients as printed"


def verdict(replay: Replay, degree: int) -> str:
    """Say whether a degree's row is as it was printed."""
    if degree in PRINTED_TABLE:
        return "yes" if replay.table[degree].agrees(PRINTED_TABLE[degree]) else "NO"
    return "?" if degree in DETERMINED else "-"


def _ridge_verdict(row: Row, printed: tuple[str, str, str]) -> str:
    if row.agrees(printed):
        return "yes"
    off = max(abs(value - float(text)) for value, text in zip(vars(row).values(), printed, strict=True))
    return f"to {off:.0e}"


def _cells(row: Row) -> list[str]:
    return [f"{row.mse:.6f}", f"{row.bias_squared:.6f}", f"{row.variance:.6f}"]


def _exact(exact: Decomposition, k: int) -> list[str]:
    return [_six(exact.bias_squared[k]), _six(exact.variance[k]), _six(exact.mse[k])]


def _mse_first(exact: Decomposition, k: int) -> list[str]:
    bias_squared, variance, mse = _exact(exact, k)
    return [mse, bias_squared, variance]


def _estimate(estimates: Estimates, k: int) -> str:
    return f"{_four(estimates.value[k])}±{_four(estimates.se[k])}"


def _six(value: float) -> str:
    return f"{value:.6f}" if abs(value) < LARGE else f"{value:.6e}"


def _four(value: float) -> str:
    return f"{value:.4f}" if abs(value) < LARGE else f"{value:.4e}"


def _short(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 100 else f"{value:.3g}"  # noqa: PLR2004  # keeps columns narrow
