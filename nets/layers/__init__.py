"""The layers: frozen values that know their output shape, weights, biases and MACs, in ints or symbols alike.

Each docstring states the hand count that its class makes. A shape is the tuple of sizes of a tensor with the
batch first, ``(N, C, H, W)`` or ``(N, F)``. One multiply-accumulate is one MAC.
"""

from nets.layers.base import Input, Layer
from nets.layers.joining import Add, Concat, Flatten
from nets.layers.norm import BatchNorm2d, LocalResponseNorm
from nets.layers.pointwise import Dropout, ReLU, Softmax
from nets.layers.pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d
from nets.layers.weighted import Conv2d, Linear

__all__ = [
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool2d",
    "Add",
    "AvgPool2d",
    "BatchNorm2d",
    "Concat",
    "Conv2d",
    "Dropout",
    "Flatten",
    "Input",
    "Layer",
    "Linear",
    "LocalResponseNorm",
    "MaxPool2d",
    "ReLU",
    "Softmax",
]
