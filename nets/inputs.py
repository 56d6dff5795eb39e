"""What users type: input shapes and options, checked, and the net that they describe."""

import operator
import re
from collections.abc import Iterable, Mapping
from typing import Any

from nets import zoo
from nets.errors import InputError
from nets.layers.base import show
from nets.network.algebra import Shape, Size
from nets.network.graph import LARGEST, Network

_SYMBOL = re.compile(r"(\d*)([A-Z]\w*)\Z|(\d+)([a-z]\w*)\Z", re.ASCII)
_UNIT = re.compile(r"\d+[A-Za-z]\w*\Z", re.ASCII)
_BATCH_AND_SIDES = 4
_WHOLE = re.compile(r"[+-]?[0-9]+")
_REAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)
_SHOWN = 40
_SIDES = 2
_MOST_LAYERS = 1000


def parse_input(text: str) -> Shape:
    """Read an input shape: sizes separated by ``x``, batch first; a capital name stands for any size.

    A number before a name makes it a unit: ``32h`` stands for any multiple of 32.

    Raises
    ------
    InputError
        If a size is neither an integer of at least 1 nor a name, or is absurdly large.

    Examples
    --------
    >>> parse_input("1x3x224x224")
    (1, 3, 224, 224)
    >>> parse_input("Nx3xHx32w")
    (N, 3, H, 32*w)
    """
    return tuple(_size(token, text) for token in re.split("[x×]", text.strip()))


def is_shape(value: Any) -> bool:  # noqa: ANN401  # what users give
    """Whether a value is a sequence of sizes; they need not make sense."""
    if isinstance(value, str | bytes) or not hasattr(value, "__len__") or not hasattr(value, "__getitem__"):
        return False
    return not hasattr(value, "keys") and 0 < len(value) == sum(map(_is_one, value))


def _is_one(value: Any) -> bool:  # noqa: ANN401  # what users give
    if isinstance(value, bool | str) or value is None or hasattr(value, "requires_grad"):
        return False  # a tensor of torch's is an input, not a size
    if hasattr(value, "shape") and len(value.shape):
        return False
    return isinstance(value, float) or hasattr(value, "__index__") or hasattr(value, "free_symbols")


def shape_of(value: Any) -> Shape:  # noqa: ANN401  # what users give
    """Return a shape that a user gave as a text or a sequence.

    >>> shape_of([1, 3, 8, 8]), shape_of("2x5")
    ((1, 3, 8, 8), (2, 5))

    Raises
    ------
    InputError
        If it is neither, or a size is no integer of at least 1.
    """
    if isinstance(value, str):
        return parse_input(value)
    if not is_shape(value):
        raise InputError(f"input {value!r} is no shape; write one such as '1x3x224x224' or (1, 3, 224, 224)")
    return tuple(_checked(size, value) for size in value)


def _checked(size: Any, shape: Any) -> Size:  # noqa: ANN401  # what users give
    if getattr(size, "free_symbols", None):
        symbolic: Size = size
        return symbolic
    try:
        whole = operator.index(size) if not hasattr(size, "free_symbols") else int(size)
    except TypeError:
        whole = 0
    if not 1 <= whole <= LARGEST:
        if whole > LARGEST:
            raise InputError(f"input {show(tuple(shape))}: {size!r} is larger than a 64-bit index")
        raise InputError(f"input {show(tuple(shape))}: {size!r} must be an integer of at least 1")
    return whole


def parse_units(texts: Iterable[str]) -> dict[str, Size]:
    """Read units such as ``H=32h``: what a size is a multiple of.

    >>> parse_units(["H=32h"])
    {'H': 32*h}
    """
    units: dict[str, Size] = {}
    for text in ",".join(texts).split(","):
        name, equals, value = text.strip().partition("=")
        if not equals or not _UNIT.match(value):
            raise InputError(f"unit {_brief(text)!r} must read H=32h")
        units[name] = _size(value, text)
    return units


def _size(token: str, text: str) -> Size:
    if match := _SYMBOL.match(token):
        from nets.network.formulas import symbol

        times, name = match.group(1) or match.group(3), match.group(2) or match.group(4)
        return (_size(times, text) if times else 1) * symbol(name)
    if not re.fullmatch(r"\d+", token, re.ASCII):
        raise InputError(f"input {text}: {token!r} must be an integer of at least 1, or a name such as H")
    if len(token) > len(str(LARGEST)) or int(token) > LARGEST:
        raise InputError(f"input {text}: {token[:24]} is larger than a 64-bit index")
    if int(token) < 1:
        raise InputError(f"input {text}: {token} must be at least 1")
    return int(token)


