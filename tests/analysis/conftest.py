"""Data that cannot be bundled, where it is to be had."""

import os
from pathlib import Path

import pytest

from analysis.scores.tabular import DEBIAN_DIABETES, DIABETES_VARIABLE


@pytest.fixture
def diabetes() -> Path:
    """Return the diabetes set's file, which the environment variable names or Debian's weka brings."""
    path = Path(os.environ.get(DIABETES_VARIABLE) or DEBIAN_DIABETES)
    if not path.is_file():
        pytest.skip(f"no diabetes.arff: {DIABETES_VARIABLE} names none, and Debian's weka is not installed")
    return path
