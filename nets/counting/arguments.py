"""What a module is called with: shapes as texts or tuples, tensors, and anything else, nested at will."""

import inspect
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeGuard

import attrs
import torch
from torch import Tensor, nn

from nets.counting.parameters import name_of
from nets.errors import InputError
from nets.inputs import is_shape, parse_input, shape_of
from nets.layers.base import show
from nets.network.algebra import Shape, Size
from nets.suggestions import near_misses

if TYPE_CHECKING:
    from nets.counting.recorder import Recorder

_WRITTEN = re.compile(r"\s*[\dA-Z]\w*(?:[x×]\w+)*\s*(?::\s*[\w.]+\s*)?\Z")
_DTYPES = {
    name: value for name, value in vars(torch).items() if isinstance(value, torch.dtype) and name[0].islower()
}


@attrs.frozen
class Spec:
    """A tensor to be: its shape, and its type of numbers; None for that of the module's parameters."""

    shape: Shape
    dtype: torch.dtype | None = None

    def __str__(self) -> str:
        kind = f":{str(self.dtype).removeprefix('torch.')}" if self.dtype else ""
        return f"{show(self.shape)}{kind}"


@attrs.frozen
class Arguments:
    """Positional and keyword arguments in which a `Spec` stands for a tensor."""

    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = attrs.field(factory=dict)

    @property
    def specs(self) -> tuple[Spec, ...]:
        """The tensors to be, in order."""
        found: list[Spec] = []
        _mapped((self.args, dict(self.kwargs)), found.append)
        return tuple(found)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The names that stand for sizes, sorted."""
        sizes = (size for spec in self.specs for size in spec.shape)
        return tuple(sorted({str(s) for size in sizes for s in getattr(size, "free_symbols", ())}))

    def in_units(self, units: Mapping[str, Size]) -> "Arguments":
        """Return the arguments with sizes as multiples; units of names that do not occur are refused."""
        for name in units:
            if name not in self.symbols:
                known = f"; there are {', '.join(self.symbols)}" if self.symbols else ""
                raise InputError(f"unit {name}: no size of the input is called so{known}")

        def convert(spec: Spec) -> Spec:
            sizes = (units.get(str(size), size) for size in spec.shape)
            return attrs.evolve(spec, shape=tuple(sizes))

        return Arguments(*_mapped((self.args, dict(self.kwargs)), convert))

    def at(self, values: Mapping[str, int]) -> "Arguments":
        """Return the arguments with numbers in place of some symbols."""

        def convert(spec: Spec) -> Spec:
            return attrs.evolve(spec, shape=tuple(_put(size, values) for size in spec.shape))

        return Arguments(*_mapped((self.args, dict(self.kwargs)), convert))

    def batched(self, name: str) -> "Arguments":
        """Return the arguments with a symbol in place of the first size of every input.

        Raises
        ------
        InputError
            If their first sizes differ, or there are tensors among them, whose sizes are numbers.
        """
        from nets.network.formulas import symbol

        firsts = {spec.shape[0] for spec in self.specs if spec.shape}
        if len(firsts) != 1:
            raise InputError(f"which size is the batch? Write it as a symbol, such as {name}x3x224x224")

        def convert(spec: Spec) -> Spec:
            return attrs.evolve(spec, shape=(symbol(name), *spec.shape[1:])) if spec.shape else spec

        return Arguments(*_mapped((self.args, dict(self.kwargs)), convert))

    def made(
        self, recorder: "Recorder", module: nn.Module, size: Callable[[Size], Any] = int
    ) -> tuple[Any, dict[str, Any]]:
        """Return the arguments with tensors in them that hold no numbers."""
        dtype, device = _like(module)

        def make(spec: Spec) -> Tensor:
            with recorder.muted():
                return torch.empty([size(s) for s in spec.shape], dtype=spec.dtype or dtype, device=device)

        def given(tensor: Tensor) -> Tensor:
            return recorder.standins.fake(tensor) if tensor.device.type == "meta" else tensor

        made: tuple[Any, dict[str, Any]] = _mapped((self.args, dict(self.kwargs)), make, given)
        return made

    def real(self, module: nn.Module) -> tuple[Any, dict[str, Any]]:
        """Return the arguments with tensors of zeros in them."""
        dtype, device = _like(module)

        def make(spec: Spec) -> Tensor:
            return torch.zeros([int(s) for s in spec.shape], dtype=spec.dtype or dtype, device=device)

        made: tuple[Any, dict[str, Any]] = _mapped((self.args, dict(self.kwargs)), make)
        return made


def _put(size: Any, values: Mapping[str, int]) -> Size:  # noqa: ANN401  # an int or a formula
    if not getattr(size, "free_symbols", None):
        return int(size)
    put: Any = size.subs({name: values[str(name)] for name in size.free_symbols if str(name) in values})
    return put if put.free_symbols else int(put)


def _like(module: nn.Module) -> tuple[torch.dtype, torch.device]:
    """Return type and place of a module's first floating-point parameter; on meta, the processor."""
    parameter = next((p for p in module.parameters() if p.is_floating_point() or p.is_complex()), None)
    if parameter is None:
        return torch.get_default_dtype(), torch.device("cpu")
    on_meta = parameter.device.type == "meta"
    return parameter.dtype, torch.device("cpu") if on_meta else parameter.device


def _mapped(value: Any, make: Callable[[Spec], Any], given: Callable[[Tensor], Any] = lambda t: t) -> Any:  # noqa: ANN401  # any arguments
    if isinstance(value, Spec):
        return make(value)
    if isinstance(value, Tensor):
        return given(value)
    if isinstance(value, dict):
        return {key: _mapped(item, make, given) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_mapped(item, make, given) for item in value)
    return value


