"""Settings: any field of a scenario by its path, ``protocol.k`` or ``workers[name=slow].compute.mean``.

They change the scenario as plain data, as if its file were edited; whoever asks validates the result, with
the sentences that a file would get.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, Final, NamedTuple, get_args

from sim.errors import ScenarioError
from sim.scenario.durations import Distribution
from sim.scenario.protocols import ALIASES, NAMED, keys_of
from sim.scenario.values import shown


class Named(NamedTuple):
    """A step of a path: the entry of a list that has this name."""

    name: str


Step = str | int | Named
Steps = tuple[Step, ...]

_KEY: Final = r"[A-Za-z0-9_-]+"
_INDEX: Final = r"\[\s*[0-9]{1,15}\s*\]"
_NAMED: Final = r"""\[\s*name\s*=\s*(?:"[^"]*"|'[^']*'|[^\]"']+)\]"""
_STEP: Final = re.compile(rf"\.?(?P<key>{_KEY})|(?P<index>{_INDEX})|(?P<named>{_NAMED})")
_PATH: Final = re.compile(rf"{_KEY}(?:\.{_KEY}|{_INDEX}|{_NAMED})*")

SOME: Final = 8
"""Names that an error lists."""

WAYS: Final = "protocol.k, workers[0].speed or workers[name=slow].compute"
"""Examples of paths."""


def parse_path(text: str) -> Steps:
    """Return the steps of a path.

    Raises
    ------
    ScenarioError
        Where it is none.

    Examples
    --------
    >>> parse_path("workers[0].speed"), parse_path("workers[name=slow].speed")
    (('workers', 0, 'speed'), ('workers', Named(name='slow'), 'speed'))
    """
    if not isinstance(text, str) or not _PATH.fullmatch(text):
        raise ScenarioError(f"{shown(text)} is no path to a field: write such as {WAYS}")
    return tuple(map(_step, _STEP.finditer(text)))


def _step(match: re.Match[str]) -> Step:
    if key := match["key"]:
        return key
    inside = match[0][1:-1].strip()
    return int(inside) if match["index"] else Named(inside.partition("=")[2].strip().strip("\"'"))


def parse_setting(text: str) -> tuple[str, object]:
    """Return path and value of a text ``PATH=VALUE``.

    The value is TOML; what is none is a text, so that ``12 ms`` and ``bsp`` need no quotation marks.

    Raises
    ------
    ScenarioError
        Where the text has no path, no value, or a list, table or text that does not end.

    Examples
    --------
    >>> parse_setting("server.apply=12 ms"), parse_setting("workers[name=slow].compute=[1, 2]")
    (('server.apply', '12 ms'), ('workers[name=slow].compute', [1, 2]))
    """
    path = _PATH.match(text)
    rest = text[path.end() :].lstrip() if path else ""
    if path is None or not rest.startswith("="):
        raise ScenarioError(f"{shown(text)} must read PATH=VALUE, where a path is such as {WAYS}")
    return path[0], parse_value(rest[1:], path[0])


def parse_value(text: str, path: str) -> object:
    """Return a value as `parse_setting` does; an error names the path."""
    text = text.strip()
    if not text:
        raise ScenarioError(f"{path}: needs a value after the =")
    try:
        found = tomllib.loads(f"value = {text}")
        if len(found) == 1:  # not with a line of its own for another key
            return found["value"]
    except (ValueError, RecursionError):  # so is a TOMLDecodeError, and a number too long for Python
        pass
    if text[0] in "[{\"'" or "\n" in text:
        raise ScenarioError(f"{path}: {shown(text)} is not TOML: is a bracket or a quotation mark missing?")
    return text


def parse_protocol(text: str) -> dict[str, object]:
    """Return the data of a protocol ``NAME`` or ``NAME:KEY=VALUE,…``.

    >>> parse_protocol("backup-workers:k=30")
    {'kind': 'backup-workers', 'k': 30}
    """
    kind, colon, rest = text.partition(":")
    settings: dict[str, object] = {"kind": kind.strip()}
    for each in rest.split(",") if colon else ():
        key, equals, value = (part.strip() for part in each.partition("="))
        if not (re.fullmatch(_KEY, key) and equals and value) or key in settings:
            raise ScenarioError(
                f"protocol {shown(text)} must read NAME or NAME:KEY=VALUE,…, such as k-async:k=4,slack=2,"
                " each key once"
            )
        settings[key] = parse_value(value, f"protocol.{key}")
    return settings


def override(data: Mapping[str, Any], settings: Mapping[str, object]) -> dict[str, Any]:
    """Return a scenario's data with some fields changed; whether the result makes a scenario is not judged.

    The order of the settings means nothing: what holds others is set before what it holds. A new ``kind``
    keeps the settings that it knows. ``None`` takes a field away, so that it has its default.

    Raises
    ------
    ScenarioError
        Where a path leads nowhere, or two lead to the same field.

    Examples
    --------
    >>> override({"workers": [{"name": "a", "compute": 1.0}]}, {"workers[name=a].speed": 2, "stop.time": 60})
    {'workers': [{'name': 'a', 'compute': 1.0, 'speed': 2}], 'stop': {'time': 60}}
    """
    given = sorted(((parse_path(path), value) for path, value in settings.items()), key=_turn)
    changed: Any = _spelled_for(data, {path for path, _ in given})
    done: set[Steps] = set()
    for path, value in given:
        resolved = _resolved(changed, path)
        if resolved in done:
            raise ScenarioError(f"{written(resolved)}: is set twice")
        done.add(resolved)
        changed = _put(changed, resolved, value)
    return dict(changed)


def written(path: Iterable[Step]) -> str:
    """Return a path as a user writes it.

    >>> written(("workers", 0, "speed"))
    'workers[0].speed'
    """
    text = ""
    for step in path:
        match step:
            case str():
                text += f".{step}" if text else step
            case int():
                text += f"[{step}]"
            case Named(name):
                text += f"[name={name}]"
    return text


def _turn(setting: tuple[Steps, object]) -> tuple[int, int]:
    """Return when a setting's turn is: a kind decides what may stand beside it, a name is looked up first."""
    path, _ = setting
    return len(path), {"kind": 0, "name": 2}.get(str(path[-1]), 1)


def _spelled_for(data: Mapping[str, Any], paths: set[Steps]) -> Mapping[str, Any]:
    """Return the data with the protocol under the name that knows the settings to come.

    ``async`` is ``k-batch-async`` with K = 1, and ``softsync`` is it with n in place of K.
    """
    protocol = data.get("protocol", {})
    if ("protocol", "kind") in paths or ("protocol",) in paths or not isinstance(protocol, Mapping):
        return data
    rest = {key: value for key, value in protocol.items() if key not in {"kind", "k"}}
    match protocol.get("kind", "async"):
        case "async" if ("protocol", "k") in paths:
            return {**data, "protocol": {"kind": "k-batch-async", **rest}}
        case "async" | "k-batch-async" if ("protocol", "n") in paths:
            return {**data, "protocol": {"kind": "softsync", **rest}}
    return data


def _resolved(data: Any, path: Steps) -> Steps:  # noqa: ANN401 -- data that nobody has validated
    """Return a path with the places of names in lists; every step but the last few leads somewhere."""
    found: list[Step] = []
    node = data
    for step in path:
        here = written(found)
        match step:
            case str():
                if not isinstance(node, Mapping):
                    raise ScenarioError(_no_keys(here, node, step))
                node = node.get(step, {})
                found.append(step)
            case int() | Named():
                place = _place(here, node, step)
                node = node[place]
                found.append(place)
    return tuple(found)


def _no_keys(here: str, node: Any, key: str) -> str:  # noqa: ANN401 -- data that nobody has validated
    if isinstance(node, list | tuple):
        return (
            f"{here}.{key}: {here} is a list of {len(node)}: say which, {here}[0] to {here}[{len(node) - 1}]"
        )
    return f"{here}.{key}: {here} is {shown(node)}, which has no keys: set {here} itself"


def _place(here: str, node: Any, step: int | Named) -> int:  # noqa: ANN401 -- data that nobody has validated
    where = f"{here}{written([step])}"
    if not isinstance(node, list | tuple):
        raise ScenarioError(f"{where}: {here} is no list" + (", for it is not set" if node == {} else ""))
    if isinstance(step, int):
        if step >= len(node):
            raise ScenarioError(f"{where}: {here} has {len(node)}, counted from 0")
        return step
    entries = {str(each.get("name")): place for place, each in enumerate(node) if isinstance(each, Mapping)}
    if step.name not in entries:
        group, _, number = step.name.rpartition("-")
        size = node[entries[group]].get("count") if group in entries else None
        raise ScenarioError(f"{where}: {_nobody(step.name, list(entries), group, number, size)}")
    return entries[step.name]


def _nobody(name: str, names: list[str], group: str, number: str, size: object) -> str:
    if isinstance(size, int) and re.fullmatch("[1-9][0-9]{0,9}", number) and int(number) <= size:
        return f"{name!r} is one of the group {group!r}: set that, or give the worker an entry of its own"
    near = get_close_matches(name, names, 1)
    if near:
        return f"none has this name; did you mean {near[0]!r}?"
    listed = ", ".join(names[:SOME]) + (", …" if len(names) > SOME else "")
    return f"none has this name; there are {listed}" if names else "none has a name"


def _put(node: Any, path: Steps, value: object) -> Any:  # noqa: ANN401 -- data that nobody has validated
    """Return data with a value at the end of a path that leads somewhere; what is missing becomes a table."""
    step, *rest = path
    if isinstance(step, int):
        entry = _put(node[step], tuple(rest), value) if rest else value
        return [*node[:step], entry, *node[step + 1 :]]
    if rest:
        return {**node, step: _put(node.get(step, {}), tuple(rest), value)}
    kept = node
    if step == "kind" and isinstance(value, str):
        known = _known(value)
        kept = {key: each for key, each in node.items() if known is None or key in known}
    if value is None:
        return {key: each for key, each in kept.items() if key != step}
    return {**kept, step: value}


@cache
def _known(kind: str) -> frozenset[str] | None:
    """Return what may stand beside a kind; ``None`` where there is no such kind."""
    if kind in NAMED or kind in ALIASES:
        return keys_of(kind)
    models = {each.model_fields["kind"].default: each for each in get_args(Distribution)}
    return frozenset(models[kind].model_fields) | models[kind].also if kind in models else None
