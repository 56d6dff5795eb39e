"""How a run is watched while it goes on."""

from collections.abc import Callable

from analysis.learning.training import Update

Watch = Callable[[Update], None]
"""Called after every update, to draw a progress bar, say."""

StartWatch = Callable[[str, int], Watch]
"""Called with a run's name and its number of updates before it begins."""


def unwatched(update: Update) -> None:
    """Watch nothing."""


def watch_nothing(name: str, updates: int) -> Watch:  # noqa: ARG001  # the hook's signature
    """Watch no run."""
    return unwatched
