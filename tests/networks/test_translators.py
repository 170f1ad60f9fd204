"""Translators accept any size, give the wanted one, and stay within [-1, 1]."""

import pytest
import torch

from cancergan.networks.translators import translators

SIZES = [(16, 16), (17, 30), (8, 12, 11)]
ANY = sorted(set(translators) - {"reconstruction"})  # which has one grid for source and image
ENLARGING = sorted(set(ANY) - {"super_resolution"})


def make(name, spatial, inputs=2, outputs=1, **options):
    torch.manual_seed(0)
    settings = {"inputs": inputs, "outputs": outputs, "spatial": spatial, "width": 4, **options}
    return translators[name](**settings)


@pytest.mark.parametrize("name", ENLARGING)
@pytest.mark.parametrize("spatial", SIZES)
def test_any_size_and_channels(name, spatial):
    image = make(name, spatial)(torch.rand(2, 2, *spatial) * 2 - 1)
    assert image.shape == (2, 1, *spatial)
    assert image.abs().max() <= 1


@pytest.mark.parametrize("name", ENLARGING)
def test_noise_changes_the_image(name):
    network = make(name, (16, 16), latent_size=3).eval()
    source = torch.rand(1, 2, 16, 16)
    one, two = (network(source, torch.full((1, 3), value)) for value in (-1.0, 1.0))
    assert (one - two).abs().max() > 1e-4


@pytest.mark.parametrize("name", ANY)
def test_a_coarse_source_gives_a_fine_image(name):
    image = make(name, (16, 24), inputs=1, enlarge=4)(torch.zeros(1, 1, 4, 6))
    assert image.shape == (1, 1, 16, 24)


@pytest.mark.parametrize("name", ["unet", "resnet"])
def test_it_is_convolutional(name):
    """What is trained on parts translates the whole: far from the border nothing else is seen."""
    network = make(name, (32, 32), normalise="none").eval()
    source = torch.rand(1, 2, 160, 160)
    whole = network(source)
    changed = source.clone()
    changed[..., -2:, -2:] = -1
    torch.testing.assert_close(network(changed)[..., :40, :40], whole[..., :40, :40])


@pytest.mark.parametrize("name", ["resnet", "unet"])
def test_a_residual_translator_starts_from_the_identity(name):
    network = make(name, (16, 16), inputs=3, outputs=3, residual=True)
    source = torch.rand(1, 3, 16, 16) * 2 - 1
    assert torch.equal(network(source), source)
