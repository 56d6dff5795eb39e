"""`nets.cost`: what a net or any torch module costs in memory and time."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from nets.costing import quantities
from nets.costing.cost import Cost
from nets.costing.devices import HERE, Device, device_named
from nets.costing.settings import CPU, FOR_LOOP, FOREACH, GPU, Settings
from nets.errors import InputError
from nets.inputs import net_for, parse_units, shape_of
from nets.network.algebra import Size
from nets.network.graph import Network
from nets.subjects import find, is_module, is_reference, refuse

if TYPE_CHECKING:
    from torch import nn

    from nets.counting.registry import Rules


def cost(
    subject: "str | Network | nn.Module",
    inputs: Any = None,  # noqa: ANN401  # a shape, a text, tensors, or several of these
    *,
    dtype: str = "float32",
    optimizer: str = "sgd",
    implementation: str | None = None,
    inference: bool = False,
    checkpoint: str | tuple[str, ...] = (),
    loss: str = "sum",
    device: str | Device | None = None,
    memory: str | int | None = None,
    allowance: str | int = 0,
    batch: str | None = None,
    depth: int | None = None,
    kwargs: Mapping[str, Any] | None = None,
    units: Mapping[str, Size] | str | None = None,
    rules: "Rules | None" = None,
    **options: Any,  # noqa: ANN401  # the zoo checks them
) -> Cost:
    """Return the bytes and seconds of a training step, or of inference; nothing is computed or reserved.

    Parameters
    ----------
    subject, inputs, kwargs, units, rules, options
        As for `nets.table`; capital names in the input make bytes formulas.
    dtype
        ``float32``, ``bfloat16`` or ``mixed`` (torch's automatic mixed precision).
    optimizer
        ``sgd``, ``momentum``, ``adam`` or ``adamw``.
    implementation
        ``for-loop`` or ``foreach``; what torch takes on the device by default: ``foreach`` on GPUs.
    inference
        Whether only the forward pass runs, keeping nothing for gradients.
    checkpoint
        Modules that are computed anew in the backward pass: paths, or patterns such as ``layers.*``, in which
        a star stands for a name without dots.
    loss
        ``sum`` of all that is returned, or ``cross-entropy`` of the first output.
    device
        A name such as ``h100-sxm``, a user's ``file.toml``, ``here`` to measure this machine, or a `Device`.
    memory
        Such as ``"80 GB"``: asks for the largest batch. The device's own with the word ``device``.
    allowance
        What of the memory is kept back for context, allocator and workspaces; nothing unless it is said.
    batch
        The symbol that stands for the batch, where there are several.
    depth
        How many levels of the modules' tree have rows of their own.

    Raises
    ------
    NetsError
        If something that is asked for does not exist or fit, or the module cannot be traced.

    Examples
    --------
    >>> spent = cost("lenet5", (64, 1, 32, 32), optimizer="adam")
    >>> spent.bytes["weights"], spent.bytes["optimizer state"]
    (246824, 493688)
    >>> spent
    <Cost lenet5, training step, float32, adam (for-loop), loss: sum: peak 5.665 MB>
    """
    runs_on = _device(device)
    kind = GPU if runs_on is not None and runs_on.kind == GPU else CPU
    settings = Settings(
        dtype=dtype,
        optimizer=optimizer,
        implementation=implementation or (FOREACH if kind == GPU else FOR_LOOP),
        inference=inference,
        checkpoint=(checkpoint,) if isinstance(checkpoint, str) else tuple(checkpoint),
        loss=loss,
        kind=kind,
    )
    if memory is None and (batch is not None or allowance not in (0, "0")):
        raise InputError("batch and allowance belong to the largest batch: say in how much memory")
    room = _memory(memory, runs_on)
    kept = (
        quantities.parse_bytes(allowance, "allowance", least=0) if isinstance(allowance, str) else allowance
    )
    multiples = parse_units([units]) if isinstance(units, str) else units
    module, entered, name = _module(subject, inputs, options)

    from nets.costing.costing import module_cost
    from nets.counting.arguments import arguments_for
    from nets.counting.rules import RULES

    found = module_cost(
        module,
        arguments_for(module, entered, kwargs, multiples),
        settings,
        rules=rules or RULES,
        device=runs_on,
        memory=room,
        allowance=kept,
        batch=batch,
        depth=depth,
    )
    return attrs.evolve(found, name=name or found.name)


def _device(device: str | Device | None) -> Device | None:
    if device != HERE:
        return device_named(device) if isinstance(device, str) else device
    from nets.costing.here import measured

    return measured()


def _memory(memory: str | int | None, device: Device | None) -> int | None:
    if memory != "device":
        return quantities.parse_bytes(memory, "memory") if isinstance(memory, str) else memory
    if device is None or device.memory is None:
        raise InputError("memory: no device says how much there is; write it, such as '80 GB'")
    return device.memory


def _module(subject: Any, inputs: Any, options: Mapping[str, Any]) -> "tuple[nn.Module, Any, str]":  # noqa: ANN401  # what users give
    """Return a module, its input and its name; a net is built without memory."""
    found = find(subject, options) if isinstance(subject, str) and is_reference(subject) else subject
    if is_module(found):
        return found, inputs, ""
    if not isinstance(found, str | Network):
        raise refuse(found)
    shape = None if inputs is None else shape_of(inputs)
    network = net_for(found, shape, **({} if found is not subject else options))
    from nets.build import build

    return build(network, device="meta"), inputs if shape is not None else network.example, network.name