def parse_options(settings: Iterable[str]) -> dict[str, Any]:
    """Read ``KEY=VALUE`` settings; values are numbers, whole numbers with commas, truths or texts.

    >>> parse_options(["width=0.5", "aux=true", "hidden=512,256", "version=v1"])
    {'width': 0.5, 'aux': True, 'hidden': (512, 256), 'version': 'v1'}
    """
    options: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise InputError(f"setting {_brief(setting)!r} must read KEY=VALUE, such as width=0.5")
        options[key.replace("-", "_")] = _value(value.strip())
    return options


def _value(text: str) -> Any:  # noqa: ANN401  # what it looks like
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if _WHOLE.fullmatch(text):
        return _whole(text)
    if _REAL.fullmatch(text):
        return float(text)
    parts = text.removeprefix("(").removesuffix(")").rstrip(",").split(",")
    if "," in text and all(_WHOLE.fullmatch(part.strip()) for part in parts):
        return tuple(_whole(part.strip()) for part in parts)
    return text


def _whole(text: str) -> int:
    if len(text) > len(str(LARGEST)) + 1:
        raise InputError(f"setting {_brief(text)} is larger than a 64-bit index")
    return int(text)


def _brief(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def symbolic_input(network: Network) -> Shape:
    """Return the net's input with the batch and the image's sides as symbols N, H, W."""
    from nets.network.formulas import symbol

    batch, channels, *sides = network.example
    del batch
    return (symbol("N"), channels, *(symbol(name) for name, _ in zip("HW", sides, strict=False)))


def net_for(net: str | Network, shape: Shape | None = None, /, **options: Any) -> Network:  # noqa: ANN401  # each net has options of its own
    """Return a net by its name, built for the sizes of an input shape.

    A net of the zoo is built for the rows and columns of the shape, so that its first fully connected layer
    fits; its channels are its own unless ``channels`` is among the options.

    Raises
    ------
    InputError, ShapeError, LayerError
        If there is no such net or option, or the net cannot take that input.
    """
    if isinstance(net, Network):
        if options:
            raise InputError(f"{net.name} is built already; {', '.join(options)} cannot be set any more")
        network = net
    else:
        key = zoo.canonical(net)
        known = zoo.options_of(key)
        sides = shape[2:] if shape is not None and len(shape) == _BATCH_AND_SIDES else ()
        if "size" in known and "size" not in options and sides and all(isinstance(s, int) for s in sides):
            options["size"] = sides
        _check_types(key, options, known)
        network = zoo.named(key, **options)
    if shape is not None and len(shape) == len(network.example) and shape[1] != network.example[1]:
        unit = "channels" if len(shape) == _BATCH_AND_SIDES else "features"
        raise InputError(
            f"{_first(network)}: expects {network.example[1]} {unit}, gets {shape[1]} from input "
            f"{show(shape)}; a net of the zoo can be built for that by setting {unit}={shape[1]}"
        )
    return network


def _first(network: Network) -> str:
    return network.readers(network.input.name)[0]


def _check_types(key: str, options: dict[str, Any], known: Mapping[str, Any]) -> None:
    """Check each value by the kind of its default; one number stands for a tuple of one."""
    for option, value in options.items():
        default = known.get(option)
        if isinstance(default, tuple) and _is_whole(value):
            options[option] = (value,)
        if complaint := _complaint(option, default, options[option]):
            shown = _brief(repr(value))
            raise InputError(f"{key}: {option} must be {complaint}, not {shown}")


def _complaint(option: str, default: object, value: object) -> str:
    """Say what a value must be, if it is not."""
    if isinstance(default, bool):
        return "" if isinstance(value, bool) else "true or false"
    if isinstance(default, float):
        return "" if isinstance(value, int | float) and not isinstance(value, bool) else "a number"
    if isinstance(default, tuple):
        fits = isinstance(value, tuple) and len(value) <= _MOST_LAYERS and all(map(_is_size, value))
        return "" if fits else f"up to {_MOST_LAYERS:,} integers of at least 1, such as 512,512"
    if isinstance(default, int):
        if option == "size" and isinstance(value, tuple):
            fits = len(value) == _SIDES and all(map(_is_size, value))
        else:
            fits = _is_size(value)
        return "" if fits else "an integer of at least 1"
    return ""


def _is_size(value: object) -> bool:
    return _is_whole(value) and value >= 1  # type: ignore[operator]  # an int by then


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
