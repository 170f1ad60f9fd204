import numpy as np
import pytest

from cancergan.metrics.radiomics.glrlm import glrlm, run_counts
from tests.metrics.radiomics.brute import runs
from tests.metrics.radiomics.samples import SHAPES, dictionary, levels, texture


@pytest.mark.parametrize("shape", SHAPES)
def test_runs_are_those_of_the_definition(shape):
    arrays = [levels(shape, seed) for seed in range(3)]
    counts = run_counts(texture(arrays))
    for group, array in enumerate(arrays):
        assert dictionary(counts, group) == runs(array)


def test_stripes_run_along_one_direction_only():
    stripes = np.tile([[1], [2]], (3, 5))
    counts = run_counts(texture([stripes], directions="average"))
    directions = texture([stripes]).directions
    along = directions.index((0, 1))
    assert dictionary(counts, along) == {(1, 5): 3, (2, 5): 3}
    assert dictionary(counts, directions.index((1, 0))) == {(1, 1): 15, (2, 1): 15}


def test_the_run_percentage_is_runs_by_voxels_and_directions():
    flat = np.ones((3, 3), dtype=int)
    # Three runs along rows, three along columns, five along each diagonal; 9 voxels, 4 directions.
    assert glrlm(texture([flat]))["run_percentage"] == pytest.approx(16 / 36)
