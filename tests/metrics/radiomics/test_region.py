import numpy as np
import pytest

from cancergan.core.errors import BadInputError
from cancergan.metrics.radiomics.region import region_of
from cancergan.metrics.radiomics.settings import RadiomicsSettings

IMAGE = np.arange(20.0).reshape(4, 5)


def region(mask=None, spacing=None, **changes):
    return region_of(IMAGE, mask, spacing, RadiomicsSettings.for_profile(**changes))


def test_the_whole_image_is_a_region():
    found = region(spacing=(2.0, 0.5))
    assert found.values.tolist() == list(range(20))
    assert (found.box, found.voxel_volume) == ((slice(0, 4), slice(0, 5)), 1.0)


def test_resegmentation_keeps_the_shape_but_not_the_values():
    found = region(IMAGE >= 10, resegment=(0, 12))
    assert found.values.tolist() == [10, 11, 12]
    assert found.mask.sum() == 10


def test_outliers_are_told_by_the_deviation_of_what_resegmentation_left():
    # Of 0..9 and 19: mean 5.82, deviation 4.99; 19 lies 2.64 deviations away.
    mask = (IMAGE < 10) | (IMAGE == 19)
    assert region(mask, outliers=2.7).values.max() == 19
    assert region(mask, outliers=2.6).values.tolist() == list(range(10))
    # Without 19, nothing lies further than 1.57 deviations away.
    assert region(mask, outliers=1.6, resegment=(0, 10)).values.tolist() == list(range(10))


def test_a_tensor_does_as_well():
    import torch

    settings = RadiomicsSettings.for_profile()
    found = region_of(torch.ones(3, 3, requires_grad=True), torch.eye(3), None, settings)
    assert found.values.tolist() == [1, 1, 1]


@pytest.mark.parametrize("spacing", [(1.0,), (1.0, 0.0), (1.0, np.inf)])
def test_a_spacing_that_does_not_fit_is_refused(spacing):
    with pytest.raises(BadInputError, match="one length above 0 an axis"):
        region(spacing=spacing)


def test_resegmentation_that_leaves_nothing_is_refused():
    with pytest.raises(BadInputError, match=r"resegmentation to \(50.0, 60.0\) leaves nothing"):
        region(resegment=(50, 60))
