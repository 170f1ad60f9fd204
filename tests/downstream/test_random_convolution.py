import numpy as np
import pytest

from cancergan.core.errors import BadInputError
from cancergan.downstream.random_convolution import random_convolution
from cancergan.metrics.frechet import frechet_distance, frechet_floor

PUBLISHED = {
    (1, 2): "40676d3931b732da",
    (3, 2): "d9239e5ec07c476d",
    (1, 3): "ab803f2f486da5c5",
}


def textures(
    n: int, *, seed: int, channels: int = 1, spatial: tuple[int, ...] = (24, 20)
) -> np.ndarray:
    from scipy.ndimage import gaussian_filter

    noise = np.random.default_rng(seed).normal(size=(n, channels, *spatial))
    return np.clip(gaussian_filter(noise, (0, 0, *[0.8] * len(spatial))) * 0.6, -1, 1)


def test_published_fingerprints() -> None:
    # These say that a distance measured here compares with one measured elsewhere: a change of
    # either is a new space and needs a new name.
    found = {
        (channels, dims): random_convolution(channels, dims).fingerprint
        for channels, dims in ((1, 2), (3, 2), (1, 3))
    }
    assert found == PUBLISHED


@pytest.mark.parametrize(("channels", "spatial"), [(1, (17, 9)), (3, (32, 24)), (2, (5, 9, 12))])
def test_any_channels_and_sizes(channels: int, spatial: tuple[int, ...]) -> None:
    images = textures(4, seed=0, channels=channels, spatial=spatial)
    features = random_convolution(channels, len(spatial)).features(images)
    assert (features.shape, features.dtype) == ((4, 32), np.float64)
    assert np.linalg.matrix_rank(features - features.mean(0)) == 3


def test_sees_blur_noise_brightness_and_collapse_but_not_another_sample() -> None:
    from scipy.ndimage import gaussian_filter

    real, other = textures(100, seed=0), textures(100, seed=1)
    space = random_convolution(1, 2)
    reference = space.features(real)
    floor = frechet_floor(reference, 100, 100)

    def distance(images: np.ndarray) -> float:
        return frechet_distance(reference, space.features(images)) / floor

    noise = np.random.default_rng(2).normal(size=other.shape)
    assert distance(other) < 1.5
    assert distance(gaussian_filter(other, (0, 0, 1, 1))) > 5
    assert distance(other + 0.1 * noise) > 2
    assert distance(other + 0.2) > 5
    assert distance(np.repeat(other[:5], 20, axis=0)) > 2


def test_refuses_another_space() -> None:
    with pytest.raises(BadInputError, match="3 channels, but 1"):
        random_convolution(1, 2).features(np.zeros((2, 3, 8, 8)))
    with pytest.raises(BadInputError, match="2 spatial dimensions"):
        random_convolution(1, 2).features(np.zeros((2, 1, 8, 8, 8)))
