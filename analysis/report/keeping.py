"""Parts that are kept in the report's folder, each with a key that says of what it is."""

import hashlib
import json
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from analysis.files import write
from analysis.report.part import Part

PACKAGES = ("sim", "nets", "analysis")
COMPUTED_BY = ("numpy", "scipy", "scikit-learn", "torch", "matplotlib", "simpy")
"""Another version of one of these may give other digits, or other pictures."""


def key_of(*settings: object) -> str:
    """Return the SHA-256 of settings, versions and our own code."""
    return name_of(settings, [_version(name) for name in COMPUTED_BY], _code())


def name_of(*settings: object) -> str:
    """Return the SHA-256 of settings alone, each told by its ``repr``."""
    return hashlib.sha256(repr(settings).encode()).hexdigest()


@cache
def _code() -> str:
    """Return the SHA-256 of the three packages' modules."""
    found = hashlib.sha256()
    for package in PACKAGES:
        spec = find_spec(package)
        for folder in (spec and spec.submodule_search_locations) or ():
            for path in sorted(Path(folder).rglob("*.py")):
                found.update(f"{path.relative_to(folder)}\n".encode())
                found.update(path.read_bytes())
    return found.hexdigest()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


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
