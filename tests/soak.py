"""A pytest plugin for soaks: properties only, and none that has passed in the same soak before.

``nox -s soak`` loads it. The log holds a line for each property that has passed: how many valid examples were
tried, and its name.
"""

import re
from collections.abc import Generator
from pathlib import Path

import pytest

EXAMPLES = "soak examples"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Ask for the log, which says what the soak has done so far."""
    parser.addoption(
        "--soak-log", type=Path, required=True, help="the file of the properties that have passed"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Only now is it known where the log lies."""
    config.pluginmanager.register(_Soak(config))


class _Soak:
    def __init__(self, config: pytest.Config) -> None:
        self.log: Path = config.getoption("--soak-log")
        self.writes = not hasattr(config, "workerinput")  # one process for all of pytest-xdist's

    def passed(self) -> dict[str, int]:
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        return {name: int(count) for count, _, name in (line.partition(" ") for line in lines)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        passed = self.passed()
        chosen = {i for i in items if i.get_closest_marker("hypothesis") and i.nodeid not in passed}
        config.hook.pytest_deselected(items=[i for i in items if i not in chosen])
        items[:] = [i for i in items if i in chosen]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        counts = re.findall(r"(\d+) passing", getattr(item, "hypothesis_statistics", ""))
        report.user_properties.append((EXAMPLES, sum(map(int, counts))))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if self.writes and report.when == "call" and report.passed:
            self.log.parent.mkdir(exist_ok=True)
            with self.log.open("a", encoding="utf-8") as log:
                log.write(f"{dict(report.user_properties)[EXAMPLES]} {report.nodeid}\n")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.writes and (passed := self.passed()):
            terminalreporter.section(f"examples so far, {self.log}")
            for name, count in passed.items():
                terminalreporter.write_line(f"{count:12,} {name}")
            terminalreporter.write_line(f"{sum(passed.values()):12,} in all")
