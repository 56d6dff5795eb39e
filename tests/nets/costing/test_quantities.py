"""Bytes, rates and seconds, read and written."""

import pytest

from nets.costing.quantities import (
    BYTES,
    BYTES_PER_SECOND,
    FLOPS_PER_SECOND,
    parse,
    parse_bytes,
    show_bytes,
    show_rate,
    show_scaled,
    show_seconds,
)
from nets.errors import InputError


@pytest.mark.parametrize(
    ("text", "units", "value"),
    [
        ("80 GB", BYTES, 80e9),
        (" 3byte ", BYTES, 3),
        ("2 kbytes", BYTES, 2_000),
        ("2 KB", BYTES, 2_000),
        ("1.5 KiB", BYTES, 1536),
        ("3 MiB", BYTES, 3 * 2**20),
        ("1 GiB", BYTES, 2**30),
        ("2 TiB", BYTES, 2**41),
        ("1e3 B", BYTES, 1_000),
        ("7 PB", BYTES, 7e15),
        ("3.35 TB/s", BYTES_PER_SECOND, 3.35e12),
        ("989 TFLOP/s", FLOPS_PER_SECOND, 989e12),
        ("5 MFLOPS", FLOPS_PER_SECOND, 5e6),
        ("9.9e20 B", BYTES, 9.9e20),
    ],
)
def test_a_number_with_a_unit_is_read(text: str, units: tuple[str, ...], value: float) -> None:
    assert parse(text, units, "memory") == value


@pytest.mark.parametrize("text", ["80", "80 G", "B", "-1 B", "1 gB", "1 PiB", "1 GB/s", "1 GB 2", "x", ""])
def test_what_is_none_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InputError) as refused:
        parse(text, BYTES, "memory")
    assert str(refused.value) == f"memory {text!r} must be a number with a unit, such as 80 GB"


@pytest.mark.parametrize("text", ["0 B", "0.0 TB", "1e21 B", "1e300 TB"])
def test_nothing_and_more_than_there_is_are_refused(text: str) -> None:
    with pytest.raises(InputError) as refused:
        parse(text, BYTES, "memory")
    assert str(refused.value) == f"memory {text!r} must be more than nothing, and less than 1e+21 B"


def test_whole_bytes() -> None:
    assert parse_bytes("1.5 GiB", "memory") == 1_610_612_736
    assert parse_bytes("2.6 B", "memory") == 3
    assert [parse_bytes(text, "allowance", least=0) for text in ("0", " 0 B ", "1 kB")] == [0, 0, 1000]
    for text in ("0", "0 B"):
        with pytest.raises(InputError, match=f"^memory '{text}' must be"):
            parse_bytes(text, "memory")


def test_numbers_in_digits_that_fit_a_line() -> None:
    sizes = {0: "0 B", 999: "999 B", 1000: "1 kB", 811_297_520: "811.3 MB", 10**9: "1 GB", 10**18: "1000 PB"}
    assert {size: show_bytes(size) for size in sizes} == sizes
    counts = {0: "0", 999: "999", 1000: "1 k", 9_865_003_008: "9.865 G", 2 * 10**12: "2 T", 3 * 10**15: "3 P"}
    assert {count: show_scaled(count) for count in counts} == counts
    assert [show_rate(rate, "B/s") for rate in (0.5, 5.0, 1e6)] == ["0.5 B/s", "5 B/s", "1 MB/s"]


def test_seconds_with_three_digits() -> None:
    seconds = {
        12.345: "12.3 s",
        1.0: "1 s",
        0.999: "999 ms",
        1e-3: "1 ms",
        9.99e-4: "999 µs",
        2e-6: "2 µs",
        1e-6: "1 µs",
        9e-7: "900 ns",
        0.0: "0 ns",
    }
    assert {time: show_seconds(time) for time in seconds} == seconds
