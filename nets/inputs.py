"""What users type: input shapes and options, checked, and the net that they describe."""

import ast
import re
from collections.abc import Iterable
from typing import Any

from nets import zoo
from nets.errors import InputError
from nets.layers.base import show
from nets.network.algebra import Shape, Size
from nets.network.graph import LARGEST, Network

_SYMBOL = re.compile(r"(\d*)([A-Z]\w*)\Z|(\d+)([a-z]\w*)\Z", re.ASCII)
_BATCH_AND_SIDES = 4


def parse_input(text: str) -> Shape:
    """Read an input shape: sizes separated by ``x``, batch first; a capital name stands for any
    size, ``32h`` for any multiple of 32.

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
    """Read ``KEY=VALUE`` settings; values are Python literals or texts.

    >>> parse_options(["width=0.5", "aux=true", "version=v1"])
    {'width': 0.5, 'aux': True, 'version': 'v1'}
    """
    options: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise InputError(f"setting {setting!r} must read KEY=VALUE, such as width=0.5")
        text = value.capitalize() if value.lower() in ("true", "false") else value
        try:
            options[key.replace("-", "_")] = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            options[key.replace("-", "_")] = value
    return options


def symbolic_input(network: Network) -> Shape:
    """Return the net's input with the batch and the image's sides as symbols N, H, W."""
    from nets.network.formulas import symbol

    batch, channels, *sides = network.example
    del batch
    return (symbol("N"), channels, *(symbol(name) for name, _ in zip("HW", sides, strict=False)))


def net_for(net: str | Network, shape: Shape | None = None, **options: Any) -> Network:  # noqa: ANN401  # each net has options of its own
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


def _check_types(key: str, options: dict[str, Any], known: Any) -> None:  # noqa: ANN401  # a mapping of defaults
    for option, value in options.items():
        default = known.get(option)
        if isinstance(default, bool) and not isinstance(value, bool):
            raise InputError(f"{key}: {option} must be true or false, not {value!r}")
        if isinstance(default, tuple) and isinstance(value, int):
            options[option] = (value,)
        elif isinstance(default, tuple) and not (
            isinstance(value, tuple) and all(isinstance(item, int) for item in value)
        ):
            raise InputError(f"{key}: {option} must be integers such as 512,512, not {value!r}")
        if isinstance(default, int | float) and not isinstance(default, bool):
            two_sides = option == "size" and isinstance(value, tuple) and len(value) == 2  # noqa: PLR2004  # height and width
            if isinstance(value, bool) or not (isinstance(value, int | float) or two_sides):
                raise InputError(f"{key}: {option} must be a number, not {value!r}")
