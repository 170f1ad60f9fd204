import numpy as np
import pytest

from cancergan.cohort import IntensityWindow
from cancergan.cohort.pixels import Pixels
from cancergan.cohort.shifts import acquisitions
from cancergan.cohort.shifts.acquisition import AcquisitionChange
from cancergan.cohort.shifts.source import Subject
from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator

SUBJECT = Subject("c", "p", "benign")
COLOUR_ONLY = {"stain"}


def effect(name: str, image: np.ndarray, strength: float = 0.5, seed: int = 0) -> np.ndarray:
    return acquisitions[name](
        image, strength, numpy_generator(seed, "device"), numpy_generator(seed, "case")
    )


def ramp(*shape: int) -> np.ndarray:
    return np.broadcast_to(np.linspace(0.1, 0.9, shape[-1]), shape).copy()


@pytest.mark.parametrize("name", sorted(acquisitions))
@pytest.mark.parametrize("shape", [(1, 33, 20), (3, 17, 24), (1, 9, 12, 10)])
def test_every_mechanism_changes_every_kind_of_image(name, shape):
    if name in COLOUR_ONLY and (shape[0] != 3 or len(shape) != 3):
        pytest.skip("stains are of colour pictures")
    texture = numpy_generator(0, "texture").uniform(0.2, 0.8, shape)
    changed = effect(name, texture)
    assert np.isfinite(changed).all()
    assert changed.shape == shape or name == "spacing"
    assert changed.shape != shape or np.abs(changed - texture).max() > 1e-3


def test_noise_has_the_stated_deviation():
    added = effect("noise", np.full((1, 200, 200), 0.5), strength=0.8) - 0.5
    assert added.std() == pytest.approx(0.08, rel=0.02)
    assert added.mean() == pytest.approx(0.0, abs=0.002)


def test_blur_is_a_gaussian_of_the_stated_width():
    point = np.zeros((1, 41, 41))
    point[0, 20, 20] = 1.0
    spread = effect("blur", point, strength=1.0)[0]
    offsets = np.arange(41) - 20
    assert (spread.sum(axis=1) * offsets**2).sum() == pytest.approx(4.0, rel=0.05)


def test_gain_and_gamma_keep_black_and_follow_their_formula():
    image = ramp(1, 8, 9)
    ratio = effect("gain", image, strength=0.6) / image
    assert float(ratio[0, 0, 0]) in (pytest.approx(0.8), pytest.approx(1.2))
    exponent = np.log(effect("gamma", image, strength=1.0)) / np.log(image)
    assert float(exponent[0, 0, 0]) in (pytest.approx(2.0), pytest.approx(0.5))
    np.testing.assert_allclose(exponent, exponent[0, 0, 0])


def test_gamma_leaves_what_lies_outside_the_window():
    np.testing.assert_allclose(effect("gamma", np.array([[[-0.3, 1.7]]])), [[[-0.3, 1.7]]])


def test_compression_of_a_flat_block_only_rounds_its_mean():
    # The mean of an 8 x 8 block is 1/8 of its first coefficient, which is rounded to steps of 0.1.
    flat = effect("compression", np.full((1, 8, 8), 0.507), strength=0.5)
    np.testing.assert_allclose(flat, np.rint(0.507 * 8 / 0.1) * 0.1 / 8)


def test_a_stain_shift_moves_haematoxylin_against_eosin():
    from skimage.color import hed2rgb, rgb2hed

    slide = np.moveaxis(hed2rgb(np.full((4, 4, 3), (0.06, 0.05, 0.0))), -1, 0)
    before, after = (rgb2hed(np.moveaxis(x, 0, -1))[0, 0] for x in (slide, effect("stain", slide)))
    factor = 1.6**0.5
    assert after[0] / before[0] in (
        pytest.approx(factor, rel=1e-2),
        pytest.approx(1 / factor, rel=1e-2),
    )
    assert after[0] / before[0] == pytest.approx(before[1] / after[1], rel=1e-2)


def test_stain_needs_colour():
    with pytest.raises(BadInputError, match="needs colour pictures"):
        effect("stain", ramp(1, 8, 8))


def test_a_device_treats_all_cases_alike_and_noise_none():
    flat = np.full((1, 6, 6), 0.4)
    for name, same in (("gain", True), ("bias_field", True), ("noise", False)):
        change = AcquisitionChange(name, 0.5, IntensityWindow((0.0,), (1.0,)), seed=3)
        a, b = (change.pixels(Pixels(flat), Subject(case, "p", None)).image for case in "ab")
        assert np.array_equal(a, b) is same


def test_units_and_data_type_stay():
    hounsfield = np.full((1, 5, 5, 5), -200, np.int16)
    change = AcquisitionChange("noise", 0.5, IntensityWindow((-1000.0,), (1000.0,)), seed=0)
    seen = change.pixels(Pixels(hounsfield, spacing=(1.0, 1.0, 2.0)), SUBJECT)
    assert seen.image.dtype == np.int16
    assert seen.image.std() == pytest.approx(0.05 * 2000, rel=0.3)


def test_larger_pixels_keep_the_field_of_view_and_its_place():
    affine = np.diag([-0.5, 0.5, 2.0, 1.0])
    affine[:3, 3] = [10, -20, 5]
    pixels = Pixels(
        np.zeros((1, 12, 9, 6), np.float32), np.ones((12, 9, 6), np.uint8), (0.5, 0.5, 2.0), affine
    )
    change = AcquisitionChange("spacing", 0.5, IntensityWindow((0.0,), (1.0,)), seed=0)
    seen = change.pixels(pixels, SUBJECT)
    assert seen.image.shape == (1, 8, 6, 4)
    assert seen.mask is not None
    assert seen.mask.shape == (8, 6, 4)
    assert seen.spacing == pytest.approx((0.75, 0.75, 3.0))
    corners = [
        a @ [*(np.array(shape) - 0.5), 1]
        for a, shape in ((affine, (12, 9, 6)), (seen.affine, (8, 6, 4)))
    ]
    np.testing.assert_allclose(*corners)
    np.testing.assert_allclose(affine @ [-0.5, -0.5, -0.5, 1], seen.affine @ [-0.5, -0.5, -0.5, 1])
    from cancergan.cohort.pixels import Header

    header = change.header(Header((1, 12, 9, 6), np.dtype(np.float32), (0.5, 0.5, 2.0)))
    assert (header.shape, header.spacing) == (seen.image.shape, seen.spacing)
