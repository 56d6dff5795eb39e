"""The schedules as torch's own kind of schedulers, for training loops that are not ours."""

from typing import Any

import torch
from torch.optim.lr_scheduler import LRScheduler

from analysis.errors import AnalysisError
from analysis.learning.schedules import Rate


class RateLR(LRScheduler):
    """A schedule of this package on any torch optimizer: call ``step()`` after each update.

    Every parameter group gets the schedule's rate itself, whatever its own was.

    Parameters
    ----------
    optimizer
        Whose rates to set.
    rate
        From the index of an update to its rate: `Cyclical`, `Ramp`, `Stepped`, `Constant`, a plan's, or any
        function, which a state knows by its name only.
    last_epoch
        The index of the last update made (torch's word for it), -1 for none.

    Examples
    --------
    >>> from analysis.learning.schedules import Ramp
    >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))])
    >>> scheduler = RateLR(optimizer, Ramp(0.001, 0.1, updates=3))
    >>> for _ in range(3):
    ...     optimizer.step()
    ...     print(round(scheduler.get_last_lr()[0], 6))
    ...     scheduler.step()
    0.001
    0.01
    0.1
    """

    def __init__(self, optimizer: torch.optim.Optimizer, rate: Rate, last_epoch: int = -1) -> None:
        if not callable(rate):
            raise AnalysisError(f"rate: {rate!r} must be a schedule, such as Constant({rate!r})")
        self.rate = rate
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float | torch.Tensor]:
        """Return the rate of the next update, for each parameter group."""
        return [self.rate(self.last_epoch)] * len(self.optimizer.param_groups)

    def state_dict(self) -> dict[str, Any]:
        """Return plain data, which ``torch.save`` and ``torch.load`` take as it is."""
        return {"schedule": _named(self.rate), "last_epoch": self.last_epoch, "last_lr": list(self._last_lr)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where another scheduler was, whose state this is; sets the optimizer's rates, too.

        Raises
        ------
        AnalysisError
            When that one had another schedule.
        """
        if state_dict.get("schedule") != _named(self.rate):
            raise AnalysisError(
                f"schedule: the state is of {state_dict.get('schedule')}, not of {_named(self.rate)}"
            )
        self.last_epoch = int(state_dict["last_epoch"])
        self._last_lr = list(state_dict["last_lr"])
        for group, rate in zip(self.optimizer.param_groups, self._last_lr, strict=True):
            group["lr"] = rate


def _named(rate: Rate) -> str:
    """Return what tells a schedule from others: all its numbers, or of a function where it stands."""
    name = getattr(rate, "__qualname__", None)
    return repr(rate) if name is None else f"{getattr(rate, '__module__', '')}.{name}"
