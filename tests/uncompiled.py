"""A pytest plugin that runs the compiled engine's loop as it is: what mutmut changes cannot be compiled.

``nox -s mutants`` loads it.
"""

from sim.engine.compiled import build, drive, kernel


def pytest_configure() -> None:
    """Give the loop itself in place of the compiled one, to all tests."""

    def loop() -> drive.Loop:
        return kernel

    build.loop = loop  # type: ignore[assignment]  # it was cached
