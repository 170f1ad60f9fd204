import numpy as np
import pytest

from cancergan.cohort import Case, Cohort, IntensityWindow, Preparation
from cancergan.core.errors import BadInputError
from tests.data import blobs


def unit(spatial, **kwargs):
    return Preparation(spatial, IntensityWindow((0.0,), (1.0,)), **kwargs)


def case(image, **kwargs):
    return Case("one", np.asarray(image, dtype=np.float32), **kwargs)


def test_at_its_own_size_a_case_is_only_scaled():
    cohort = blobs(2)
    prepared = Preparation.plan(cohort, image_size=None).apply(cohort[0])
    assert np.allclose(prepared, cohort[0].image / 127.5 - 1, atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "channels", "image_size", "expected"),
    [
        ((16, 20), 3, 8, (3, 8, 8)),
        ((16, 20), 1, (8, 12), (1, 8, 12)),
        ((10, 12, 14), 2, 6, (2, 6, 6, 6)),
        ((10, 12, 14), 1, (5, 6, 7), (1, 5, 6, 7)),
    ],
)
def test_any_shape_comes_to_the_planned_one(shape, channels, image_size, expected):
    cohort = blobs(2, shape=shape, channels=channels)
    prepared = Preparation.plan(cohort, image_size=image_size).apply(cohort[0])
    assert prepared.shape == expected
    assert prepared.dtype == np.float32
    assert -1 <= prepared.min() < prepared.max() <= 1


def test_padding_is_the_low_end_of_the_window():
    prepared = unit((4, 4), fit="pad").apply(case(np.ones((1, 4, 2))))
    assert np.array_equal(prepared[0], [[-1, 1, 1, -1]] * 4)


def test_a_mask_stays_on_its_lesion():
    image = np.zeros((1, 20, 40), np.float32)
    image[0, 8:12, 18:22] = 1
    marked = case(image, mask=(image[0] > 0).astype(np.int32))
    for fit in ("crop", "pad", "stretch"):
        plan = unit((20, 20), fit=fit)
        seen, mask = plan.apply(marked)[0], plan.apply_mask(marked)
        assert set(np.unique(mask)) == {0, 1}
        assert seen[mask == 1].mean() > 0.2
        assert seen[mask == 0].mean() < -0.95


def test_invert_takes_one_case_or_a_batch():
    plan = Preparation((2, 2), IntensityWindow((0.0, -100.0), (10.0, 100.0)))
    one = np.stack([np.full((2, 2), 0.0), np.full((2, 2), 1.0)])
    assert plan.invert(one)[:, 0, 0].tolist() == [5.0, 100.0]
    assert np.array_equal(plan.invert(np.stack([one, one]))[1], plan.invert(one))


def test_the_spacing_follows_the_geometry():
    plan = unit((10, 10))
    wide = case(np.zeros((1, 40, 80)), spacing=(0.5, 0.5))
    assert plan.spacing(wide) == (2.0, 2.0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_pixels_that_are_no_numbers_name_the_case(bad):
    image = np.zeros((1, 4, 4))
    image[0, 1, 2] = bad
    with pytest.raises(BadInputError, match='case "one": 1 of 16 pixels are NaN or infinite'):
        unit((4, 4)).apply(case(image))


def test_other_channels_or_axes_name_the_case():
    with pytest.raises(BadInputError, match='case "one": has 3 channels and 2 spatial axes'):
        unit((4, 4)).apply(case(np.zeros((3, 4, 4))))


def test_missing_arrays_name_the_case():
    with pytest.raises(BadInputError, match='"one": has no image'):
        unit((4, 4)).apply(Case("one", None))
    with pytest.raises(BadInputError, match='"one": has no mask'):
        unit((4, 4)).apply_mask(case(np.zeros((1, 4, 4))))


def test_json_round_trip_and_fingerprint():
    plan = Preparation.plan(blobs(4), image_size=8, fit="pad")
    again = Preparation.from_json(plan.to_json())
    assert again == plan
    assert again.fingerprint == plan.fingerprint
    assert again.fingerprint != Preparation.plan(blobs(4), image_size=9, fit="pad").fingerprint


def test_a_damaged_json_is_refused():
    with pytest.raises(BadInputError, match="not readable"):
        Preparation.from_json({"spatial": [4, 4]})
    with pytest.raises(BadInputError, match='unknown fit "crp"; did you mean "crop"'):
        unit((4, 4), fit="crp")


def test_a_cohort_without_images_cannot_be_planned():
    import pandas as pd

    table = Cohort.from_arrays(None, pd.DataFrame({"age": [3, 4]}))
    with pytest.raises(BadInputError, match="a table without images"):
        Preparation.plan(table, image_size=8)
