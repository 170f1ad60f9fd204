"""Equalised layers and pixel norm against values worked out by hand."""

import math

import pytest
import torch

from cancergan.networks.equalised import EqualisedConvolution, EqualisedLinear, PixelNorm


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_a_convolution_is_scaled_by_hes_constant(dims):
    layer = EqualisedConvolution(dims, 3, 5)
    torch.nn.init.ones_(layer.weight)
    seen = layer(torch.ones(1, 3, *[3] * dims))[(0, 0, *[1] * dims)].item()
    taps = 3 * 3**dims
    assert seen == pytest.approx(taps * math.sqrt(2 / taps))


def test_weights_are_unit_normal_whatever_their_number():
    layers = [EqualisedLinear(4, 2000), EqualisedConvolution(2, 64, 64)]
    assert [layer.weight.std().item() for layer in layers] == pytest.approx([1, 1], abs=0.03)


def test_signals_keep_their_size_through_a_rectifier():
    torch.manual_seed(0)
    features = torch.randn(64, 256)
    for _ in range(4):
        features = torch.relu(EqualisedLinear(256, 256)(features))
    assert features.square().mean().item() == pytest.approx(1, rel=0.3)


def test_a_rate_slows_learning_and_changes_nothing_else():
    """Karras et al. 2019: the mapping network learns a hundred times slower."""
    moved = {}
    for rate in (1.0, 0.01):
        torch.manual_seed(0)
        layer, features = EqualisedLinear(8, 4, rate=rate, bias=1.0), torch.ones(1, 8)
        before = layer(features).detach()
        optimiser = torch.optim.Adam(layer.parameters(), lr=1e-3)
        layer(features).sum().backward()
        optimiser.step()
        moved[rate] = (layer(features).detach() - before).abs().mean().item(), before
    torch.testing.assert_close(moved[1.0][1], moved[0.01][1])
    assert moved[1.0][0] / moved[0.01][0] == pytest.approx(100, rel=1e-2)


def test_adam_moves_wide_and_narrow_layers_by_the_same_share():
    """What "equalised" means: a step changes the output of any layer by a similar factor."""
    shares = []
    for inputs in (4, 400):
        torch.manual_seed(0)
        layer = EqualisedLinear(inputs, 300, gain=1.0)
        weight = layer.weight.detach().clone()
        optimiser = torch.optim.Adam(layer.parameters(), lr=1e-2)
        layer(torch.randn(8, inputs)).square().sum().backward()
        optimiser.step()
        shares.append(((layer.weight - weight).norm() / weight.norm()).item())
    assert shares[0] == pytest.approx(shares[1], rel=0.05)


def test_pixel_norm_by_hand():
    image = torch.tensor([[[[3.0]], [[4.0]]]])  # one pixel of two channels, mean square 12.5
    expected = torch.tensor([3.0, 4.0]) / math.sqrt(12.5)
    torch.testing.assert_close(PixelNorm()(image).flatten(), expected)
    torch.testing.assert_close(PixelNorm(axis=-1)(image.movedim(1, -1)).flatten(), expected)
    assert torch.isfinite(PixelNorm()(torch.zeros(1, 2, 1, 1))).all()
