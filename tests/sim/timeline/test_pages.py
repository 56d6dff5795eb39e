"""The page needs no network, tells everything of a gradient, and in a browser shows every bar."""

import gzip
import json
import re
import shutil
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import matplotlib.image as mpimg
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from sim import Exponential, Network, Scenario, Server, Stop, Trace, Worker, simulate
from sim.timeline import write
from sim.timeline.figures import COLOURS
from sim.timeline.pages import BY_DAY, BY_NIGHT, figure, page
from sim.timeline.spans import Kind
from tests.commands import ROOT, run

TWO = simulate(Scenario.load(ROOT / "examples/two-learners.toml"))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on the PATH")


def long_run(gradients: int, workers: int = 20, title: str = "", *, all_stages: bool = False) -> Trace:
    worker = Worker(name="w", compute=Exponential(mean=1.0), count=workers)
    scenario = Scenario(title=title, workers=[worker], stop=Stop(gradients=gradients))
    if all_stages:
        sizes = {"gradient_bytes": 1e7, "weight_bytes": 1e7}
        network = Network(latency=0.01, bandwidth=1e9, server_bandwidth=2e9, **sizes)
        scenario = scenario.replace(network=network, server=Server(apply=0.01))
    return simulate(scenario)


def picture(text: str) -> dict[str, Any]:
    """Return what the page's own script unpacks and hands to plotly."""
    packed = re.search('id="picture">([^<]*)<', text)
    assert packed
    found: dict[str, Any] = json.loads(gzip.decompress(b64decode(packed[1])))
    return found


class References(HTMLParser):
    """Collects what a page would load, its scripts, and its title."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str | None] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.loads += [value for name, value in attrs if name in {"src", "href", "data", "srcset"}]
        self.loads += [tag] if tag in {"link", "iframe", "img", "object", "embed"} else []


def test_a_page_needs_no_network_and_runs_no_script_of_a_title(tmp_path: Path) -> None:
    evil = "</title></script><script>alert(1)</script>"
    pages = []
    for title in ("harmless", evil):
        write(long_run(30, workers=2, title=title), tmp_path / "t.html")
        pages.append(References())
        pages[-1].feed((tmp_path / "t.html").read_text(encoding="utf-8"))
    assert [page.loads for page in pages] == [[], []]
    assert pages[0].scripts == pages[1].scripts


def test_the_page_tells_everything_of_a_gradient() -> None:
    assert page(TWO) == page(TWO)
    (bars,) = (trace for trace in picture(page(TWO))["data"] if trace["type"] == "bar")
    assert (
        "<b>L2</b>, gradient j = 2<br>read at 2.5 s, version 3<br>applied at 5 s, version 5<br>staleness 2"
        in bars["hovertext"]
    )
    assert sorted(bars["text"]) == ["1 (0)", "1 (2)", "2 (0)", "2 (2)", "3 (1)", "4 (0)"]


def test_the_title_of_an_odd_run_is_text() -> None:
    drawn = page(long_run(3, workers=1, title="{{PICTURE}} <b>$x$"))
    assert "<title>{{PICTURE}} &lt;b&gt;$x$</title>" in drawn
    assert picture(drawn)["layout"]["title"]["text"] == "{{PICTURE}} &lt;b&gt;&#36;x&#36;"


def test_a_page_says_what_it_leaves_out_and_what_is_in_sight() -> None:
    drawn = figure(long_run(12_500))
    assert len(drawn.data) < 20
    said = drawn.layout.title.subtitle.text
    assert "Shown: the first" in said
    assert "In sight at first" in said
    assert figure(TWO).layout.title.subtitle.text == ""


def test_a_page_of_as_many_gradients_as_there_may_be_is_under_six_megabytes() -> None:
    assert len(page(long_run(12_000, all_stages=True)).encode()) < 6e6


def test_every_colour_of_the_legend_differs_from_the_page() -> None:
    for colour in COLOURS.values():
        for paper in (BY_DAY["paper"], BY_NIGHT["paper"]):
            assert np.abs(np.subtract(to_rgb(colour), to_rgb(paper))).max() > 0.1


def browsed(trace: Trace, folder: Path, width: int, *, dark: bool) -> tuple[str, np.ndarray]:
    """Return the page's elements and its pixels, as Chromium has them."""
    assert CHROMIUM
    write(trace, folder / "t.html")
    command = [
        *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
        *(f"--user-data-dir={folder / 'profile'}", f"--window-size={width},600"),
        *(f"--blink-settings=preferredColorScheme={int(not dark)}", "--virtual-time-budget=10000"),
    ]
    address = (folder / "t.html").as_uri()
    drawn = run(*command, f"--screenshot={folder / 't.png'}", address)
    dumped = run(*command, "--dump-dom", address)
    assert (drawn.returncode, dumped.returncode) == (0, 0)
    return dumped.stdout, np.asarray(mpimg.imread(folder / "t.png"))[..., :3]


def bars_in(row: np.ndarray, least: int = 10) -> int:
    """Count the stretches of pixels of the colour of computing in a row of a picture."""
    blue = np.all(np.abs(row - to_rgb(COLOURS[Kind.COMPUTE])) < 0.02, axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], blue.astype(int), [0]])))
    return int(np.count_nonzero(edges[1::2] - edges[::2] >= least))


@in_a_browser
@pytest.mark.parametrize(("width", "dark"), [(700, False), (1400, True)])
def test_in_a_browser_every_gradient_is_a_bar_of_its_own_with_its_label(
    width: int,
    dark: bool,  # noqa: FBT001 -- a parameter
    tmp_path: Path,
) -> None:
    elements, pixels = browsed(TWO, tmp_path, width, dark=dark)
    assert elements.count('<g class="point">') == 6
    assert re.findall(r'class="bartext[^>]*>([^<]*)<', elements) == [
        "1 (0)", "2 (0)", "3 (1)", "4 (0)", "1 (2)", "2 (2)",
    ]  # fmt: skip
    assert tuple(pixels[-2, -2]) == pytest.approx(to_rgb((BY_NIGHT if dark else BY_DAY)["paper"]), abs=0.01)
    plot = pixels[:, : int(0.78 * width)]
    counts = [bars_in(row) for row in plot]
    seen = [count for count, times in zip(*np.unique(counts, return_counts=True), strict=True) if times > 20]
    assert seen == [0, 2, 4]
    beside = pixels[:, int(0.82 * width) :]
    assert any(bars_in(row) == 1 for row in beside)  # the swatch of computing, right of the plot
