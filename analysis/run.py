"""What a command hands over when it is done."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Run:
    """A finished run.

    Attributes
    ----------
    report
        Sentences and tables to print.
    data
        The same as plain data, ready for JSON.
    draw
        Draws the figure; called only where one is wanted.
    """

    report: list[Any]
    data: dict[str, Any]
    draw: Callable[[], "Figure"]
