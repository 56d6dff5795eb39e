"""The pytest plugin: the fixture ``assert_counts``. Every pytest start loads it, so it imports no torch."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="session")
def assert_counts() -> Callable[..., Any]:
    """`nets.testing.assert_counts`: assert the parameters, MACs and activations of a network or module."""
    from nets.testing import assert_counts as function

    return function
