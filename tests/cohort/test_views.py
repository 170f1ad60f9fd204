"""Views show the wanted array of the wanted cases, and leave the rest as it is."""

import numpy as np
import pandas as pd
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.views import View, paired, resolved, viewed
from cancergan.core.errors import BadInputError

random = np.random.default_rng(0)


def cohort():
    images = random.integers(0, 255, (4, 3, 6, 5), dtype=np.uint8)
    masks = np.zeros((4, 6, 5), np.uint8)
    masks[:, 1:3, 1:3], masks[:, 4, 4] = 2, 7
    doses = random.normal(size=(4, 1, 6, 5)).astype(np.float32)
    table = pd.DataFrame({"patient_id": list("aabb"), "centre": list("XXYY")})
    return Cohort.from_arrays(images, table, masks=masks, arrays={"dose": doses})


def test_channels_of_the_image():
    original = cohort()
    seen = viewed(original, View(channels=(2, 0)))
    assert np.array_equal(seen[1].image, original[1].image[[2, 0]])
    assert seen.header(0).shape == (2, 6, 5)
    assert np.array_equal(seen[1].mask, original[1].mask)


def test_a_further_array_in_the_place_of_the_image():
    original = cohort()
    seen = viewed(original, View(read="dose"))
    assert np.array_equal(seen[3].image, original[3].arrays["dose"])
    assert seen.header(3).shape == (1, 6, 5)


def test_a_mask_becomes_one_channel_a_value():
    original = cohort()
    view = resolved(original, View(read="mask"))
    assert view.values == (2, 7)
    image = viewed(original, view)[0].image
    assert image.shape == (2, 6, 5)
    assert (image[0].sum(), image[1].sum()) == (4, 1)
    assert np.array_equal(image[1] == 1, original[0].mask == 7)


def test_several_arrays_follow_one_another():
    original = cohort()
    view = resolved(original, View(read=("dose", "image", "mask"), channels=(0, 3, 5)))
    image = viewed(original, view)[2].image
    assert np.array_equal(image[0], original[2].arrays["dose"][0])
    assert np.array_equal(image[1], original[2].image[2])
    assert np.array_equal(image[2] == 1, original[2].mask == 7)


def test_a_query_picks_cases_and_makes_columns_unpaired():
    views = {"image": View(where="centre == 'X'"), "source": View(where="centre == 'Y'")}
    assert viewed(cohort(), views["source"]).table["patient_id"].tolist() == ["b", "b"]
    assert not paired(views)
    assert paired({"image": View(), "source": View(channels=(0,))})


def test_the_plain_view_is_the_cohort_itself():
    original = cohort()
    assert viewed(original, View()) is original


@pytest.mark.parametrize(
    ("view", "message"),
    [
        (View(channels=(3,)), "has 3 channels, so no channel 3"),
        (View(read="doze"), 'unknown array .*"doze"; did you mean "dose"'),
        (View(where="site == 'X'"), 'unknown column "site"'),
        (View(where="centre == 'Z'"), "no case where"),
    ],
)
def test_what_is_not_there_is_named(view, message):
    with pytest.raises(BadInputError, match=message):
        viewed(cohort(), view)[0]


def test_masks_that_are_no_maps_of_labels_are_refused():
    images = np.zeros((2, 1, 8, 8), np.uint8)
    empty = Cohort.from_arrays(images, masks=np.zeros((2, 8, 8), np.uint8))
    with pytest.raises(BadInputError, match="all masks are empty"):
        resolved(empty, View(read="mask"))
    grey = Cohort.from_arrays(images, masks=np.arange(128, dtype=np.uint8).reshape(2, 8, 8))
    with pytest.raises(BadInputError, match="127 different values"):
        resolved(grey, View(read="mask"))
    with pytest.raises(BadInputError, match="has no mask"):
        resolved(Cohort.from_arrays(images), View(read="mask"))
