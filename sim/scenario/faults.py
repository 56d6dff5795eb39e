"""What pydantic finds wrong, in sentences that name the place, the value and the way out."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sim.scenario.values import NANOSECOND, shown

TAG = ":"
"""Begins the tag of each branch of a union, so that a path can leave it out."""

NUMBER, LIST = f"{TAG}number", f"{TAG}list"
FORMS = (NUMBER, LIST)
"""Tags of the branches of a union that are not kinds of distribution."""


class KeyFault(ValueError):  # noqa: N818 -- in the words of this module
    """What is wrong with one of a value's keys, found while the value is looked at as a whole."""

    def __init__(self, key: str, sentence: str) -> None:
        super().__init__(sentence)
        self.key = key


def sentences(error: ValidationError, model: type) -> str:
    """Return every fault that pydantic found in a model as a line: path, value, what it must be."""
    faults = [fault for fault in error.errors(include_url=False) if not _echo(fault)]
    return "\n".join(_sentence(fault, model) for fault in faults)


def _echo(fault: ErrorDetails) -> bool:
    """Whether a list is only said to be too short because its items were refused."""
    return fault["type"] == "too_short" and len(fault["input"]) > fault["ctx"]["actual_length"]


def _sentence(fault: ErrorDetails, model: type) -> str:
    place = _path(fault["loc"])
    if fault["type"] == "extra_forbidden":
        known = _keys(model, fault["loc"][:-1])
        return f"{place}: unknown key; {_way_out(str(fault['loc'][-1]), known)}"
    key, sentence = _WHOLE.get(fault["type"], _must)(fault)
    where = f"{place}.{key}" if place and key else place or key
    return f"{where}: {sentence}" if where else sentence


def _way_out(key: str, known: Iterable[str]) -> str:
    """Return what to write in place of an unknown key."""
    known = sorted(known)
    near = get_close_matches(key, known, 1)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"


Sentence = tuple[str, str]
"""The key that it is about, empty where that is the place itself, and the sentence."""

_MUSTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "float_type": "be a valid number",
        "model_attributes_type": "be a table of keys and values",
        "model_type": "be a table of keys and values",
        "string_pattern_mismatch": "hold no control characters",
        "string_unicode": "be text in Unicode",
        "tuple_type": "be a list",
    }
)
"""What a value must be, where pydantic's own words speak of Python."""


def _must(fault: ErrorDetails) -> Sentence:
    given = fault["input"]
    if fault["type"] == "greater_than_equal" and fault["ctx"]["ge"] == NANOSECOND and given <= 0:
        must = "be positive"
    else:
        must = _MUSTS.get(fault["type"]) or re.sub(r"^(Input|Value) should ", "", fault["msg"])
    return "", f"{shown(given)} must {must}"


def _missing(_: ErrorDetails) -> Sentence:
    return "", "is required"


def _no_branch(fault: ErrorDetails) -> Sentence:
    """Tell which kinds of distribution there are, if any may stand here."""
    given = fault["input"]
    tags = re.findall(r"'(.*?)'", fault["ctx"]["expected_tags"])
    kinds = ", ".join(tag[len(TAG) :] for tag in tags if tag not in FORMS)
    if not kinds:
        return "", f"{shown(given)} must be a number or a list"
    if "kind" in given:
        return "kind", f"{shown(given['kind'])} must be one of {kinds}"
    return "kind", "is required"


def _cause(fault: ErrorDetails) -> Sentence:
    """Pass on what a validator of ours says."""
    cause = fault["ctx"]["error"]
    return cause.key if isinstance(cause, KeyFault) else "", str(cause)


def _length(fault: ErrorDetails) -> Sentence:
    context = fault["ctx"]
    least, most = context.get("min_length"), context.get("max_length")
    bound = f"at least {least}" if fault["type"].endswith("short") else f"at most {most}"
    if isinstance(fault["input"], str):
        return "", f"must have {bound} character(s), not {len(fault['input'])}"
    return "", f"must have {bound} item(s), not {context['actual_length']}"


_WHOLE: Final[Mapping[str, Callable[[ErrorDetails], Sentence]]] = MappingProxyType(
    {
        "missing": _missing,
        "string_too_long": _length,
        "string_too_short": _length,
        "too_long": _length,
        "too_short": _length,
        "union_tag_invalid": _no_branch,
        "value_error": _cause,
    }
)
"""Sentences that do not have the form of value and must."""


def _path(location: Iterable[int | str]) -> str:
    """Return ``('workers', 1, 'compute')`` as ``workers[1].compute``, tags of unions left out."""
    path = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif not step.startswith(TAG):
            name = step if step.isprintable() else ascii(step)
            path += f".{name}" if path else name
    return path


def _keys(model: type, location: Iterable[int | str]) -> set[str]:
    """Return the keys that may stand at a place in a model."""
    models = set(_models(model))
    for step in location:
        if isinstance(step, str) and step.startswith(TAG):
            models = {each for each in models if _kind_of(each) in {None, step[len(TAG) :]}}
        elif isinstance(step, str):
            fields = [each.model_fields[step] for each in models if step in each.model_fields]
            models = {found for field in fields for found in _models(field.annotation)}
    return {key for each in models for key in (*each.model_fields, *getattr(each, "also", ()))}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 -- whatever may be annotated
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _kind_of(model: type[BaseModel]) -> Any:  # noqa: ANN401 -- a default
    """Return the kind of a distribution, ``None`` for any other value."""
    field = model.model_fields.get("kind")
    return field and field.default
