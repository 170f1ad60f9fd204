import numpy as np
import pytest

from cancergan.cohort.curation.resample import Resample
from cancergan.core.errors import BadInputError
from tests.cohort.curation.plants import case

AFFINE = np.array([[0, -2.0, 0, 5], [1.5, 0, 0, -7], [0, 0, 3.0, 11], [0, 0, 0, 1]])


def ramp(shape):
    """An image that holds its own place in the patient, along a slanted direction."""
    index = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    world = index @ AFFINE[:3, :3].T + AFFINE[:3, 3]
    return world @ np.array([1.0, -0.5, 2.0])


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (3.0, 2.5, 4.0), (0.7, 5.0, 3.0)])
def test_a_place_in_the_patient_keeps_its_value(spacing):
    held = case(ramp((20, 24, 18))[None], spacing=(1.5, 2.0, 3.0), affine=AFFINE)
    new = Resample(spacing=spacing).apply(held)
    assert new.spacing == spacing
    lengths = np.linalg.norm(new.affine[:3, :3], axis=0)
    np.testing.assert_allclose(lengths, spacing, atol=1e-12)
    index = np.stack(np.meshgrid(*map(np.arange, new.image.shape[1:]), indexing="ij"), axis=-1)
    world = index @ new.affine[:3, :3].T + new.affine[:3, 3]
    inner = (slice(3, -3),) * 3
    # A new voxel's step is up to 8: the discrete triangle filter is off by a thirtieth of it.
    np.testing.assert_allclose(
        new.image[0][inner], (world @ np.array([1.0, -0.5, 2.0]))[inner], atol=0.27
    )


def test_it_agrees_with_simpleitk_where_both_interpolate_linearly():
    sitk = pytest.importorskip("SimpleITK", reason="needs the extra curation")
    random = np.random.default_rng(0)
    values = random.normal(size=(12, 10, 8)).astype(np.float32)
    new = Resample(spacing=(0.5, 0.8, 1.0)).apply(case(values[None], spacing=(1, 1, 1)))
    image = sitk.GetImageFromArray(values.transpose(2, 1, 0))
    method = sitk.ResampleImageFilter()
    method.SetSize([int(n) for n in new.image.shape[1:]])
    method.SetOutputSpacing((0.5, 0.8, 1.0))
    old, size, step = np.array(values.shape), np.array(new.image.shape[1:]), np.array([0.5, 0.8, 1])
    method.SetOutputOrigin(((old - 1) / 2 - step * (size - 1) / 2).tolist())
    method.SetInterpolator(sitk.sitkLinear)
    method.SetUseNearestNeighborExtrapolator(True)
    theirs = sitk.GetArrayFromImage(method.Execute(image)).transpose(2, 1, 0)
    inner = (slice(1, -1),) * 3
    np.testing.assert_allclose(new.image[0][inner], theirs[inner], atol=1e-5)


def test_masks_keep_their_numbers_and_their_share():
    mask = np.zeros((30, 30), np.int32)
    mask[10:20, 6:18] = 7
    new = Resample(spacing=(0.6, 1.7)).apply(case(np.zeros((1, 30, 30)), mask=mask))
    assert set(np.unique(new.mask)) == {0, 7}
    assert (new.mask > 0).mean() == pytest.approx((mask > 0).mean(), rel=0.1)


def test_the_same_spacing_changes_nothing():
    image = np.random.default_rng(0).normal(size=(2, 9, 7))
    assert np.array_equal(Resample(spacing=(1.0,)).apply(case(image)).image, image.astype("f4"))


def test_coarser_pixels_do_not_alias():
    stripes = np.tile([0.0, 100.0], 32)[None, None].repeat(64, axis=1)
    new = Resample(spacing=(1, 4)).apply(case(stripes)).image
    assert np.abs(new - 50).max() < 13


def test_what_cannot_be_is_refused():
    with pytest.raises(BadInputError, match="has 2 spatial axes"):
        Resample(spacing=(1, 1, 1)).apply(case(np.ones((1, 4, 4))))
    with pytest.raises(BadInputError, match="check the units"):
        Resample(spacing=(1e-5,)).apply(case(np.ones((1, 40, 40))))
