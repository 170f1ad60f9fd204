"""Discriminators judge any size, each image alone, and hear the class in the way asked for."""

import pytest
import torch

from cancergan.networks.discriminators import discriminators

CONDITIONINGS = ["none", "concatenate", "projection", "auxiliary"]


def make(name="convolutional", spatial=(16, 16), conditioning="none", **options):
    classes = 0 if conditioning == "none" else 3
    torch.manual_seed(0)
    return discriminators[name](
        channels=1, spatial=spatial, classes=classes, conditioning=conditioning, width=4, **options
    )


@pytest.mark.parametrize("name", sorted(set(discriminators) - {"patch", "pixel"}))
@pytest.mark.parametrize("spatial", [(4, 4), (17, 30), (8, 9, 11)])
@pytest.mark.parametrize("conditioning", CONDITIONINGS)
def test_any_size_and_conditioning(name, spatial, conditioning):
    judgement = make(name, spatial, conditioning)(torch.randn(2, 1, *spatial), torch.tensor([0, 2]))
    assert judgement.score.shape == (2,)
    if conditioning == "auxiliary":
        assert judgement.class_logits.shape == (2, 3)
    else:
        assert judgement.class_logits is None


@pytest.mark.parametrize("conditioning", CONDITIONINGS)
def test_only_the_conditionings_that_feed_the_class_hear_it(conditioning):
    network, image = make(conditioning=conditioning), torch.randn(1, 1, 16, 16)
    zero, one = (network(image, torch.tensor([code])).score for code in (0, 1))
    assert (zero != one).item() == (conditioning in ("concatenate", "projection"))


def test_without_deviation_or_batch_norm_each_image_is_judged_alone():
    network, image = make(minibatch_deviation=False), torch.randn(4, 1, 16, 16)
    torch.testing.assert_close(network(image).score[2:3], network(image[2:3]).score)


def test_spectral_norm_bounds_every_layer():
    network = make(spectral=True).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            norm = torch.linalg.matrix_norm(module.weight.flatten(1), ord=2).item()
            assert norm == pytest.approx(1, abs=0.15)
