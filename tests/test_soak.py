"""A soak tries properties only, says how many examples each had, and goes on where it was stopped."""

from pathlib import Path

import pytest

from tests.commands import run_python

TESTS = """
from hypothesis import given, settings, strategies as st

def test_of_one_example():
    raise AssertionError

@settings(max_examples=7)
@given(st.integers())
def test_that_holds(number):
    assert number == number

@given(st.integers())
def test_that_fails(number):
    assert number < 1000
"""


def test_what_has_passed_is_left_out_the_next_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("test_it.py").write_text(TESTS)
    Path("pytest.ini").write_text("[pytest]")
    command = ["-m", "pytest", "-p", "tests.soak", "-p", "no:xdist", "--soak-log", "log/it.txt"]
    first, second = run_python(*command), run_python(*command)
    assert "1 failed, 1 passed, 1 deselected" in first.stdout
    assert "1 failed, 2 deselected" in second.stdout
    assert Path("log/it.txt").read_text() == "7 test_it.py::test_that_holds\n"
    assert "           7 in all" in second.stdout
