"""The JSON schema of a scenario's file, for editors: what they complete, explain and underline.

It never refuses what `Scenario` takes. What concerns several fields at once it does not know: that a scenario
needs a bound, say, or that two workers may not have one name.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from inspect import cleandoc
from typing import Any, Final, get_args

from sim.scenario.durations import Distribution
from sim.scenario.model import Value
from sim.scenario.network import Network, Server, Stop
from sim.scenario.protocols import ALIASES, MOST_SHARES, NAMED, WITHOUT_K, Protocol, keys_of
from sim.scenario.scenario import Scenario
from sim.scenario.worker import Failures, Slowdowns, Worker

Node = dict[str, Any]

DIALECT: Final = "http://json-schema.org/draft-07/schema#"
"""The one that editors of TOML understand."""

DISTRIBUTIONS: Final[Sequence[type[Value]]] = get_args(Distribution)
MODELS: Final[Sequence[type[Value]]] = (
    *(Scenario, Protocol, Worker, Failures, Slowdowns, Server, Network, Stop),
    *DISTRIBUTIONS,
)
"""Each of which is a definition by its name."""

FILE: Final[Node] = {
    "type": "string",
    "minLength": 1,
    "description": "A CSV file with a header line; its path is relative to this file's folder.",
}


def schema() -> Node:
    """Return the schema, a new one each time.

    >>> schema()["properties"]["stop"]
    {'$ref': '#/definitions/Stop'}
    """
    made = Scenario.model_json_schema(ref_template="#/definitions/{model}")
    definitions: dict[str, Node] = {name: _plain(node) for name, node in made.pop("$defs").items()}
    scenario: Node = _plain(made)
    for model in MODELS:
        own = scenario if model is Scenario else definitions[model.__name__]
        own["description"], explained = _explained(model)
        for name, words in explained.items():
            own["properties"][name] = _described(own["properties"][name], words)
    for model in DISTRIBUTIONS:  # whose kind has a default in Python alone
        definitions[model.__name__]["required"].insert(0, "kind")
    worker, pareto, empirical = (definitions[name] for name in ("Worker", "Pareto", "Empirical"))
    definitions["Protocol"] = _protocols(definitions["Protocol"])
    definitions["Pareto"] = _either(
        pareto, "minimum", {"mean": definitions["Exponential"]["properties"]["mean"]}
    )
    column = {"type": "string", "description": "Of the file; seconds, where not given."}
    definitions["Empirical"] = _either(empirical, "values", {"csv": FILE}, {"column": column})
    worker["properties"]["compute"]["oneOf"].append(_table({"csv": FILE}, ["csv"]))
    definitions["MeasuredWorkers"] = _measured(worker)
    either = [{"$ref": f"#/definitions/{name}"} for name in ("Worker", "MeasuredWorkers")]
    scenario["properties"]["workers"]["items"] = {"anyOf": either}
    head = {"$schema": DIALECT, "title": "A scenario of dlsyslab"}
    return head | scenario | {"definitions": definitions}


def _plain(node: Any) -> Any:  # noqa: ANN401 -- any part of a schema
    """Return a schema of pydantic's in the older dialect, without what TOML lacks and nobody reads."""
    if isinstance(node, list):
        return [_plain(each) for each in node]
    if not isinstance(node, Mapping):
        return node
    found = {
        key: _plain(each) for key, each in node.items() if not (key == "title" and isinstance(each, str))
    }
    if "prefixItems" in found:
        found["items"] = found.pop("prefixItems")
    if found.get("default", ...) is None:
        del found["default"]
    if {"type": "null"} in found.get("anyOf", []):
        rest = [each for each in found.pop("anyOf") if each != {"type": "null"}]
        found |= rest[0] if len(rest) == 1 else {"anyOf": rest}
    if "$ref" in found:  # beside which this dialect reads nothing
        return {"$ref": found["$ref"]}
    return found


def _explained(model: type[Value]) -> tuple[str, dict[str, str]]:
    """Return what the docstring of a model says of it, and of each of its attributes."""
    text, _, rest = cleandoc(model.__doc__ or "").partition("\nAttributes\n----------\n")
    summary = _prose(re.split(r"\n(?:Examples\n-+)\n", text)[0])
    return summary, dict(_attributes(re.split(r"\n\n\S+\n-+\n", rest)[0]))


def _attributes(section: str) -> Iterator[tuple[str, str]]:
    for names, words in re.findall(r"^(\S.*)\n((?:(?: .*)?\n?)+)", section, re.MULTILINE):
        for name in names.split(", "):
            yield name, _prose(words)


def _prose(text: str) -> str:
    return " ".join(text.split()).replace("``", "`")


def _described(node: Node, words: str) -> Node:
    return {"description": words, **({"allOf": [node]} if "$ref" in node else node)}


def _table(properties: Mapping[str, Any], required: Sequence[str], **more: Any) -> Node:  # noqa: ANN401 -- keywords
    return {
        "type": "object", "properties": dict(properties), "required": list(required),
        "additionalProperties": False,
    } | more  # fmt: skip


def _either(node: Node, name: str, other: Mapping[str, Node], more: Mapping[str, Node] | None = None) -> Node:
    """Return a table in which another key may stand for one that is required; with it still more may."""
    common = {key: each for key, each in node["properties"].items() if key != name}
    required = [key for key in node["required"] if key != name]
    return {
        "description": node["description"],
        "anyOf": [
            _table(node["properties"], node["required"]),
            _table({**common, **other, **(more or {})}, [*required, *other]),
        ],
    }


def _measured(worker: Node) -> Node:
    """Return a table of workers that a file names, with its times."""
    said = {"name", "compute", "count"}
    rest = {key: each for key, each in worker["properties"].items() if key not in said}
    words = (
        "A worker for each name in a file of measured iteration times, with the columns worker and seconds."
    )
    return _table({"csv": FILE, **rest}, ["csv"], description=words)


def _protocols(node: Node) -> Node:
    """Return a table for each protocol by its name, and one by its rules."""
    share = {"type": "string", "pattern": "^(all|P/[1-9][0-9]{0,8})$"}
    known: Node = node["properties"]
    known["k"] = {"description": known["k"]["description"], "default": 1,
                  "anyOf": [{"type": "integer", "minimum": 1}, share]}  # fmt: skip
    words = "K is the share ⌊P/n⌋ of the workers."
    n = {"type": "integer", "minimum": 1, "maximum": MOST_SHARES, "description": words}

    def by_name(kind: str) -> Node:
        name, needed = ALIASES.get(kind, (kind, "k"))
        own = {key: each for key, each in (known | {"n": n}).items() if key in keys_of(kind)}
        needs = [needed] if kind in ALIASES or name not in WITHOUT_K else []
        return _table({"kind": {"const": kind}, **own}, ["kind", *needs])

    tables = [by_name(kind) for kind in (*NAMED, *ALIASES)]
    return {"description": node["description"], "anyOf": [*tables, _table(known, [])]}
