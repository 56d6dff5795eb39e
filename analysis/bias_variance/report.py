"""Bias–variance results in words, tables and plain data."""

from collections.abc import Sequence
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
    Comparison,
    Replay,
    Row,
    agrees,
)
from analysis.bias_variance.simulation import Estimates, FreshX, Simulation
from analysis.console import table

PARTS = ("bias_squared", "variance", "mse")
TAILS = (0.05, 0.5, 0.95)
PRINTED_RUN = 2


def fixed_report(names: Sequence[str], exact: Decomposition, simulation: Simulation) -> list[Any]:
    """Return the table of exact and simulated figures and a sentence on the best fit."""
    datasets = simulation.errors.shape[1]
    made = table("fit", "bias²", "variance", "E[MSE]", "bias² ± SE", "variance ± SE", "MSE ± SE")
    for k, name in enumerate(names):
        made.add_row(
            name,
            *(f"{getattr(exact, part)[k]:.6f}" for part in PARTS),
            *(_estimate(getattr(simulation, part), k) for part in PARTS),
        )
    heading = f"Exact, and from {datasets} data sets common to all fits; noise {exact.noise:g}, known\n"
    return [heading, made, "", _best(names, exact, simulation)]


def _best(names: Sequence[str], exact: Decomposition, simulation: Simulation) -> str:
    best, found = int(np.argmin(exact.mse)), int(np.argmin(simulation.mse.value))
    sentence = f"Best: {names[best]}, E[MSE] {exact.mse[best]:.6f}; the simulation finds {names[found]}."
    if len(names) == 1:
        return sentence
    second = int(np.argsort(exact.mse)[1])
    gap, se = simulation.difference(second, best)
    return (
        f"{sentence}\nIts lead over {names[second]}: {exact.mse[second] - exact.mse[best]:.6f} exactly,"
        f" {gap:.4f}±{se:.4f} simulated."
    )


def fixed_data(names: Sequence[str], exact: Decomposition, simulation: Simulation) -> dict[str, Any]:
    """Return the same as plain data."""
    return {
        "noise": exact.noise,
        "datasets": simulation.errors.shape[1],
        "fits": [
            {
                "fit": name,
                "exact": {part: float(getattr(exact, part)[k]) for part in PARTS},
                "simulated": _simulated(simulation, k),
            }
            for k, name in enumerate(names)
        ],
        "best": {
            "exact": names[int(np.argmin(exact.mse))],
            "simulated": names[int(np.argmin(simulation.mse.value))],
        },
    }


def fresh_report(names: Sequence[str], fresh: FreshX) -> list[Any]:
    """Return the table of means and quantiles over draws of the training points."""
    simulation = fresh.simulation
    made = table("fit", "bias²", "variance", "mean MSE ± SE", "median", "5 %", "95 %")
    low, median, high = (fresh.quantile(level) for level in TAILS)
    for k, name in enumerate(names):
        made.add_row(
            name,
            _short(simulation.bias_squared.value[k]),
            _short(simulation.variance.value[k]),
            f"{_short(simulation.mse.value[k])}±{_short(simulation.mse.se[k])}",
            *(_short(level[k]) for level in (median, low, high)),
        )
    best_mean, best_median = int(np.argmin(simulation.mse.value)), int(np.argmin(median))
    return [
        (
            f"{fresh.risks.shape[1]} draws of the training points, common to all fits; the noise"
            f" ({simulation.noise:g}) is\naveraged out exactly; quantiles are of E[MSE] given the points\n"
        ),
        made,
        (
            f"\nBest by the mean: {names[best_mean]}; by the median: {names[best_median]}.\n"
            "A mean far above its median hangs on rare draws that leave a gap at an end."
        ),
    ]


def fresh_data(names: Sequence[str], fresh: FreshX) -> dict[str, Any]:
    """Return the same as plain data."""
    quantiles = {f"{level:g}": fresh.quantile(level) for level in TAILS}
    return {
        "noise": fresh.simulation.noise,
        "datasets": fresh.risks.shape[1],
        "fits": [
            {
                "fit": name,
                "simulated": _simulated(fresh.simulation, k),
                "risk_quantiles": {level: float(values[k]) for level, values in quantiles.items()},
            }
            for k, name in enumerate(names)
        ],
        "best": {
            "mean": names[int(np.argmin(fresh.simulation.mse.value))],
            "median": names[int(np.argmin(fresh.quantile(0.5)))],
        },
    }


