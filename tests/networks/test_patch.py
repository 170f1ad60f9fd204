"""PatchGANs see what their formula says, and every scale weighs the same."""

import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.networks.discriminators import discriminators
from cancergan.networks.patch import PatchLayers, receptive_field


def make(spatial, **options):
    torch.manual_seed(0)
    settings = {"channels": 1, "spatial": spatial, "classes": 0, "width": 4, **options}
    return discriminators["patch"](**settings)


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_the_receptive_field_equals_its_formula(levels):
    torch.manual_seed(0)
    layers = PatchLayers(1, 1, width=4, widest=8, levels=levels, normalise="none", spectral=False)
    image = torch.randn(1, 1, 200, requires_grad=True)
    score, _ = layers(image)
    score[0, 0, score.shape[2] // 2].backward()
    seen = image.grad[0, 0].nonzero().flatten()
    assert int(seen.max() - seen.min()) + 1 == receptive_field(levels)


@pytest.mark.parametrize("spatial", [(8, 8), (33, 40), (9, 16, 11)])
@pytest.mark.parametrize("scales", [1, 2, 3])
def test_any_size_and_number_of_scales(spatial, scales):
    judgement = make(spatial, scales=scales)(torch.randn(2, 1, *spatial))
    assert judgement.score.shape[0] == 2
    assert judgement.score.ndim == 2
    assert len(judgement.features) > 0


def test_every_scale_weighs_the_same():
    network = make((64, 64), scales=2, levels=2).eval()
    for number, scale in enumerate(network.scales):
        torch.nn.init.zeros_(scale.score.weight)
        torch.nn.init.constant_(scale.score.bias, float(number))
    assert network(torch.randn(1, 1, 64, 64)).score.mean().item() == pytest.approx(0.5)


def test_instance_normalisation_does_not_mix_images():
    network, image = make((32, 32)), torch.randn(4, 1, 32, 32)
    torch.testing.assert_close(network(image).score[2:3], network(image[2:3]).score)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"spatial": (4, 40)}, "too small"),
        ({"spatial": (32, 32), "conditioning": "projection", "classes": 2}, "one score an image"),
    ],
)
def test_what_cannot_be_is_refused(options, message):
    with pytest.raises(BadInputError, match=message):
        make(**options)
