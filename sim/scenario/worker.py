"""One worker of a scenario: its speed, its faults, and when it takes part."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Self

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from sim.scenario.durations import Compute, Duration, form
from sim.scenario.faults import LIST, NUMBER, KeyFault
from sim.scenario.measured import file_named, times_by_worker
from sim.scenario.model import PLAIN, Count, Instant, Positive, Seconds, Text, Value, folder_of
from sim.scenario.units import Rate

MOST_WORKERS = 1_000_000

Name = Annotated[Text, Field(min_length=1, max_length=200)]
Step = tuple[Instant, Positive]
Interval = tuple[Instant, Seconds]
Speed = Annotated[
    Annotated[Positive, Tag(NUMBER)] | Annotated[tuple[Step, ...], Tag(LIST)], Discriminator(form)
]


class Failures(Value):
    """Random failures: time in operation until the next one, and time to repair.

    ``mtbf`` as a number is the mean of an exponential (failures without memory); as a distribution it is
    that. ``repair`` as a number is a constant.
    """

    mtbf: Duration
    repair: Duration


class Slowdowns(Value):
    """A second state: after each time ``every`` at full speed, a time ``lasting`` at ``factor`` of it."""

    every: Duration
    lasting: Duration
    factor: Positive


class Worker(Value):
    """One worker, or with ``count`` a group ``name-1 … name-count`` of workers alike.

    Attributes
    ----------
    name
        Unique in the scenario.
    compute
        Seconds that a gradient takes at speed 1: a number, a list (one for each gradient; the worker ends
        with the list) or a distribution.
    gradients
        Stop after starting so many.
    speed
        Divides the compute times: a factor, or steps ``(from second, factor)``, between which the work done
        is the integral of the speed (1 before the first step).
    slowdowns
        Random changes between full speed and a fraction of it.
    offline
        Intervals ``(from, to)`` in seconds; the gradient in flight is lost, the worker reads anew when it
        is back.
    failures
        Random times offline.
    joins, leaves
        The instants, in seconds, between which the worker takes part.
    bandwidth
        Of the worker's own link, in bytes a second; the network's where not given.
    """

    also: ClassVar = frozenset({"csv"})

    name: Name
    compute: Compute
    gradients: Count | None = None
    count: Annotated[int, Field(strict=True, ge=1, le=MOST_WORKERS), PLAIN] | None = None
    speed: Speed = 1.0
    slowdowns: Slowdowns | None = None
    offline: tuple[Interval, ...] = ()
    failures: Failures | None = None
    joins: Instant = 0.0
    leaves: Seconds | None = None
    bandwidth: Rate | None = None

    @field_validator("compute", mode="before")
    @classmethod
    def _measured(cls, given: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 -- unvalidated input
        """Accept ``{csv = FILE}``: a file of measured iteration times, of which this worker takes its own."""
        if not isinstance(given, dict) or "kind" in given or "csv" not in given:
            return given
        if others := sorted(set(given) - {"csv"}):
            raise KeyFault(str(others[0]), "unknown key beside csv, whose columns are worker and seconds")
        path, name = folder_of(info) / file_named(given["csv"]), info.data.get("name")
        times = times_by_worker(path)
        if name not in times:
            raise ValueError(f"{path} has no row for the worker {name!r}")
        return times[name]

    @field_validator("speed")
    @classmethod
    def _speed_steps_in_order(cls, speed: float | tuple[Step, ...]) -> float | tuple[Step, ...]:
        if isinstance(speed, tuple):
            starts = [start for start, _ in speed]
            if not starts or any(a >= b for a, b in pairwise(starts)):
                raise ValueError(f"steps must begin at increasing seconds, not at {starts}")
        return speed

    @field_validator("offline")
    @classmethod
    def _intervals_in_order(cls, offline: tuple[Interval, ...]) -> tuple[Interval, ...]:
        instants = [instant for interval in offline for instant in interval]
        if any(a >= b for a, b in pairwise(instants)):
            raise ValueError(f"intervals must be in order and apart, each from before to, not {instants}")
        return offline

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.leaves is not None and self.leaves <= self.joins:
            raise ValueError(f"leaves {self.leaves} must be later than joins {self.joins}")
        if self.offline and self.failures:
            raise ValueError("offline and failures exclude each other: give intervals or random failures")
        return self

    @property
    def most(self) -> int | None:
        """The number of gradients after which the worker ends, if there is one."""
        listed = [len(self.compute)] if isinstance(self.compute, tuple) else []
        return min([*listed, *([self.gradients] if self.gradients else [])], default=None)

    @property
    def endless(self) -> bool:
        """Whether nothing in the worker itself ends it."""
        return self.most is None and self.leaves is None

    @property
    def always_there(self) -> bool:
        """Whether the worker takes part from the start of the run to its end."""
        return not (self.joins or self.leaves or self.offline or self.failures)

    @property
    def varies(self) -> bool:
        """Whether the speed changes during the run."""
        return isinstance(self.speed, tuple) or self.slowdowns is not None

    @property
    def names(self) -> Iterator[str]:
        """The names of the worker or of the group's members."""
        if self.count is None:
            yield self.name
        else:
            for number in range(1, self.count + 1):
                yield f"{self.name}-{number}"
