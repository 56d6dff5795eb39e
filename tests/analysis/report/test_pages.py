"""The page holds every number that was handed in, needs no network, and looks right in a browser."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from analysis.errors import AnalysisError
from analysis.learning import Setup
from analysis.learning.setups import load_data
from analysis.report import SCALES, Found, judged, pages
from analysis.report.handed_in import CLAIMS
from analysis.report.part import Part
from analysis.report.parts import learning
from analysis.report.parts.learning import EXPERIMENTS, compute, given
from analysis.report.writing import data, markdown, slug
from tests.commands import ROOT, run

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on the PATH")

SAMPLE = """
11.009942 2.058022 -0.404395 3.164831 2.157397 2.740578 2.163936 1.939259 10.941554 6.667288 1.826454
10.072367 6.890502 -0.131798 0.206272 2.133447 2.450968 1.412733 7.774671 8.974247 0.026180552877 1.01859347
0.392904526266 0.89013749 -0.055449 0.00731094
"""
DEGREES = """
1.190326 .833505 .013945 1.141920 .827147 .014773
1.000286 .654311 .015273 .976785 .659954 .016831
1.032534 .685812 .028701 1.013351 .686531 .026820
.917501 .619258 .038775 .956629 .620499 .036130
.990884 .654237 .035863 .971751 .629122 .042628
.526866 .166760 .054237 .520838 .167545 .053292
.465597 .107896 .061352 .467856 .105264 .062591
.376269 .003026 .072945 .377492 .003803 .073688
.380944 .003089 .075295 .384908 .002224 .082684
.433415 .002336 .108173 .390883 .000310 .090573
.504283 .408168 .001975 .090800 .376128 .015525 .077387 .390883 .387058 .017737 .069321
"""
COUNTS = """
16,542,184 143,652,544 1,728 36,864 73,728 147,456 294,912 589,824 1,179,648 2,359,296 102,760,448 16,777,216
4,096,000 1,089,536 388,096 1,115,684,864 397,410,304 32×32×672 32×32×480
"""
BETWEEN = ".500 .375 .318 .286 .265 .250"


class Page(HTMLParser):
    """Collects a page's text, its anchors and links, and what it would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.pictures = 0
        self._silent = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._silent += tag in {"script", "style"}
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag == "a":
            self.links.append(given.get("href") or "")
        elif tag in {"link", "img", "iframe", "object", "embed", "base"}:
            self.loads.append(tag)
        self.loads += [value for name, value in attrs if name == "src" and value]
        self.pictures += "picture" in (given.get("class") or "").split()

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words += data.split()


@pytest.fixture(scope="session")
def page(folder: Path) -> Page:
    return Page((folder / "report.html").read_text(encoding="utf-8"))


def test_every_printed_number_of_the_assignment_is_on_the_page(page: Page) -> None:
    shown = set(page.words)
    for text in (SAMPLE, DEGREES, COUNTS, BETWEEN):
        for number in text.split():
            assert re.sub(r"^\.", "0.", number) in shown, number


def test_every_printed_number_stands_in_all_three_forms(page: Page, folder: Path) -> None:
    markdown = (folder / "report.md").read_text(encoding="utf-8")
    told = {claim["printed"] for claim in json.loads((folder / "report.json").read_bytes())["claims"]}
    everything = " ".join(page.words)
    for claim in CLAIMS:
        for form in (everything, markdown, told):
            assert claim.printed in form, claim


def test_the_page_needs_no_network(page: Page, folder: Path) -> None:
    assert page.loads == []
    text = (folder / "report.html").read_text(encoding="utf-8")
    named = set(re.findall(r"\bhttps?://[^\s\"'<>)]+", text))
    assert {name for name in named if not name.startswith("http://www.w3.org/")} == set()
    assert "url(" not in re.sub(r"url\(#", "", text)


def test_anchors_are_unique_and_every_link_leads_to_one(page: Page) -> None:
    assert len(set(page.ids)) == len(page.ids)
    assert len(page.links) > 15
    for link in page.links:
        assert link.removeprefix("#") in page.ids


