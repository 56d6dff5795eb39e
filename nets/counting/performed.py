"""What happened in a trace, as data: each call with its place and its cost."""

import attrs

from nets.counting.call import Call, Work

FORWARD, BACKWARD, RECOMPUTED = "forward", "backward", "recomputed"


@attrs.frozen
class Performed:
    """A call, where it happened and what it costs.

    Parameters
    ----------
    module
        Path of the innermost module that was running; empty for the whole.
    label
        What the operation is called in a row of its own.
    call, work
        What happened, and what it costs.
    phase
        ``forward``, ``backward`` or ``recomputed``.
    known
        Whether a rule says what it costs.
    torch_macs
        Half of what torch's own counter says, 0 where it has no formula.
    """

    module: str
    label: str
    call: Call
    work: Work
    phase: str = FORWARD
    known: bool = True
    torch_macs: int = 0
