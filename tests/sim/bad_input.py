"""Random TOML, command lines and files, most of them wrong: a user's slips, and a disk's faults."""

from pathlib import Path

from hypothesis import strategies as st

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.toml"))

ODD_VALUES = (
    *("0", "-1", "1", "2.5", "-0.0", "1e-9", "1e400", "nan", "-inf", "true", "1" + "0" * 400, "1" * 4301),
    *(
        "0x" + "f" * 5000,
        "''",
        "'x'",
        "'12 ms'",
        "'8 count'",
        "'10 Gb/s'",
        "'P/2'",
        "'all'",
        "'wait'",
        "'工'",
    ),
    *('"\\u0000"', '"\\ud7ff"', "2020-01-01", "12:30:00", "[]", "[1, 2]", "[[1, 2], [2, 3]]", "[[0, 'x']]"),
    *("{}", "{csv = 'no.csv'}", "{csv = 'times.csv'}", "{csv = '.'}", "{kind = 'exponential', mean = 1}"),
    *("{kind = 'pareto', mean = 1, shape = 1}", "{kind = []}", "{mtbf = 1, repair = 'x'}", "[" * 5000),
    *(
        "{kind = 'empirical', csv = 'times.csv', column = 'worker'}",
        "{kind = 'gamma', mean = 1, shape = 1e308}",
    ),
)
KEYS = (
    *(
        "name",
        "compute",
        "gradients",
        "count",
        "speed",
        "slowdowns",
        "offline",
        "failures",
        "joins",
        "leaves",
    ),
    *("bandwidth", "title", "seed", "kind", "k", "n", "slack", "max_staleness", "apply", "latency", "csv"),
    *("server_bandwidth", "gradient_bytes", "weight_bytes", "time", "updates", "mean", "sped", "", "'a b'"),
)
HEADS = (
    *("[[workers]]", "[workers]", "[server]", "[network]", "[protocol]", "[stop]", "[[stop]]", "[sever]"),
    "[workers.compute]",
)

_assignments = st.builds("{} = {}".format, st.sampled_from(KEYS), st.sampled_from(ODD_VALUES))
_lines = st.one_of(_assignments, st.sampled_from(HEADS), st.text(max_size=20))


@st.composite
def changed_examples(draw: st.DrawFn) -> bytes:
    """An example of the repository with a few of its lines changed, dropped, doubled or joined by others."""
    lines = draw(st.sampled_from(EXAMPLES)).read_text(encoding="utf-8").splitlines()
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        key, equals, _ = lines[at].partition("=")
        lines[at : at + 1] = draw(
            st.sampled_from(
                [
                    [f"{key}{equals} {draw(st.sampled_from(ODD_VALUES))}"],
                    [],
                    [lines[at]] * 2,
                    [lines[at], draw(_lines)],
                ]
            )
        )
        lines = lines or [""]
    return "\n".join(lines).encode("utf-8", "replace")


tomls = st.one_of(
    changed_examples(),
    changed_examples().map(lambda content: b"\xef\xbb\xbf" + content),
    st.lists(_lines, max_size=12).map(lambda lines: "\n".join(lines).encode("utf-8", "replace")),
    st.binary(max_size=60),
)

