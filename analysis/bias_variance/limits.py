"""What is too much: refused before memory is taken, and numbers that leave the range of floats."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from analysis.errors import AnalysisError

MOST_NUMBERS = 50_000_000
"""Of one array: 0.4 GB."""
HIGHEST_DEGREE = 999


def check_size(name: str, count: int, what: str) -> None:
    """Refuse an array of more than `MOST_NUMBERS` numbers; `what` says which, `name` is the setting to lower.

    Raises
    ------
    AnalysisError
        With what it would take.
    """
    if count > MOST_NUMBERS:
        raise AnalysisError(
            f"{name}: {what} would take {count * 8 / 1e9:,.1f} GB, more than {MOST_NUMBERS * 8 / 1e9:.1f} GB:"
            " lower it"
        )


@contextmanager
def within_floats() -> Iterator[None]:
    """Turn an overflow, and a system of equations without a solution, into one sentence."""
    try:
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            yield
    except (FloatingPointError, OverflowError) as error:
        raise AnalysisError(
            f"the numbers leave the range of floats ({error}): take smaller values of the function, the"
            " noise, the penalty or the interval, or a lower degree"
        ) from None
    except np.linalg.LinAlgError as error:
        raise AnalysisError(f"the fit has no solution in floats ({error}): lower the degree") from None