def comparison_report(comparison: Comparison, datasets: int) -> list[Any]:
    """Say what comparing the plain with the penalised fit can show."""
    c = comparison
    made = table("measured", "SD of the gain", "P(wrong sign)", "data sets for 1.96 SD")
    made.add_row(
        "on noise of its own", f"{c.unpaired_sd:.4f}", f"{c.unpaired_wrong:.3f}", str(c.unpaired_needed)
    )
    made.add_row("on common noise", f"{c.paired_sd:.4f}", f"{c.paired_wrong:.3f}", str(c.paired_needed))
    verb = "lowers" if c.gain > 0 else "raises"
    return [
        f"The penalty {verb} E[MSE] by {abs(c.gain):.6f}, exactly. Measuring that on {datasets} data sets:\n",
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
            str(degree), *_cells(replay.table[degree]), _verdict(replay, degree), *_exact(replay.exact, k)
        )
    best = DEGREES[int(np.argmin(replay.exact.mse))]
    ridge = table("", "MSE", "bias²", "variance", "as printed", "E[MSE]", "bias²", "variance")
    for run, rows in enumerate(replay.ridge, start=1):
        for k, (name, row) in enumerate(zip((f"g{RIDGE_DEGREE}", "ridge"), rows, strict=True)):
            printed = _ridge_verdict(row, PRINTED_RIDGE[k]) if run == PRINTED_RUN else "-"
            ridge.add_row(f"{name}, run {run}", *_cells(row), printed, *_exact(replay.ridge_exact, k))
    return [
        "\n".join(lines),
        made,
        "     (?: the printed figure is not at hand; -: it hangs on the solver)\n",
        f'"The best model has degree 8": right; exactly, degree {best} is best.',
        f"The hand-in's scheme finds it with probability {replay.best_probability:.2f}.\n",
        f"1.5  Degree {RIDGE_DEGREE} and ridge {ALPHA}; the cell was run twice, and run 2 was printed:\n",
        ridge,
        f'\n"The penalty lowers MSE (g{RIDGE_DEGREE})": true, but not shown; run 1 had it the other way.',
        *comparison_report(replay.comparison, DATASETS),
    ]


def replay_data(replay: Replay) -> dict[str, Any]:
    """Return the same as plain data."""
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
                "status": _verdict(replay, degree),
                "exact": {part: float(getattr(replay.exact, part)[k]) for part in PARTS},
            }
            for k, degree in enumerate(DEGREES)
        ],
        "best_degree": DEGREES[int(np.argmin(replay.exact.mse))],
        "best_probability": replay.best_probability,
        "ridge": {
            "runs": [[vars(row) for row in rows] for rows in replay.ridge],
            "exact": [{part: float(getattr(replay.ridge_exact, part)[k]) for part in PARTS} for k in (0, 1)],
            "comparison": vars(replay.comparison),
        },
    }


def _line(replay: Replay, degree: int) -> str:
    coefficients = replay.lines[degree]
    matching = sum(map(agrees, coefficients, PRINTED_LINES[degree]))
    return f"g{degree}: {matching} of {len(coefficients)} coefficients as printed"


def _verdict(replay: Replay, degree: int) -> str:
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
    return [f"{exact.mse[k]:.6f}", f"{exact.bias_squared[k]:.6f}", f"{exact.variance[k]:.6f}"]


def _estimate(estimates: Estimates, k: int) -> str:
    return f"{estimates.value[k]:.4f}±{estimates.se[k]:.4f}"


def _simulated(simulation: Simulation, k: int) -> dict[str, dict[str, float]]:
    return {
        part: {
            "value": float(getattr(simulation, part).value[k]),
            "se": float(getattr(simulation, part).se[k]),
        }
        for part in PARTS
    }


def _short(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 100 else f"{value:.3g}"  # noqa: PLR2004  # keeps columns narrow
