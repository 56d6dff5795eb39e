"""The pytest plugin: the fixture ``assert_counts``.

A project loads it with one line in its uppermost ``conftest.py``, or in a test module::

    pytest_plugins = ["nets.pytest_plugin"]

It imports torch only where the fixture is used.
"""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="session")
def assert_counts() -> Callable[..., Any]:
    """`nets.testing.assert_counts`: assert the parameters, MACs and activations of a network or module."""
    from nets.testing import assert_counts as function

    return function
