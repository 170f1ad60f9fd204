"""Generators fill any size, and hear the class."""

import pytest
import torch

from cancergan.networks.generators import generators


@pytest.mark.parametrize("name", sorted(generators))
@pytest.mark.parametrize("spatial", [(4, 4), (16, 16), (31, 18), (8, 9, 10)])
@pytest.mark.parametrize("channels", [1, 3])
def test_any_size_and_channels(name, spatial, channels):
    network = generators[name](
        channels=channels, spatial=spatial, latent_size=5, classes=0, width=4
    )
    image = network(torch.randn(2, 5))
    assert image.shape == (2, channels, *spatial)
    assert image.abs().max() <= 1


@pytest.mark.parametrize("name", sorted(generators))
def test_the_class_changes_the_image(name):
    network = generators[name](channels=1, spatial=(8, 8), latent_size=5, classes=2, width=4).eval()
    noise = torch.randn(1, 5)
    zero, one = network(noise, torch.tensor([0])), network(noise, torch.tensor([1]))
    assert (zero - one).abs().max() > 1e-3


@pytest.mark.parametrize("upsampling", ["nearest", "transposed"])
def test_batches_do_not_mix_in_evaluation(upsampling):
    network = generators["convolutional"](
        channels=1, spatial=(16, 16), latent_size=5, classes=0, width=4, upsampling=upsampling
    ).eval()
    noise = torch.randn(3, 5)
    torch.testing.assert_close(network(noise)[1:2], network(noise[1:2]), rtol=1e-4, atol=1e-6)
