"""Random command lines: whatever is typed, the answer is a status, at most a sentence, and no ruins.

The same few hundred everywhere; under hypothesis' profile ``soak`` many more.
"""

import io
import os
import re
import signal
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nets import CONVENTIONS, zoo
from nets.cli import main
from nets.tables.columns import COLUMNS
from nets.tables.formats import FORMATS

SECONDS = 60  # it bounds a hang, not speed
STATUSES = {0, 1, 2, 130, 141}

_nets = st.sampled_from([*zoo.NETS, "resnet50", "VGG19", "Small_Inception", "vgg91", "", "-", "x.y:Z"])
_sizes = st.one_of(
    st.sampled_from([*"138NHW0x٣", "28", "224", "-1", "1.5", "9" * 25, "", "True", "2h"]),
    st.integers(1, 300).map(str),
)
_shapes = st.one_of(
    st.lists(_sizes, min_size=1, max_size=5).map("x".join),
    st.sampled_from(["1x3x224x224", "Nx3xHxW", "8x1x28x28", "2x784", "1x256x32x32"]),
)
_values = st.one_of(
    st.integers(-3, 300).map(str),
    st.floats(allow_nan=True).map(str),
    st.sampled_from(
        [
            *("true", "False", "", "None", "inf", "v1", "'", "a=b", "1,", ",", "5,-5", "512,512", "(1,2)"),
            *("1e308", "1e-300", "9" * 400, "-" * 500, "[" * 500, "1_000", "0x10", "1e5", "__import__('os')"),
        ]
    ),
    st.text(max_size=8),
)
_keys = st.sampled_from(
    [
        *("width", "classes", "channels", "size", "hidden", "features", "bn", "aux", "groups", "bn-affine"),
        *("version", "depth", "name", "net", "shape", "self", "conv_bias", "", "kwargs", "convention"),
    ]
)
_settings = st.tuples(_keys, _values).map("=".join) | st.text(max_size=6)
_figures = st.one_of(
    st.sampled_from(["4.133G", "138M", "25,557,032", "1e9", "0", "", "-1", "nan", "9" * 40, "1 GMACs"]),
    st.floats(0, 1e12).map("{:.3g}".format),
    st.text(max_size=8),
)
_files = st.sampled_from(["out.svg", "out", "-", "", ".", "no/where.svg", "x.png", "n" * 300, "a b.svg"])
_words = st.sampled_from([*COLUMNS, "flop", "", "LAYER"])


def _joined(lists: Iterable[list[str]]) -> list[str]:
    return [*chain.from_iterable(lists)]


MODULES = """
from torch import nn

class Net(nn.Module):
    def __init__(self, hidden=4):
        super().__init__()
        self.fc = nn.Linear(8, hidden)
        self.never = nn.Linear(2, 2)

    def forward(self, x, scale=1.0):
        return self.fc(x).relu() * scale

class Branching(nn.Module):
    def forward(self, x):
        return x + 1 if x.sum() > 0 else x

class Boom(nn.Module):
    def __init__(self):
        raise ValueError("two\\nlines")

class Failing(nn.Module):
    def forward(self, x):
        raise KeyError("what")

nothing = None
net = nn.Conv1d(2, 3, 3)
"""
_modules = st.sampled_from(
    ["Net", "Branching", "Boom", "Failing", "nothing", "net", "missing", "nn", "Net.forward", ""]
).map("model.py:{}".format) | st.sampled_from(
    ["absent.py:Net", "torch.nn:Linear", "json:loads", ":", "a:b:c"]
)


