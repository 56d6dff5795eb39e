"""The protocols' names, aliases and rules, and the combinations that make no sense."""

import pytest

from sim import Protocol, Scenario, ScenarioError, Stop, Worker
from sim.scenario.protocols import ALIASES, NAMED

# Written out from the design's table: gradients per update, after its push, the others at an update.
TABLE = {
    "bsp": ("all", "wait", "carry on"),
    "k-sync": (3, "wait", "cancel"),
    "k-batch-sync": (3, "go on", "cancel"),
    "async": (1, "go on", "carry on"),
    "k-async": (3, "wait", "carry on"),
    "k-batch-async": (3, "go on", "carry on"),
}


def test_the_table_is_complete() -> None:
    assert TABLE.keys() == NAMED.keys()


@pytest.mark.parametrize("kind", TABLE)
def test_a_name_stands_for_its_rules(kind: str) -> None:
    k, after_push, at_update = TABLE[kind]
    settings = {"k": k} if k == 3 else {}
    protocol = Protocol.model_validate({"kind": kind} | settings)
    assert (protocol.k, protocol.after_push, protocol.at_update) == (k, after_push, at_update)
    assert protocol.name == kind
    assert Protocol.model_validate({"k": k, "after_push": after_push, "at_update": at_update}) == protocol
    assert Protocol.model_validate(protocol.model_dump()) == protocol


@pytest.mark.parametrize(
    ("alias", "settings", "protocol"),
    [
        ("ssp", {"slack": 3}, Protocol.asynchronous(slack=3)),
        ("ringmaster", {"max_staleness": 7}, Protocol.asynchronous(max_staleness=7)),
        ("backup-workers", {"k": 4}, Protocol.k_sync(4)),
        ("fedbuff", {"k": 10}, Protocol.k_batch_async(10)),
        ("softsync", {"n": 4}, Protocol.k_batch_async("P/4")),
    ],
)
def test_an_alias_resolves_and_says_so(alias: str, settings: dict[str, int], protocol: Protocol) -> None:
    assert Protocol.model_validate({"kind": alias} | settings) == protocol
    assert alias in protocol.describe(8)
    assert protocol.describe(8).startswith(ALIASES[alias][0])


def test_a_share_of_less_than_one_gradient_is_refused() -> None:
    sentence = (
        "protocol: k P/9 is less than one gradient, for there are 4 workers: the n of softsync is at most 4"
    )
    with pytest.raises(ScenarioError) as error:
        Scenario.from_data(
            {
                "protocol": {"kind": "softsync", "n": 9},
                "workers": [{"name": "w", "count": 4, "compute": 1.0, "gradients": 2}],
            }
        )
    assert str(error.value) == sentence


def test_softsync_takes_a_share_of_the_workers() -> None:
    softsync = Protocol.model_validate({"kind": "softsync", "n": 4})
    assert [softsync.batch(workers) for workers in (4, 7, 8, 30)] == [1, 1, 2, 7]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"kind": "asink"}, "kind: 'asink' must be one of bsp, k-sync"),
        ({"kind": "k-sync"}, "k-sync needs k"),
        ({"kind": "ssp"}, "ssp needs slack"),
        ({"kind": "softsync"}, "softsync needs n"),
        ({"kind": "bsp", "k": 3}, "bsp takes no k"),
        ({"kind": "async", "k": 3}, "async takes no k"),
        ({"kind": "k-async", "k": 0}, "k: 0 must be a whole number of at least 1"),
        ({"kind": "k-async", "k": 1.5}, "k: 1.5 must be a whole number"),
        ({"kind": "k-async", "k": True}, "k: True must be a whole number"),
        ({"kind": "k-async", "k": "P/0"}, "k: 'P/0' must be a whole number"),
        ({"kind": "k-async", "k": 2, "after_push": "wait"}, "kind = 'k-async' already says after_push"),
        ({"k": "all"}, "a barrier, where after_push must be"),
        ({"k": "all", "after_push": "wait", "at_update": "cancel"}, "nothing to cancel at an update"),
        ({"kind": "bsp", "slack": 1}, "slack bounds nothing in bsp"),
        ({"kind": "k-sync", "k": 2, "max_staleness": 1}, "max_staleness bounds nothing in k-sync"),
        ({"kind": "async", "slack": -1}, "slack: -1 must be greater than or equal to 0"),
        ({"after_push": "sleep"}, "after_push: 'sleep' must be 'wait' or 'go on'"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(settings: dict[str, object], reason: str) -> None:
    with pytest.raises(ScenarioError, match=reason):
        Protocol(**settings)


def test_waiting_for_more_workers_than_there_are_is_refused() -> None:
    fleet = [Worker(name="w", count=3, compute=1.0)]
    with pytest.raises(ScenarioError, match="k 4 must be at most 3, the number of workers"):
        Scenario(workers=fleet, protocol=Protocol.k_async(4), stop=Stop(time=1))
    Scenario(workers=fleet, protocol=Protocol.k_batch_async(4), stop=Stop(time=1))
