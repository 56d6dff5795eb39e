"""What a sweep is: a scenario, axes and replicas; all that its table depends on, as plain data too."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Self

from sim.scenario import Scenario
from sim.sweep.points import Axis, Point, grid
from sim.sweep.replicas import Replicas


@dataclass(frozen=True)
class Plan:
    """A sweep before it is run.

    Raises
    ------
    ScenarioError
        Where its ``points`` are asked for and none makes a scenario; see `sim.sweep.points.grid`.
    """

    scenario: Scenario
    axes: tuple[Axis, ...]
    replicas: Replicas

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """The points at which the axes cross."""
        return grid(self.scenario, self.axes)

    def to_data(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "scenario": self.scenario.to_data(),
            "over": [[axis.path, list(axis.values)] for axis in self.axes],
            "replicas": asdict(self.replicas),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Return what `to_data` was made from."""
        return cls(
            Scenario.from_data(data["scenario"]),
            tuple(Axis(path, tuple(values)) for path, values in data["over"]),
            Replicas(**data["replicas"]),
        )
