"""Sub-pixel convolutions are what they are named for, and training starts from interpolation."""

import pytest
import torch
from torch.nn import functional

from cancergan.core.errors import BadInputError
from cancergan.networks.super_resolution import SubPixelConvolution, shuffle_pixels
from cancergan.networks.translators import translators


def make(**options):
    torch.manual_seed(0)
    settings = {"inputs": 1, "outputs": 1, "spatial": (16, 16), "enlarge": 2, "width": 4}
    return translators["super_resolution"](**{**settings, **options})


def test_pixel_shuffle_equals_torchs_in_two_dimensions():
    features = torch.randn(2, 18, 4, 5)
    assert torch.equal(shuffle_pixels(features, 3), functional.pixel_shuffle(features, 3))


def test_pixel_shuffle_of_a_volume_puts_channels_into_blocks():
    features = torch.arange(8.0).view(1, 8, 1, 1, 1)
    assert torch.equal(shuffle_pixels(features, 2), torch.arange(8.0).view(1, 1, 2, 2, 2))


@pytest.mark.parametrize("dims", [2, 3])
def test_sub_pixels_start_alike(dims):
    torch.manual_seed(0)
    layer = SubPixelConvolution(dims, 3, 2)
    with torch.no_grad():
        layer.convolution.bias.zero_()
    made = layer(torch.randn(1, 3, *[5] * dims))
    coarse = functional.interpolate(made[(..., *[slice(0, None, 2)] * dims)], scale_factor=2)
    torch.testing.assert_close(made, coarse)


@pytest.mark.parametrize("shape", [(6, 5), (4, 5, 6)])
def test_without_its_last_layer_it_interpolates(shape):
    network = make(spatial=tuple(2 * side for side in shape))
    torch.nn.init.zeros_(network.end.weight)
    torch.nn.init.zeros_(network.end.bias)
    source = torch.rand(1, 1, *shape) * 2 - 1
    mode = {2: "bilinear", 3: "trilinear"}[len(shape)]
    assert torch.equal(network(source), functional.interpolate(source, scale_factor=2, mode=mode))


@pytest.mark.parametrize("options", [{"enlarge": 3}, {"enlarge": 1}, {"outputs": 3}])
def test_what_it_cannot_do_is_refused(options):
    with pytest.raises(BadInputError, match=r"data\.source\.reduce"):
        make(**options)
