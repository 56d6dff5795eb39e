"""What the experiment finds: every run as it was watched, and how it is read back from JSON."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from analysis.errors import AnalysisError
from analysis.learning.results import content_of, validated
from analysis.learning.setups import DataSummary, Setup
from analysis.staleness.runs import Curve
from analysis.staleness.settings import StalenessOptions


@dataclass(frozen=True)
class Arm:
    """A protocol with a rule, and its runs.

    Attributes
    ----------
    name, protocol
        As asked for, and in words.
    momentum
        The server's, of each run, after a correction.
    staleness
        ``staleness[s]`` counts the gradients of staleness s, of all runs together.
    versions
        The most versions of the weights that a run had to keep at once.
    curves
        One for each seed.
    """

    name: str
    protocol: str
    momentum: tuple[float, ...]
    staleness: tuple[int, ...]
    versions: int
    curves: tuple[Curve, ...]

    @property
    def mean_staleness(self) -> float:
        """Of all gradients of all runs."""
        count = sum(self.staleness)
        return sum(stale * number for stale, number in enumerate(self.staleness)) / count if count else 0.0


@dataclass(frozen=True)
class StalenessResult:
    """All arms, with the same seeds, and what they have in common; a version takes ``version_bytes``."""

    experiment: Literal["staleness"]
    scenario: dict[str, Any]
    setup: Setup
    options: StalenessOptions
    machine: dict[str, str | int]
    parameters: int
    version_bytes: int
    arms: tuple[Arm, ...]
    data: DataSummary

    def __post_init__(self) -> None:
        if not self.arms or not all(arm.curves for arm in self.arms):
            raise AnalysisError("arms: must be one at least, each with its runs")
        if len({tuple(curve.seed for curve in arm.curves) for arm in self.arms}) > 1:
            raise AnalysisError("arms: must have the same seeds, or they cannot be compared")

    @property
    def title(self) -> str:
        """What the result was made from: the scenario, the data set with its fingerprint, net and scale."""
        scenario = self.scenario.get("title") or "untitled scenario"
        data = f"{self.data.name} ({self.data.fingerprint})"
        return f"{scenario}; {data}, {self.setup.net}, scale {self.setup.scale}"


def read_staleness(path: Path) -> StalenessResult:
    """Read a result from its JSON.

    Raises
    ------
    AnalysisError
        When the file cannot be read, or holds something else.
    """
    return validated(path, content_of(path, "staleness"), StalenessResult)
