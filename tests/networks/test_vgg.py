"""VGG19's features: torchvision's layout, worked out by hand; nothing but the stated file."""

import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional

from cancergan.core.errors import BadInputError
from cancergan.core.files import sha256_of
from cancergan.networks.content import content_distance
from cancergan.networks.vgg import VGG19Content, vgg19_layers


@pytest.fixture
def weights():
    """Random weights of the first three convolutions, by torchvision's names."""
    torch.manual_seed(0)
    shapes = {0: (64, 3), 2: (64, 64), 5: (128, 64)}
    made = {f"features.{n}.weight": torch.randn(*s, 3, 3) / 20 for n, s in shapes.items()}
    made |= {f"features.{n}.bias": torch.randn(s[0]) for n, s in shapes.items()}
    return made | {"classifier.0.weight": torch.zeros(2, 2)}


@pytest.fixture
def file(weights, tmp_path):
    save_file(weights, tmp_path / "vgg19.safetensors")
    return tmp_path / "vgg19.safetensors"


def opened(file, layers=("1_2", "2_1"), channels=3, spatial=(12, 13)):
    return VGG19Content(channels, spatial, file=file, sha256=sha256_of(file), layers=layers)


def test_places_are_those_of_torchvision():
    expected = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34]
    assert list(vgg19_layers().values()) == expected


def test_features_are_the_chain_of_convolutions(file, weights):
    def convolved(image, place):
        w, b = weights[f"features.{place}.weight"], weights[f"features.{place}.bias"]
        return functional.conv2d(image, w, b, padding=1).relu()

    picture = torch.rand(2, 3, 12, 13) * 2 - 1
    mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
    deviation = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    first = convolved(convolved(((picture + 1) / 2 - mean) / deviation, 0), 2)
    second = convolved(functional.max_pool2d(first, 2), 5)
    found = opened(file)(picture)
    assert [tuple(one.shape) for one in found] == [(2, 64, 12, 13), (2, 128, 6, 6)]
    torch.testing.assert_close(found[0], first)
    torch.testing.assert_close(found[1], second)
    (deepest,) = opened(file, ("2_1",))(picture)
    torch.testing.assert_close(deepest, second)


def test_grey_is_three_equal_channels_and_gradients_pass_through(file):
    network = opened(file, channels=1)
    grey = (torch.rand(2, 1, 12, 13) * 2 - 1).requires_grad_()
    torch.testing.assert_close(network(grey)[0], network(grey.expand(-1, 3, -1, -1))[0])
    content_distance(network, grey, torch.zeros_like(grey), "l2").backward()
    assert grey.grad.abs().sum() > 0
    assert not any(weight.requires_grad for weight in network.parameters())


def test_distances_are_squared_or_absolute(file):
    network, one, two = opened(file, ("1_2",)), torch.rand(1, 3, 12, 13), torch.rand(1, 3, 12, 13)
    gap = network(one)[0] - network(two)[0]
    assert content_distance(network, one, two).item() == pytest.approx(gap.abs().mean().item())
    squared = content_distance(network, one, two, "l2").item()
    assert squared == pytest.approx(gap.square().mean().item())


def test_what_is_not_the_stated_network_is_refused(file, tmp_path):
    with pytest.raises(BadInputError, match="is not there"):
        VGG19Content(3, (16, 16), file=tmp_path / "none", sha256="0" * 64, layers=("1_1",))
    with pytest.raises(BadInputError, match="nothing of it was run"):
        VGG19Content(3, (16, 16), file=file, sha256="0" * 64, layers=("1_1",))
    with pytest.raises(BadInputError, match="does not hold torchvision's VGG19"):
        opened(file, ("2_2",))  # a layer that the file ends before
    other = tmp_path / "other.safetensors"
    other.write_bytes(b"not weights")
    with pytest.raises(BadInputError, match="does not hold torchvision's VGG19"):
        opened(other)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"layers": ("5_5",)}, 'unknown layer of VGG19 "5_5"'),
        ({"spatial": (12, 12, 12)}, "3 axes"),
        ({"channels": 2}, "2 channels"),
        ({"layers": ("5_4",), "spatial": (12, 12)}, "too small for layer 5_4"),
    ],
)
def test_what_it_cannot_see_is_refused(file, choices, message):
    with pytest.raises(BadInputError, match=message):
        opened(file, **choices)
