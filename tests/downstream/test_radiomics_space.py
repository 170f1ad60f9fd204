import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from cancergan.core.errors import BadInputError
from cancergan.downstream import radiomics_space
from cancergan.downstream.radiomics_space import CONSTANT, SETTINGS, USED, RadiomicsSpace, varying
from cancergan.metrics.frechet import frechet_distance, frechet_floor
from cancergan.metrics.radiomics import radiomics

PUBLISHED = "039b479e35c2430e"


def textures(n, *, seed, channels=1, spatial=(24, 20)):
    noise = np.random.default_rng(seed).normal(size=(n, channels, *spatial))
    return np.clip(gaussian_filter(noise, (0, 0, *[0.8] * len(spatial))) * 0.6, -1, 1)


def test_the_published_fingerprint():
    # A change of features or settings is a new space: distances then no longer compare.
    assert RadiomicsSpace().fingerprint == PUBLISHED
    assert RadiomicsSpace(USED[1:]).fingerprint != PUBLISHED


@pytest.mark.parametrize(("channels", "spatial"), [(1, (17, 9)), (3, (32, 24)), (2, (5, 9, 12))])
def test_any_channels_and_sizes(channels, spatial):
    images = textures(4, seed=0, channels=channels, spatial=spatial)
    features = RadiomicsSpace().features(images)
    assert (features.shape, features.dtype) == ((4, 32), np.float64)
    assert np.isfinite(features).all()


def test_features_are_those_of_the_grey_image(monkeypatch):
    monkeypatch.setattr(radiomics_space, "BLOCK", 2)
    images = textures(5, seed=3, channels=3).astype(np.float32)
    features = RadiomicsSpace().features(images)
    grey = np.tensordot(images[4].astype(float), [0.299, 0.587, 0.114], axes=([0], [0]))
    alone = radiomics(grey, settings=SETTINGS)
    assert features[4].tolist() == pytest.approx([alone[name] for name in USED])


def test_every_feature_is_defined_in_a_flat_image_and_in_one_beyond_the_window():
    images = np.stack([np.zeros((1, 8, 8)), np.full((1, 8, 8), 3.0), np.full((1, 8, 8), -1.0)])
    features = RadiomicsSpace().features(images)
    assert np.isfinite(features).all()
    assert features[:, 0].tolist() == [0, 1, -1]


def test_sees_blur_noise_brightness_and_collapse_but_not_another_sample():
    real, other = textures(120, seed=0), textures(120, seed=1)
    space = RadiomicsSpace()
    reference = space.features(real)
    mean, scale = reference.mean(0), reference.std(0)

    def ratio(images):
        pair = [(side - mean) / scale for side in (reference, space.features(images))]
        floor = frechet_floor(pair[0], 120, 120)
        return frechet_distance(*pair, allow_biased=True) / floor

    assert ratio(other) < 2
    noise = 0.15 * np.random.default_rng(2).normal(size=other.shape)
    changes = {
        "blur": gaussian_filter(other, (0, 0, 0.5, 0.5)),
        "noise": other + noise,
        "brightness": other + 0.1,
        "collapse": np.repeat(other[:4], 30, axis=0),
    }
    assert {name: ratio(images) > 3 for name, images in changes.items()} == dict.fromkeys(
        changes, True
    )


def test_constant_features_are_left_out_with_the_reason():
    checkers = np.indices((8, 8)).sum(axis=0) % 2 * 1.0
    images = np.stack([checkers[None] * contrast for contrast in (0.5, 0.6, 0.9)])
    seen = RadiomicsSpace().features(images)
    space = RadiomicsSpace().without_constant(seen)
    assert "histogram_entropy" in space.left_out
    assert set(space.left_out) | set(space.used) == set(USED)
    assert set(space.left_out.values()) == {CONSTANT}
    assert space.features(images).shape == (3, len(space.used))
    assert space.fingerprint != RadiomicsSpace().fingerprint
    with pytest.raises(BadInputError, match="the same radiomic features"):
        RadiomicsSpace().without_constant(np.ones((3, 32)))


def test_rounding_is_no_variation():
    seen = np.stack([np.full(9, 0.3) + np.arange(9) * 1e-17, np.arange(9) * 1e-3], axis=1)
    assert varying(seen).tolist() == [False, True]


def test_images_that_cannot_be_used_are_refused():
    with pytest.raises(BadInputError, match="one pixel"):
        RadiomicsSpace().features(np.zeros((2, 1, 1, 1)))
    with pytest.raises(BadInputError, match="NaN"):
        RadiomicsSpace().features(np.full((2, 1, 4, 4), np.nan))
