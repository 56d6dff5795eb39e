"""A scenario in which everything that is said in seconds takes so many times as long."""

from typing import Any, Final

from sim.scenario import Scenario

SECONDS: Final = frozenset(
    {
        *("mean", "shift", "low", "high", "minimum", "values", "compute", "apply", "joins", "leaves"),
        *("offline", "mtbf", "repair", "every", "lasting", "latency", "time"),
    }
)
"""Keys of a scenario that hold seconds, alone or in lists."""

RATES: Final = frozenset({"bandwidth", "server_bandwidth"})


def scaled(scenario: Scenario, factor: float) -> Scenario:
    """Return the scenario with all its times multiplied; the same draws are made, times the factor.

    Bytes stay as they are, and take as long as everything else does: rates are divided.

    Examples
    --------
    >>> one = Scenario.from_data({"workers": [{"name": "a", "compute": 1.0}], "stop": {"time": 9.0}})
    >>> scaled(one, 0.5).stop.time
    4.5
    """
    if factor == 1.0:
        return scenario
    return Scenario.from_data(_scaled(scenario.to_data(), factor))


def _scaled(data: Any, factor: float, key: str = "") -> Any:  # noqa: ANN401 -- of a scenario
    if isinstance(data, dict):
        return {name: _scaled(value, factor, name) for name, value in data.items()}
    if key == "speed" and isinstance(data, list):
        return [[at * factor, speed] for at, speed in data]
    if isinstance(data, list):
        return [_scaled(value, factor, key) for value in data]
    if isinstance(data, int | float) and not isinstance(data, bool):
        if key in SECONDS:
            return data * factor
        if key in RATES:
            return data / factor
    return data
