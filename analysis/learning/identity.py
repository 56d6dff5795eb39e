"""What a run is: the one place that says what tells it from another, so that only itself is ever resumed."""

import re

import torch
from torch import nn

from analysis.learning.digests import digest
from analysis.learning.plans import Plan
from analysis.learning.training import Arithmetic, Data

Identity = dict[str, str]
"""What a run is made of, by name; equal identities give equal numbers on one machine."""

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def identity_of(
    module: nn.Module, optimizer: torch.optim.Optimizer, data: Data, arithmetic: Arithmetic
) -> Identity:
    """Return what all runs from one module on the same data have in common.

    Parameters
    ----------
    module, optimizer
        As they are at the start: the weights belong to the identity, the learning rate does not.
    data
        Every input and label belongs to it.
    arithmetic
        How to compute; on how many threads is looked up, since sums depend on it.
    """
    parts = {
        "train": data.train,
        "validation": data.validation,
        "test": data.test,
    }
    counts = " + ".join(f"{len(part.labels):,} {name}" for name, part in parts.items())
    parameters = sum(parameter.numel() for parameter in module.parameters())
    state = [part for name, tensor in module.state_dict().items() for part in (name, tensor)]
    settings = [
        {name: value for name, value in group.items() if name not in {"params", "lr", "initial_lr"}}
        for group in optimizer.param_groups
    ]
    kind = type(optimizer).__name__
    return {
        "data": f"{counts} examples ({data.fingerprint})",
        "net": f"{type(module).__name__} of {parameters:,} parameters"
        f" ({digest([_ADDRESS.sub('', repr(module)), *state])})",
        "optimizer": f"{kind} ({digest([repr(settings), *_tensors(optimizer)])})",
        "arithmetic": str(arithmetic),
        "threads": str(torch.get_num_threads()),
        "device": data.train.labels.device.type,
    }


def identity_of_run(common: Identity, name: str, plan: Plan, images: int, seed: int) -> Identity:
    """Return what one run is: what it has in common with others, and its own plan and seed."""
    updates = sum(plan.updates(images))
    rates = [plan.rate(update) for update in range(updates)]
    what = digest([repr(plan.batches), repr(rates)])
    return {
        **common,
        "run": name,
        "plan": f"{len(plan.batches)} epochs, {updates:,} updates,"
        f" rates from {min(rates):.3g} to {max(rates):.3g} ({what})",
        "seed": str(seed),
    }


def _tensors(optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    held = optimizer.state_dict()["state"].values()
    return [value for state in held for value in state.values() if isinstance(value, torch.Tensor)]
