"""Timelines: a run as a drawing in characters, as a figure, and as a page to zoom into.

`text` draws for the terminal, `write` makes a PNG, an SVG or an HTML file. All of them draw the intervals of
`sim.timeline.spans.spans`; `sim.timeline.perfetto` writes the same for the Perfetto UI.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sim import files
from sim.errors import SimError
from sim.trace import Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.text import Text

SMALL_WORKERS: Final = 12
SMALL_GRADIENTS: Final = 60
"""As many gradients and workers a run may have for its drawing in characters to be worth a look."""

FILES: Final = ("png", "svg", "html")
"""What `write` can write."""


def is_small(trace: Trace) -> bool:
    """Whether a run is small enough to be read in characters, see `SMALL_WORKERS` and `SMALL_GRADIENTS`."""
    return len(trace.workers) <= SMALL_WORKERS and len(trace) <= SMALL_GRADIENTS


def text(trace: Trace, width: int = 80, *, unicode: bool = True) -> str:
    """Draw a run in characters.

    Each worker has a lane, on which a bar is a gradient, labelled ``j (staleness)``. Under them is the
    server's lane, where updates are marked, with the version that each one makes, and the time. An instant
    is at the same column in all of them, and a bar covers the columns from that of its begin to that of its
    end. Labels and versions are left out where there is no room for them.

    Parameters
    ----------
    trace
        Any run; see `is_small` for which are worth it.
    width
        Columns that no line exceeds; at least 40.
    unicode
        Otherwise pure ASCII.

    Raises
    ------
    TraceError
        Where the width is too small.

    Examples
    --------
    >>> from sim import Scenario, Worker, simulate
    >>> trace = simulate(Scenario(workers=[Worker(name="L1", compute=1.0, gradients=4),
    ...                                    Worker(name="L2", compute=2.5, gradients=2)]))
    >>> print(text(trace, 60, unicode=False))
    L1       |= 1 (0) =|= 2 (0) =|= 3 (1) =|= 4 (0) =|
    L2       |======== 1 (2) =========|======== 2 (2) =========|
    server             ^         ^    ^    ^         ^         ^
    version  0         1         2    3    4         5         6
             +---------+---------+---------+---------+---------+
    seconds  0         1         2         3         4         5
    <BLANKLINE>
    = computing   ^ update   j (s) gradient j, staleness s
    """
    return styled(trace, width, unicode=unicode).plain


def styled(trace: Trace, width: int = 80, *, unicode: bool = True) -> "Text":
    """Return the drawing of `text` with colours, for a rich console to print."""
    from sim.timeline.characters import drawing

    return drawing(trace, width, unicode=unicode)


def figure(trace: Trace) -> "Figure":
    """Draw a run as a figure for a paper.

    Each worker has a lane, on which a bar is a gradient: its colours are what was done, its label is ``j
    (staleness)``, and hatching says that it was discarded, cancelled or lost. Updates are marked on the
    server's lane, with the version that each one makes; where there are few gradients an arrow leads from
    each push to its update. What waits at the server while its worker goes on has no bar.

    Where there is more than can be seen, the figure shows the first 100 workers and the time that 30
    gradients for each of them take on average, and says so under its title.
    """
    from sim.timeline import figures

    return figures.figure(trace)


def file_kind(path: Path | str) -> str:
    """Return which of the kinds in `FILES` a file is by its suffix; raises `SimError` where it is another."""
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in FILES:
        raise SimError(
            f"{path}: a timeline is a {', '.join(FILES)} file, by its suffix, not {kind or 'none'!r}"
        )
    return kind


def write(trace: Trace, path: Path | str) -> None:
    """Write a run's timeline as a file of the kind that the suffix names.

    Parameters
    ----------
    trace
        Any run.
    path
        Of a ``.png`` or ``.svg``, the `figure`, or of an ``.html``, a page of its own that needs no network,
        to zoom into and to point at. The same run gives the same bytes. The file is written to a temporary
        name and moved into place.

    Raises
    ------
    SimError
        Where the suffix is another.
    """
    kind = file_kind(path)
    if kind == "html":
        from sim.timeline import pages

        drawn = pages.page(trace).encode()
    else:
        from sim.timeline import figures

        drawn = figures.render(trace, kind)
    files.write(path, drawn)
