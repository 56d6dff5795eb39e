"""Sizes in bytes and rates in bytes a second; as text with a unit, ``"100 MB"`` and ``"10 Gbit/s"``."""

import re
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field

if TYPE_CHECKING:
    import pint

_QUANTITY = re.compile(
    r"\s*([0-9][0-9_]*(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)\s*([A-Za-z]+(?:\s*/\s*[A-Za-z]+)?)\s*"
)


@cache
def _registry() -> "pint.UnitRegistry[float]":
    import pint

    return pint.UnitRegistry()


def parse(text: str, unit: str) -> float:
    """Return a quantity such as ``"100 MB"`` in a unit such as ``byte`` or ``byte/second``.

    Raises
    ------
    ValueError
        With one sentence, where the text is no number with a unit of that kind.

    Examples
    --------
    >>> parse("10 Gbit/s", "byte/second")
    1250000000.0
    """
    import pint

    match = _QUANTITY.fullmatch(text)
    try:
        if match:
            number, given = match.groups()
            return float(_registry().Quantity(float(number), given).to(unit).magnitude)
    except (pint.errors.PintError, AttributeError):
        pass
    example = "10 Gbit/s" if "/" in unit else "100 MB"
    raise ValueError(f"{text!r} must be a number, in {unit}, or a text with a unit such as {example!r}")


def _in(unit: str) -> BeforeValidator:
    def convert(given: Any) -> Any:  # noqa: ANN401 -- unvalidated input
        return parse(given, unit) if isinstance(given, str) else given

    return BeforeValidator(convert)


Bytes = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False, le=1e18), _in("byte")]
Rate = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False), _in("byte/second")]
