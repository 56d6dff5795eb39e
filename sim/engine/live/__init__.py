"""A scenario for real: the same rules, while a real clock turns and real workers' messages come in.

What the rules are is written once, in the SimPy engine's modules. Here another kernel waits for messages in
place of simulated events, another network hands weights to workers, and another server adds real vectors up.
Only `driver` and `actors` know Ray, and load it where they use it.
"""

from sim.engine.live.driver import live

__all__ = ["live"]
