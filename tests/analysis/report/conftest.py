"""One report for all tests of the room: everything of it, on little, the training from kept results."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from analysis.learning.watching import watch_nothing
from analysis.report import SCALES, Found, Order, Scale, make, pages
from analysis.report.making import Watching
from tests.commands import ROOT

LITTLE = Scale("small", "for tests", datasets=20, replicates=50, splits=2)
KEPT = ROOT / "examples/fashion-mnist"


@contextmanager
def unwatched(_: str) -> Iterator[None]:
    yield


QUIET = Watching(stage=unwatched, training=watch_nothing)


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """Return what a small report finds."""
    assert LITTLE.name in SCALES
    return make(Order(tmp_path_factory.mktemp("report"), LITTLE, source=KEPT), QUIET)


@pytest.fixture(scope="session")
def folder(found: Found, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the report's pages."""
    out = tmp_path_factory.mktemp("pages")
    for name, content in pages(found).items():
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_bytes(content)
    return out
