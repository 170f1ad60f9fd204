import numpy as np
import pytest

from cancergan.metrics.radiomics.glcm import co_occurrence, entropy, glcm, glcm_features
from tests.metrics.radiomics.brute import pairs
from tests.metrics.radiomics.samples import SHAPES, levels, texture


@pytest.mark.parametrize("shape", SHAPES)
def test_pairs_are_those_of_the_definition(shape):
    arrays = [levels(shape, seed) for seed in range(3)]
    counted = co_occurrence(texture(arrays))
    for matrix, array in zip(counted, arrays, strict=True):
        expected = pairs(array)
        assert {(i + 1, j + 1): matrix[i, j] for i, j in np.argwhere(matrix)} == expected


def test_features_worked_out_by_hand():
    # 1 1 / 1 4: pairs across faces and corners are 1-1 six times and 1-4 six times, both ways.
    found = glcm(texture([np.array([[1, 1], [1, 4]])]))
    by_hand = {
        "joint_maximum": 0.5,
        "contrast": 4.5,
        "dissimilarity": 1.5,
        "joint_average": 1.75,
        "joint_entropy": 1.5,
        "autocorrelation": 2.5,
        "inverse_difference": 0.5 + 0.5 / 4,
        "inverse_difference_moment_normalised": 0.5 + 0.5 / (1 + 9 / 16),
        "inverse_variance": 0.5 / 9,
        "correlation": (2.5 - 1.75**2) / (0.75 + 0.25 * 16 - 1.75**2),
    }
    assert {name: found[name][0] for name in by_hand} == pytest.approx(by_hand)


def test_relations_among_features():
    found = glcm(texture([levels((12, 12), 3)], directions="average"))
    assert found["sum_average"] == pytest.approx(2 * found["joint_average"])
    assert found["cluster_tendency"] == pytest.approx(found["sum_variance"])
    assert found["contrast"] + found["cluster_tendency"] == pytest.approx(
        4 * found["joint_variance"]
    )


def test_independent_levels_share_no_information():
    margin = np.array([0.2, 0.5, 0.3])
    found = glcm_features(1000 * np.outer(margin, margin)[None], np.array([3]))
    names = ("information_correlation_1", "information_correlation_2", "correlation")
    assert [found[name][0] for name in names] == pytest.approx([0, 0, 0], abs=1e-6)
    assert found["joint_entropy"] == pytest.approx(2 * entropy(margin[None]))


def test_the_maximal_correlation_of_levels_that_tell_each_other_is_one():
    checkers = np.indices((6, 6)).sum(axis=0) % 2 * 2 + 1
    found = glcm(texture([checkers], profile="pyradiomics", directions="average"))
    # Along every direction of a checkerboard, one level tells the other.
    assert found["maximal_correlation_coefficient"] == pytest.approx(1)


def test_the_entropy_of_zeros_is_zero_and_of_nothing_undefined():
    np.testing.assert_array_equal(
        entropy(np.array([[1.0, 0.0], [0.5, 0.5], [np.nan, np.nan]])), [0, 1, np.nan]
    )
