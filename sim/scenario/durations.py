"""How long something takes: a number of seconds, or a distribution to draw seconds from.

Each kind is given by its mean and shape, in the field's usual parameters, and knows its mean.
"""

import math
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import (
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    ValidationInfo,
    model_serializer,
    model_validator,
)

from sim.scenario.faults import LIST, NUMBER, TAG, KeyFault
from sim.scenario.measured import file_named, read_column
from sim.scenario.model import Instant, Positive, Seconds, Value, folder_of
from sim.scenario.units import parse
from sim.scenario.values import plain_number, shown


class _Distribution(Value):
    """What all distributions share: ``kind`` is written even though it is each class's only choice."""

    kind: str

    @model_serializer(mode="wrap")
    def _with_kind(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        rest: dict[str, Any] = write(self)
        return {"kind": self.kind} | rest


class Constant(_Distribution):
    """Always the same: ``mean`` seconds."""

    kind: Literal["constant"] = "constant"
    mean: Seconds


class Exponential(_Distribution):
    """Exponential with the given ``mean`` in seconds (rate 1/mean)."""

    kind: Literal["exponential"] = "exponential"
    mean: Seconds


class ShiftedExponential(_Distribution):
    """A fixed ``shift`` plus an exponential; ``mean`` is the mean of the whole, shift included.

    The straggler model of Lee et al. 2018 and Dutta et al. 2018: shift Δ and rate μ have mean Δ + 1/μ.
    """

    kind: Literal["shifted-exponential"] = "shifted-exponential"
    shift: Instant
    mean: Seconds

    @model_validator(mode="after")
    def _mean_exceeds_shift(self) -> Self:
        if not self.mean > self.shift:
            raise ValueError(
                f"mean {self.mean} must be greater than shift {self.shift}: it is the mean of the whole"
            )
        return self


class Uniform(_Distribution):
    """Uniform between ``low`` and ``high`` seconds."""

    kind: Literal["uniform"] = "uniform"
    low: Instant
    high: Seconds

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low {self.low} must be less than high {self.high}")
        return self

    @property
    def mean(self) -> float:
        """Mean in seconds."""
        return (self.low + self.high) / 2


class Gamma(_Distribution):
    """Gamma with the given ``mean`` and ``shape`` k; its coefficient of variation is 1/√k."""

    kind: Literal["gamma"] = "gamma"
    mean: Seconds
    shape: Positive


class LogNormal(_Distribution):
    """Log-normal with the given ``mean``; ``sigma`` is the standard deviation of the logarithm."""

    kind: Literal["lognormal"] = "lognormal"
    mean: Seconds
    sigma: Positive


class Pareto(_Distribution):
    """Pareto (type I) with the smallest value ``minimum`` x_m and the tail index ``shape`` α.

    A ``mean`` may be given instead of the minimum where it is finite (α > 1): x_m = mean·(α − 1)/α.
    """

    also: ClassVar = frozenset({"mean"})

    kind: Literal["pareto"] = "pareto"
    minimum: Seconds
    shape: Positive

    @model_validator(mode="before")
    @classmethod
    def _from_mean(cls, given: Any) -> Any:  # noqa: ANN401 -- unvalidated input
        if not isinstance(given, dict) or "mean" not in given:
            return given
        rest = {key: value for key, value in given.items() if key != "mean"}
        mean, shape = given["mean"], given.get("shape")
        if "minimum" in given:
            raise ValueError("a pareto takes either its minimum or its mean, not both")
        mean, shape = (_finite(key, value) for key, value in (("mean", mean), ("shape", shape)))
        if not shape > 1:
            raise ValueError(
                f"a pareto with mean {shown(given['mean'])} needs a shape greater than 1, not {shown(shape)}"
            )
        return rest | {"minimum": mean * ((shape - 1) / shape)}

    @property
    def mean(self) -> float:
        """Mean in seconds, infinite for α ≤ 1."""
        return self.minimum * self.shape / (self.shape - 1) if self.shape > 1 else math.inf


class Empirical(_Distribution):
    """Draws, with replacement, from measured ``values`` in seconds.

    In a file, ``csv`` and ``column`` may stand instead of ``values``; the path is relative to the file's
    folder, and the values are read once, so that the scenario is complete in itself.
    """

    also: ClassVar = frozenset({"csv", "column"})

    kind: Literal["empirical"] = "empirical"
    values: tuple[Seconds, ...] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _from_csv(cls, given: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 -- unvalidated input
        if not isinstance(given, dict) or "csv" not in given:
            return given
        rest = {key: value for key, value in given.items() if key not in {"csv", "column"}}
        if "values" in given:
            raise ValueError("an empirical takes either values or a csv, not both")
        column = given.get("column", "seconds")
        if not isinstance(column, str):
            raise KeyFault("column", f"{shown(column)} must be the name of a column")
        return rest | {"values": read_column(folder_of(info) / file_named(given["csv"]), column)}

    @property
    def mean(self) -> float:
        """Mean in seconds."""
        return float(_array(self.values).mean())


@lru_cache(maxsize=128)
def _array(values: tuple[float, ...]) -> NDArray[np.float64]:
    """Return values as an array, which is kept outside of the model: kept in it, it would be compared."""
    return np.array(values)


def _finite(key: str, given: Any) -> float:  # noqa: ANN401 -- unvalidated input
    """Return a number that takes part in arithmetic before pydantic sees it; only a mean has a unit."""
    number = parse(given, "second") if key == "mean" and isinstance(given, str) else plain_number(given)
    try:
        finite = float(number) if isinstance(number, int | float) and not isinstance(number, bool) else None
    except OverflowError:
        finite = None
    if finite is None or not math.isfinite(finite):
        raise KeyFault(key, f"{shown(given)} must be a finite number" if given is not None else "is required")
    return finite


Distribution = Constant | Exponential | ShiftedExponential | Uniform | Gamma | LogNormal | Pareto | Empirical


def form(given: Any) -> str | None:  # noqa: ANN401 -- unvalidated input
    """Name the branch of a union of numbers, lists and distributions that an input means to be."""
    if isinstance(given, dict):
        kind = given.get("kind")
        return f"{TAG}{kind}" if isinstance(kind, str) else TAG
    if isinstance(given, list | tuple):
        return LIST
    if isinstance(given, _Distribution):
        return f"{TAG}{given.kind}"
    return NUMBER


_Kinds = (
    Annotated[Constant, Tag(":constant")]
    | Annotated[Exponential, Tag(":exponential")]
    | Annotated[ShiftedExponential, Tag(":shifted-exponential")]
    | Annotated[Uniform, Tag(":uniform")]
    | Annotated[Gamma, Tag(":gamma")]
    | Annotated[LogNormal, Tag(":lognormal")]
    | Annotated[Pareto, Tag(":pareto")]
    | Annotated[Empirical, Tag(":empirical")]
)
Duration = Annotated[Annotated[Seconds, Tag(NUMBER)] | _Kinds, Discriminator(form)]
"""A number of seconds (always the same) or a distribution."""

Cost = Annotated[Annotated[Instant, Tag(NUMBER)] | _Kinds, Discriminator(form)]
"""Like `Duration`, but may be nothing."""

Compute = Annotated[
    Annotated[Seconds, Tag(NUMBER)]
    | Annotated[Annotated[tuple[Seconds, ...], Field(min_length=1)], Tag(LIST)]
    | _Kinds,
    Discriminator(form),
]
"""A `Duration`, or a list of seconds: one for each gradient, and the worker ends with the list."""


def mean_of(duration: float | Distribution) -> float:
    """Return the mean of a number of seconds or of a distribution, in seconds."""
    return duration if isinstance(duration, int | float) else duration.mean
