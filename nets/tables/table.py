"""The layer table: rows that write themselves."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs

from nets.tables.columns import caption
from nets.tables.rows import Rows

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
