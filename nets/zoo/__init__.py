"""The nets, one file per family, and their names on the command line.

Every one takes its input size, its classes and a width as keywords; ``python -m nets list`` names them all.
"""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from nets.errors import InputError
from nets.network.graph import Network
from nets.suggestions import near_misses
from nets.zoo.alexnet import alexnet
from nets.zoo.googlenet import googlenet
from nets.zoo.inception import inception_naive, inception_reduced
from nets.zoo.lenet import lenet5
from nets.zoo.mlp import mlp
from nets.zoo.resnet import resnet
from nets.zoo.small_inception import small_inception
from nets.zoo.vgg import vgg, vgg19

__all__ = [
    "NETS",
    "alexnet",
    "canonical",
    "family",
    "googlenet",
    "inception_naive",
    "inception_reduced",
    "lenet5",
    "mlp",
    "named",
    "options_of",
    "resnet",
    "small_inception",
    "vgg",
    "vgg19",
]

NETS: Mapping[str, Callable[..., Network]] = MappingProxyType(
    {
        "alexnet": alexnet,
        "googlenet": googlenet,
        "inception-naive": inception_naive,
        "inception-reduced": inception_reduced,
        "lenet5": lenet5,
        "mlp": mlp,
        **{f"resnet{depth}": partial(resnet, depth, version="v1.5") for depth in (18, 34)},
        **{
            f"resnet{depth}-{version}": partial(resnet, depth, version=version)
            for depth in (50, 101, 152)
            for version in ("v1", "v1.5")
        },
        "small-inception": small_inception,
        **{f"vgg{depth}": partial(vgg, depth) for depth in (11, 13, 16, 19)},
        **{f"vgg{depth}-bn": partial(vgg, depth, bn=True) for depth in (11, 13, 16, 19)},
    }
)
"""Functions that return a network, by the net's name."""


def named(name: str, /, **options: Any) -> Network:  # noqa: ANN401  # the net's function checks them
    """Return a net by its name.

    Parameters
    ----------
    name
        A key of `NETS`; case and underscores do not matter.
    options
        The net's own keywords, see `options_of`.

    Raises
    ------
    InputError
        If there is no such net, or it has no such option.

    Examples
    --------
    >>> named("vgg19", classes=10)["fc8"].layer.biases
    10
    """
    key = canonical(name)
    for option in options:
        if option not in (known := options_of(key)):
            raise InputError(f"{key} has no option {option!r}{near_misses(option, known)}")
    return NETS[key](**options)


def canonical(name: str) -> str:
    """Return the key of `NETS` that is meant.

    >>> canonical("Small_Inception")
    'small-inception'
    """
    key = name.lower().replace("_", "-")
    if key in NETS:
        return key
    raise InputError(f"net {name!r} does not exist{near_misses(key, NETS) or '; see `python -m nets list`'}")


def family(name: str) -> tuple[str, ...]:
    """Return the nets that a name may mean: the one of that name, or those whose names go on after it.

    >>> family("resnet50"), family("vgg19")
    (('resnet50-v1', 'resnet50-v1.5'), ('vgg19',))
    """
    key = name.lower().replace("_", "-")
    versions = tuple(other for other in NETS if other.startswith(f"{key}-"))
    return versions if versions and key not in NETS else (canonical(name),)


def options_of(name: str) -> Mapping[str, Any]:
    """Return a net's options and their defaults.

    >>> dict(options_of("lenet5"))
    {'channels': 1, 'classes': 10, 'size': 32, 'width': 1.0}
    """
    function = NETS[name]
    fixed = function.keywords if isinstance(function, partial) else {}
    parameters = inspect.signature(function).parameters.values()
    return MappingProxyType({p.name: p.default for p in parameters if p.name not in fixed})
