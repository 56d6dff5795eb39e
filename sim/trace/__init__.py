"""What a run leaves behind: the trace, and its forms for programs and terminals."""

from sim.trace.columns import COLUMNS, ENDINGS, INSTANTS, STAYS, UNREAD, Column, Outcome
from sim.trace.trace import Trace

__all__ = ["COLUMNS", "ENDINGS", "INSTANTS", "STAYS", "UNREAD", "Column", "Outcome", "Trace"]
