"""Single values that a scenario is given: numpy's numbers among them, and how an error shows each."""

from typing import Any, Final

import numpy as np

from sim.errors import ScenarioError

NANOSECOND: Final = 1e-9
"""The shortest duration, in seconds."""

_WORDS: Final = {"dict": "table", "tuple": "list"}

LARGEST_SEED: Final = 2**128 - 1

LONGEST_SHOWN: Final = 60
"""Characters of a value that an error repeats."""


def plain_number(given: Any) -> Any:  # noqa: ANN401 -- unvalidated input
    """Return Python's own number for one of numpy's, anything else as it is."""
    return given.item() if isinstance(given, np.number) else given


def checked_seed(given: Any) -> int:  # noqa: ANN401 -- unvalidated input
    """Return a seed as Python's own integer.

    Raises
    ------
    ScenarioError
        Where it is no whole number from 0 to `LARGEST_SEED`.

    Examples
    --------
    >>> checked_seed(1.5)
    Traceback (most recent call last):
    ...
    sim.errors.ScenarioError: seed 1.5 must be a whole number from 0 to 2**128 - 1
    """
    seed = plain_number(given)
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= LARGEST_SEED:
        raise ScenarioError(f"seed {shown(given)} must be a whole number from 0 to 2**128 - 1")
    return seed


def shown(given: Any) -> str:  # noqa: ANN401 -- unvalidated input
    """Return a value as an error names it: short, whatever it is.

    >>> shown("abc"), shown(10**5000), shown([1, 2])
    ("'abc'", 'a whole number of 5001 digits', 'a list')
    """
    if isinstance(given, int) and abs(given) >= 10**LONGEST_SHOWN:
        return f"a whole number of {_digits(abs(given))} digits"
    if isinstance(given, str) and len(given) > LONGEST_SHOWN:
        return f"{given[:LONGEST_SHOWN]!r}…"
    if given is None or isinstance(given, bool | int | float | str):
        return repr(given)
    name = type(given).__name__
    return f"a {_WORDS.get(name, name)}"


def _digits(number: int) -> int:
    """Count decimal digits without writing them, which Python refuses for more than 4300."""
    fewest = int((number.bit_length() - 1) * 0.30102999566398120)
    return fewest + 1 if number < 10 ** (fewest + 1) else fewest + 2
