import re
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from rich.cells import cell_len

from sim import Exponential, Network, Protocol, Scenario, Server, SimError, Stop, TraceError, Worker, simulate
from sim.timeline import figure, is_small, styled, text, write
from tests.effort import examples
from tests.sim.strategies import everything

TWO = simulate(Scenario.load("examples/two-learners.toml"))

BEAUTIFUL = """\
L1       ┝━━━ 1 (0) ━━━┿━━━ 2 (0) ━━━┿━━━ 3 (1) ━━━┿━━━ 4 (0) ━━━┥
L2       ┝━━━━━━━━━━━━━ 1 (2) ━━━━━━━━━━━━━━┿━━━━━━━━━━━━━ 2 (2) ━━━━━━━━━━━━━━┥
server                 ▲             ▲      ▲      ▲             ▲             ▲
version  0             1             2      3      4             5             6
         ┴─────────────┴─────────────┴─────────────┴─────────────┴─────────────┴
seconds  0             1             2             3             4             5

━ computing   ▲ update   j (s) gradient j, staleness s"""


def long_run(gradients: int = 12_000, workers: int = 20, title: str = "") -> Scenario:
    worker = Worker(name="w", compute=Exponential(mean=1.0), count=workers)
    return Scenario(title=title, workers=[worker], stop=Stop(gradients=gradients))


# In characters.


def test_two_learners_in_characters() -> None:
    assert text(TWO) == BEAUTIFUL


def test_an_instant_is_at_the_same_column_in_every_lane() -> None:
    lanes = text(TWO).splitlines()
    first, last = 9, 79  # 0 s and 5 s: 14 columns a second
    assert [mark.start() for mark in re.finditer("▲", lanes[2])] == [
        first + round(14 * second) for second in (1, 2, 2.5, 3, 4, 5)
    ]
    assert [mark.start() for mark in re.finditer("[┝┿┥]", lanes[1])] == [first, first + 35, last]


def test_a_dropped_gradient_is_crossed_out() -> None:
    workers = [Worker(name="fast", compute=1.0), Worker(name="slow", compute=3.0)]
    trace = simulate(Scenario(workers=workers, protocol=Protocol.k_sync(1), stop=Stop(updates=2)))
    drawn = text(trace)
    assert drawn.splitlines()[1].count("×") == 4  # two in labels, two where they end
    assert "× cancelled" in drawn


def test_waiting_and_service_have_characters_of_their_own() -> None:
    network = Network(latency=0.5, gradient_bytes=1.0, server_bandwidth=2.0)
    workers = [Worker(name="A", compute=1.0, count=2, gradients=2)]
    drawn = text(simulate(Scenario(workers=workers, network=network, server=Server(apply=1.0))))
    assert all(mark in drawn for mark in "‹›▒·")


@given(everything(), st.integers(40, 100), st.booleans())
@examples(40)
def test_no_line_is_wider_than_asked(scenario: Scenario, width: int, unicode: bool) -> None:  # noqa: FBT001 -- drawn
    drawn = text(simulate(scenario), width, unicode=unicode)
    assert max(map(cell_len, drawn.splitlines())) <= width
    assert unicode or drawn.isascii()


def test_names_of_any_kind_fit() -> None:
    workers = [
        Worker(name="工人" * 30, compute=1.0, gradients=2),
        Worker(name="é", compute=1e-6, gradients=1),
    ]
    trace = simulate(Scenario(workers=workers))
    assert max(map(cell_len, text(trace).splitlines())) <= 80
    assert text(trace, unicode=False).isascii()


def test_colours_change_nothing_but_the_style() -> None:
    drawn = styled(TWO)
    assert drawn.plain == text(TWO)
    assert {str(span.style) for span in drawn.spans} >= {"cyan", "green", "bold"}


def test_too_narrow_is_refused() -> None:
    with pytest.raises(TraceError, match="width 20 must be at least 40"):
        text(TWO, 20)


def test_small_runs_are_small() -> None:
    assert is_small(TWO)
    assert not is_small(simulate(long_run(61, workers=2)))
    assert not is_small(simulate(long_run(1, workers=13)))


# As a figure.


def boxes(drawn: Figure) -> list[np.ndarray]:
    collections = [each for each in drawn.axes[0].collections if isinstance(each, PolyCollection)]
    return [np.asarray(path.vertices)[:, 0] for path in collections[0].get_paths()]


def test_bars_stand_where_the_gradients_are_in_time() -> None:
    drawn = figure(TWO)
    assert sorted((box.min(), box.max()) for box in boxes(drawn)) == [
        (0.0, 1.0), (0.0, 2.5), (1.0, 2.0), (2.0, 3.0), (2.5, 5.0), (3.0, 4.0)
    ]  # fmt: skip
    words = {label.get_text() for label in drawn.axes[0].texts}
    assert {"1 (0)", "3 (1)", "1 (2)", "2 (2)", "6"} <= words


def test_a_figure_says_what_it_leaves_out() -> None:
    trace = simulate(long_run(workers=120))
    said = " ".join(words.get_text() for words in figure(trace).texts)
    assert "the first 100 of 120 workers" in said
    assert f"of {trace.duration:.4g} s" in said
    assert "Shown" not in " ".join(words.get_text() for words in figure(TWO).texts)


@given(everything())
@examples(8)
def test_any_run_can_be_drawn(scenario: Scenario) -> None:
    figure(simulate(scenario)).canvas.draw()


def test_figures_are_the_same_bytes_again(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg", "a.png", "b.PNG"):
        write(TWO, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.PNG").read_bytes()
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert ET.parse(tmp_path / "a.svg").getroot().tag.endswith("svg")  # noqa: S314 -- our own file


def test_a_title_is_no_mathematics(tmp_path: Path) -> None:
    workers = [Worker(name="$x_", compute=1.0, gradients=1)]
    write(simulate(Scenario(title=r"$\frac$", workers=workers)), tmp_path / "t.svg")


@pytest.mark.parametrize("name", ["t.gif", "t", ".png", "t.json"])
def test_another_suffix_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(SimError, match="png, svg, html"):
        write(TWO, tmp_path / name)
    assert list(tmp_path.iterdir()) == []
