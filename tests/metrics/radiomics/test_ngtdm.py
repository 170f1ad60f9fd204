import numpy as np
import pytest

from cancergan.metrics.radiomics.ngtdm import box_sums, ngtdm, tone_differences
from tests.metrics.radiomics.brute import shifted, steps, voxels
from tests.metrics.radiomics.samples import SHAPES, levels, texture


@pytest.mark.parametrize("shape", SHAPES)
def test_differences_are_those_of_the_definition(shape):
    array = levels(shape, 5)
    inside = voxels(array)
    often, expected = np.zeros(4), np.zeros(4)
    for voxel, level in inside.items():
        near = [inside[n] for s in steps(len(shape)) if (n := shifted(voxel, s)) in inside]
        if near:
            often[level - 1] += 1
            expected[level - 1] += abs(level - np.mean(near))
    found = tone_differences(texture([array]))
    np.testing.assert_array_equal(found[0][0], often)
    np.testing.assert_allclose(found[1][0], expected)


def test_a_region_without_difference_is_as_coarse_as_can_be():
    found = {name: figure[0] for name, figure in ngtdm(texture([np.ones((4, 4))])).items()}
    assert (found["coarseness"], found["contrast"], found["complexity"]) == (1e6, 0, 0)
    assert np.isnan(found["busyness"])
    assert np.isnan(found["strength"])


def test_sums_over_a_box():
    framed = np.zeros((1, 4, 5), dtype=np.int64)
    framed[0, 1:3, 1:4] = [[1, 2, 3], [4, 5, 6]]
    assert box_sums(framed)[0, 1:3, 1:4].tolist() == [[12, 21, 16], [12, 21, 16]]
