import numpy as np
import pytest

from cancergan.assessment.neighbours import nearest_in_pixels

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(24, 20), (9, 8, 7)])
def test_a_flipped_copy_is_at_distance_zero(shape):
    training = RANDOM.uniform(-1, 1, (6, 2, *shape)).astype(np.float32)
    for axis in range(1, len(shape) + 1):
        nearest = nearest_in_pixels(training, np.flip(training, (axis + 1,))[::-1])
        assert nearest.distance == pytest.approx(np.zeros(6), abs=1e-6)
        assert list(nearest.index) == [5, 4, 3, 2, 1, 0]


def test_the_distance_is_the_root_mean_square_of_intensities():
    training = np.full((1, 3, 16, 16), -0.25, dtype=np.float32)
    nearest = nearest_in_pixels(training, np.full((2, 3, 16, 16), 0.25, dtype=np.float32))
    assert nearest.distance == pytest.approx([0.5, 0.5])


def test_large_images_are_compared_as_thumbnails():
    training = np.zeros((1, 1, 128, 128), dtype=np.float32)
    checkered = (np.indices((128, 128)).sum(0) % 2 * 2 - 1).astype(np.float32)[None, None]
    assert nearest_in_pixels(training, checkered).distance == pytest.approx([0.0], abs=1e-6)
