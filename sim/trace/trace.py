"""What a run leaves behind: read-only columns, a row for each gradient, and where they come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.errors import ScenarioError, TraceError
from sim.files import write
from sim.scenario import Scenario
from sim.scenario.clock import NANOSECONDS, NEVER, to_seconds
from sim.scenario.values import checked_seed
from sim.trace import storage
from sim.trace.check import check
from sim.trace.columns import COLUMNS, INSTANTS, Column, Outcome

if TYPE_CHECKING:
    import pandas as pd

Number = TypeVar("Number", np.int64, np.float64)


@dataclass(frozen=True, eq=False)
class Trace:
    """One row per gradient: the applied ones in order of application, then the others in order of reading.

    Attributes
    ----------
    scenario, seed, engine
        What the trace comes from.
    ended
        Why the run ended, a key of `ENDINGS`.
    end
        When, in nanoseconds.
    ticks
        The columns as read-only 64-bit integers, by the names in `COLUMNS`: instants in nanoseconds, ``-1``
        where something has not happened. As attributes of the trace, instants are seconds, ``nan`` for not
        happened.

    The columns
    -----------
    worker
        Place of the worker in ``workers``.
    index
        j of the worker's j-th gradient, from 1.
    ready_at, asked_at, pull_at, read_at
        The worker is free to begin; is allowed to, and asks for the weights; the server's link takes them
        up; they are read, and computing begins.
    computed_at, push_at, arrived_at
        The gradient is computed; the server's link takes it up; it is at the server.
    service_at, served_at
        The server begins to apply it; has done so.
    applied_at
        The instant of the update that it went into.
    ended_at
        ``applied_at``, or the instant at which it was discarded, cancelled or lost.
    version_read, version_applied
        Updates made before the weights were read, and before its own update; ``-1`` where not applied.
    outcome
        An `Outcome`.
    """

    scenario: Scenario
    seed: int
    engine: str
    ended: str
    end: int
    ticks: Mapping[str, Column]

    def __post_init__(self) -> None:
        if set(self.ticks) != set(COLUMNS):
            raise TraceError(f"a trace has the columns {', '.join(COLUMNS)}, not {', '.join(self.ticks)}")
        for column in self.ticks.values():
            column.flags.writeable = False
        object.__setattr__(self, "ticks", MappingProxyType({name: self.ticks[name] for name in COLUMNS}))

    def __len__(self) -> int:
        return len(self.ticks["worker"])

    def __eq__(self, other: object) -> bool:
        """Whether all but the engine is equal."""
        if not isinstance(other, Trace):
            return NotImplemented
        mine, yours = ((t.scenario, t.seed, t.ended, t.end) for t in (self, other))
        return mine == yours and all(np.array_equal(self.ticks[name], other.ticks[name]) for name in COLUMNS)

    __hash__ = None  # type: ignore[assignment]  # columns are compared, not hashed

    def __repr__(self) -> str:
        return (
            f"<Trace of {len(self)} gradients, {self.updates} updates in {self.duration:g} s"
            f" by {len(self.workers)} workers, seed {self.seed}, {self.ended}>"
        )

    @cached_property
    def workers(self) -> tuple[str, ...]:
        """Names of the workers."""
        return self.scenario.names

    @property
    def duration(self) -> float:
        """Seconds from the start to the end of the run."""
        return self.end / NANOSECONDS

    @cached_property
    def applied(self) -> int:
        """Number of applied gradients, which are the first rows."""
        return int(np.count_nonzero(self.outcome == Outcome.APPLIED))

    @cached_property
    def updates(self) -> int:
        """Number of updates made."""
        return int(self.version_applied[self.applied - 1]) + 1 if self.applied else 0

    @cached_property
    def staleness(self) -> Column:
        """Of each applied gradient, in order of application: the updates between its reading and its own."""
        return _frozen((self.version_applied - self.version_read)[: self.applied])

    @cached_property
    def updated_at(self) -> NDArray[np.float64]:
        """The instant of each update, in seconds."""
        versions = self.version_applied[: self.applied]
        last = np.flatnonzero(np.diff(versions, append=-1))
        return _frozen(self.ended_at[: self.applied][last])

    # Columns, in seconds where they are instants.

    @property
    def worker(self) -> Column:
        """Place of each gradient's worker in ``workers``."""
        return self.ticks["worker"]

    @property
    def index(self) -> Column:
        """Each gradient's number among its worker's, from 1."""
        return self.ticks["index"]

    @property
    def version_read(self) -> Column:
        """Updates made before the weights were read."""
        return self.ticks["version_read"]

    @property
    def version_applied(self) -> Column:
        """Updates made before the gradient's own; -1 where not applied."""
        return self.ticks["version_applied"]

    @property
    def outcome(self) -> Column:
        """What became of each gradient, as an `Outcome`."""
        return self.ticks["outcome"]

    @cached_property
    def applied_ticks(self) -> Column:
        """The instant of each gradient's update in nanoseconds, -1 where not applied."""
        return _frozen(np.where(self.outcome == Outcome.APPLIED, self.ticks["ended_at"], NEVER))

    @cached_property
    def applied_at(self) -> NDArray[np.float64]:
        """The instant of each gradient's update."""
        return _frozen(to_seconds(self.applied_ticks))

    @cached_property
    def ready_at(self) -> NDArray[np.float64]:
        """The worker is free to begin the gradient."""
        return _frozen(to_seconds(self.ticks["ready_at"]))

    @cached_property
    def asked_at(self) -> NDArray[np.float64]:
        """It is allowed to, and asks for the weights."""
        return _frozen(to_seconds(self.ticks["asked_at"]))

    @cached_property
    def pull_at(self) -> NDArray[np.float64]:
        """The server's link takes the weights up."""
        return _frozen(to_seconds(self.ticks["pull_at"]))

    @cached_property
    def read_at(self) -> NDArray[np.float64]:
        """The weights are read."""
        return _frozen(to_seconds(self.ticks["read_at"]))

    @cached_property
    def computed_at(self) -> NDArray[np.float64]:
        """The gradient is computed."""
        return _frozen(to_seconds(self.ticks["computed_at"]))

    @cached_property
    def push_at(self) -> NDArray[np.float64]:
        """The server's link takes the gradient up."""
        return _frozen(to_seconds(self.ticks["push_at"]))

    @cached_property
    def arrived_at(self) -> NDArray[np.float64]:
        """The gradient is at the server."""
        return _frozen(to_seconds(self.ticks["arrived_at"]))

    @cached_property
    def service_at(self) -> NDArray[np.float64]:
        """The server begins to apply it."""
        return _frozen(to_seconds(self.ticks["service_at"]))

    @cached_property
    def served_at(self) -> NDArray[np.float64]:
        """The server has applied it."""
        return _frozen(to_seconds(self.ticks["served_at"]))

    @cached_property
    def ended_at(self) -> NDArray[np.float64]:
        """It was applied, discarded, cancelled or lost."""
        return _frozen(to_seconds(self.ticks["ended_at"]))

    # In and out.

    def to_pandas(self) -> "pd.DataFrame":
        """Return a data frame: workers and outcomes by name, instants in seconds, and the staleness."""
        import pandas as pd

        outcomes = pd.Index([outcome.label for outcome in Outcome])
        columns: dict[str, Any] = {
            "worker": pd.Categorical.from_codes(self.worker, pd.Index(self.workers)),
            "index": self.index,
        }
        columns |= {name: getattr(self, name) for name in (*INSTANTS[:-1], "applied_at", "ended_at")}
        columns["version_read"] = self.version_read
        columns["version_applied"] = _optional(self.version_applied)
        columns["staleness"] = _optional(np.append(self.staleness, np.full(len(self) - self.applied, NEVER)))
        columns["outcome"] = pd.Categorical.from_codes(self.outcome - min(Outcome), outcomes)
        return pd.DataFrame(columns)

    def save(self, path: Path | str) -> None:
        """Write the trace as a Parquet file; the scenario and the seed travel in its metadata.

        Raises
        ------
        SimError
            Where the file cannot be written.
        """
        about = {
            "scenario": self.scenario.to_data(),
            "seed": checked_seed(self.seed),
            "engine": self.engine,
            "ended": self.ended,
            "end": self.end,
        }
        write(path, storage.pack(about, self.ticks))

    @classmethod
    def load(cls, path: Path | str) -> "Trace":
        """Read a trace that `save` wrote.

        Raises
        ------
        TraceError
            Where the file cannot be read or holds no trace.
        """
        try:
            about, ticks = storage.unpack(storage.read(Path(path)))
            scenario, seed = Scenario.from_data(about["scenario"]), checked_seed(about["seed"])
            check(ticks, len(scenario.names), about["ended"], about["end"])
            return cls(scenario, seed, about["engine"], about["ended"], about["end"], ticks)
        except OSError as error:
            raise TraceError(f"{path}: {error.strerror}") from None
        except (TraceError, ScenarioError) as error:
            raise TraceError(f"{path}: not a trace: {error}") from None


def _frozen(array: NDArray[Number]) -> NDArray[Number]:
    array.flags.writeable = False
    return array


def _optional(column: Column) -> Any:  # noqa: ANN401 -- a pandas array
    import pandas as pd

    return pd.arrays.IntegerArray(column.copy(), column == NEVER)