def test_the_markdown_has_its_pictures_and_its_contents(folder: Path) -> None:
    text = (folder / "report.md").read_text(encoding="utf-8")
    pictures = re.findall(r"^!\[.*\]\(([^)]+)\)$", text, re.MULTILINE)
    assert len(pictures) == len(list((folder / "figures").iterdir()))
    assert all((folder / picture).is_file() for picture in pictures)
    titles = {slug(title) for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
    links = re.findall(r"\]\(#([^)]+)\)", text)
    assert len(links) > 15
    assert set(links) <= titles
    assert "\x02" not in text


def test_equal_findings_give_equal_bytes(found: Found) -> None:
    assert pages(found) == pages(found)


def test_the_page_tells_neither_the_day_nor_the_machine(folder: Path) -> None:
    for form in ("report.html", "report.md", "report.json"):
        text = (folder / form).read_text(encoding="utf-8")
        assert not re.search(r"\b20\d\d-\d\d-\d\d\b|\bseconds\"|\bprocessor\b", text)


PROBE = """
<script>
const errors = [];
window.addEventListener("error", event => errors.push(String(event.message)), true);
</script>
"""
REPORT = """
<script>
window.addEventListener("load", () => {
  const wide = document.documentElement.clientWidth;
  const scrolls = element => element.closest(".table, .equation, pre, .large");
  const out = [...document.querySelectorAll("body *")].filter(element =>
    element.getBoundingClientRect().right > wide + 1 && !scrolls(element) && !element.closest("svg"));
  const boxes = [...document.querySelectorAll(".table, pre")];
  const cut = boxes.filter(box => box.scrollWidth > box.clientWidth + 1);
  const pictures = [...document.querySelectorAll(".picture svg")];
  const links = [...document.querySelectorAll("nav a")].filter(link => {
    link.click();
    const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    return !target || location.hash !== link.hash || target.getBoundingClientRect().height === 0;
  });
  const found = {
    width: innerWidth, errors,
    page: document.documentElement.scrollWidth - wide,
    out: out.map(element => element.outerHTML.slice(0, 80)),
    cut: cut.map(element => element.innerText.slice(0, 80)),
    pictures: pictures.length,
    empty: pictures.filter(svg => svg.getBoundingClientRect().width < 100 || svg.getBBox().width < 50).length,
    maths: [...document.querySelectorAll("math")].filter(math => !math.getBoundingClientRect().width).length,
    links: links.map(link => link.hash),
    paper: getComputedStyle(document.documentElement).backgroundColor,
  };
  parent.postMessage(encodeURIComponent(JSON.stringify(found)), "*");
});
</script>
"""
# No window of Chromium's is as narrow as a phone; a frame may be.
FRAME = """
<!DOCTYPE html><html><body><script>
addEventListener("message", event => { document.body.dataset.found = event.data; });
</script><iframe src="probed.html" style="border: 0; width: WIDTHpx; height: 900px"></iframe></body></html>
"""


def browsed(
    folder: Path, tmp_path: Path, width: int, *, dark: bool = False, on_paper: bool = False
) -> dict[str, Any]:
    """Return what Chromium finds on the page at a width."""
    assert CHROMIUM
    text = (folder / "report.html").read_text(encoding="utf-8")
    if on_paper:
        text = text.replace("@media print", "@media all")
    probed = text.replace("<head>", f"<head>{PROBE}", 1).replace("</body>", f"{REPORT}</body>", 1)
    (tmp_path / "probed.html").write_text(probed, encoding="utf-8")
    (tmp_path / "frame.html").write_text(FRAME.replace("WIDTH", str(width)), encoding="utf-8")
    done = run(
        *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
        *(f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width + 100},1000"),
        *(f"--blink-settings=preferredColorScheme={int(not dark)}", "--virtual-time-budget=20000"),
        *("--dump-dom", (tmp_path / "frame.html").as_uri()),
    )
    assert done.returncode == 0
    told = re.search(r'data-found="([^"]*)"', done.stdout)
    assert told
    found: dict[str, Any] = json.loads(unquote(told[1]))
    return found


@in_a_browser
@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("dark", [False, True])
def test_in_a_browser_nothing_is_out_of_place(
    width: int,
    dark: bool,  # noqa: FBT001 -- a parameter
    folder: Path,
    page: Page,
    tmp_path: Path,
) -> None:
    seen = browsed(folder, tmp_path, width, dark=dark)
    assert seen["width"] == width
    assert seen["paper"] == ("rgb(17, 20, 24)" if dark else "rgb(255, 255, 255)")
    assert (seen["errors"], seen["links"]) == ([], [])
    assert (seen["page"], seen["out"], seen["cut"]) == (0, [], [])
    assert seen["pictures"] == page.pictures
    assert (seen["empty"], seen["maths"]) == (0, 0)


@in_a_browser
def test_on_paper_nothing_is_cut(folder: Path, page: Page, tmp_path: Path) -> None:
    between_margins = 673  # pixels, of 210 mm less twice 16
    seen = browsed(folder, tmp_path, between_margins, on_paper=True)
    assert (seen["page"], seen["out"], seen["cut"], seen["empty"]) == (0, [], [], 0)
    assert seen["pictures"] == page.pictures


@in_a_browser
def test_the_page_is_printed(folder: Path, tmp_path: Path) -> None:
    assert CHROMIUM
    printed = tmp_path / "report.pdf"
    done = run(
        *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"),
        *(f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={printed}"),
        (folder / "report.html").as_uri(),
    )
    assert done.returncode == 0
    content = printed.read_bytes()
    assert content.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", content)) > 8


def test_the_kept_page_is_that_of_its_results() -> None:
    kept = ROOT / "examples/report"
    told = json.loads((kept / "report.json").read_bytes())
    parts = {name: Part(numbers) for name, numbers in told["results"].items()}
    claims = tuple(judged(CLAIMS, told["results"]))
    scale, problems = SCALES[told["scale"]], tuple(told["problems"])
    again = Found(scale, problems, parts, claims, told["trained_elsewhere"])
    assert again.broken == ()
    assert data(again) == told
    assert markdown(again) == (kept / "report.md").read_text(encoding="utf-8")
    page = Page((kept / "report.html").read_text(encoding="utf-8"))
    assert {claim.printed for claim in CLAIMS if " " not in claim.printed} <= set(page.words)
    assert page.pictures == len(list((kept / "figures").iterdir()))


def test_the_kept_page_is_of_the_settings_of_the_kept_training() -> None:
    told = json.loads((ROOT / "examples/report/report.json").read_bytes())["results"]["learning"]
    results = {name: given(ROOT / "examples/fashion-mnist", name, SCALES["small"]) for name in EXPERIMENTS}
    now = json.loads(json.dumps(compute(results, None).numbers))
    assert (told["setup"], told["parameters"]) == (now["setup"], now["parameters"])
    for part in ("range", "cyclical", "growth"):
        assert told[part]["options"] == now[part]["options"]


def test_without_fashion_mnist_there_are_digits_and_the_way_to_it(
    found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(setup: Setup) -> object:
        if setup.dataset == "fashion-mnist":
            raise AnalysisError("no connection")
        return load_data(setup)

    monkeypatch.setattr(learning, "load_data", load)
    task = learning.find(SCALES["small"])
    assert (task.missing, task.scale, task.data.name) == ("no connection", "tiny", "digits")
    numbers = {**found.parts["learning"].numbers, "missing": task.missing, "is_fashion": False}
    parts = {**found.parts, "learning": Part(numbers)}
    results = {name: part.numbers for name, part in parts.items()}
    text = markdown(Found(SCALES["small"], found.problems, parts, tuple(judged(CLAIMS, results))))
    assert "Install Debian's `dataset-fashion-mnist`" in text
    assert "lr-range --scale tiny --dataset digits" in text
    assert re.search(r"\| lr_max \| 0.01 \| – \| \? undecided \|", text)
