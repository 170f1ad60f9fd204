import numpy as np
import pytest

from cancergan.cohort.curation.registration import aligned_correlation
from cancergan.cohort.curation.thumbnails import SYMMETRIES, VIEWS, turned
from cancergan.cohort.geometry import resize

PICTURE = np.random.default_rng(0).normal(size=(96, 96)).astype(np.float32).cumsum(0).cumsum(1)
OTHER = np.random.default_rng(1).normal(size=(96, 96)).astype(np.float32).cumsum(0).cumsum(1)


@pytest.mark.parametrize("symmetry", range(8))
def test_a_picture_and_itself_turned_correlate_fully(symmetry):
    copy = np.ascontiguousarray(turned(PICTURE, SYMMETRIES[symmetry]))
    assert aligned_correlation(PICTURE, copy, view=0, symmetry=symmetry) > 0.999


def test_a_shifted_and_a_cropped_picture_correlate():
    shifted = np.roll(PICTURE, (6, -3), axis=(0, 1))
    assert aligned_correlation(PICTURE, shifted, view=0, symmetry=0) > 0.85
    inner = resize(PICTURE[None, 5:91, 5:91], (96, 96))[0]
    assert aligned_correlation(PICTURE, inner, view=1, symmetry=0) > 0.97
    assert VIEWS[1] == (0.05, 0.05, 0.95, 0.95)


def test_other_pictures_do_not():
    assert (
        max(aligned_correlation(PICTURE, OTHER, view=0, symmetry=symmetry) for symmetry in range(8))
        < 0.6
    )


def test_an_empty_picture_correlates_with_nothing():
    assert aligned_correlation(PICTURE, np.zeros_like(PICTURE), view=0, symmetry=0) == -1.0
