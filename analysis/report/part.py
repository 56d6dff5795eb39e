"""What a part of the report comes to: numbers as plain data, and pictures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Part:
    """What one part found.

    Attributes
    ----------
    numbers
        Plain data, ready for JSON.
    figures
        SVG elements by name.
    """

    numbers: Mapping[str, Any]
    figures: Mapping[str, str] = field(default_factory=dict)
