"""The base of every value in a scenario: frozen, validated by pydantic, with errors that name their place."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo
from pydantic_core import ErrorDetails

from sim.errors import ScenarioError
from sim.scenario.clock import LONGEST

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)

NANOSECOND = 1e-9

Instant = Annotated[float, Field(strict=True, ge=0, le=LONGEST, allow_inf_nan=False)]
"""Seconds since the start of the run, or a cost that may be nothing."""

Seconds = Annotated[float, Field(strict=True, ge=NANOSECOND, le=LONGEST, allow_inf_nan=False)]
"""A duration: at least the clock's one nanosecond."""

Positive = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(strict=True, ge=1, le=10**15)]

TAG = ":"
"""Begins the tag of each branch of a union, so that a path can leave it out."""

NUMBER, LIST = f"{TAG}number", f"{TAG}list"
FORMS = (NUMBER, LIST)
"""Tags of the branches of a union that are not kinds of distribution."""


FOLDER = "folder"
"""Key of the validation context: the folder that paths in a scenario are relative to."""


def folder_of(info: ValidationInfo) -> Path:
    """Return the folder that paths in the scenario under validation are relative to."""
    return Path((info.context or {}).get(FOLDER, "."))


class _Checked(ModelMetaclass):
    """Make a constructor raise `ScenarioError`, as a file does, instead of pydantic's own error."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 -- serves every signature
        try:
            return super().__call__(*args, **kwargs)
        except ValidationError as error:
            raise ScenarioError(sentences(error)) from None


class Value(BaseModel, metaclass=_Checked):
    """A frozen, validated, hashable value without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def replace(self, **changes: Any) -> Self:  # noqa: ANN401 -- the validator checks them
        """Return this value with some fields changed; raises `ScenarioError` as the constructor does."""
        return type(self)(**{name: getattr(self, name) for name in type(self).model_fields} | changes)


def sentences(error: ValidationError) -> str:
    """Return every fault that pydantic found as one line: path, value, what it must be."""
    faults = [fault for fault in error.errors(include_url=False) if not _echo(fault)]
    return "\n".join(_sentence(fault) for fault in faults)


def _echo(fault: ErrorDetails) -> bool:
    """Whether a list is only said to be too short because its items were refused."""
    return fault["type"] == "too_short" and len(fault["input"]) > fault["ctx"]["actual_length"]


def _sentence(fault: ErrorDetails) -> str:
    place, given, context = _path(fault["loc"]), fault["input"], fault.get("ctx", {})
    match fault["type"]:
        case "extra_forbidden":
            near = get_close_matches(str(fault["loc"][-1]), _keys(), 1)
            return f"{place}: unknown key" + (f"; did you mean {near[0]!r}?" if near else "")
        case "missing":
            return f"{place}: is required"
        case "union_tag_invalid":
            tags = re.findall(r"'(.*?)'", context["expected_tags"])
            kinds = ", ".join(tag[len(TAG) :] for tag in tags if tag not in FORMS)
            kind = given.get("kind") if isinstance(given, dict) else None
            return f"{place}.kind: {kind!r} must be one of {kinds}" if kind else f"{place}.kind: is required"
        case "value_error":
            sentence = fault["msg"].removeprefix("Value error, ")
            return f"{place}: {sentence}" if place else sentence
        case "greater_than_equal" if context["ge"] == NANOSECOND and given <= 0:
            must = "must be positive"
        case "too_short" | "too_long":
            bound = "at least" if fault["type"] == "too_short" else "at most"
            size = context.get("min_length", context.get("max_length"))
            return f"{place}: must have {bound} {size} item(s), not {context['actual_length']}"
        case _:
            must = re.sub(r"^Input should |^Value should ", "must ", fault["msg"])
    shown = repr(given) if isinstance(given, str | int | float | None) else f"a {type(given).__name__}"
    return f"{place}: {shown} {must}"


def _path(location: Iterable[int | str]) -> str:
    """Return ``('workers', 1, 'compute')`` as ``workers[1].compute``, tags of unions left out."""
    path = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif not step.startswith(TAG):
            path += f".{step}" if path else step
    return path


def _keys() -> list[str]:
    """Every key that may stand anywhere in a scenario, for suggestions."""
    models: list[type[Value]] = [Value]
    for model in models:
        models += model.__subclasses__()
    return sorted({name for model in models for name in model.model_fields})
