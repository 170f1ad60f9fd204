import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cancergan.cohort.dicom.grid import Grid, resampled
from cancergan.core.seeds import numpy_generator

random = numpy_generator(0, "grids")


def affine(spacing, origin):
    matrix = np.diag([*spacing, 1.0])
    matrix[:3, 3] = origin
    return matrix


@given(st.tuples(*[st.integers(-6, 6)] * 3), st.sampled_from(["nearest", "linear"]))
def test_whole_steps_move_values_without_changing_any(offset, method):
    array = random.normal(size=(4, 5, 3)).astype(np.float32)
    spacing = np.array([0.810547, 0.9, 2.5])
    own = Grid(array.shape, affine(spacing, offset * spacing))
    moved = resampled(array, own, Grid((5, 5, 5), affine(spacing, (0, 0, 0))), method=method)
    for index in np.ndindex(5, 5, 5):
        there = np.subtract(index, offset)
        inside = (there >= 0).all() and (there < array.shape).all()
        assert moved[index] == (array[tuple(there)] if inside else 0)


def test_a_linear_ramp_is_interpolated_exactly_on_a_turned_grid():
    own = Grid((20, 20, 20), affine((2, 2, 2), (0, 0, 0)))
    i, j, k = np.indices(own.shape)
    ramp = (3.0 * i - 2.0 * j + 0.5 * k).astype(np.float64)
    turn = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]]) * 0.7
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = turn, (20.0, 10.0, 12.3)
    moved = resampled(ramp, own, Grid((6, 5, 4), matrix), method="linear")
    points = np.moveaxis(np.indices((6, 5, 4)), 0, -1) @ turn.T + matrix[:3, 3]
    expected = (3 * points[..., 0] - 2 * points[..., 1] + 0.5 * points[..., 2]) / 2
    assert np.allclose(moved, expected, atol=1e-9)


def test_the_nearest_voxel_reaches_half_a_voxel_beyond_the_edge():
    own = Grid((2, 2, 1), affine((2, 2, 2), (0, 0, 0)))
    fine = Grid((6, 1, 1), affine((1, 1, 1), (-1.5, 0, 0)))
    ones = np.ones(own.shape, np.uint8)
    # Centres at -1.5, -0.5, 0.5, 1.5, 2.5, 3.5 mm; the voxels reach from -1 to 3.
    assert resampled(ones, own, fine, method="nearest")[:, 0, 0].tolist() == [0, 1, 1, 1, 1, 0]


def test_points_come_back_as_the_indices_they_were():
    grid = Grid((4, 4, 4), affine((0.5, 0.7, 3), (10, -20, 5)))
    indices = random.uniform(0, 4, (10, 3))
    points = indices @ grid.affine[:3, :3].T + grid.affine[:3, 3]
    assert grid.indices(points) == pytest.approx(indices)
