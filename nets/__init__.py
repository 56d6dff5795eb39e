"""Symbolic layer tables of convolutional networks, checked against torch and fvcore.

The names load on first use, so that ``import nets`` costs nothing to whoever needs one of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nets.comparison import Comparison
    from nets.conventions import CONVENTIONS, Convention
    from nets.crosscheck import Check
    from nets.errors import NetsError
    from nets.graph import Network, Node
    from nets.public import check, compare, draw, table
    from nets.tables import Table

_HOMES = {
    "CONVENTIONS": "conventions",
    "Check": "crosscheck",
    "Comparison": "comparison",
    "Convention": "conventions",
    "NetsError": "errors",
    "Network": "graph",
    "Node": "graph",
    "Table": "tables",
    "check": "public",
    "compare": "public",
    "draw": "public",
    "table": "public",
}

__all__ = [
    "CONVENTIONS",
    "Check",
    "Comparison",
    "Convention",
    "NetsError",
    "Network",
    "Node",
    "Table",
    "check",
    "compare",
    "draw",
    "table",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  # PEP 562
    if name in _HOMES:
        return getattr(import_module(f"nets.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'nets' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
