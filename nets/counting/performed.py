"""What happened in a trace, as data: each call with its place and its cost."""

import attrs

from nets.counting.call import Call, Work

FORWARD, BACKWARD, RECOMPUTED, OPTIMIZER = "forward", "backward", "recomputed", "optimizer"


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
        ``forward``, ``backward``, ``recomputed`` or ``optimizer``.
    origin
        In the backward pass, the kind of the operation whose gradient this is part of, where it multiplies.
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
    origin: str = ""
    known: bool = True
    torch_macs: int = 0
