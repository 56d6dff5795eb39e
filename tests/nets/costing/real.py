"""Real steps of a module, watched by torch's own instruments: second ways to the numbers of `nets.cost`."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.distributed._tools.mem_tracker import MemTracker
from torch.profiler import ProfilerActivity, profile
from torch.utils.checkpoint import checkpoint

OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": lambda p, **k: torch.optim.SGD(p, lr=0.1, **k),
    "momentum": lambda p, **k: torch.optim.SGD(p, lr=0.1, momentum=0.9, **k),
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
}


def train(module: nn.Module, data: Tensor, optimizer: torch.optim.Optimizer) -> None:
    """Do one step and let go of everything."""
    loss = module(data).sum()
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()


def recomputing(module: nn.Module, *parts: nn.Module) -> nn.Module:
    """Let parts of a module be computed anew in the backward pass, by torch's own checkpointing."""
    for part in parts:
        vars(part)["forward"] = partial(checkpoint, part.forward, use_reentrant=False)
    return module


def tracked_peak(
    make: Callable[[], nn.Module],
    shape: tuple[int, ...],
    name: str,
    *,
    foreach: bool = False,
    dtype: torch.dtype = torch.float32,
) -> int:
    """The peak of a second step by torch's MemTracker, which follows storages under fake tensors."""
    with FakeTensorMode():
        module = make().train()
        data = torch.empty(shape, dtype=dtype)
        optimizer = OPTIMIZERS[name](list(module.parameters()), foreach=foreach)
        tracker = MemTracker()
        tracker.track_external(module, optimizer, data)
        with tracker:
            train(module, data, optimizer)
            tracker.reset_mod_stats()
            train(module, data, optimizer)
        snapshot = tracker.get_tracker_snapshot("peak")
    return int(snapshot[torch.device("cpu")]["Total"])


def profiled_peak(module: nn.Module, data: Tensor, name: str) -> int:
    """The most that a real second step had reserved at once, by the allocations that the profiler saw."""
    module.train()
    optimizer = OPTIMIZERS[name](list(module.parameters()), foreach=False)
    train(module, data, optimizer)
    held = [data, *module.parameters(), *module.buffers()]
    held += [v for values in optimizer.state.values() for v in values.values() if isinstance(v, Tensor)]
    return _most_reserved(held, lambda: train(module, data, optimizer))


def inferred_peak(module: nn.Module, data: Tensor) -> int:
    """The most that a real second forward pass without gradients had reserved at once."""
    module.eval()
    with torch.inference_mode():
        module(data)
        return _most_reserved([data, *module.parameters(), *module.buffers()], lambda: module(data))


def _most_reserved(held: list[Tensor], work: Callable[[], object]) -> int:
    before = sum({t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in held}.values())
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        work()
    events = [e for e in seen.profiler.kineto_results.events() if e.name() == "[memory]"]
    now = most = before
    for event in sorted(events, key=lambda e: e.start_ns()):
        now += event.nbytes()
        most = max(most, now)
    return most


def saved_bytes(module: nn.Module, data: Tensor, *, mixed: bool = False) -> int:
    """What autograd keeps of a real forward pass beside input, parameters and buffers, each storage once."""
    module.train()
    own = {t.untyped_storage().data_ptr() for t in (data, *module.parameters(), *module.buffers())}
    kept: dict[int, Tensor] = {}

    def pack(tensor: Tensor) -> Tensor:
        if tensor.untyped_storage().data_ptr() not in own:
            kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    precision = torch.autocast("cpu", torch.bfloat16, enabled=mixed)
    with precision, torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        loss = module(data).sum()
    total = sum(tensor.untyped_storage().nbytes() for tensor in kept.values())
    del loss
    return total
