"""Parts that are kept in the report's folder, each with a key that says of what it is: settings and data."""

import hashlib
import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from analysis.files import write
from analysis.report.part import Part

COMPUTED_BY = ("dlsyslab", "numpy", "scipy", "scikit-learn", "torch", "matplotlib", "simpy")
"""Another version of one of these may give other digits, or other pictures."""


def key_of(*settings: object) -> str:
    """Return the SHA-256 of settings and versions; a setting is told by its ``repr``."""
    return hashlib.sha256(repr((settings, [_version(name) for name in COMPUTED_BY])).encode()).hexdigest()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # run from its source without being installed
        return "source"


def kept(path: Path, key: str) -> Part | None:
    """Return the part that a file holds; None where there is none of this key that can be read."""
    try:
        held = json.loads(path.read_bytes())
        return Part(held["numbers"], held["figures"]) if held["key"] == key else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(path: Path, key: str, part: Part) -> Part:
    """Write a part, and return it as it will be read."""
    held: dict[str, Any] = {"key": key, "numbers": part.numbers, "figures": part.figures}
    content = json.dumps(held, allow_nan=False, ensure_ascii=False).encode()
    write(path, content)
    read = json.loads(content)
    return Part(read["numbers"], read["figures"])
