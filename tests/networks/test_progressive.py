"""Growing networks: at both ends of a fade they are the neighbouring resolutions."""

import pytest
import torch

from cancergan.networks.discriminators import discriminators
from cancergan.networks.generators import generators
from cancergan.networks.layers import grow, halve, pyramid
from cancergan.networks.progressive import at_stage, level_and_alpha

ALMOST_ZERO = 1e-6
SPATIAL = [(16, 16), (24, 17), (12, 16, 9)]


def networks(spatial, classes=0, conditioning="none"):
    torch.manual_seed(0)
    shape = {"channels": 2, "spatial": spatial, "classes": classes, "width": 4}
    generator = generators["progressive"](**shape, latent_size=6)
    return generator, discriminators["progressive"](**shape, conditioning=conditioning)


@pytest.mark.parametrize("spatial", SPATIAL)
def test_a_generator_that_fades_in_begins_as_the_size_below(spatial):
    generator, _ = networks(spatial)
    noise = torch.randn(3, 6)
    for level, size in enumerate(pyramid(spatial)[-2::-1], start=1):
        below = generator(noise, None, level - 1)
        beginning = generator(noise, None, level - 1 + ALMOST_ZERO)
        torch.testing.assert_close(beginning, grow(below, size), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("spatial", SPATIAL)
def test_a_generator_that_has_faded_in_forgets_the_painter_below(spatial):
    generator, _ = networks(spatial)
    noise = torch.randn(3, 6)
    whole = generator(noise, None, 1.0)
    torch.testing.assert_close(
        generator(noise, None, 1.0 - ALMOST_ZERO), whole, atol=1e-4, rtol=1e-4
    )
    torch.nn.init.normal_(generator.paint[0].weight, std=9.0)
    torch.testing.assert_close(generator(noise, None, 1.0), whole)
    assert whole.shape[2:] == pyramid(spatial)[-2]


@pytest.mark.parametrize("conditioning", ["none", "concatenate", "projection"])
@pytest.mark.parametrize("spatial", SPATIAL)
def test_a_critic_at_both_ends_of_a_fade_is_the_neighbouring_size(spatial, conditioning):
    classes = 0 if conditioning == "none" else 2
    _, critic = networks(spatial, classes, conditioning)
    label = torch.tensor([0, 1, 1])
    image = torch.rand(3, 2, *pyramid(spatial)[-2])
    at_zero = critic(image, label, ALMOST_ZERO).score
    torch.testing.assert_close(at_zero, critic(halve(image), label, 0).score, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(
        critic(image, label, 1 - ALMOST_ZERO).score,
        critic(image, label, 1).score,
        atol=1e-3,
        rtol=1e-3,
    )


def test_between_the_ends_both_sizes_count():
    generator, _ = networks((16, 16))
    noise = torch.randn(2, 6)
    below = torch.atanh(grow(generator(noise, None, 0.0), (8, 8)))
    above = torch.atanh(generator(noise, None, 1.0))
    mixed = torch.atanh(generator(noise, None, 0.25))
    torch.testing.assert_close(mixed, 0.75 * below + 0.25 * above, atol=1e-4, rtol=1e-4)


def test_only_the_stages_layers_learn():
    generator, critic = networks((16, 16))
    critic(generator(torch.randn(2, 6), None, 1.0), None, 1.0).score.sum().backward()
    assert generator.blocks[2][0].weight.grad is None
    assert generator.blocks[1][0].weight.grad is not None
    assert critic.read[2][0].weight.grad is None


def test_real_images_fade_as_synthetic_ones_do():
    image = torch.rand(2, 1, 24, 17)
    small = halve(image)
    assert small.shape[2:] == (12, 9)
    torch.testing.assert_close(at_stage(image, 2.0, 3), image)
    torch.testing.assert_close(at_stage(image, 1.0, 3), small)
    half = (grow(halve(small), (12, 9)) + small) / 2
    torch.testing.assert_close(at_stage(image, 0.5, 3), half)


def test_halving_averages_and_an_odd_end_stands_alone():
    image = torch.arange(15.0).view(1, 1, 3, 5)
    assert halve(image).flatten().tolist() == [3.0, 5.0, 6.5, 10.5, 12.5, 14.0]


def test_stage_is_level_and_share():
    assert level_and_alpha(0.0) == (0, 1.0)
    assert level_and_alpha(1.25) == (2, 0.25)
    assert level_and_alpha(2.0) == (2, 1.0)
