"""What the learning experiments find, and how it is read back from JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar

from analysis.errors import AnalysisError
from analysis.learning.batch_growth import Arm, ArmDifference
from analysis.learning.curves import Curves, Name
from analysis.learning.estimates import estimate
from analysis.learning.range_curve import RangeCurve
from analysis.learning.setups import CyclicalOptions, DataSummary, GrowthOptions, RangeOptions, Setup
from analysis.notebooks import as_html

if TYPE_CHECKING:
    import pandas as pd


class _Shown:
    """A result that has a heading and a table."""

    setup: Setup
    data: DataSummary | None

    @property
    def source(self) -> str:
        """What the result was made from: the data set and its fingerprint, the net and the scale."""
        data = f"{self.data.name} ({self.data.fingerprint})" if self.data else self.setup.dataset
        return f"{data}, {self.setup.net}, scale {self.setup.scale}"

    def to_pandas(self) -> "pd.DataFrame":
        """Return the result as a table."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        return as_html(repr(self), self.to_pandas())


@dataclass(frozen=True, repr=False)
class RangeResult(_Shown):
    """What `lr_range` found: the two curves with their readings."""

    experiment: Literal["lr-range"]
    setup: Setup
    options: RangeOptions
    machine: dict[str, str | int]
    parameters: int
    candidates: RangeCurve
    ramp: RangeCurve
    data: DataSummary | None = None

    def __repr__(self) -> str:
        return f"RangeResult({self.source}: {self.candidates!r}, {self.ramp!r})"

    def to_pandas(self) -> "pd.DataFrame":
        """Return a row for each rate of each curve."""
        import pandas as pd

        curves = [curve.to_pandas().assign(curve=curve.kind) for curve in (self.candidates, self.ramp)]
        return pd.concat(curves, ignore_index=True)


@dataclass(frozen=True, repr=False)
class CyclicalResult(_Shown):
    """What `cyclical` saw, one run per seed."""

    experiment: Literal["cyclical"]
    setup: Setup
    options: CyclicalOptions
    machine: dict[str, str | int]
    parameters: int
    runs: tuple[Curves, ...]
    data: DataSummary | None = None

    def __post_init__(self) -> None:
        check_runs({"runs": self.runs})

    def __repr__(self) -> str:
        test = estimate([run.test.accuracy for run in self.runs])
        return f"CyclicalResult({self.source}: {len(self.runs)} runs, test accuracy {test.mean:.4f})"

    def to_pandas(self) -> "pd.DataFrame":
        """Return a row for each epoch of each run."""
        return _epochs({"cyclical": self.runs})


@dataclass(frozen=True, repr=False)
class GrowthResult(_Shown):
    """What `batch_growth` saw, one run per arm and seed, and how the arms compare."""

    experiment: Literal["batch-growth"]
    setup: Setup
    options: GrowthOptions
    machine: dict[str, str | int]
    parameters: int
    arms: dict[Arm, tuple[Curves, ...]]
    comparisons: tuple[ArmDifference, ...]
    data: DataSummary | None = None

    def __post_init__(self) -> None:
        if set(self.arms) != {"growth", "control", "cyclical"}:
            raise AnalysisError("arms: must be growth, control and cyclical")
        check_runs(self.arms)

    def __repr__(self) -> str:
        arms = (
            f"{arm} {estimate([run.test.accuracy for run in runs]).mean:.4f}"
            for arm, runs in self.arms.items()
        )
        return f"GrowthResult({self.source}: test accuracy of {', '.join(arms)})"

    def to_pandas(self) -> "pd.DataFrame":
        """Return a row for each epoch of each run of each arm."""
        return _epochs(self.arms)


Result = RangeResult | CyclicalResult | GrowthResult

T = TypeVar("T")


def check_runs(arms: Mapping[Name, tuple[Curves, ...]]) -> None:
    """Refuse arms that have no runs, or runs of unequal length.

    Raises
    ------
    AnalysisError
        Naming the arm.
    """
    for arm, runs in arms.items():
        if not runs or not all(run.epochs and run.stretches and run.updates > 0 for run in runs):
            raise AnalysisError(f"{arm}: must have runs, each with epochs and updates")
        if len({len(run.epochs) for run in runs}) > 1:
            raise AnalysisError(f"{arm}: must have runs of equally many epochs")


def _epochs(arms: Mapping[Name, tuple[Curves, ...]]) -> "pd.DataFrame":
    import pandas as pd

    rows = [
        {"arm": arm, "seed": run.seed, **vars(epoch)}
        for arm, runs in arms.items()
        for run in runs
        for epoch in run.epochs
    ]
    return pd.DataFrame(rows)


def read_result(path: Path, experiment: str) -> Result:
    """Read a result of an experiment (lr-range, cyclical, batch-growth).

    Raises
    ------
    AnalysisError
        When the file cannot be read, or holds something else.
    """
    content = content_of(path, experiment)
    if experiment == "lr-range":
        content = {**content, **{kind: _curve_of_today(kind, content.get(kind)) for kind in CURVES}}
    kinds: dict[str, type[Result]] = {
        "lr-range": RangeResult,
        "cyclical": CyclicalResult,
        "batch-growth": GrowthResult,
    }
    return validated(path, content, kinds[experiment])


def content_of(path: Path, experiment: str) -> Mapping[str, Any]:
    """Return what a result's file holds, if it is one of an experiment; raises as `read_result` does."""
    try:
        content = json.loads(path.read_bytes(), parse_constant=_refuse_constant)
    except OSError as error:
        raise AnalysisError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise AnalysisError(f"{path}: is no JSON") from None
    found = content.get("experiment") if isinstance(content, Mapping) else None
    if not isinstance(content, Mapping) or found != experiment:
        raise AnalysisError(
            f"{path}: holds {f'a result of {found}' if found else 'something else'}, not one of {experiment}"
        )
    return content


def validated(path: Path, content: Mapping[str, Any], kind: type[T]) -> T:
    """Return a file's content as a result of some kind; raises as `read_result` does."""
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(kind).validate_python(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise AnalysisError(f"{path}: {where}: {first['msg']}") from None
    except AnalysisError as error:
        raise AnalysisError(f"{path}: {error}") from None


CURVES = ("candidates", "ramp")


def _curve_of_today(kind: str, curve: object) -> object:
    """Fill in what range tests did not write before they knew a spread over the seeds."""
    if not isinstance(curve, Mapping) or "kind" in curve:
        return curve
    spread = {"lowest": curve.get("smoothed"), "highest": curve.get("smoothed"), "unreadable": None}
    return {"kind": kind, **spread, **curve}


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
