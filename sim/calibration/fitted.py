"""What calibration found, as a file: the costs, the compute times' laws, and what they were found on."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import tomli_w

from sim.calibration.costs import Cost, Costs, costs, size_of
from sim.calibration.laws import FEWEST, Candidate, choose
from sim.errors import ScenarioError, TraceError
from sim.files import text_of
from sim.scenario import Scenario
from sim.scenario.durations import mean_of
from sim.scenario.scenario import faults_of, parsed
from sim.scenario.values import shown
from sim.trace import Trace

FORMAT: Final = "dlsyslab calibration 1"


@dataclass(frozen=True)
class Fitted:
    """What records of live runs say of a cluster and of its workers.

    Attributes
    ----------
    scenario
        That of the first run, as it was asked for.
    runs
        What each run was: its file, seed, protocol, workers, bytes and gradients.
    costs
        See `Costs`.
    laws
        Of each distinct ``compute`` of the runs, the law that was fitted to its measured times, at speed 1.
    candidates
        Of each of these, all laws that were tried.
    notes
        What the records cannot tell apart.
    """

    scenario: Scenario
    runs: Sequence[Mapping[str, Any]]
    costs: Costs
    laws: Sequence[tuple[Any, Mapping[str, Any]]]
    candidates: Sequence[Sequence[Candidate]]
    notes: Sequence[str]

    def filled(self, scenario: Scenario) -> Scenario:
        """Return a scenario with all that was fitted: its network, its server and its compute times.

        The costs are those of the scenario's bytes and of as many updates as its protocol makes; what it says
        of the server's time comes on top, as in a live run.

        Raises
        ------
        ScenarioError
            Where it says of the network what was fitted, or gives the server's time as a distribution.
        """
        _check_open(scenario)
        data = scenario.to_data()
        size = scenario.network.weight_bytes + scenario.network.gradient_bytes
        batch = scenario.protocol.batch(scenario.size) or scenario.size
        added = mean_of(scenario.server.apply)
        apply = added + self.costs.gradient.of(size) + self.costs.update.of(size) / batch
        ways = self.costs.ways
        network = dict(data.get("network", {})) | {"latency": ways.seconds / 2}
        if ways.per_byte:
            network["bandwidth"] = 1 / ways.per_byte
        laws = {_key(given): dict(law) for given, law in self.laws}
        workers = [
            worker | {"compute": laws.get(_key(worker["compute"]), worker["compute"])}
            for worker in data["workers"]
        ]
        return Scenario.from_data(data | {"network": network, "server": {"apply": apply}, "workers": workers})

    def to_toml(self) -> str:
        """Return it as TOML, from which `load` makes an equal one."""
        parts = {name: _some(cost._asdict()) for name, cost in self.costs._asdict().items()}
        laws = [
            {
                "given": given,
                "law": dict(law),
                "tried": [
                    {"kind": each.kind, "aic": each.aic, "p_value": each.p_value}
                    | {"parameters": each.parameters, "errors": each.errors}
                    for each in tried
                ],
            }
            for (given, law), tried in zip(self.laws, self.candidates, strict=True)
        ]
        return tomli_w.dumps(
            {
                "format": FORMAT,
                "notes": list(self.notes),
                "costs": parts,
                "compute": laws,
                "runs": [dict(run) for run in self.runs],
                "scenario": self.scenario.to_data(),
            }
        )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `to_toml` wrote; raises `ScenarioError`, naming the file, where it cannot be."""
        with faults_of(str(path)):
            data = parsed(text_of(path))
            if data.get("format") != FORMAT:
                raise ScenarioError(f"not what calibrate writes: its format is {data.get('format')!r}")
            try:
                return cls._of(data)
            except (KeyError, TypeError, AttributeError) as error:
                raise ScenarioError(f"not what calibrate writes: {error} is missing or no table") from None

    @classmethod
    def _of(cls, data: Mapping[str, Any]) -> Self:
        for name in Costs._fields:
            for key, value in data["costs"][name].items():
                if not isinstance(value, float) or not 0 <= value < float("inf"):
                    raise ScenarioError(
                        f"costs.{name}.{key}: {shown(value)} must be a finite number, at least 0"
                    )
        return cls(
            Scenario.from_data(data["scenario"]),
            [run | {"file": run["file"]} for run in data["runs"]],
            Costs(*(Cost(**data["costs"][name]) for name in Costs._fields)),
            [(each["given"], each["law"]) for each in data["compute"]],
            [
                [
                    Candidate(e["kind"], e["parameters"], e["errors"], e["aic"], e["p_value"])
                    for e in each["tried"]
                ]
                for each in data["compute"]
            ],
            data["notes"],
        )


