"""Seconds on a device by hand, the device table, files of users, and this machine."""

import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
import torch
from torch import nn

import nets
from nets.costing.devices import LEAST_SHARE, Device, Rated, device_named, known_devices
from nets.costing.here import measured
from nets.errors import NetsError
from tests.nets.costing.modules import encoder

BATCH, INTO, OUT = 64, 1000, 500
MINE = Device(
    "mine",
    "Mine",
    "gpu",
    {
        "float32": Rated(1e12),
        "measured-float32": Rated(5e11),
        "bandwidth": Rated(1e10),
        "measured-bandwidth": Rated(8e9),
        "memory": Rated(1e9),
    },
)
MATRIX = 2 * BATCH * INTO * OUT  # FLOPs of the one product of a linear layer, forward


def linear() -> nn.Module:
    return nn.Linear(INTO, OUT, bias=False)


def test_inference_of_a_linear_layer_by_hand() -> None:
    (row,) = nets.cost(linear(), (BATCH, INTO), inference=True, device=MINE)
    moved = 4 * (BATCH * INTO + INTO * OUT + BATCH * OUT)
    assert (row.flops, row.bytes) == (MATRIX, moved)
    assert row.intensity == MATRIX / moved
    assert row.bound == "memory"  # 64 ms of arithmetic, 238 of moving
    assert row.fast == moved / 1e10 > MATRIX / 1e12
    assert row.slow == pytest.approx(MATRIX / 5e11 + moved / 8e9)


@pytest.mark.parametrize(("side", "bound"), [(16, "memory"), (4096, "compute")])
def test_what_bounds_a_square_product_goes_by_the_ridge(side: int, bound: str) -> None:
    """Three matrices of 4 bytes move, 2n³ FLOPs happen: n/6 FLOPs a byte against 100 of the device."""
    (row,) = nets.cost(nn.Linear(side, side, bias=False), (side, side), inference=True, device=MINE)
    assert row.intensity == pytest.approx(side / 6)
    assert row.bound == bound == ("compute" if side / 6 > 1e12 / 1e10 else "memory")


def test_a_step_multiplies_twice_where_no_gradient_of_the_input_is_asked_for() -> None:
    spent = nets.cost(linear(), (BATCH, INTO), device=MINE)
    assert sum(row.flops for row in spent) == 2 * MATRIX
    fast, slow = spent.seconds()
    assert spent.gradient_seconds()[0] < fast
    assert spent.seconds(forward=True)[0] < fast < slow


def test_the_optimizer_reads_weight_and_gradient_and_writes_the_weight() -> None:
    row = next(row for row in nets.cost(linear(), (BATCH, INTO), device=MINE) if row.layer == "(optimizer)")
    assert row.flops == 0
    assert row.bytes == 3 * 4 * INTO * OUT
    assert row.fast == row.bytes / 1e10


def test_numbers_of_two_bytes_go_by_their_own_rate_and_move_half() -> None:
    device = Device("x", "X", "gpu", {**MINE.figures, "bfloat16": Rated(4e12)})
    wide, narrow = (
        nets.cost(linear(), (BATCH, INTO), inference=True, device=device, dtype=dtype).rows[0]
        for dtype in ("float32", "bfloat16")
    )
    assert narrow.bytes * 2 == wide.bytes
    assert narrow.slow == pytest.approx(
        MATRIX / (4e12 * 0.5) + narrow.bytes / 8e9
    )  # the share measured in float32


def test_convolutions_in_float32_multiply_in_tf32_where_there_is_such() -> None:
    device = Device("x", "X", "gpu", {**MINE.figures, "tf32": Rated(2e12), "bandwidth": Rated(1e18)})
    convolution = nn.Conv2d(8, 8, 3, bias=False)
    rows = [nets.cost(m, s, inference=True, device=device).rows[0] for m, s in [
        (convolution, (2, 8, 10, 10)), (linear(), (BATCH, INTO))
    ]]  # fmt: skip
    assert rows[0].fast == 2 * 2 * 64 * 8 * 8 * 9 / 2e12
    assert rows[1].fast == MATRIX / 1e12


def test_rows_add_up_however_deep_the_tree_is_shown() -> None:
    whole = nets.cost(encoder(), (8, 50, 64), device="h100-sxm")
    shallow = nets.cost(encoder(), (8, 50, 64), device="h100-sxm", depth=1)
    assert len(shallow.rows) < len(whole.rows)
    assert shallow.seconds() == pytest.approx(whole.seconds())
    assert sum(r.flops for r in shallow) == sum(r.flops for r in whole)


