"""What is done with a module, as data: a training step or inference, in which numbers, by which optimizer."""

import attrs

from nets.errors import InputError

FLOAT32, BFLOAT16, MIXED = "float32", "bfloat16", "mixed"
DTYPES = (FLOAT32, BFLOAT16, MIXED)
OPTIMIZERS = ("sgd", "momentum", "adam", "adamw")
LOSSES = ("sum", "cross-entropy")
FOR_LOOP, FOREACH = "for-loop", "foreach"
CPU, GPU = "cpu", "gpu"


@attrs.frozen(kw_only=True)
class Settings:
    """One step.

    Parameters
    ----------
    dtype
        Numbers of weights and activations: ``float32`` (as the module has them), ``bfloat16`` for
        everything, or ``mixed``, which is torch's automatic mixed precision: weights stay as they are.
    optimizer
        ``sgd``, ``momentum``, ``adam`` or ``adamw``: torch's, with its defaults.
    implementation
        Which of torch's implementations steps: ``for-loop``, parameter by parameter, torch's choice on CPU,
        or ``foreach``, all at once, its choice on GPUs, with temporaries as large as all parameters.
    inference
        Whether only the forward pass runs, in evaluation mode, and nothing is kept for gradients.
    checkpoint
        Paths of modules, or patterns such as ``layers.*`` (every layer, not what is inside), that are
        computed anew in the backward pass.
    loss
        What is differentiated: the ``sum`` of all that is returned, or the ``cross-entropy`` of the first.
    kind
        Whose rules the memory follows, ``cpu`` or ``gpu``: dropout's mask has the size of the numbers on a
        CPU and one byte each on a GPU.
    """

    dtype: str = FLOAT32
    optimizer: str = "sgd"
    implementation: str = FOR_LOOP
    inference: bool = False
    checkpoint: tuple[str, ...] = ()
    loss: str = "sum"
    kind: str = CPU

    def __attrs_post_init__(self) -> None:
        _among("dtype", self.dtype, DTYPES)
        _among("optimizer", self.optimizer, OPTIMIZERS)
        _among("implementation", self.implementation, (FOR_LOOP, FOREACH))
        _among("loss", self.loss, LOSSES)
        _among("kind", self.kind, (CPU, GPU))
        if self.inference and self.checkpoint:
            raise InputError("checkpoint: inference keeps nothing for gradients, so there is nothing to save")

    def __str__(self) -> str:
        if self.inference:
            return f"inference, {self.dtype}"
        anew = f", {', '.join(self.checkpoint)} checkpointed" if self.checkpoint else ""
        return (
            f"training step, {self.dtype}, {self.optimizer} ({self.implementation}), loss: {self.loss}{anew}"
        )


def _among(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InputError(f"{name} {value!r} must be one of {', '.join(known)}")
