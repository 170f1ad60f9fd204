import numpy as np
import pytest

from cancergan.cohort.phantoms.space import (
    axial_slice,
    checked_shape,
    grid_of,
    slab,
    tube_depth,
    volume,
)
from cancergan.core.errors import BadInputError

FIELD = (200.0, 100.0, 50.0)


def test_a_slice_is_seen_from_the_feet_with_the_front_above():
    grid = axial_slice((50, 40), FIELD, centre=(1.0, 2.0, 3.0))
    assert grid.spacing == (2.0, 5.0)
    first, last = grid.positions[:, 0, 0], grid.positions[:, -1, -1]
    # The patient's right and front are positive; they are at the left and at the top.
    assert first == pytest.approx([1 + 97.5, 2 + 49, 3])
    assert last == pytest.approx([1 - 97.5, 2 - 49, 3])
    index = np.array([7, 11, 0, 1])
    assert (grid.affine @ index)[:3] == pytest.approx(grid.positions[:, 7, 11])


def test_a_volume_is_centred_and_points_right_anterior_superior():
    grid = volume((20, 10, 25), FIELD, centre=(0.0, 0.0, 9.0))
    assert grid.spacing == (10.0, 10.0, 2.0)
    assert grid.positions.mean(axis=(1, 2, 3)) == pytest.approx([0, 0, 9])
    assert np.diff(grid.positions[2, 0, 0]) == pytest.approx(np.full(24, 2.0))


def test_the_middle_plane_of_a_slab_is_the_slice():
    grid = axial_slice((9, 7), FIELD)
    thick = slab(grid, reach=4.0, step=1.5)
    assert thick.shape == (9, 7, 7)
    assert thick.spacing[2] == pytest.approx(1.5)
    assert thick.positions[..., 3] == pytest.approx(grid.positions)


@pytest.mark.parametrize("shape", [(60, 50), (30, 28, 26)])
def test_a_tube_is_as_deep_as_brute_force_says(shape):
    grid = grid_of(shape, (30.0, 28.0, 26.0))
    points = np.random.default_rng(0).uniform(-9, 9, (40, 3))
    radii = np.linspace(1.0, 4.0, 40)
    apart = np.linalg.norm(
        grid.positions[:, None] - points.T.reshape(3, 40, *(1,) * len(shape)), axis=0
    )
    brute = (radii.reshape(-1, *(1,) * len(shape)) - apart).max(axis=0)
    depth = tube_depth(grid, points, radii)
    near = brute > -0.9 * min(grid.spacing)
    assert depth[near] == pytest.approx(brute[near])
    assert (depth[~near] <= brute[~near] + 1e-9).all()


def test_sizes_that_do_not_fit_are_refused():
    assert checked_shape(64, 3) == (64, 64, 64)
    assert checked_shape([50, 61], 2) == (50, 61)
    for size, dimensions in ((64, 4), ((64, 64), 3), (20, 2), (20, 3)):
        with pytest.raises(BadInputError, match=r"dimensions is|size is"):
            checked_shape(size, dimensions)
