"""The base of every value in a scenario: frozen, validated by pydantic, with errors that name their place."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo

from sim.errors import ScenarioError
from sim.scenario.clock import LONGEST
from sim.scenario.faults import sentences
from sim.scenario.units import quantity
from sim.scenario.values import LARGEST_SEED, NANOSECOND, plain_number

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)

_Instant = Annotated[float, Field(strict=True, ge=0, le=LONGEST, allow_inf_nan=False)]
_Seconds = Annotated[float, Field(strict=True, ge=NANOSECOND, le=LONGEST, allow_inf_nan=False)]

Instant = Annotated[_Instant, quantity(_Instant, "second")]
"""Seconds since the start of the run, or a cost that may be nothing."""

Seconds = Annotated[_Seconds, quantity(_Seconds, "second")]
"""A duration: at least the clock's one nanosecond."""

PLAIN = BeforeValidator(plain_number)
Positive = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False), PLAIN]
Count = Annotated[int, Field(strict=True, ge=1, le=10**15), PLAIN]
Bound = Annotated[int, Field(strict=True, ge=0, le=10**15), PLAIN]
Seed = Annotated[int, Field(strict=True, ge=0, le=LARGEST_SEED), PLAIN]

Text = Annotated[
    str, Field(strict=True, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]*$")
]
"""What terminals, pages and files can show as it is: no control characters, none that turns the text."""

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
            raise ScenarioError(sentences(error, self)) from None


class Value(BaseModel, metaclass=_Checked):
    """A frozen, validated, hashable value without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    also: ClassVar[frozenset[str]] = frozenset()
    """Keys that are understood beside the fields, and turned into them."""

    def replace(self, **changes: Any) -> Self:  # noqa: ANN401 -- the validator checks them
        """Return this value with some fields changed; raises `ScenarioError` as the constructor does."""
        return type(self)(**{name: getattr(self, name) for name in type(self).model_fields} | changes)
