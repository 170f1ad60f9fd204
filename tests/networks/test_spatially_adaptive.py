"""SPADE reduces to a plain affine normalisation where the map says nothing, and follows it else."""

import pytest
import torch

from cancergan.networks.layers import normalisation
from cancergan.networks.spatially_adaptive import SpatiallyAdaptiveNormalisation, StyleEncoder
from cancergan.networks.translators import translators


@pytest.mark.parametrize("grid", [(12, 13), (9, 10, 11)])
def test_a_constant_map_is_a_plain_affine_norm(grid):
    torch.manual_seed(0)
    dims = len(grid)
    layer = SpatiallyAdaptiveNormalisation(dims, 4, 2, hidden=8)
    features, label_map = torch.randn(2, 4, *grid), torch.full((2, 2, *grid), 0.3)
    inside = (..., *[slice(2, -2)] * dims)  # two convolutions reach two pixels in from the border
    made = layer(features, label_map)[inside]
    seen = layer.shared(label_map)
    middle = (0, slice(None), *[5] * dims)
    scale, shift = (part(seen)[middle] for part in (layer.scale, layer.shift))
    one = [1] * dims
    expected = normalisation("instance", dims, 4)(features) * (1 + scale.view(1, 4, *one))
    torch.testing.assert_close(made, (expected + shift.view(1, 4, *one))[inside])


def test_the_image_changes_where_the_map_does():
    torch.manual_seed(0)
    network = translators["spade"](
        inputs=1, outputs=1, spatial=(32, 32), latent_size=4, width=4
    ).eval()
    noise, plain = torch.randn(1, 4), -torch.ones(1, 1, 32, 32)
    lesion = plain.clone()
    lesion[..., 8:16, 8:16] = 1
    change = (network(lesion, noise) - network(plain, noise)).abs()[0, 0]
    assert change[8:16, 8:16].mean() > 2 * change[24:, 24:].mean()


def test_a_style_is_a_mean_and_a_log_variance():
    encoder = StyleEncoder(channels=3, spatial=(17, 24), latent_size=5, width=4)
    mean, log_variance = encoder(torch.randn(2, 3, 17, 24))
    assert mean.shape == log_variance.shape == (2, 5)
