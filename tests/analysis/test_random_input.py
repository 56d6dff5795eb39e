"""Command lines and files that nobody planned: a status, at most one sentence, never a traceback.

Few in the ordinary suite, and the same everywhere; many in a soak.
"""

import contextlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.cli import main
from tests.effort import examples

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "fashion-mnist"


def answer(arguments: list[str]) -> int:
    """Run a command line and check how it answers; return its status."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(arguments)
    assert status in {0, 2}, arguments
    said = err.getvalue()
    if status == 2:
        assert said.startswith("error: "), arguments
        assert said.count("\n") == 1, arguments
        assert out.getvalue() == "", arguments
    else:
        assert said == "", arguments
        assert out.getvalue(), arguments
        if "--json" in arguments:
            json.loads(out.getvalue(), parse_constant=pytest.fail)
    return status


NUMBERS = st.one_of(
    st.sampled_from(
        ["0", "-0.0", "1", "-1", "2.5", "nan", "inf", "-inf", "1e308", "1e-308", "5e-324", "1e100", "1e400"]
    ),
    st.sampled_from(["", "x", "1_0", "٣", "0x10", "1e", "--", "+1", " 1", "1,5", "9" * 30, "1e20"]),
    st.floats(1e-3, 1e3).map(repr),
    st.integers(-5, 60).map(str),
)
EXPRESSIONS = st.recursive(
    st.one_of(st.sampled_from(["x", "pi", "e", "2", "0.5", "1e100", "10**99", "3e-300"]), NUMBERS),
    lambda inner: st.one_of(
        st.builds("({}{}{})".format, inner, st.sampled_from(["+", "-", "*", "/", "**", "^", "//"]), inner),
        st.builds(
            "{}({})".format, st.sampled_from(["sin", "exp", "log", "sqrt", "abs", "tanh", "eval"]), inner
        ),
        st.builds("-{}".format, inner),
    ),
    max_leaves=5,
)
DEGREES = st.one_of(
    st.sampled_from(
        ["1..5", "1,3,10", "0", "1..39", "9..3", "", "..", "1..", "a", "99999", "1..9999", "5,5"]
    ),
    st.integers(0, 60).map(str),
)
COUNTS = st.one_of(NUMBERS, st.sampled_from(["3", "10", "20", "50", "10000", "9999", "100000", "1000000"]))


def options(**values: st.SearchStrategy[str] | None) -> st.SearchStrategy[list[str]]:
    """Any of some options, with values; None stands for a flag."""
    single = [
        st.tuples(st.just(f"--{name.replace('_', '-')}"), st.none() if value is None else value)
        for name, value in values.items()
    ]
    given_ones = st.one_of(single).map(
        lambda pair: [pair[0], *([] if pair[1] is None else pair[1].split("|"))]
    )
    return st.lists(given_ones, max_size=6).map(lambda parts: [word for part in parts for word in part])


BIAS_VARIANCE = options(
    degrees=DEGREES,
    ridge=NUMBERS,
    degree=st.integers(-1, 30).map(str),
    basis=st.sampled_from(["legendre", "monomial", "fourier"]),
    scheme=st.sampled_from(["fixed-x", "fresh-x", "no-x"]),
    datasets=st.sampled_from(["3", "10", "50", "100000", "2"]),
    noise=NUMBERS,
    function=EXPRESSIONS,
    interval=st.builds("{}|{}".format, NUMBERS, NUMBERS),
    points=COUNTS,
    test=COUNTS,
    seed=NUMBERS,
    json=None,
    replay_handed_in=None,
    bogus=NUMBERS,
)


@examples(150)
@given(BIAS_VARIANCE)
def test_any_bias_variance(arguments: list[str]) -> None:
    answer(["bias-variance", *arguments])


@examples(100)
@given(EXPRESSIONS, st.sampled_from(["", "--ridge|1", "--scheme|fresh-x", "--json"]))
def test_any_function(expression: str, more: str) -> None:
    answer(
        ["bias-variance", f"--function={expression}", "--degrees", "1..3", *more.split("|")][: 4 + len(more)]
    )


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with images of one's own, and a finished run on them."""
    folder = tmp_path_factory.mktemp("own")
    generator = np.random.default_rng(0)
    images, labels = generator.integers(0, 256, (30, 4, 4), dtype=np.uint8), np.arange(30) % 3
    np.savez(folder / "own.npz", x_train=images, y_train=labels, x_test=images[:9], y_test=labels[:9])
    for command in (["cyclical", "--epochs", "2"], ["lr-range", "--ramp", "20", "--candidates", "4"]):
        assert answer([*command, *tiny(folder), "--batch", "5", "--out", str(folder / "out")]) == 0
    return folder


def tiny(folder: Path) -> list[str]:
    """Options of a run that takes no time."""
    sizes = ["--train", "20", "--validation", "5", "--test", "5", "--shrink", "1", "--seeds", "1"]
    data = ["--data-dir", str(folder / "own.npz"), "--net", "mlp", "--width", "0.01"]
    return ["--scale", "tiny", *sizes, *data]


