"""Devices as data: peak rates, memory and the best that was measured, each number with its source."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import attrs

from nets.costing import quantities
from nets.costing.settings import CPU, GPU
from nets.errors import InputError
from nets.frozen import FrozenMap
from nets.suggestions import near_misses

HERE = "here"
NUMBERS = ("bfloat16", "float16", "tf32", "float32")
_MEASURED = "measured-"
_SOURCE = ("title", "url", "date")
_UNITS = {
    **dict.fromkeys((*NUMBERS, *(f"{_MEASURED}{name}" for name in NUMBERS)), quantities.FLOPS_PER_SECOND),
    "memory": quantities.BYTES,
    "bandwidth": quantities.BYTES_PER_SECOND,
    "measured-bandwidth": quantities.BYTES_PER_SECOND,
}
LEAST_SHARE = 0.51
"""The lowest share of its peak that a device of the table was measured to reach; where none was measured."""


@attrs.frozen
class Rated:
    """A number of a device and where it is from.

    Parameters
    ----------
    value
        In bytes, bytes per second, or FLOPs per second, dense.
    source, page, date
        Where it stands, under which heading, and when that was read; empty for a user's own.
    """

    value: float
    source: str = ""
    page: str = ""
    date: str = ""


@attrs.frozen
class Device:
    """What runs a module.

    Parameters
    ----------
    name, title
        As it is asked for, and as its maker calls it.
    kind
        ``cpu`` or ``gpu``: whose rules memory follows.
    figures
        By name: ``memory``, ``bandwidth``, rates such as ``bfloat16``, and of what was measured,
        ``measured-bfloat16``.
    overhead
        Seconds that each operation takes beside its work, on the slow side.
    """

    name: str
    title: str
    kind: str
    figures: Mapping[str, Rated]
    overhead: float = 0.0

    @property
    def memory(self) -> int | None:
        """Its memory in bytes, if that is known."""
        found = self.figures.get("memory")
        return None if found is None else round(found.value)

    def rate(self, numbers: str) -> tuple[float, float]:
        """Return FLOPs per second in such numbers: at the peak, and at the measured share of it.

        Raises
        ------
        InputError
            If nothing is known of such numbers.
        """
        peak = self.figures.get(numbers)
        if peak is None:
            known = [name for name in NUMBERS if name in self.figures]
            raise InputError(f"device {self.name}: no rate for {numbers}; there are {', '.join(known)}")
        return peak.value, peak.value * self.share(numbers)

    def share(self, numbers: str) -> float:
        """Return the share of its peak that was measured in these numbers, else in any, else the least."""
        for name in (numbers, *NUMBERS):
            peak, measured = self.figures.get(name), self.figures.get(f"{_MEASURED}{name}")
            if peak is not None and measured is not None:
                return measured.value / peak.value
        return LEAST_SHARE

    @property
    def bandwidth(self) -> tuple[float, float]:
        """Bytes per second, at the peak and as measured; the peak twice if nothing was measured."""
        peak = self.figures["bandwidth"].value
        measured = self.figures.get("measured-bandwidth")
        return peak, peak if measured is None else measured.value


def unit_of(name: str) -> str:
    """Return the unit of a figure.

    >>> unit_of("bandwidth")
    'B/s'
    """
    return _UNITS[name][0]


def known_devices() -> dict[str, Device]:
    """Return the devices of the table by name."""
    text = files("nets.costing").joinpath("devices.toml").read_text(encoding="utf-8")
    return _devices(tomllib.loads(text), "devices.toml")


def device_named(name: str) -> Device:
    """Return a device by its name, or from a user's file: ``file.toml``, or ``file.toml:name``.

    Raises
    ------
    InputError
        If there is no such device or file, or a file says something else than a device.
    """
    path, colon, one = name.rpartition(":") if name.partition(":")[0].endswith(".toml") else ("", "", name)
    if not colon and not name.endswith(".toml"):
        known = known_devices()
        if name not in known:
            hint = near_misses(name, known) or f"; there are {', '.join(known)}, {HERE}"
            raise InputError(f"device {name!r} does not exist{hint}")
        return known[name]
    path, one = (path, one) if colon else (name, "")
    try:
        read = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}") from None
    found = _devices(read, path)
    if not found:
        raise InputError(
            f"{path}: describes no device; write a table such as [mine] with bandwidth and float32"
        )
    if not one and len(found) > 1:
        raise InputError(f"{path}: holds {', '.join(found)}; write {path}:{next(iter(found))}")
    if one and one not in found:
        raise InputError(f"{path}: has no device {one!r}{near_misses(one, found)}")
    return found[one] if one else next(iter(found.values()))


def _devices(read: Mapping[str, Any], where: str) -> dict[str, Device]:
    sources = read.get("sources", {})
    if not isinstance(sources, dict):
        raise InputError(f"{where}: sources must be a table of tables, such as [sources.mine]")
    for name, source in sources.items():
        if not isinstance(source, dict) or not all(isinstance(source.get(key), str) for key in _SOURCE):
            raise InputError(f"{where}: sources.{name} must be a table with {', '.join(_SOURCE)} as texts")
    tables = {name: table for name, table in read.items() if name != "sources"}
    return {name: _device(name, table, sources, where) for name, table in tables.items()}


def _device(name: str, table: Any, sources: Mapping[str, Any], where: str) -> Device:  # noqa: ANN401  # TOML
    if not isinstance(table, dict):
        raise InputError(f"{where}: {name} must be a table of a device's numbers, such as [{name}]")
    kind = table.get("kind", GPU)
    if kind not in (CPU, GPU):
        raise InputError(f"{where}: {name}.kind {kind!r} must be {CPU} or {GPU}")
    figures = {}
    for key, value in table.items():
        if key in ("title", "kind"):
            continue
        if key not in _UNITS:
            raise InputError(f"{where}: {name}.{key}: unknown key{near_misses(key, _UNITS)}")
        figures[key] = _figure(f"{where}: {name}.{key}", key, value, sources)
    if "bandwidth" not in figures or not any(numbers in figures for numbers in NUMBERS):
        raise InputError(f'{where}: {name} needs bandwidth and a rate, such as float32 = "10 TFLOP/s"')
    for key, rated in figures.items():
        peak = figures.get(key.removeprefix(_MEASURED))
        if key.startswith(_MEASURED) and (peak is None or rated.value > peak.value):
            raise InputError(f"{where}: {name}.{key} needs a {key.removeprefix(_MEASURED)} that is not less")
    return Device(name, str(table.get("title", name)), kind, FrozenMap(figures))


def _figure(place: str, key: str, value: Any, sources: Mapping[str, Any]) -> Rated:  # noqa: ANN401  # TOML
    if not isinstance(value, dict):
        return Rated(quantities.parse(value, _UNITS[key], place))
    source = sources.get(str(value.get("source")), {})
    return Rated(
        quantities.parse(value.get("value", ""), _UNITS[key], place),
        f"{source['title']}, {source['url']}" if source else str(value.get("source", "")),
        str(value.get("page", "")),
        str(source.get("date", value.get("date", ""))),
    )
