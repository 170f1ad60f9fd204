import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cancergan.core.errors import BadInputError
from cancergan.metrics.perceptual import layers_of, perceptual_distance


def identity(batch: Tensor) -> list[Tensor]:
    return [batch]


def test_one_layer_by_hand() -> None:
    # Unit directions (1, 0) and (.6, .8): squared gaps .16 and .64; equal ones at the other pixel.
    x = np.array([[[[2.0, 3.0]], [[0.0, 4.0]]]])
    y = np.array([[[[3.0, 6.0]], [[4.0, 8.0]]]])
    assert perceptual_distance(x, y, identity) == pytest.approx([0.8 / 2])
    assert perceptual_distance(x, y, identity, weights=[[10.0, 0.5]]) == pytest.approx([0.96])
    left = np.array([[[1, 0]]])
    assert perceptual_distance(x, y, identity, mask=left) == pytest.approx([0.8])


@pytest.mark.parametrize("dimensions", [2, 3])
def test_layers_of_a_network_add_up_and_noise_costs(dimensions: int) -> None:
    torch.manual_seed(0)
    convolution = nn.Conv2d if dimensions == 2 else nn.Conv3d
    network = nn.Sequential(convolution(1, 4, 3), nn.ReLU(), convolution(4, 6, 3, stride=2))
    layers = layers_of(network, ["0", "2"])
    random = np.random.default_rng(0)
    x = random.normal(size=(33, 1, *[9] * dimensions))
    noise = random.normal(size=x.shape)
    both = perceptual_distance(x, x + 0.1 * noise, layers)
    single = [
        perceptual_distance(x, x + 0.1 * noise, layers_of(network, [name])) for name in ("0", "2")
    ]
    assert both == pytest.approx(single[0] + single[1])
    assert perceptual_distance(x, x, layers) == pytest.approx(np.zeros(33))
    assert (both < perceptual_distance(x, x + 0.5 * noise, layers)).all()
    assert perceptual_distance(x + 0.1 * noise, x, layers) == pytest.approx(both)
    assert not network[0]._forward_hooks


def test_a_silent_layer_is_no_nan() -> None:
    dead = lambda batch: [torch.zeros_like(batch)]  # noqa: E731
    assert perceptual_distance(np.ones((2, 3, 4, 4)), np.zeros((2, 3, 4, 4)), dead).tolist() == [
        0,
        0,
    ]


def test_refusals() -> None:
    with pytest.raises(BadInputError, match=r'unknown layer "5"\. Known: 0'):
        layers_of(nn.Sequential(nn.ReLU()), ["5"])
    with pytest.raises(BadInputError, match="must be equal"):
        perceptual_distance(np.ones((1, 1, 4, 4)), np.ones((2, 1, 4, 4)), identity)
    with pytest.raises(BadInputError, match="none empty"):
        perceptual_distance(*[np.ones((1, 1, 4, 4))] * 2, identity, mask=np.zeros((1, 4, 4)))
