"""Symbolic layer tables of convolutional networks, checked against torch and fvcore."""

from nets.errors import NetsError

__all__ = ["NetsError"]