def calibrate(traces: Mapping[str, Trace]) -> Fitted:
    """Fit what live runs left open, by the records of some, by name.

    Raises
    ------
    TraceError
        Where one of them is not live, or has too few gradients to tell anything.
    """
    for name, trace in traces.items():
        if trace.engine != "live":
            raise TraceError(f"{name}: engine {trace.engine}, but only a live run tells of a cluster")
        if trace.applied < FEWEST:
            raise TraceError(
                f"{name}: {trace.applied} applied gradients tell too little, {FEWEST} are the least"
            )
    runs = list(traces.values())
    laws, notes = _laws(runs)
    found = costs(runs)
    return Fitted(
        runs[0].scenario,
        [_about(name, trace) for name, trace in traces.items()],
        found,
        [(given, choice.law) for given, choice in laws],
        [choice.candidates for _, choice in laws],
        [*notes, *_alike(runs, found)],
    )


def _laws(runs: Sequence[Trace]) -> tuple[list[tuple[Any, Any]], list[str]]:
    """Return the law of each distinct compute, and what is to be said of them.

    What one worker draws as one number under one seed is one draw, in however many runs it is slept.
    """
    times: dict[str, dict[tuple[int, str, int], float]] = {}
    notes = []
    for trace in runs:
        if trace.scenario.protocol.at_update == "cancel":
            notes.append(
                f"{trace.scenario.title}: compute times are not used, for the long ones were cancelled"
            )
            continue
        spent = trace.computed_at - trace.read_at
        for place, (name, worker) in enumerate(trace.scenario.each):
            if isinstance(worker.speed, tuple) or worker.slowdowns:
                notes.append(f"{name}: compute times are not used, for its speed changes")
                continue
            rows = np.flatnonzero((trace.worker == place) & ~np.isnan(spent))
            mine = times.setdefault(_key(worker.model_dump(mode="json")["compute"]), {})
            for index, seconds in zip(trace.index[rows].tolist(), spent[rows].tolist(), strict=True):
                mine.setdefault((trace.seed, name, index), seconds * worker.speed)
    chosen = [(json.loads(key), choose(np.array([*found.values()]))) for key, found in times.items()]
    for given, choice in chosen:
        if choice.law["kind"] == "empirical":
            notes.append(
                f"no law fits the compute times of {_key(given)}: they are drawn from those measured"
            )
    return chosen, notes


def _alike(runs: Sequence[Trace], found: Costs) -> list[str]:
    """Return what these records cannot tell apart."""
    notes = ["the way there and the way back are taken to be equally long"]
    if len({size_of(trace) for trace in runs}) == 1:
        notes.append(
            f"all transfers are of {size_of(runs[0]):g} bytes there and back: latency and bandwidth cannot be"
            " told apart, nor the server's time per gradient and per byte; other sizes need runs of two"
        )
    else:
        notes += [
            f"more bytes took no longer {what}: a rate is left out"
            for what, cost in zip(("on the way", "to add up", "to update"), found, strict=True)
            if cost.per_byte is None
        ]
    if all(trace.applied == trace.updates for trace in runs):
        notes.append(
            "each update took one gradient: what a gradient and what an update costs the server is told apart"
            " only by its own stamps, not by runs with several"
        )
    return notes


def _check_open(scenario: Scenario) -> None:
    """Raise `ScenarioError` where a scenario does not leave open what was fitted."""
    network = scenario.network
    given = {
        "network.latency": network.latency,
        "network.bandwidth": network.bandwidth,
        "network.server_bandwidth": network.server_bandwidth,
        "bandwidth of a worker": any(worker.bandwidth for worker in scenario.workers),
    }
    for name, value in given.items():
        if value:
            raise ScenarioError(f"{name} is given, but what calibrate found takes its place: leave it out")
    if not isinstance(scenario.server.apply, int | float):
        raise ScenarioError(
            "server.apply is a distribution, but what calibrate found is added to it: give a number"
        )


def _about(name: str, trace: Trace) -> dict[str, Any]:
    network = trace.scenario.network
    return {
        "file": name,
        "title": trace.scenario.title,
        "seed": trace.seed,
        "protocol": trace.scenario.protocol.describe(trace.scenario.size),
        "workers": trace.scenario.size,
        "weight_bytes": network.weight_bytes,
        "gradient_bytes": network.gradient_bytes,
        "gradients": trace.applied,
    }


def _key(compute: Any) -> str:  # noqa: ANN401 -- plain data
    return json.dumps(compute, sort_keys=True)


def _some(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value is not None}
