"""Symbolic layer tables of convolutional networks, checked against torch and fvcore.

The names load on first use, so that ``import nets`` costs nothing to whoever needs one of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nets import build, layers, testing, zoo
    from nets.counting.outcome import Check
    from nets.errors import NetsError
    from nets.network.graph import Network, Node
    from nets.public import check, compare, draw, table, which
    from nets.tables.comparison import Comparison
    from nets.tables.conventions import Convention
    from nets.tables.presets import CONVENTIONS
    from nets.tables.table import Table

_HOMES = {
    "CONVENTIONS": "tables.presets",
    "Check": "counting.outcome",
    "Comparison": "tables.comparison",
    "Convention": "tables.conventions",
    "NetsError": "errors",
    "Network": "network.graph",
    "Node": "network.graph",
    "Table": "tables.table",
    "check": "public",
    "compare": "public",
    "draw": "public",
    "table": "public",
    "which": "public",
}

_MODULES = ("build", "layers", "testing", "zoo")

__all__ = [
    "CONVENTIONS",
    "Check",
    "Comparison",
    "Convention",
    "NetsError",
    "Network",
    "Node",
    "Table",
    "build",
    "check",
    "compare",
    "draw",
    "layers",
    "table",
    "testing",
    "which",
    "zoo",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  # PEP 562
    if name in _HOMES:
        return getattr(import_module(f"nets.{_HOMES[name]}"), name)
    if name in _MODULES:
        return import_module(f"nets.{name}")
    raise AttributeError(f"module 'nets' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
