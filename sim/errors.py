"""What can go wrong in ``sim``.

::

    SimError
    ├── ScenarioError    a scenario that cannot be: wrong file, key, type or value
    ├── SimulationError  a run that cannot go on: a time beyond the clock
    └── TraceError       a trace that cannot be read, or does not hold what was asked of it
"""


class SimError(Exception):
    """Base of every error that ``sim`` raises on purpose; its text is for the user, a line for each fault."""


class ScenarioError(SimError, ValueError):
    """A scenario that cannot be simulated: each line names the place, the value and the way out."""


class SimulationError(SimError):
    """A run that cannot go on, such as one whose clock would overflow."""


class TraceError(SimError):
    """A trace that cannot be read, or does not hold what was asked of it."""
