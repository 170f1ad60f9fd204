"""The style-based generator: modulation is exact, styles mix by level, noise is the caller's."""

import pytest
import torch
from torch.nn import functional

from cancergan.networks.generators import generators
from cancergan.networks.style import ModulatedConvolution


def make(spatial=(16, 16), **options):
    torch.manual_seed(0)
    shape = {"channels": 2, "spatial": spatial, "classes": 0, "latent_size": 6}
    network = generators["style"](**shape, width=4, style_size=8, **options)
    for name, weight in network.named_parameters():
        if name.endswith("noise_strength"):
            torch.nn.init.constant_(weight, 0.3)  # it starts at zero, and would hide the noise
    return network


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("demodulate", [True, False])
def test_modulation_equals_weights_of_ones_own(demodulate):
    """Karras et al. 2020, eq. 1 and 3, computed sample by sample as written."""
    torch.manual_seed(0)
    layer = ModulatedConvolution(2, 3, 4, 5, demodulate=demodulate)
    features, style = torch.randn(2, 3, 6, 7), torch.randn(2, 5)
    scales, base = layer.scales(style), layer.convolution.weight * layer.convolution.scale
    for number in range(2):
        weight = base * scales[number].view(1, 3, 1, 1)
        if demodulate:
            weight = weight / (weight.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-8).sqrt()
        own = functional.conv2d(features[number][None], weight, padding=1)
        torch.testing.assert_close(layer(features, style)[number], own[0], atol=1e-5, rtol=1e-4)


def test_demodulated_features_have_unit_size_for_any_style():
    torch.manual_seed(0)
    layer = ModulatedConvolution(2, 64, 64, 8)
    outputs = layer(torch.randn(4, 64, 16, 16), 20 * torch.randn(4, 8))
    inner = outputs[:, :, 1:-1, 1:-1]
    assert inner.square().mean().item() == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("spatial", [(16, 16), (8, 9, 10)])
def test_without_a_generator_there_is_no_noise_and_with_one_it_is_the_callers(spatial):
    network = make(spatial)
    latent = torch.randn(2, 6)
    assert torch.equal(network(latent), network(latent))
    assert torch.equal(network(latent, None, draws()), network(latent, None, draws()))
    assert not torch.equal(network(latent, None, draws()), network(latent, None, draws(1)))


def test_painting_styles_is_the_second_half_of_the_network():
    network = make().eval()
    latent = torch.randn(2, 6)
    assert torch.equal(network.paint(network.styles(latent, None), None), network(latent))


def test_a_style_per_level_steers_that_level():
    network = make().eval()
    one, two = (
        network.styles(torch.randn(2, 1, 6)[0], None),
        network.styles(torch.randn(1, 6), None),
    )
    both = torch.stack([one, one, two], dim=1)
    assert torch.equal(network.paint(torch.stack([one] * 3, dim=1), None), network.paint(one, None))
    mixed = network.paint(both, None)
    assert not torch.equal(mixed, network.paint(one, None))
    assert not torch.equal(mixed, network.paint(two, None))


def test_mixing_takes_fine_levels_from_another_style_for_its_share_of_samples():
    network = make(mixing=0.5).train()
    noise = torch.randn(400, 6)
    styles = network.styles(noise, None)
    mixed = network._mixed(styles, None, noise, draws())
    same = (mixed == styles[:, None]).all(dim=2)
    assert same[:, 0].all()  # the coarsest level is always one's own
    assert same[:, 2].float().mean().item() == pytest.approx(0.5, abs=0.08)
    assert (same[:, 1] | ~same[:, 2]).all()  # once crossed, no way back
    assert (same[:, 1] != same[:, 2]).any()


def test_evaluation_does_not_mix():
    network = make(mixing=1.0).eval()
    noise = torch.randn(4, 6)
    styles = network.styles(noise, None)
    assert torch.equal(network(noise, None, draws()), network.paint(styles, draws()))


def test_an_untrained_image_is_not_pressed_against_its_range():
    network = make(spatial=(64, 64), mixing=0.0)
    image = network(torch.randn(64, 6))
    assert 0.2 < image.std() < 0.8
    assert (image.abs() > 0.98).float().mean() < 0.1