def test_every_number_of_the_table_names_title_page_and_date() -> None:
    for device in known_devices().values():
        for rated in device.figures.values():
            assert rated.source.count(",") >= 1
            assert rated.page
            assert rated.date


def test_dense_rates_are_those_that_were_published() -> None:
    table = known_devices()
    assert table["h100-sxm"].rate("bfloat16") == pytest.approx((989e12, 794e12))
    assert table["a100-sxm"].rate("float32")[0] == 19.5e12
    assert table["a100-sxm"].memory == 80 * 10**9
    assert table["b200-sxm"].bandwidth == (8e12, 8e12)
    assert table["h100-pcie"].rate("bfloat16") == pytest.approx((756e12, 756e12 * LEAST_SHARE))
    shares = [d.share("bfloat16") for d in table.values() if "measured-bfloat16" in d.figures]
    assert min(shares) == pytest.approx(LEAST_SHARE, abs=0.002)  # the least that was measured: 668 of 1307


def test_the_table_is_read_by_tables_of_toml() -> None:
    read = tomllib.loads(files("nets.costing").joinpath("devices.toml").read_text(encoding="utf-8"))
    assert set(read) - {"sources"} == set(known_devices())


def written(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_users_device_is_read_from_a_file(tmp_path: Path) -> None:
    path = written(tmp_path, '[a]\nbandwidth = "1 TB/s"\nfloat32 = "10 TFLOP/s"\nmemory = "8 GiB"\n[b]\n'
                   'kind = "cpu"\nbandwidth = "20 GB/s"\nfloat32 = "100 GFLOP/s"\n')  # fmt: skip
    one = device_named(f"{path}:a")
    assert (one.memory, one.bandwidth[0], one.rate("float32")[0]) == (8 * 2**30, 1e12, 1e13)
    assert one.rate("float32")[1] == 1e13 * LEAST_SHARE
    assert nets.cost(linear(), (BATCH, INTO), device=f"{path}:b").settings.kind == "cpu"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "describes no device"),
        ("mine = 3", "mine must be a table"),
        ("mine = [", "Invalid value"),
        ("sources = 3", "sources must be a table of tables"),
        ("[sources]\na = 3", "sources.a must be a table with title, url, date"),
        ('[mine]\nbandwidth = "1 TB/s"', "mine needs bandwidth and a rate"),
        ('[mine]\nbandwidth = 3\nfloat32 = "1 TFLOP/s"', "mine.bandwidth 3 must be a number with a unit"),
        ('[mine]\nbandwidth = "1 TB"\nfloat32 = "1 TFLOP/s"', "mine.bandwidth '1 TB' must be"),
        ('[mine]\nbandwidth = "0 B/s"\nfloat32 = "1 TFLOP/s"', "must be more than nothing"),
        ('[mine]\nbandwith = "1 TB/s"\nfloat32 = "1 TFLOP/s"', "mine.bandwith: unknown key; did you mean"),
        ('[mine]\nkind = "tpu"\nbandwidth = "1 TB/s"\nfloat32 = "1 TFLOP/s"', "mine.kind 'tpu' must be cpu"),
        ('[mine]\nbandwidth = "1 TB/s"\nbfloat16 = "1 TFLOP/s"', "no rate for float32; there are bfloat16"),
        (
            '[mine]\nbandwidth = "1 TB/s"\nfloat32 = "1 TFLOP/s"\nmeasured-float32 = "2 TFLOP/s"',
            "mine.measured-float32 needs a float32 that is not less",
        ),
        ("".join(f'[{name}]\nbandwidth = "1 B/s"\nfloat32 = "1 FLOP/s"\n' for name in "ab"), "holds a, b"),
    ],
)  # fmt: skip
def test_a_file_that_says_something_else_is_one_sentence(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(NetsError) as refused:
        nets.cost(linear(), (BATCH, INTO), device=written(tmp_path, text))
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_this_machine_is_measured_and_torch_is_left_as_it_was() -> None:
    threads = torch.get_num_threads()
    device = measured(threads=1)
    assert torch.get_num_threads() == threads
    peak, reached = device.rate("float32")
    assert 1e8 < reached <= peak < 1e15
    copied, fresh = device.bandwidth
    assert 1e8 < fresh <= copied < 1e13
    assert device.memory is not None
    assert device.memory > 2**28
    assert device.overhead > 0
    spent = nets.cost(linear(), (BATCH, INTO), device=device)
    assert 0 < spent.seconds()[0] < spent.seconds()[1]
