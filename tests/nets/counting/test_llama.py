"""The example of eight billion parameters, counted by hand."""

import torch

import nets
from examples.llama import Llama, turned

WIDTH, BLOCKS, HEADS, SHARED, HIDDEN, WORDS = 4096, 32, 32, 8, 14_336, 128_256
SIZE = WIDTH // HEADS
MATRICES = 2 * WIDTH * WIDTH + 2 * WIDTH * SHARED * SIZE + 3 * WIDTH * HIDDEN  # q and out, k and v, the MLP's


def test_parameters_and_work_by_hand() -> None:
    length = 64
    total = nets.table("examples/llama.py:Llama", f"2x{length}:int64").total
    norms = (2 * BLOCKS + 1) * WIDTH
    assert total.parameters == BLOCKS * MATRICES + 2 * WORDS * WIDTH + norms == 8_030_261_248  # as published
    tokens = 2 * length
    scores = BLOCKS * 2 * (2 * HEADS * length * length * SIZE)  # of two examples: q·k and scores·v
    assert total.macs == tokens * (BLOCKS * MATRICES + WORDS * WIDTH) + scores


def test_a_small_one_runs_and_looks_at_no_later_token() -> None:
    torch.manual_seed(0)
    model = Llama(width=16, blocks=2, heads=4, shared=2, hidden=24, words=11).eval()
    tokens = torch.tensor([[1, 2, 3, 4, 5]])
    with torch.no_grad():
        whole, beginning = model(tokens), model(tokens[:, :3])
        other = model(torch.tensor([[1, 2, 3, 9, 9]]))
    assert whole.shape == (1, 5, 11)
    torch.testing.assert_close(whole[:, :3], beginning)
    torch.testing.assert_close(whole[:, :3], other[:, :3])


def test_positions_turn_pairs_as_complex_numbers_do() -> None:
    data, angles = torch.randn(1, 2, 3, 8), torch.randn(3, 4)
    pairs = torch.complex(data[..., :4], data[..., 4:]) * torch.polar(torch.ones_like(angles), angles)
    torch.testing.assert_close(
        turned(data, angles.cos(), angles.sin()), torch.cat((pairs.real, pairs.imag), -1)
    )