LOW = st.one_of(NUMBERS, st.floats(1e-6, 1e-2).map(repr))
HIGH = st.one_of(NUMBERS, st.floats(1e-2, 1.0).map(repr))
COMMON: dict[str, st.SearchStrategy[str] | None] = {
    "epochs": st.sampled_from(["1", "2", "3", "0", "1e20", "x", "-1"]),
    "momentum": NUMBERS,
    "seeds": st.sampled_from(["1", "2", "0", "x"]),
    "first_seed": NUMBERS,
    "train": st.sampled_from(["20", "1", "0", "21", "30"]),
    "validation": st.sampled_from(["5", "0", "x"]),
    "test": st.sampled_from(["9", "10", "1"]),
    "shrink": st.sampled_from(["1", "2", "3", "4", "5"]),
    "width": NUMBERS,
    "net": st.sampled_from(
        ["mlp", "lenet5", "bogus", "a:b", ":", "math:pi", "torch.nn:Linear", "vgg19", "small-inception"]
    ),
    "dataset": st.sampled_from(["digits", "cifar"]),
    "threads": st.sampled_from(["1", "100000", "0"]),
    "resume": None,
    "json": None,
}
RUNS = st.one_of(
    options(
        lowest=LOW,
        highest=HIGH,
        candidates=st.sampled_from(["3", "4", "2", "x"]),
        ramp=st.sampled_from(["3", "20", "2", "-1"]),
        smoothing=NUMBERS,
        batch=COUNTS,
        **COMMON,
    ).map(lambda more: ["lr-range", "--ramp", "20", "--candidates", "4", "--batch", "5", *more]),
    options(
        lr_min=LOW,
        lr_max=HIGH,
        decay=st.sampled_from(["none", "halving", "amplitude", "bounds", "CATS"]),
        remaining=NUMBERS,
        cycles=COUNTS,
        batch=COUNTS,
        **COMMON,
    ).map(lambda more: ["cyclical", "--epochs", "2", "--cycles", "1", "--batch", "5", *more]),
    options(
        lr_min=LOW, lr_max=HIGH, cycles=COUNTS, smallest=COUNTS, largest=COUNTS, ghost=COUNTS, **COMMON
    ).map(
        lambda more: [
            "batch-growth",
            *["--smallest", "5", "--largest", "10", "--epochs", "2", "--cycles", "1", "--ghost", "0"],
            *more,
        ]
    ),
)


@examples(80)
@given(RUNS)
def test_any_run(own: Path, arguments: list[str]) -> None:
    answer([arguments[0], *tiny(own), *arguments[1:]])


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(),
    st.integers(-10, 10),
    st.sampled_from([10**30, 10**400, 1e308, -1e308, "", "x", "2 < 3", [], [1], {}, {"a": 1}]),
)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401  # JSON
    """The paths of everything in a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [found for key, part in inside for found in leaves(part, (*path, key))]


def changed(content: Any, path: tuple[Any, ...], new: Any, *, remove: bool) -> None:  # noqa: ANN401  # JSON
    for key in path[:-1]:
        content = content[key]
    if remove:
        del content[path[-1]]
    else:
        content[path[-1]] = new


@examples(60)
@given(st.data(), st.sampled_from(["lr-range", "cyclical", "batch-growth"]))
def test_any_result_that_was_edited(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, command: str
) -> None:
    content = json.loads((EXAMPLES / f"{command}-small.json").read_text())
    short = [
        path
        for path in leaves(content)
        if len(path) < 4 or all(part in {0, 1} for part in path if isinstance(part, int))
    ]
    for path in data.draw(st.lists(st.sampled_from(short), min_size=1, max_size=3)):
        with contextlib.suppress(KeyError, IndexError, TypeError):
            changed(content, path, data.draw(LEAVES), remove=data.draw(st.booleans()))
    folder = tmp_path_factory.mktemp("edited")
    (folder / "result.json").write_text(json.dumps(content))
    more = data.draw(st.sampled_from([[], ["--json"], ["--figure", str(folder / "figure.png")]]))
    answer([command, "--from", str(folder / "result.json"), *more])
    shutil.rmtree(folder)


@examples(25)
@given(st.binary(max_size=60), st.integers(0, 10**6), st.booleans())
def test_any_file_that_was_damaged(
    tmp_path_factory: pytest.TempPathFactory,
    junk: bytes,
    at: int,
    keep: bool,  # noqa: FBT001  # hypothesis passes it so
) -> None:
    content = (EXAMPLES / "cyclical-small.json").read_bytes()
    at %= len(content)
    path = tmp_path_factory.getbasetemp() / "damaged.json"
    path.write_bytes(content[:at] + junk + (content[at + len(junk) :] if keep else b""))
    answer(["cyclical", "--from", str(path)])


@pytest.mark.parametrize(
    "content", ["[" * 100_000, '{"experiment": "cyclical", "setup": ' + "9" * 5000 + "}"]
)
def test_a_file_that_json_chokes_on(tmp_path: Path, content: str) -> None:
    (tmp_path / "result.json").write_text(content)
    assert answer(["cyclical", "--from", str(tmp_path / "result.json")]) == 2


@examples(40)
@given(st.data(), st.integers(0, 10**6), st.one_of(st.none(), st.binary(min_size=1, max_size=8)))
def test_any_folder_that_was_damaged(
    own: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, at: int, junk: bytes | None
) -> None:
    folder = tmp_path_factory.mktemp("damaged") / "out"
    shutil.copytree(own / "out", folder)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".json")
    path = data.draw(st.sampled_from(files))
    content = path.read_bytes()
    at %= len(content)
    path.write_bytes(content[:at] + (b"" if junk is None else junk + content[at + len(junk) :]))
    ranges = ["lr-range", "--ramp", "20", "--candidates", "4"]
    command = ["cyclical", "--epochs", "2"] if "cyclical" in str(path) else ranges
    answer([*command, *tiny(own), "--batch", "5", "--out", str(folder), "--resume"])
    shutil.rmtree(folder.parent)
