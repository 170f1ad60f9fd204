from itertools import combinations

import numpy as np
import pytest

from cancergan.metrics.radiomics.autocorrelation import autocorrelation


@pytest.mark.parametrize(("shape", "spacing"), [((6, 7), (1.0, 2.5)), ((4, 5, 3), (2.0, 1.0, 0.7))])
def test_all_pairs_weighted_by_inverse_distance(shape, spacing):
    random = np.random.default_rng(0)
    image, mask = random.normal(size=shape) * 50 + 1000, random.random(shape) < 0.7
    places, values = np.argwhere(mask) * spacing, image[mask]
    n, centred = len(values), values - values.mean()
    weights = products = squares = 0.0
    for i, j in combinations(range(n), 2):
        weight = 1 / np.linalg.norm(places[i] - places[j])
        weights += 2 * weight
        products += 2 * weight * centred[i] * centred[j]
        squares += 2 * weight * (values[i] - values[j]) ** 2
    found = autocorrelation(image, mask, spacing)
    power = (centred**2).sum()
    assert found["moran_i"] == pytest.approx(n / weights * products / power)
    assert found["geary_c"] == pytest.approx((n - 1) / (2 * weights) * squares / power)


def test_equal_values_and_single_voxels_are_undefined():
    for image in (np.ones((3, 3)), np.ones((1, 1))):
        assert np.isnan(list(autocorrelation(image, image > 0, (1.0, 1.0)).values())).all()
