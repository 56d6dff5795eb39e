"""The layer table: rows that write themselves."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs

from nets.errors import InputError
from nets.suggestions import near_misses
from nets.tables.columns import caption
from nets.tables.rows import Rows
from nets.tables.tree import largest

if TYPE_CHECKING:
    import pandas as pd


@attrs.frozen(repr=False)
class Table(Rows):
    """A network's layers, counted; its string is the table. See `nets.tables.rows.Rows` for what it holds."""

    def to_pandas(self) -> "pd.DataFrame":
        """Return the rows as a data frame indexed by layer, without a total row."""
        import pandas as pd

        from nets.tables.formats import records

        return pd.DataFrame(records(self)).set_index("layer")

    def to(
        self, form: str, *, columns: Iterable[str] | None = None, human: bool = False, encoding: str = "utf-8"
    ) -> str:
        """Write the table in one of `nets.tables.formats.FORMATS`: text, markdown, csv, json, latex, html."""
        from nets.tables.formats import write

        return write(self, form, columns=columns, human=human, encoding=encoding)

    def largest(self, column: str, top: int | None = None) -> "Table":
        """Return the table with the rows that count most of something first.

        Parameters
        ----------
        column
            A column of counts.
        top
            How many rows; the others are summed up in one more.

        Raises
        ------
        InputError
            If there is no such column of counts, or the counts are formulas.
        """
        from nets.tables.columns import COLUMNS, refuse_uncounted

        counts = {name: counter for name, value in COLUMNS.items() if (counter := value.total)}
        if column not in counts:
            raise InputError(f"rows can be sorted by counts, not by {column!r}{near_misses(column, counts)}")
        if self.symbolic:
            raise InputError("formulas have no order; give the input in numbers to sort by")
        if top is not None and top < 1:
            raise InputError(f"top {top} must be at least 1")
        refuse_uncounted(self, (column,))
        return attrs.evolve(self, rows=largest(self.rows, lambda row: counts[column](row.counts), top))

    def __repr__(self) -> str:
        if self.symbolic:
            counts = "formulas"
        else:
            counts = f"{self.total.parameters:,} parameters, {self.total.macs:,} MACs"
        return f"<Table {caption(self)}: {len(self.rows)} rows, {counts}>"

    def _repr_html_(self) -> str:
        return self.to("html")

    def __str__(self) -> str:
        return self.to("text").rstrip("\n")