_files = st.sampled_from(
    [
        "two.toml",
        "trace.parquet",
        "no.toml",
        ".",
        "",
        "-",
        "times.csv",
        "/dev/null",
        "no/x",
        "\udcff",
        "~",
        "--",
    ]
)
_outputs = st.sampled_from(
    [
        "o.csv",
        "o.png",
        "o.svg",
        "o.html",
        "o.parquet",
        "o",
        ".",
        "",
        "-",
        "no/o",
        "/dev/null",
        "two.toml/o",
        "o" * 300,
    ]
)
_numbers = st.sampled_from(
    ["0", "1", "2.5", "-1", "1e400", "nan", "'", "12 ms", "1_0", "9" * 5000, "٣", "", "x"]
)
# No system hands over a NUL, and of the surrogates only those that stand for a byte.
_words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5) | st.just(
    "\udcff"
)
_options = st.one_of(
    st.tuples(st.sampled_from(["--csv", "--save", "--timeline", "--perfetto", "--out"]), _outputs),
    st.tuples(st.sampled_from(["--until", "--seed", "--replicas", "--updates", "--gradients"]), _numbers),
    st.tuples(
        st.just("--worker"),
        st.sampled_from(["a=1", "b=1,2", "a=", "=1", "a=x", "a=1 s", "a=nan", "a=1,,2", "工=2", "a=b=1"]),
    ),
    st.tuples(
        st.just("--set"),
        st.sampled_from(
            [
                *("protocol.k=2", "protocol.kk=2", "workers[0].speed=0.5", "workers[name=L2].compute=1", "x"),
                *("workers[5].speed=1", "stop.time=2 s", "stop.time='", "protocol.kind=bsp", "a.b.c=1", "="),
                *("workers[0].compute={csv='times.csv'}", "title=工", "seed=1e400", "workers=[]"),
            ]
        ),
    ),
    st.tuples(
        st.just("--protocol"),
        st.sampled_from(
            ["bsp", "k-async:k=2", "ssp", "ssp:slack=1", "softsync:n=9", "", ":", "bsp:k=1", "x"]
        ),
    ),
    st.sampled_from(["--json", "--workers", "--latex", "-h", "--help", "--version", "--jsn"]).map(
        lambda word: (word,)
    ),
    _files.map(lambda word: (word,)),
    _words.map(lambda word: (word,)),
)
_figures = st.sampled_from(["staleness.mean", "updates_per_second", "staleness.men", "ended", "", "工"])
_axes = st.sampled_from(
    [
        *("protocol.k=1..3", "protocol.k=1,2,9", "workers[0].speed=0.5,1", "workers[name=L2].compute=1,2 s"),
        *("protocol={kind='bsp'},{kind='async'}", "protocol.kind=bsp,async,x", "title=a,工", "stop.time=0,2"),
        *("workers[0].compute={csv='times.csv'},1", "workers[0].compute={csv='no.csv'}", "workers=[],[1]"),
        *("seed=1", "protocol.k=3..1", "protocol.k=1..9999999999", "protocol.k=1..", "protocol.k=1,,2", "x"),
        *("=", "", "protocol.kk=1", "stop.updates=1e400,nan", "a.b.c=1", "protocol.k='", "protocol.k=[1,2"),
    ]
)
_of_many = st.one_of(
    st.tuples(st.just("--over"), _axes),
    st.tuples(st.sampled_from(["--y", "--maximise", "--minimise", "--x"]), _figures | _axes),
    st.tuples(
        st.just("--subject-to"),
        st.sampled_from(
            ["staleness.p95<=8", "updates>=1", "updates >= 9e99", "updates<=nan", "x<=1", "<=", ""]
        ),
    ),
    st.tuples(
        st.just("--until-interval"),
        st.sampled_from(
            ["0.9", "staleness.mean=0.9", "0", "-1", "nan", "staleness.men=1", "=1", "", "1e400"]
        ),
    ),
    st.tuples(st.just("--most-replicas"), st.sampled_from(["2", "12", "1", "x", ""])),
    st.tuples(st.just("--jobs"), st.sampled_from(["1", "0", "-1", "x", ""])),
    st.tuples(
        st.just("--shard"), st.sampled_from(["1/1", "1/2", "2/2", "3/2", "0/1", "1/0", "1", "/", "", "a/b"])
    ),
    st.tuples(st.just("--figure"), _outputs),
    st.tuples(st.just("--engine"), st.sampled_from(["simpy", "compiled", "auto", "fast", ""])),
)
_many = st.sampled_from(
    [
        *(["compare", "two.toml"], ["compare", "two.toml", "--protocol", "bsp", "--protocol", "async"]),
        *(["sweep", "two.toml"], ["sweep", "two.toml", "--over", "protocol.k=1,2"], ["sweep"], ["compare"]),
        *(["best", "two.toml", "--over", "protocol.k=1,2", "--maximise", "updates"], ["best", "two.toml"]),
        *(["merge"], ["merge", "o.csv"], ["merge", "part.csv", "--out", "o.csv"], ["schema"]),
    ]
)
_commands = st.sampled_from(
    [
        *(["run", "two.toml"], ["run"], ["show", "trace.parquet"], ["show"], ["theory", "--latex"], ["plot"]),
        *(["plot", "staleness"], ["plot", "k"], ["validate", "--help"], ["runn"], []),
    ]
)


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    """Words of a command line; none asks for more than a short run."""
    if draw(st.booleans()):
        first, others = draw(_many), draw(st.sampled_from([_of_many, _of_many | _options]))
    else:
        first, others = draw(_commands), _options
    words = [*first, *(word for option in draw(st.lists(others, max_size=4)) for word in option)]
    return words if words[:1] != ["theory"] else [*words[:1], "--latex", *words[1:]]


@st.composite
def damage(draw: st.DrawFn, whole: bytes) -> bytes:
    """A file with bytes changed, lost or added."""
    at = draw(st.integers(0, len(whole) - 1))
    return draw(
        st.sampled_from(
            [
                whole[:at],
                whole[at + 1 :],
                whole[:at] + bytes([whole[at] ^ draw(st.integers(1, 255))]) + whole[at + 1 :],
                whole[:at] + whole[at + draw(st.integers(1, 50)) :],
                whole[:at] + draw(st.binary(min_size=1, max_size=20)) + whole[at:],
                whole[:at] + whole[:at],
            ]
        )
    )
