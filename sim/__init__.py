"""A discrete-event simulator of a parameter server and its workers."""

from sim.errors import SimError

__all__ = ["SimError"]
