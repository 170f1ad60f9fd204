import numpy as np
import pytest

from cancergan.metrics.radiomics.local_intensity import RADIUS, local_intensity_features
from cancergan.metrics.radiomics.region import region_of
from cancergan.metrics.radiomics.settings import RadiomicsSettings


def peaks(image, mask=None, spacing=None):
    settings = RadiomicsSettings.for_profile()
    return local_intensity_features(region_of(image, mask, spacing, settings))


@pytest.mark.parametrize("spacing", [(2.0, 2.0, 2.0), (1.5, 2.5, 4.0)])
def test_the_mean_in_a_sphere_about_the_greatest_value(spacing):
    image = np.random.default_rng(0).normal(size=(14, 12, 10))
    image[6, 5, 4] = 9
    distance = sum(
        ((axis - centre) * step) ** 2
        for axis, centre, step in zip(np.indices(image.shape), (6, 5, 4), spacing, strict=True)
    )
    found = peaks(image, image > -1, spacing)
    assert found["local_peak"] == pytest.approx(image[distance <= RADIUS**2].mean())
    assert found["global_peak"] >= found["local_peak"]


def test_the_sphere_ends_at_the_border_of_the_image_not_of_the_region():
    image, mask = np.zeros((9, 9, 9)), np.zeros((9, 9, 9), dtype=bool)
    image[0, 0, 0], mask[0, 0, 0] = 7, True
    near = sum(axis**2 for axis in np.indices(image.shape)) <= (RADIUS / 3) ** 2
    assert peaks(image, mask, (3.0,) * 3)["local_peak"] == pytest.approx(7 / near.sum())


def test_a_constant_image_peaks_at_its_constant():
    assert peaks(np.full((20, 20), 5.0)) == pytest.approx({"local_peak": 5, "global_peak": 5})
