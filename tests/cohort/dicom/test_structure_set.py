import numpy as np
import pytest

from cancergan.cohort.dicom.grid import Grid
from cancergan.cohort.dicom.instances import read_instance
from cancergan.core.errors import BadInputError
from tests.cohort.dicom.files import write_structures


def square(low, high, z=0.0):
    """Corners of a square in x and y (LPS millimetres)."""
    return np.array([(low, low, z), (high, low, z), (high, high, z), (low, high, z)], float)


def circle(radius, z=0.0, centre=(0.0, 0.0), points=720):
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
    x, y = radius * np.cos(angles) + centre[0], radius * np.sin(angles) + centre[1]
    return np.stack([x, y, np.full(points, z)], axis=1)


# Voxels of 1 mm about the middle; x and y of DICOM point the other way than RAS.
AFFINE = np.diag([-1.0, -1.0, 2.0, 1.0])
AFFINE[:3, 3] = (20.0, 20.0, -2.0)
GRID = Grid((41, 41, 3), AFFINE)


def drawn(tmp_path, contours, grid=GRID, **options):
    file = write_structures(tmp_path / "s.dcm", contours, **options)
    return dict(read_instance(file).belonging.on(grid))


def test_voxels_are_inside_where_their_centres_are(tmp_path):
    mask = drawn(tmp_path, {"disc": [circle(12.3)]})["disc"]
    x, y = np.meshgrid(np.arange(41) - 20, np.arange(41) - 20, indexing="ij")
    assert np.array_equal(mask[..., 1], x**2 + y**2 < 12.3**2)
    assert not mask[..., [0, 2]].any()


def test_a_contour_within_another_is_a_hole_and_one_within_the_hole_an_island(tmp_path):
    rings = [circle(15.2), circle(10.2), circle(4.2)]
    mask = drawn(tmp_path, {"ring": rings})["ring"][..., 1]
    x, y = np.meshgrid(np.arange(41) - 20, np.arange(41) - 20, indexing="ij")
    distance = x**2 + y**2
    expected = (distance < 15.2**2) & ~((distance < 10.2**2) & ~(distance < 4.2**2))
    assert np.array_equal(mask, expected)


def test_two_pieces_in_one_slice_are_both_filled_and_copies_count_once(tmp_path):
    pieces = [circle(3.3, centre=(-10, 0)), circle(3.3, centre=(10, 0))]
    mask = drawn(tmp_path, {"pair": [*pieces, pieces[0]]})["pair"]
    one = drawn(tmp_path, {"one": pieces[:1]})["one"]
    assert mask.sum() == 2 * one.sum() > 0


def test_a_keyhole_leaves_its_hole(tmp_path):
    outer, inner = square(-10.5, 10.5), square(-4.5, 4.5)[::-1]
    keyhole = np.concatenate([outer, outer[:1], inner[-1:], inner, outer[:1]])
    mask = drawn(tmp_path, {"organ": [keyhole]})["organ"][..., 1]
    assert mask.sum() == 21**2 - 9**2
    assert not mask[20, 20]


def test_slices_take_the_contours_of_their_plane_and_ignore_what_lies_beyond(tmp_path):
    contours = [square(-3.5, 3.5, z) for z in (-2.0, 2.3, 40.0)]
    mask = drawn(tmp_path, {"organ": contours})["organ"]
    assert mask.sum(axis=(0, 1)).tolist() == [49, 0, 49]


def test_an_oblique_grid_is_filled_in_its_own_planes(tmp_path):
    turn = np.array([[0.6, 0.8, 0.0], [-0.48, 0.36, 0.8], [0.64, -0.48, 0.6]]).T
    affine = np.eye(4)
    affine[:3, :3] = turn
    affine[:3, 3] = turn @ [-20.0, -20.0, -1.0]
    flat = circle(9.4) * [1, 1, 0]
    contour = (flat @ turn.T) * [-1, -1, 1]
    mask = drawn(tmp_path, {"disc": [contour]}, Grid((41, 41, 3), affine))["disc"]
    x, y = np.meshgrid(np.arange(41) - 20, np.arange(41) - 20, indexing="ij")
    assert np.array_equal(mask[..., 1], x**2 + y**2 < 9.4**2)


def test_a_contour_across_slices_is_refused(tmp_path):
    upright = square(-5, 5)[:, [0, 2, 1]]
    with pytest.raises(BadInputError, match=r's\.dcm: a contour of "cut" does not lie in a slice'):
        drawn(tmp_path, {"cut": [upright]})


def test_points_are_no_structure(tmp_path):
    file = write_structures(tmp_path / "s.dcm", {"isocentre": [circle(1)]}, kind="POINT")
    assert read_instance(file) == "structures without a closed contour"
