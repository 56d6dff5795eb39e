"""Functions of torch that are noted whole, such as interpolation, in place of their parts."""

from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from nets.counting.recorder import Recorder
from nets.counting.rules.recurrent import GATES
from nets.counting.signatures import FUNCTIONS, OPEN, arguments_of


def _unrolled(args: tuple[Any, ...]) -> tuple[Tensor, ...]:
    """Return what a recurrent layer returns, without its loop over the steps."""
    data, second, third, *_ = args
    packed_up = isinstance(second, Tensor) and isinstance(third, list | tuple)
    packed_up = packed_up or (isinstance(second, Tensor) and isinstance(third, Tensor))
    state, bidirectional = (third, args[8]) if packed_up else (second, args[7])
    states = state if isinstance(state, list | tuple) else (state,)
    width = states[0].shape[-1] * (2 if bidirectional else 1)
    return data.new_empty((*data.shape[:-1], width)), *(torch.empty_like(s) for s in states)


class Functions(TorchFunctionMode):
    """Notes whole functions that torch would take apart, such as interpolation, as one call each.

    Parameters
    ----------
    recorder
        Notes them.
    steps
        Whether recurrent layers go through their steps where nobody asks for gradients.
    """

    def __init__(self, recorder: Recorder, *, steps: bool = False) -> None:
        super().__init__()
        self.recorder, self.steps = recorder, steps
        self.rules = {
            function: (name, rule)
            for name, function in FUNCTIONS.items()
            if (rule := recorder.rules.get(name)) is not None
        }

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # noqa: ANN401  # torch's protocol
        del types
        kwargs = kwargs or {}
        if func in OPEN:  # what it calls is to be noted, too
            with self:
                return OPEN[func](*args, **kwargs)
        name, rule = self.rules.get(func, ("", None))
        if rule is None:
            return func(*args, **kwargs)
        recorder = self.recorder
        with recorder.muted():
            if name in GATES and not (self.steps or torch.is_grad_enabled()):
                result = _unrolled(args)
            else:
                result = func(*args, **kwargs)
        with torch._C.DisableTorchFunction():  # noqa: SLF001  # sizes read here are nobody's operations
            recorder.note(name, arguments_of(name, args, kwargs), result, rule)
        return result
