"""Layers keep the sizes they promise, for any number of dimensions."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cancergan.networks.layers import (
    UPSAMPLING,
    MinibatchStandardDeviation,
    convolution,
    crop_to,
    pyramid,
)


@given(st.lists(st.integers(4, 300), min_size=1, max_size=3))
def test_pyramid_halves_rounded_up_until_the_base_is_small(sides):
    sizes = pyramid(tuple(sides))
    assert sizes[0] == tuple(sides)
    assert min(sizes[-1]) >= 4 or len(sizes) == 1
    assert min(sizes[-1]) < 7
    for large, small in pairwise(sizes):
        assert small == tuple(-(-side // 2) for side in large)


@pytest.mark.parametrize("kind", sorted(UPSAMPLING))
@pytest.mark.parametrize("spatial", [(7, 10), (9, 5, 6)])
def test_upsampling_reaches_its_size_exactly(kind, spatial):
    half = tuple(-(-side // 2) for side in spatial)
    layer = UPSAMPLING[kind](len(spatial), 2, 3, spatial)
    assert layer(torch.zeros(1, 2, *half)).shape == (1, 3, *spatial)


@pytest.mark.parametrize("side", [8, 9])
def test_strided_convolution_halves_rounded_down(side):
    assert convolution(2, 1, 1, kernel=4, stride=2)(torch.zeros(1, 1, side, side)).shape[-1] == 4


def test_minibatch_deviation_sees_collapse():
    layer = MinibatchStandardDeviation(group=4)
    collapsed = torch.ones(1, 2, 3, 3).repeat(8, 1, 1, 1)
    assert layer(collapsed)[:, 2].max() < 1e-3
    two_kinds = torch.cat([torch.zeros(1, 2, 3, 3), 2 * torch.ones(1, 2, 3, 3)]).repeat(4, 1, 1, 1)
    spread = MinibatchStandardDeviation(group=8)(two_kinds)[:, 2]
    assert spread.unique().tolist() == pytest.approx([1.0])  # half zeros, half twos


def test_minibatch_deviation_takes_any_batch_size():
    for size in (1, 3, 7, 12):
        assert MinibatchStandardDeviation()(torch.randn(size, 2, 4, 4)).shape == (size, 3, 4, 4)


def test_crop_keeps_the_near_corner():
    image = torch.arange(12.0).view(1, 1, 3, 4)
    assert crop_to(image, (2, 3)).flatten().tolist() == [0, 1, 2, 4, 5, 6]
