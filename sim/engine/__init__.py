"""From a scenario to a trace."""

from sim.engine.simulate import ENGINES, simulate

__all__ = ["ENGINES", "simulate"]
