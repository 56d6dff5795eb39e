"""What a run leaves behind: read-only columns, a row for each gradient, and where they come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from sim.errors import ScenarioError, TraceError
from sim.files import write
from sim.scenario import Scenario
from sim.scenario.clock import NANOSECONDS, NEVER, to_seconds
from sim.scenario.values import checked_seed
from sim.trace import storage
from sim.trace.check import check
from sim.trace.columns import COLUMNS, INSTANTS, STAYS, UNREAD, Column, Outcome

if TYPE_CHECKING:
    import pandas as pd

Number = TypeVar("Number", np.int64, np.float64)


class _Count:
    """A column of the trace as whole numbers."""

    def __init__(self, text: str) -> None:
        self.__doc__ = text

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, trace: None, owner: type) -> Self: ...
    @overload
    def __get__(self, trace: "Trace", owner: type) -> Column: ...
    def __get__(self, trace: "Trace | None", owner: type) -> Self | Column:
        return self if trace is None else trace.ticks[self._name]


class _Instant:
    """A column of the trace in seconds, ``nan`` for not happened."""

    def __init__(self, text: str) -> None:
        self.__doc__ = text

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, trace: None, owner: type) -> Self: ...
    @overload
    def __get__(self, trace: "Trace", owner: type) -> NDArray[np.float64]: ...
    def __get__(self, trace: "Trace | None", owner: type) -> Self | NDArray[np.float64]:
        if trace is None:
            return self
        column = _frozen(to_seconds(trace.ticks[self._name]))
        trace.__dict__[self._name] = column  # found there from now on
        return column


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
    stays
        When workers were there: columns by the names in `STAYS`, a row for each stay, in order of coming.
        ``goes`` is -1 for a worker that was there when the run ended; ``done`` is 1 where it was done then,
        and 0 where it went, even if that cost it its last gradient.
    unread
        Pulls that led to no gradient, by the names in `UNREAD`, in order of the workers: weights that a
        worker waited for when it went (``ended_at``), or when the run ended (-1), or that it had just read
        then.
    """

    scenario: Scenario
    seed: int
    engine: str
    ended: str
    end: int
    ticks: Mapping[str, Column]
    stays: Mapping[str, Column]
    unread: Mapping[str, Column]

    worker = _Count("Place of each gradient's worker in ``workers``.")
    index = _Count("Each gradient's number j among its worker's, from 1.")
    ready_at = _Instant("The worker is free to begin the gradient.")
    asked_at = _Instant("It is allowed to, and asks for the weights.")
    pull_at = _Instant("The server's link takes the weights up.")
    left_at = _Instant("The weights have left the server's link.")
    read_at = _Instant("The weights are read, and computing begins.")
    computed_at = _Instant("The gradient is computed.")
    sent_at = _Instant("It has crossed its worker's own link.")
    push_at = _Instant("The server's link takes it up.")
    arrived_at = _Instant("It is at the server.")
    service_at = _Instant("The server begins to apply it.")
    served_at = _Instant("The server has applied it.")
    ended_at = _Instant("Its update was made, or it was discarded, cancelled or lost.")
    version_read = _Count("Updates made before the weights were read.")
    version_applied = _Count("Updates made before the gradient's own; -1 where not applied.")
    outcome = _Count("What became of each gradient, as an `Outcome`.")

    def __post_init__(self) -> None:
        for name, columns in (("ticks", COLUMNS), ("stays", STAYS), ("unread", UNREAD)):
            given = getattr(self, name)
            if set(given) != set(columns):
                raise TraceError(
                    f"{name} of a trace has the columns {', '.join(columns)}, not {', '.join(given)}"
                )
            object.__setattr__(self, name, MappingProxyType({key: _frozen(given[key]) for key in columns}))

    def __reduce__(self) -> tuple[type["Trace"], tuple[Any, ...]]:
        tables = (dict(self.ticks), dict(self.stays), dict(self.unread))
        return type(self), (self.scenario, self.seed, self.engine, self.ended, self.end, *tables)

    def __len__(self) -> int:
        return len(self.ticks["worker"])

    def __eq__(self, other: object) -> bool:
        """Whether all but the engine is equal."""
        if not isinstance(other, Trace):
            return NotImplemented
        mine, yours = ((t.scenario, t.seed, t.ended, t.end) for t in (self, other))
        return mine == yours and all(
            np.array_equal(column, theirs[name])
            for ours, theirs in (
                (self.ticks, other.ticks),
                (self.stays, other.stays),
                (self.unread, other.unread),
            )
            for name, column in ours.items()
        )

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

    @cached_property
    def applied_ticks(self) -> Column:
        """The instant of each gradient's update in nanoseconds, -1 where not applied."""
        return _frozen(np.where(self.outcome == Outcome.APPLIED, self.ticks["ended_at"], NEVER))

    @cached_property
    def applied_at(self) -> NDArray[np.float64]:
        """The instant of each gradient's update."""
        return _frozen(to_seconds(self.applied_ticks))

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
        write(path, self.packed())

    def packed(self) -> bytes:
        """Return what `save` writes."""
        about = {
            "scenario": self.scenario.to_data(),
            "seed": checked_seed(self.seed),
            "engine": self.engine,
            "ended": self.ended,
            "end": self.end,
            "stays": {name: column.tolist() for name, column in self.stays.items()},
            "unread": {name: column.tolist() for name, column in self.unread.items()},
        }
        return storage.pack(about, self.ticks)

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
            stays, unread = (
                {name: np.array(column, np.int64) for name, column in about[table].items()}
                for table in ("stays", "unread")
            )
            check(ticks, len(scenario.names), about["ended"], about["end"])
            return cls(scenario, seed, about["engine"], about["ended"], about["end"], ticks, stays, unread)
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
