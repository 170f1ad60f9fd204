"""Encoders read any size into the numbers asked for."""

import pytest
import torch

from cancergan.networks.encoders import encoders


@pytest.mark.parametrize("name", sorted(set(encoders) - {"dense"}))  # which normalises nothing
@pytest.mark.parametrize("spatial", [(4, 4), (17, 30), (8, 9, 11)])
@pytest.mark.parametrize("normalise", ["none", "group", "batch"])
def test_any_size(name, spatial, normalise):
    network = encoders[name](channels=2, spatial=spatial, outputs=7, width=4, normalise=normalise)
    assert network(torch.randn(3, 2, *spatial)).shape == (3, 7)


def test_group_normalisation_never_mixes_images():
    torch.manual_seed(0)
    network = encoders["convolutional"](channels=1, spatial=(16, 16), outputs=3, width=8)
    image = torch.randn(4, 1, 16, 16)
    torch.testing.assert_close(network(image)[1:2], network(image[1:2]))
