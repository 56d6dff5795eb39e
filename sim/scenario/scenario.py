"""A scenario: the workers, the server, the network between them, the protocol and when to stop.

Scenarios are plain frozen data. They come from Python or from TOML, the two equal, and go back to TOML
exactly.
"""

import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Self

import tomli_w
from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from sim.errors import ScenarioError
from sim.files import text_of
from sim.scenario.faults import sentences
from sim.scenario.measured import file_named, times_by_worker
from sim.scenario.model import FOLDER, Seed, Text, Value, folder_of
from sim.scenario.network import Network, Server, Stop
from sim.scenario.override import override
from sim.scenario.protocols import Protocol
from sim.scenario.worker import MOST_WORKERS, Worker

NO_SETTINGS: Final[Mapping[str, object]] = MappingProxyType({})


class Scenario(Value):
    """All that a run depends on: the same scenario and seed give the same trace.

    Examples
    --------
    >>> two = Scenario(workers=[Worker(name="L1", compute=1.0, gradients=4),
    ...                         Worker(name="L2", compute=2.5, gradients=2)])
    >>> Scenario.from_toml(two.to_toml()) == two
    True
    """

    title: Text = ""
    seed: Seed = 0
    protocol: Protocol = Protocol()
    workers: Annotated[tuple[Worker, ...], Field(min_length=1)]
    server: Server = Server()
    network: Network = Network()
    stop: Stop = Stop()

    @field_validator("workers", mode="before")
    @classmethod
    def _one_for_each_measured(cls, given: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 -- unvalidated input
        """Put a worker for each name in the file in place of an entry ``{csv = FILE}``."""
        if isinstance(given, dict | Worker):
            raise ValueError(  # noqa: TRY004 -- what pydantic turns into a fault
                "must be a list of workers, not one: in TOML each begins with [[workers]], in double brackets"
            )
        if not isinstance(given, list | tuple):
            return given
        workers: list[Any] = []
        for place, entry in enumerate(given):
            if isinstance(entry, dict) and "csv" in entry:
                rest = {key: value for key, value in entry.items() if key != "csv"}
                if taken := rest.keys() & {"name", "compute", "count"}:
                    raise ValueError(f"entry {place}: csv already says {', '.join(sorted(taken))}")
                times = times_by_worker(folder_of(info) / file_named(entry["csv"]))
                workers += [{"name": name, "compute": seconds} | rest for name, seconds in times.items()]
            else:
                workers.append(entry)
        return workers

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.size > MOST_WORKERS:
            raise ValueError(f"workers: {self.size} are too many, {MOST_WORKERS} is the most")
        common = [name for name, times in Counter(self.names).items() if times > 1]
        if common:
            raise ValueError(f"workers: {common[0]!r} is the name of more than one")
        endless = [i for i, worker in enumerate(self.workers) if worker.endless]
        if endless and self.stop == Stop():
            raise ValueError(
                f"stop: is required, for workers[{endless[0]}] never ends:"
                " give a time, updates or gradients to stop at, or the worker a number of gradients"
            )
        batch = self.protocol.batch(self.size)
        if batch == 0:
            raise ValueError(
                f"protocol: k {self.protocol.k} is less than one gradient, for there are {self.size} workers:"
                f" the n of softsync is at most {self.size}"
            )
        if self.protocol.after_push == "wait" and batch is not None and batch > self.size:
            raise ValueError(
                f"protocol: k {batch} must be at most {self.size}, the number of workers,"
                f" for in {self.protocol.name} each gives one gradient to an update and waits"
            )
        return self

    @property
    def size(self) -> int:
        """The number of workers, groups counted out."""
        return sum(worker.count or 1 for worker in self.workers)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all workers, groups counted out, in the order that ties follow."""
        return tuple(name for worker in self.workers for name in worker.names)

    @property
    def each(self) -> Iterator[tuple[str, Worker]]:
        """Every worker's name and description, groups counted out."""
        return ((name, worker) for worker in self.workers for name in worker.names)

    @classmethod
    def from_data(
        cls,
        data: Mapping[str, Any],
        folder: Path | None = None,
        settings: Mapping[str, object] = NO_SETTINGS,
    ) -> Self:
        """Return the scenario that nested mappings and lists describe.

        Paths of files in it are relative to ``folder``. ``settings`` change it as `with_` does; data that
        makes no scenario without them is what they change.

        Raises
        ------
        ScenarioError
            Naming every fault with its path, one a line.
        """
        try:
            found = cls._validated(data, folder)
        except ScenarioError:
            if not settings:
                raise
            return cls._validated(override(data, settings), folder)
        return found.with_(settings, folder) if settings else found

    @classmethod
    def _validated(cls, data: Mapping[str, Any], folder: Path | None) -> Self:
        try:
            return cls.model_validate(data, context={FOLDER: folder or Path()})
        except ValidationError as error:
            raise ScenarioError(sentences(error, cls)) from None

    @classmethod
    def from_toml(
        cls, text: str, folder: Path | None = None, settings: Mapping[str, object] = NO_SETTINGS
    ) -> Self:
        """Return the scenario that a TOML text describes; parameters and errors are those of `from_data`."""
        return cls.from_data(parsed(text), folder, settings)

    @classmethod
    def load(cls, path: Path | str, settings: Mapping[str, object] = NO_SETTINGS) -> Self:
        """Read a scenario from a TOML file, with some fields changed where ``settings`` are given.

        Raises
        ------
        ScenarioError
            Where the file cannot be read or describes no scenario; each line begins with the file's name.
        """
        path = Path(path)
        with faults_of(str(path)):
            return cls.from_toml(text_of(path), path.parent, settings)

    def with_(self, settings: Mapping[str, object], folder: Path | None = None) -> Self:
        """Return this scenario with some fields changed, each by its path, as if its file were edited.

        The order of the settings means nothing. A new ``kind`` keeps the settings that it knows; ``None``
        takes a field back to its default; paths of files are relative to ``folder``.

        Raises
        ------
        ScenarioError
            As for a file, and where a path leads nowhere.

        Examples
        --------
        >>> one = Scenario.from_data({"workers": [{"name": "a", "compute": 1.0}], "stop": {"time": 9.0}})
        >>> one.with_({"protocol.k": 4, "workers[name=a].speed": 0.5, "stop.time": "1 min"}).stop.time
        60.0
        """
        return self._validated(override(self.to_data(), settings), folder)

    def to_data(self) -> dict[str, Any]:
        """Return the scenario as nested dicts and lists, values at their defaults left out."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def to_toml(self) -> str:
        """Return the scenario as TOML, from which `from_toml` makes an equal one."""
        return tomli_w.dumps(self.to_data())


@contextmanager
def faults_of(name: str) -> Iterator[None]:
    """Let whatever is wrong with a file, or with the scenario in it, be a `ScenarioError` that names it."""
    try:
        yield
    except OSError as error:
        raise ScenarioError(f"{name}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ScenarioError(f"{name}: not TOML: it is not text in UTF-8") from None
    except ScenarioError as error:
        raise ScenarioError("\n".join(f"{name}: {line}" for line in str(error).splitlines())) from None


def parsed(text: str) -> dict[str, Any]:
    """Return the data in a TOML text; raises `ScenarioError` with one sentence where it is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"not TOML: {error}") from None
    except RecursionError:
        raise ScenarioError("not TOML: lists or tables are nested too deeply") from None
    except ValueError:  # Python's own bound, see sys.set_int_max_str_digits
        most = sys.get_int_max_str_digits()
        digits = re.search(rf"[0-9](_?[0-9]){{{most}}}", text)
        line = text.count("\n", 0, digits.start()) + 1 if digits else "?"
        raise ScenarioError(f"not TOML: the number in line {line} has more than {most} digits") from None
