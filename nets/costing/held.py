"""What memory holds in a step, as data: storages with a birth and an end, and the operations in order."""

import attrs

from nets.network.algebra import Shape, Size

WEIGHTS, GRADIENTS, OPTIMIZER, BUFFERS = "weights", "gradients", "optimizer state", "buffers"
INPUTS, ACTIVATIONS, TEMPORARY, SCRATCH = "inputs", "saved activations", "temporaries", "inside kernels"
KEPT = (WEIGHTS, BUFFERS, OPTIMIZER, GRADIENTS, INPUTS, ACTIVATIONS)
KINDS = (*KEPT, TEMPORARY, SCRATCH)
BEFORE, ALIVE = -1, -2


@attrs.frozen
class Moment:
    """The time right after an operation, when its results are there.

    Parameters
    ----------
    module, label
        The module that runs, and the operation.
    phase
        ``forward``, ``backward``, ``recomputed`` or ``optimizer``.
    scratch
        Bytes that the operation held while it ran, beside its results, at each of its stages.
    """

    module: str
    label: str
    phase: str
    scratch: tuple[Size, ...] = ()

    def __str__(self) -> str:
        where = f" in {self.module}" if self.module else ""
        return f"{self.label}{where} ({self.phase})"


@attrs.frozen
class Held:
    """A storage: memory that one or several tensors look at.

    Parameters
    ----------
    name
        A parameter's or buffer's path; else the operation that made it.
    module
        The module that it was made in.
    kind
        One of `KINDS`. Saved activations are what autograd keeps for the backward pass and nobody else;
        inputs are there anyway, as weights are. Temporaries are everything else that an operation returns.
    shape, dtype
        Of the first tensor that looked at it.
    bytes
        Its size.
    keeper
        For what autograd keeps, the module that first asked for it; None where nothing is kept.
    born, died
        At which moment it is there, and at which no more; -1 for before the step.
    """

    name: str
    module: str
    kind: str
    shape: Shape
    dtype: str
    bytes: Size
    born: int
    died: int
    keeper: str | None = None
