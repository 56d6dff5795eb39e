"""How results look in a notebook."""

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def as_html(heading: str, frame: "pd.DataFrame") -> str:
    """Return a heading and a table as HTML."""
    return f"<p>{escape(heading)}</p>\n{frame.to_html(index=False)}"
