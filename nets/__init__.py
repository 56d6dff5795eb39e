"""Symbolic layer tables of convolutional networks, checked against torch and fvcore."""

from nets.errors import NetsError
from nets.graph import Network, Node

__all__ = ["NetsError", "Network", "Node"]
