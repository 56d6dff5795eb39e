"""Scenarios of nets on named devices: figures are those of ``nets cost``, and they teach what they say."""

from pathlib import Path

import pytest

import nets
from sim import Scenario, metrics, simulate

EXAMPLES = Path(__file__).parents[3] / "examples"
LINK = 10e9 / 8  # bytes a second

NETS = {"vgg19": ("vgg19", 143_667_240), "resnet50": ("resnet50-v1.5", 25_557_032)}


def updates_per_second(scenario: Scenario, workers: int) -> float:
    crowd = scenario.replace(workers=[scenario.workers[0].replace(count=workers)])
    return metrics.updates_per_second(simulate(crowd))


@pytest.mark.parametrize("name", list(NETS))
def test_its_figures_are_those_of_the_net_on_the_device(name: str) -> None:
    net, size = NETS[name]
    scenario = Scenario.load(EXAMPLES / f"{name}-h100-10gbit.toml")
    told = nets.cost(
        net, (64, 3, 224, 224), dtype="mixed", loss="cross-entropy", optimizer="momentum", device="h100-sxm"
    )
    assert scenario.network.gradient_bytes == scenario.network.weight_bytes == 4 * size
    assert scenario.workers[0].compute == pytest.approx(told.gradient_seconds()[1], rel=1e-5)


@pytest.mark.parametrize(("name", "enough"), [("vgg19", 3), ("resnet50", 3)])
def test_more_workers_than_the_link_feeds_do_not_help(name: str, enough: int) -> None:
    _, size = NETS[name]
    scenario = Scenario.load(EXAMPLES / f"{name}-h100-10gbit.toml")
    most = LINK / (4 * size)  # one way of the link is full
    alone = updates_per_second(scenario, 1)
    way = 4 * size / LINK
    assert alone == pytest.approx(1 / (2 * way + float(scenario.workers[0].compute)), rel=0.01)  # type: ignore[arg-type]  # it is a number
    assert updates_per_second(scenario, 2) < 2 * most
    for workers in (enough, 8):
        assert updates_per_second(scenario, workers) == pytest.approx(most, rel=0.01)
