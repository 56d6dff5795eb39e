"""Parts that are computed anew in the backward pass, against torch's own checkpointing and by hand."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

import nets
from examples.decoder import Decoder
from nets.errors import InputError
from nets.network.formulas import substitute
from tests.nets.costing.real import profiled_peak, recomputing, tracked_peak

BATCH, LENGTH, WIDTH, BLOCKS = 4, 64, 64, 4
INPUT = f"{BATCH}x{LENGTH}:int64"


def decoder() -> Decoder:
    return Decoder(width=WIDTH, blocks=BLOCKS, heads=4, words=100)


def anew() -> nn.Module:
    module = decoder()
    return recomputing(module, *module.blocks)


@pytest.mark.parametrize(("make", "checkpoint"), [(decoder, ()), (anew, "blocks.*")])
def test_the_peak_is_that_of_mem_tracker_to_the_byte(
    make: Callable[[], nn.Module], checkpoint: str | tuple[()]
) -> None:
    live = nets.cost(decoder(), INPUT, checkpoint=checkpoint).live
    outside = [live[kind] for kind in live if kind != "inside kernels"]
    tracked = tracked_peak(make, (BATCH, LENGTH), "sgd", dtype=torch.int64)
    assert max(map(sum, zip(*outside, strict=True))) == tracked


def test_the_peak_is_that_of_a_real_step_within_two_percent() -> None:
    told = nets.cost(decoder(), INPUT, checkpoint="blocks.*").peak.bytes
    tokens = torch.zeros(BATCH, LENGTH, dtype=torch.int64)
    assert told == pytest.approx(profiled_peak(anew(), tokens, "sgd"), rel=0.02)


def test_only_what_goes_into_a_block_is_kept_by_hand() -> None:
    saved = nets.cost(decoder(), INPUT, checkpoint="blocks.*").bytes["saved activations"]
    vector = 4 * BATCH * LENGTH * WIDTH
    of_blocks = BLOCKS * vector
    of_the_end = 2 * vector + 2 * 4 * BATCH * LENGTH  # inputs of norm and head, the norm's mean and deviation
    assert saved == of_blocks + of_the_end


def test_a_net_without_memory_is_computed_anew_too() -> None:
    with torch.device("meta"):
        nowhere = decoder()
    told = [nets.cost(module, INPUT, checkpoint="blocks.*").peak for module in (decoder(), nowhere)]
    assert told[0] == told[1]


def test_what_is_computed_anew_is_paid_for_in_time() -> None:
    plain, again = (nets.cost(decoder(), INPUT, checkpoint=names) for names in ((), "blocks.*"))
    flops = [sum(row.flops for row in spent) for spent in (plain, again)]
    weights = (3 + 1 + 4) * WIDTH**2  # torch stops before a block's last layer: nothing keeps its result
    forward = 2 * BATCH * LENGTH * weights + 2 * BATCH * 2 * LENGTH**2 * WIDTH
    assert flops[1] - flops[0] == BLOCKS * forward


def test_a_star_is_one_name() -> None:
    one, other = (nets.cost(decoder(), INPUT, checkpoint=name).peak for name in ("blocks.*", "blocks.?"))
    assert one == other


def test_in_formulas_the_peak_is_that_of_numbers() -> None:
    formulas = nets.cost(decoder(), f"Nx{LENGTH}:int64", checkpoint="blocks.*").memory.peaks
    told = max(substitute(peak.bytes, {"N": BATCH}) for peak in formulas)
    assert told == nets.cost(decoder(), INPUT, checkpoint="blocks.*").peak.bytes


def test_a_pattern_that_fits_nothing_is_refused() -> None:
    with pytest.raises(InputError, match=r"checkpoint 'block.\*' fits no module"):
        nets.cost(decoder(), INPUT, checkpoint="block.*")
