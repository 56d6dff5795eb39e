"""What a step costs, as one value: bytes, peak, rows with seconds, the largest batch."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from nets.costing.classics import Classic
from nets.costing.devices import Device
from nets.costing.fitting import Fit
from nets.costing.held import Held
from nets.costing.memory import Memory, Peak
from nets.costing.quantities import show_bytes
from nets.costing.roofline import CostRow
from nets.costing.settings import Settings
from nets.errors import InputError
from nets.network.algebra import Shape, Size

if TYPE_CHECKING:
    import pandas as pd


@attrs.frozen(repr=False)
class Cost:
    """The bytes and seconds of one step of a module; immutable, and it can be pickled.

    Parameters
    ----------
    name, input
        The module's class, and the shapes that it gets.
    settings
        What is done with it.
    parameters
        How many numbers it learns.
    memory
        Bytes by kind, and the peak.
    largest
        The largest tensors alive at the peak, the largest first; in numbers only.
    live
        Bytes alive after each operation, by kind; in numbers only.
    rows
        What each module's own operations cost; in numbers only.
    device
        What the seconds are for.
    fit
        The largest batch, if a memory was given.
    classics
        Well-known formulas beside the trace.
    unruled
        Operators that no rule knows, with how often they ran: their inner bytes and their time are not in the
        figures, which are lower bounds then.
    conditions
        For which sizes formulas hold.
    """

    name: str
    input: tuple[Shape, ...]
    settings: Settings
    parameters: int
    memory: Memory
    largest: tuple[Held, ...] = ()
    live: Mapping[str, tuple[int, ...]] = attrs.field(factory=dict)
    rows: tuple[CostRow, ...] = ()
    device: Device | None = None
    fit: Fit | None = None
    classics: tuple[Classic, ...] = ()
    unruled: Mapping[str, int] = attrs.field(factory=dict)
    conditions: tuple[str, ...] = ()

    @property
    def symbolic(self) -> bool:
        """Whether its bytes are formulas."""
        return any(not isinstance(peak.bytes, int) for peak in self.memory.peaks)

    @property
    def complete(self) -> bool:
        """Whether everything that ran has a rule; else all figures are lower bounds."""
        return not self.unruled

    @property
    def bytes(self) -> Mapping[str, Size]:
        """Bytes by kind over the whole step."""
        return self.memory.kinds

    @property
    def peak(self) -> Peak:
        """The peak, in numbers; formulas have several, see ``memory.peaks``.

        Raises
        ------
        InputError
            If there are several.
        """
        if len(self.memory.peaks) > 1:
            raise InputError("the peak is the largest of several formulas: ask memory.peaks, or give numbers")
        return self.memory.peaks[0]

    def seconds(self, *, forward: bool = False) -> tuple[float, float]:
        """Return the seconds of the step, or of its forward pass, at the peak and at its measured share.

        Raises
        ------
        InputError
            If there is no device, or sizes are formulas.
        """
        if not self.rows or self.rows[0].fast is None:
            raise InputError("seconds need a device, and sizes in numbers")
        sides = ("forward_fast", "forward_slow") if forward else ("fast", "slow")
        fast, slow = (sum(getattr(row, side) for row in self.rows) for side in sides)
        return fast, slow

    def gradient_seconds(self) -> tuple[float, float]:
        """Return the seconds of a gradient: the step without the optimizer's part."""
        from nets.costing.roofline import OPTIMIZER_ROW

        fast, slow = self.seconds()
        for row in self.rows:
            if row.layer == OPTIMIZER_ROW:
                fast, slow = fast - (row.fast or 0), slow - (row.slow or 0)
        return fast, slow

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data; formulas as texts."""
        from nets.costing.documents import document

        return document(self)

    def to_pandas(self) -> "pd.DataFrame":
        """Return the rows as a data frame indexed by layer."""
        import pandas as pd

        return pd.DataFrame([attrs.asdict(row) for row in self.rows]).set_index("layer")

    def __repr__(self) -> str:
        if self.symbolic:
            peak = f"the largest of {len(self.memory.peaks)} formulas"
        else:
            peak = show_bytes(int(self.peak.bytes))
        bound = "" if self.complete else "at least "
        return f"<Cost {self.name}, {self.settings}: peak {bound}{peak}>"

    def __str__(self) -> str:
        from nets.costing.report import cost_report
        from nets.terminal import rendered

        return rendered(cost_report(self), width=80).rstrip("\n")

    def _repr_html_(self) -> str:
        from nets.costing.documents import html

        return html(self)

    def __iter__(self) -> Iterator[CostRow]:
        return iter(self.rows)
