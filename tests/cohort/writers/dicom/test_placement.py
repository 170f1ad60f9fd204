import numpy as np
import pytest

from cancergan.cohort.pixels import Pixels
from cancergan.cohort.writers.dicom.placement import placement_of
from cancergan.core.errors import BadInputError


def volume(affine):
    return Pixels(np.zeros((1, 512, 512, 3)), spacing=(1.0,) * 3, affine=affine)


def test_a_volume_without_a_place_lies_at_the_origin():
    placed = placement_of(Pixels(np.zeros((1, 4, 5, 6)), spacing=(0.5, 0.7, 3.0)))
    assert placed.across.tolist() == [1, 0, 0]
    assert placed.down.tolist() == [0, 1, 0]
    assert placed.spacing == (0.7, 0.5)
    assert placed.position(2).tolist() == [0, 0, 6]
    assert placed.thickness == 3.0


def test_a_picture_has_its_rows_first():
    placed = placement_of(Pixels(np.zeros((1, 4, 5)), spacing=(0.5, 0.7)))
    assert (placed.across.tolist(), placed.down.tolist()) == ([1, 0, 0], [0, 1, 0])
    assert placed.spacing == (0.5, 0.7)


def test_the_affine_is_turned_to_lps():
    affine = np.diag([-0.8, -0.8, 2.5, 1.0])
    affine[:3, 3] = 100, 90, -40
    placed = placement_of(volume(affine))
    assert placed.origin.tolist() == [-100, -90, -40]
    assert placed.across.tolist() == [1, 0, 0]
    assert placed.spacing == (0.8, 0.8)
    assert placed.step.tolist() == [0, 0, 2.5]


def test_a_tilted_gantry_keeps_its_step():
    affine = np.diag([1.0, 1.0, 2.0, 1.0])
    affine[1, 2] = 0.7
    placed = placement_of(volume(affine))
    assert placed.step.tolist() == [0, -0.7, 2.0]
    assert placed.thickness == pytest.approx(2.0)


def test_rounding_noise_passes_and_a_shear_does_not():
    affine = np.eye(4)
    affine[0, 1] = 1e-7
    assert placement_of(volume(affine)).down[0] == 0.0
    affine[0, 1] = 1e-3
    with pytest.raises(BadInputError, match=r"not at right angles: DICOM would move .* 0\.51"):
        placement_of(volume(affine))


@pytest.mark.parametrize(
    ("columns", "message"), [((1, 1), "two parallel axes"), ((0, 1), "axis without length")]
)
def test_a_degenerate_affine_is_refused(columns, message):
    affine = np.eye(4)
    affine[:3, :2] = 0
    affine[0, :2] = columns
    with pytest.raises(BadInputError, match=message):
        placement_of(volume(affine))
