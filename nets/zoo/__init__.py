"""The nets, one file per family. Every one takes its channels, classes, input size and width."""

from nets.zoo.small_inception import small_inception

__all__ = ["small_inception"]
