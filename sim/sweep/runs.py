"""One run of a sweep: a scenario and a seed, and what comes of them as a flat row of figures."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any, Final

from sim.engine import summarise
from sim.errors import SimError
from sim.scenario import Scenario
from sim.scenario.chance import without_chance
from sim.scenario.values import shown
from sim.scenario.worker import Worker
from sim.trace.tables import why_no_progress

SEMANTICS: Final = 1
"""Raised whenever a scenario comes to mean other figures, so that figures that were kept are not mixed."""

Figure = float | int | str | None

_LEFT_OUT: Final = frozenset({"engine", "protocol", "ended_because"})
"""Words that say again what the settings say, or the outcome."""


@dataclass(frozen=True)
class Result:
    """What came of one run.

    Attributes
    ----------
    engine
        Which one ran; ``None`` where none did.
    figures
        By their dotted names; empty where the run failed.
    error
        Why it failed.
    lasting
        Whether it would surely be the same again; a lack of memory, for one, might not.
    """

    engine: str | None
    figures: Mapping[str, Figure]
    error: str | None = None
    lasting: bool = True


def flat(figures: Mapping[str, Any]) -> dict[str, Figure]:
    """Return the single figures of `sim.summarise` by their dotted names; what is a list is left out.

    >>> flat({"updates": 6, "staleness": {"mean": 1.5, "histogram": [3, 3]}})
    {'updates': 6, 'staleness.mean': 1.5}
    """
    return dict(_flat(figures, ""))


def _flat(figures: Mapping[str, Any], above: str) -> Iterator[tuple[str, Figure]]:
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        elif not isinstance(value, list) and name not in _LEFT_OUT:
            yield f"{above}{name}", value


@cache
def numbers() -> tuple[str, ...]:
    """Return the names of all figures that are numbers."""
    least = Scenario(workers=[Worker(name="w", compute=1.0, gradients=1)])
    return tuple(name for name, each in run(least, 0, "simpy").figures.items() if not isinstance(each, str))


def check_name(figure: str) -> None:
    """Raise `SimError` where there is no such figure.

    >>> check_name("staleness.men")
    Traceback (most recent call last):
    ...
    sim.errors.SimError: there is no figure 'staleness.men'; did you mean 'staleness.mean'?
    """
    if figure not in numbers():
        near = get_close_matches(figure, numbers(), 1)
        way_out = f"; did you mean {near[0]!r}?" if near else f": there are {', '.join(numbers())}"
        raise SimError(f"there is no figure {shown(figure)}{way_out}")


def keys(scenario: Scenario, seeds: Sequence[int]) -> list[str]:
    """Return the hashes that a scenario's runs with some seeds are known by.

    They tell apart all that figures depend on: not the title, the scenario's own seed or the engine.
    Measured times are part of a scenario, wherever they were read from. Where nothing is drawn at random,
    the runs of all seeds are one.
    """
    content = scenario.model_dump(mode="json", exclude={"title", "seed"}) | {"semantics": SEMANTICS}
    common = hashlib.sha256(json.dumps(content, sort_keys=True).encode())
    alike = without_chance(scenario)
    found = []
    for seed in seeds:
        own = common.copy()
        own.update(f" {0 if alike else seed}".encode())
        found.append(own.hexdigest())
    return found


def run(scenario: Scenario, seed: int, engine: str = "auto") -> Result:
    """Simulate a scenario once; whatever goes wrong is told in the result.

    >>> from sim import Worker
    >>> run(Scenario(workers=[Worker(name="w", compute=1.0, gradients=4)]), 0).figures["updates_per_second"]
    1.0
    """
    try:
        figures = summarise(scenario, seed, engine)
    except SimError as error:
        return Result(None, {}, str(error), lasting=False)
    except Exception as error:  # noqa: BLE001 -- one run's failure is no other's
        return Result(None, {}, f"{type(error).__name__}: {error}".removesuffix(": "), lasting=False)
    if figures["ended"] == "no-progress":
        return Result(figures["engine"], {}, why_no_progress(figures))
    return Result(figures["engine"], flat(figures))
