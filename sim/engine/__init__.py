"""From a scenario to a trace."""

from sim.engine.simulate import ENGINES, simulate, summarise

__all__ = ["ENGINES", "simulate", "summarise"]
