"""Problem 5: two learners and a parameter server, and what a tie would change."""

from typing import Any

from analysis.report.drawing import svg
from analysis.report.part import Part
from analysis.report.scales import Scale
from sim import Protocol, Scenario, Stop, Trace, Worker, simulate
from sim.timeline import figure

LEARNERS = ("L1", "L2")


def compute(_scale: Scale) -> Part:
    """Return everything of problem 5."""
    asked, tied = simulate(scenario(4)), simulate(scenario(5))
    other = simulate(scenario(5, first="L2"))
    numbers = {
        "gradients": _gradients(asked),
        "law": {
            name: {"sum": sum(row["staleness"] + 1 for row in rows), "last_update": rows[-1]["applied"] + 1}
            for name, rows in _gradients(asked).items()
        },
        "tied": {"gradients": _gradients(tied), "same_in_other_order": _gradients(tied) == _gradients(other)},
        "as_handed_in": sum(int(text) + 1 for text in ("2", "0")),
        "updates": len(asked),
    }
    return Part(numbers, {"timeline": svg(figure(asked))})


def scenario(gradients: int, *, first: str = "L1") -> Scenario:
    """Return the assignment's two learners, L1 with so many gradients."""
    workers = {
        "L1": Worker(name="L1", compute=1.0, gradients=gradients),
        "L2": Worker(name="L2", compute=2.5, gradients=2),
    }
    order = [workers[first], *(worker for name, worker in workers.items() if name != first)]
    return Scenario(
        title="Two learners, one server", protocol=Protocol(kind="async"), workers=order, stop=Stop(time=60.0)
    )


def _gradients(trace: Trace) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in LEARNERS}
    for worker, read_at, ended_at, read, applied in zip(
        trace.worker, trace.read_at, trace.ended_at, trace.version_read, trace.version_applied, strict=True
    ):
        found[trace.workers[worker]].append(
            {
                "read_at": float(read_at),
                "applied_at": float(ended_at),
                "read": int(read),
                "applied": int(applied),
                "staleness": int(applied - read),
            }
        )
    return found
