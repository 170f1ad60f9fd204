import numpy as np
import pytest

from cancergan.cohort.arrays import sources_of_arrays
from cancergan.core.errors import BadInputError


def pixels(images, masks=None, arrays=None, spacing=None, affine=None):
    sources = sources_of_arrays(
        images, masks=masks, arrays=arrays or {}, spacing=spacing, affine=affine
    )
    return [source.pixels() for source in sources]


def test_spacing_is_for_all_or_for_each():
    images = np.zeros((2, 1, 4, 4))
    assert pixels(images)[0].spacing == (1.0, 1.0)
    assert [p.spacing for p in pixels(images, spacing=(2, 3))] == [(2.0, 3.0)] * 2
    assert pixels(images, spacing=[(1, 1), (2, 3)])[1].spacing == (2.0, 3.0)


def test_an_affine_implies_the_spacing():
    affine = np.diag([-2.0, -3.0, 4.0, 1.0])
    found = pixels(np.zeros((2, 1, 3, 3, 3)), affine=affine)
    assert found[1].spacing == (2.0, 3.0, 4.0)
    assert np.array_equal(found[1].affine, affine)


def test_images_of_different_shapes_and_missing_masks():
    found = pixels([np.zeros((1, 4, 4)), np.zeros((1, 5, 6))], [None, np.ones((5, 6))])
    assert found[0].mask is None
    assert found[1].mask.sum() == 30


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"images": np.zeros((2, 4, 4))}, r"images\[0\] has shape \(4, 4\)"),
        ({"masks": np.zeros((1, 4, 4))}, "2 images but 1 masks"),
        ({"masks": np.zeros((2, 4, 5))}, r"masks\[0\] has shape \(4, 5\), its image \(4, 4\)"),
        ({"masks": np.full((2, 4, 4), 0.5)}, "does not hold whole numbers"),
        ({"arrays": {"dose": np.zeros((1, 1, 4, 4))}}, "2 images but 1 of dose"),
        ({"arrays": {"dose": np.zeros((2, 1, 4, 5))}}, r"dose\[0\] has shape \(1, 4, 5\)"),
        ({"arrays": {"dose": np.zeros((2, 4, 4))}}, r"dose\[0\] has shape \(4, 4\)"),
        ({"spacing": (1, 1, 1)}, "does not fit 2 axes"),
        ({"spacing": (1, 0)}, "does not fit 2 axes"),
        ({"spacing": [(1, 1)] * 3}, "3 of spacing for 2 images"),
        ({"affine": np.eye(3)}, r"shape \(3, 3\), needed \(4, 4\)"),
        ({"images": np.array([["x"]])[None, None].repeat(2, 0)}, "are not numbers"),
    ],
)
def test_what_does_not_fit_is_named(arguments, message):
    with pytest.raises(BadInputError, match=message):
        pixels(**{"images": np.zeros((2, 1, 4, 4)), **arguments})
