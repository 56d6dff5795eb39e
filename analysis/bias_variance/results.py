"""What the experiments find: values with a short text, a table for pandas and one for notebooks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.bias_variance.decomposition import Decomposition, Problem
from analysis.bias_variance.polynomials import Basis
from analysis.bias_variance.replay import Detectability
from analysis.bias_variance.simulation import FreshX, Simulation
from analysis.notebooks import as_html

if TYPE_CHECKING:
    import pandas as pd

PARTS = ("bias_squared", "variance", "mse")
TAILS = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Settings:
    """What was decomposed: the problem, points in all and to test on, and the seed of every draw."""

    problem: Problem
    points: int
    test: int
    seed: int

    def __str__(self) -> str:
        low, high = self.problem.interval
        return (
            f"f(x) = {self.problem.target} on [{low:g}, {high:g}], noise {self.problem.noise:g},"
            f" {self.points} points, seed {self.seed}"
        )


class _Shown:
    """A result that has a heading and a table."""

    def to_pandas(self) -> "pd.DataFrame":
        """Return a row for each fit."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        return as_html(repr(self), self.to_pandas())


@dataclass(frozen=True, eq=False, repr=False)
class FixedXResult(_Shown):
    """Fits for fixed x: the exact parts, and the same estimated from data sets that all fits share.

    Attributes
    ----------
    settings
        Of what.
    degrees
        Of the fits, in order.
    names
        What they are called.
    exact, simulation
        Their parts, an entry for each fit.
    """

    settings: Settings
    degrees: tuple[int, ...]
    names: tuple[str, ...]
    exact: Decomposition
    simulation: Simulation

    @property
    def best(self) -> str:
        """The fit of the lowest exact E[MSE]."""
        return self.names[int(np.argmin(self.exact.mse))]

    def __repr__(self) -> str:
        return (
            f"FixedXResult({self.settings}: {len(self.names)} fits, best {self.best},"
            f" E[MSE] {self.exact.mse.min():.6g})"
        )

    def to_pandas(self) -> "pd.DataFrame":
        """Return a row for each fit: its exact parts, the simulated ones and their standard errors."""
        import pandas as pd

        exact = {part: getattr(self.exact, part) for part in PARTS}
        return pd.DataFrame({"fit": self.names, **exact, **_simulated(self.simulation)})


@dataclass(frozen=True, eq=False, repr=False)
class FreshXResult(_Shown):
    """Fits whose training points are drawn anew for each data set.

    Attributes
    ----------
    settings, degrees, names
        As those of `FixedXResult`.
    fresh
        The parts, and the risk given each draw, an entry for each fit.
    """

    settings: Settings
    degrees: tuple[int, ...]
    names: tuple[str, ...]
    fresh: FreshX

    @property
    def best(self) -> Mapping[str, str]:
        """The best fit by the mean, and by the median."""
        mean = self.fresh.simulation.mse.value
        median = self.fresh.quantile(0.5)
        return {"mean": self.names[int(np.argmin(mean))], "median": self.names[int(np.argmin(median))]}

    def __repr__(self) -> str:
        best = self.best
        return (
            f"FreshXResult({self.settings}: {len(self.names)} fits,"
            f" best by the mean {best['mean']}, by the median {best['median']})"
        )

    def to_pandas(self) -> "pd.DataFrame":
        """Return a row for each fit: its parts, their standard errors, and quantiles of the risk."""
        import pandas as pd

        tails = {f"mse_{100 * level:g}%": self.fresh.quantile(level) for level in TAILS}
        return pd.DataFrame({"fit": self.names, **_simulated(self.fresh.simulation), **tails})


@dataclass(frozen=True, eq=False, repr=False)
class RidgeResult(_Shown):
    """One degree without and with a penalty, and its path over all penalties.

    Attributes
    ----------
    fits
        The fit without penalty and the one with it.
    alpha, basis
        The penalty, and whose coefficients it is on.
    detectability
        What measuring the gain on these data sets can show.
    alphas, path
        The penalties of the path, and the exact parts at each.
    """

    fits: FixedXResult
    alpha: float
    basis: Basis
    detectability: Detectability
    alphas: NDArray[np.float64]
    path: Decomposition

    def __repr__(self) -> str:
        plain, penalised = self.fits.exact.mse
        return (
            f"RidgeResult({self.fits.settings}: degree {self.fits.degrees[0]}, E[MSE] {plain:.6g};"
            f" with {self.alpha:g} on {self.basis} coefficients {penalised:.6g})"
        )

    def to_pandas(self) -> "pd.DataFrame":
        """Return a row for each penalty of the path: its exact parts."""
        import pandas as pd

        return pd.DataFrame({"alpha": self.alphas, **{part: getattr(self.path, part) for part in PARTS}})


def _simulated(simulation: Simulation) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    for part in PARTS:
        estimates = getattr(simulation, part)
        parts |= {f"simulated_{part}": estimates.value, f"simulated_{part}_se": estimates.se}
    return parts