def _option(name: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(values.map(lambda value: [name, value]), max_size=2).map(_joined)


def _flag(name: str) -> st.SearchStrategy[list[str]]:
    return st.sampled_from([[], [], [name]])


def _command(*parts: st.SearchStrategy[list[str]]) -> st.SearchStrategy[list[str]]:
    return st.tuples(*parts).map(_joined)


def _word(words: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return words.map(lambda word: [word])


_net_options = (_option("--input", _shapes), _option("--set", _settings))
_json = _flag("--json")
COMMAND_LINES = st.one_of(
    _command(
        st.just(["table"]),
        _word(_nets),
        *_net_options,
        *map(_flag, ("--symbolic", "--all", "--human")),
        _option("--columns", st.lists(_words, max_size=4).map(",".join)),
        _option("--convention", st.sampled_from([*CONVENTIONS, "fvcor", ""])),
        _option("--format", st.sampled_from([*FORMATS, "xml", ""])),
        _option("--out", _files),
    ),
    _command(st.just(["draw"]), _word(_nets), *_net_options, _flag("--all"), _option("--out", _files)),
    _command(st.just(["compare"]), _word(_nets), _word(_nets), _option("--input", _shapes), _json),
    _command(st.just(["which"]), _word(_figures), _word(_nets), *_net_options, _json),
    _command(st.just(["check"]), _word(_nets), st.just(["--paper"]), *_net_options, _json),
    _command(
        st.just(["check"]),
        _word(st.sampled_from(["lenet5", "mlp", "inception-naive"])),
        _option("--set", st.sampled_from(["width=0.1", "classes=2", "hidden=4", "width=-1", "size=33"])),
        _option("--input", st.sampled_from(["1x1x32x32", "2x784", "1x256x4x4", "1x1x1x1", "Nx784"])),
        _json,
    ),
    _command(
        st.sampled_from([["table"], ["table"], ["check"]]),
        _word(_modules),
        _option("--input", st.sampled_from(["2x8", "Nx8", "1x2x9", "2x8:int64", "2x8:what", "8", ""])),
        _option("--set", st.sampled_from(["hidden=3", "hidden=x", "depth=1", "in_features=8"])),
        _option("--kwargs", st.sampled_from(['{"scale": 2.0}', "{", "[]", '{"other": 1}'])),
        *map(_flag, ("--json", "--backward", "--train", "--strict", "--no-fold")),
        _option("--depth", st.sampled_from(["1", "0", "x"])),
        _option("--unit", st.sampled_from(["N=2n", "N=", "L=4l", "x"])),
    ),
    _command(st.just(["list"]), _json),
    st.lists(
        st.one_of(_nets, _settings, st.sampled_from(["--help", "-h", "--version", "table", "--"])), max_size=4
    ),
)


@contextmanager
def _a_terminal(encoding: str, columns: str) -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    out, err = io.BytesIO(), io.BytesIO()
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.chdir(folder)
        Path("model.py").write_text(MODULES, encoding="utf-8")
        patch.setenv("COLUMNS", columns)
        patch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding=encoding))
        patch.setattr(sys, "stderr", io.TextIOWrapper(err, encoding=encoding, errors="backslashreplace"))
        yield out, err


def _too_long(*_: object) -> None:
    raise TimeoutError


@settings(max_examples=2 * settings().max_examples)
@given(
    COMMAND_LINES,
    st.sampled_from(["utf-8", "latin-1", "ascii"]),
    st.sampled_from(["40", "60", "80", "120", "0", "", "x"]),
)
def test_any_command_line_is_answered(arguments: list[str], encoding: str, columns: str) -> None:
    before = signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(SECONDS)
    try:
        with _a_terminal(encoding, columns) as (out, err):
            status = main(arguments)
            sys.stdout.flush()
            sys.stderr.flush()
            printed, said = out.getvalue().decode(encoding), err.getvalue().decode(encoding)
            left = {path.name: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
            del left["model.py"]
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert status in STATUSES
    assert "Traceback" not in printed + said
    if status == 2:
        assert printed == ""
        assert re.fullmatch(r"error: [^\n]+\n", said)
        assert left == {}
    else:
        assert said == "" or re.fullmatch(r"wrote [^\n]+\n", said)
        assert all(left.values())
        assert not any(name.endswith(".part") for name in left)
        assert bool(left) == said.startswith("wrote")


def test_the_generator_reaches_every_status_and_command() -> None:
    seen: set[int] = set()
    for arguments in (["table", "mlp"], ["which", "7", "mlp"], ["table", "mlp", "--set", "x"]):
        with _a_terminal("utf-8", "80"):
            seen.add(main(arguments))
    assert seen == {0, 1, 2}
    assert os.environ.get("COLUMNS") != "0"