def arguments_for(
    module: nn.Module,
    inputs: Any = None,  # noqa: ANN401  # what users give
    kwargs: Mapping[str, Any] | None = None,
    units: Mapping[str, Size] | None = None,
) -> Arguments:
    """Read what a user gives as a module's input.

    Parameters
    ----------
    module
        The module, whose signature tells keyword arguments from a dictionary that is one argument.
    inputs
        A text such as ``"1x3x224x224"`` or ``"2x128:int64"`` (several separated by commas), a shape, a
        tensor, a list or tuple of these, or a dictionary: of keyword arguments where the module has
        arguments of such names, else one argument. None for a module that needs nothing.
    kwargs
        Keyword arguments: tensors, texts as above for tensors to be, anything else as it is.
    units
        What sizes are multiples of, such as ``{"H": 32 * h}``.

    Raises
    ------
    InputError
        If a shape or a type of numbers makes no sense, or the module needs an input and there is none.
    """
    arguments = _arguments(module, inputs, kwargs)
    return arguments if not units else arguments.in_units(units)


def _arguments(module: nn.Module, inputs: Any, kwargs: Mapping[str, Any] | None) -> Arguments:  # noqa: ANN401  # what users give
    name = name_of(module)
    named = {str(key): _keyword(value) for key, value in (kwargs or {}).items()}
    if inputs is None:
        arguments = Arguments((), named)
        if missing := _missing(module, arguments):
            raise InputError(f"{name}: a module needs inputs, such as '1x3x224x224' for {missing}")
        return arguments
    if isinstance(inputs, Mapping) and _are_keywords(module, inputs):
        return Arguments((), {**{str(k): _given(v) for k, v in inputs.items()}, **named})
    if isinstance(inputs, str):
        return Arguments(tuple(read(part) for part in inputs.split(",")), named)
    if isinstance(inputs, list | tuple | torch.Size) and not is_shape(inputs):
        if not inputs:
            raise InputError(
                f"{name}: an empty {type(inputs).__name__} is no input; give a shape or a tensor"
            )
        return Arguments(tuple(_one(item) for item in inputs), named)
    return Arguments((_one(inputs),), named)


def _one(value: Any) -> Any:  # noqa: ANN401  # what users give
    if isinstance(value, Tensor | Spec) or value is None:
        return value
    if isinstance(value, str):
        return read(value)
    if is_shape(value):
        return Spec(shape_of(value))
    if type(value) in (list, tuple):
        return type(value)(_one(item) for item in value)
    if isinstance(value, Mapping):
        return {key: _one(item) for key, item in value.items()}
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise InputError(
            f"input {value!r} is neither a shape nor a tensor; write a shape such as '1x3x224x224'"
        )
    return value


def _given(value: Any) -> Any:  # noqa: ANN401  # what users give
    """Read the value of a keyword among the inputs: plain numbers are what they are, tuples are shapes."""
    return value if isinstance(value, int | float | str) and not _is_written(value) else _one(value)


def _keyword(value: Any) -> Any:  # noqa: ANN401  # what users give
    return read(value) if _is_written(value) else value


def _is_written(value: Any) -> TypeGuard[str]:  # noqa: ANN401  # what users give
    return isinstance(value, str) and bool(_WRITTEN.match(value)) and value[0].isdigit()


def read(text: str) -> Spec:
    """Read a written tensor: sizes separated by ``x``, and after a colon the type of its numbers.

    >>> str(read("2x128:int64"))
    '2×128:int64'
    """
    sizes, colon, kind = text.partition(":")
    name = kind.strip().removeprefix("torch.")
    if colon and name not in _DTYPES:
        raise InputError(f"input {text}: type {name!r} does not exist{near_misses(name, _DTYPES)}")
    return Spec(parse_input(sizes), _DTYPES[name] if colon else None)


def describe(arguments: Arguments) -> str:
    """Say in few words what a module was called with."""

    def one(value: Any) -> str:  # noqa: ANN401  # any argument
        if isinstance(value, Tensor):
            return show(tuple(value.shape)) or "a scalar"
        if isinstance(value, list | tuple):
            return f"({', '.join(map(one, value))})"
        if isinstance(value, Mapping):
            return f"{{{', '.join(f'{k}: {one(v)}' for k, v in value.items())}}}"
        return (
            str(value) if isinstance(value, Spec | int | float | bool | str | None) else type(value).__name__
        )

    named = [f"{key}={one(value)}" for key, value in arguments.kwargs.items()]
    return (
        f"input {', '.join([*map(one, arguments.args), *named])}" if arguments.args or named else "no input"
    )


def _signature(module: nn.Module) -> inspect.Signature | None:
    try:
        return inspect.signature(module.forward)
    except (TypeError, ValueError):
        return None


def _are_keywords(module: nn.Module, inputs: Mapping[Any, Any]) -> bool:
    signature = _signature(module)
    if signature is None or not all(isinstance(key, str) for key in inputs):
        return False
    parameters = signature.parameters
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        return True
    return bool(inputs) and all(key in parameters for key in inputs)


def _missing(module: nn.Module, arguments: Arguments) -> str:
    signature = _signature(module)
    if signature is None:
        return ""
    for parameter in signature.parameters.values():
        plain = parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        if plain and parameter.default is parameter.empty and parameter.name not in arguments.kwargs:
            return parameter.name
    return ""
