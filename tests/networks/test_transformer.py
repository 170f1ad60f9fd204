"""Attention on grids: blocks of any grid come back whole, and padding is never heard."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cancergan.networks.discriminators import discriminators
from cancergan.networks.transformer import GridAttention, Patches, Windows

grids = st.lists(st.integers(1, 9), min_size=1, max_size=3).map(tuple)


@given(grids, st.integers(1, 64))
def test_cutting_and_joining_gives_the_grid_back(grid, tokens):
    windows, image = Windows(grid, tokens), torch.randn(2, *grid, 3)
    blocks = windows.cut(image)
    assert blocks.shape[1] <= tokens
    assert torch.equal(windows.join(blocks), image)
    assert int(windows.mask.sum()) == image[0, ..., 0].numel()


def test_a_block_is_a_neighbourhood():
    image = torch.arange(16.0).view(1, 4, 4, 1)
    first = Windows((4, 4), 4).cut(image)[0, :, 0]
    assert first.tolist() == [0, 1, 4, 5]


def test_relative_offsets_are_equal_where_the_way_is_equal():
    offsets = Windows((3, 3), 9).offsets
    assert offsets[0, 4] == offsets[4, 8]  # one down, one right
    assert offsets[0, 4] != offsets[4, 0]
    assert len(offsets.unique()) == 5 * 5 == Windows((3, 3), 9).distances


@pytest.mark.parametrize("grid", [(4, 4), (5, 3), (3, 4, 5)])
def test_attention_sums_to_one_over_the_tokens_that_are_there(grid):
    torch.manual_seed(0)
    attention = GridAttention(grid, 32, tokens=8)
    blocks = attention.windows.cut(torch.randn(2, *grid, 32))
    _, weights = attention.attend(blocks)
    torch.testing.assert_close(weights.sum(dim=3), torch.ones_like(weights[..., 0]))
    there = attention.windows.mask.repeat(2, 1)[:, None, None].expand_as(weights)
    assert (weights[~there] == 0).all()


def test_attention_stays_within_its_block():
    torch.manual_seed(0)
    attention, image = GridAttention((4, 4), 16, tokens=4), torch.randn(1, 4, 4, 16)
    changed = image.clone()
    changed[0, 3, 3] += 1
    same = (attention(image) == attention(changed)).all(dim=-1)[0]
    assert same[:2].all()
    assert same[:, :2].all()
    assert not same[2:, 2:].any()


def test_patches_are_read_whole_and_in_place():
    patches = Patches((2, 2), 2, 1, 4)
    with torch.no_grad():
        patches.embed.weight.copy_(torch.eye(4))
        patches.embed.bias.zero_()
    tokens = patches(torch.arange(12.0).view(1, 1, 3, 4))
    assert tokens[0, 0, 1].tolist() == [2, 3, 6, 7]
    assert tokens[0, 1, 0].tolist() == [8, 9, 0, 0]  # padded below


def test_a_penalty_can_differentiate_the_discriminator_twice():
    network = discriminators["transformer"](channels=1, spatial=(9, 8), classes=0, width=8)
    image = torch.randn(2, 1, 9, 8, requires_grad=True)
    (gradient,) = torch.autograd.grad(network(image).score.sum(), image, create_graph=True)
    gradient.square().sum().backward()
    assert all(torch.isfinite(w.grad).all() for w in network.parameters() if w.grad is not None)
    assert network.patches[0].embed.weight.grad.abs().sum() > 0
