import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cancergan.cohort.geometry import place, resize, resize_nearest


def placed(shape, spatial, fit, spacing=None, aspect=None):
    ones = (1.0,) * len(shape)
    return place(shape, spacing or ones, spatial=spatial, aspect=aspect or ones, fit=fit)


@given(st.integers(8, 60), st.integers(8, 60), st.integers(2, 30), st.integers(2, 30))
def test_resizing_agrees_with_pillow(rows, columns, new_rows, new_columns):
    image = np.random.default_rng(rows * 100 + columns).uniform(0, 255, (rows, columns))
    image = image.astype(np.float32)
    pillow = Image.fromarray(image).resize((new_columns, new_rows), Image.Resampling.BILINEAR)
    ours = resize(image[None], (new_rows, new_columns))[0]
    assert np.allclose(ours, np.asarray(pillow), atol=1e-2)


@pytest.mark.parametrize("new", [(5, 7, 3), (20, 9, 31)])
def test_a_constant_volume_stays_constant(new):
    assert np.allclose(resize(np.full((2, 10, 12, 14), 7.5, np.float32), new), 7.5)


def test_shrinking_a_chequerboard_gives_its_mean_and_no_pattern():
    board = (np.indices((64, 64)).sum(axis=0) % 2).astype(np.float32)
    inner = resize(board[None], (8, 8))[0, 1:-1, 1:-1]
    assert np.allclose(inner, 0.5, atol=0.02)


def test_an_equal_size_changes_no_bit():
    image = np.random.default_rng(0).normal(size=(3, 6, 7)).astype(np.float32)
    assert np.array_equal(resize(image, (6, 7)), image)


def test_a_linear_ramp_stays_linear_in_three_dimensions():
    x = np.arange(16, dtype=np.float32)
    ramp = np.broadcast_to(x[:, None, None], (16, 8, 8))[None]
    inner = resize(ramp, (32, 8, 8))[0, 2:-2, 0, 0]
    assert np.allclose(np.diff(inner), 0.5, atol=1e-5)


def test_crop_cuts_the_longer_side_about_its_centre():
    where = placed((100, 60), (30, 30), "crop")
    assert where.crop == (slice(20, 80), slice(0, 60))
    assert where.size == (30, 30)
    assert where.padding == ((0, 0), (0, 0))
    assert where.spacing((1.0, 1.0)) == (2.0, 2.0)


def test_pad_keeps_everything_and_fills_up():
    where = placed((100, 50), (20, 20), "pad")
    assert where.crop == (slice(0, 100), slice(0, 50))
    assert where.size == (20, 10)
    assert where.padding == ((0, 0), (5, 5))


def test_stretch_gives_proportions_up():
    where = placed((100, 50), (20, 20), "stretch")
    assert (where.crop, where.size) == ((slice(0, 100), slice(0, 50)), (20, 20))
    assert where.spacing((1.0, 1.0)) == (5.0, 2.5)


def test_proportions_are_those_of_the_body_not_of_the_grid():
    where = placed((200, 200, 25), (32, 32, 32), "crop", spacing=(0.8, 0.8, 6.4))
    assert where.crop == (slice(0, 200), slice(0, 200), slice(0, 25))
    assert where.spacing((0.8, 0.8, 6.4)) == pytest.approx((5.0, 5.0, 5.0))


@given(
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.sampled_from(["crop", "pad", "stretch"]),
)
def test_every_placement_ends_at_the_wanted_size(shape, spatial, fit):
    where = placed(shape, spatial, fit)
    for cut, size, padding, old, new in zip(
        where.crop, where.size, where.padding, shape, spatial, strict=True
    ):
        assert 0 <= cut.start < cut.stop <= old
        assert size + sum(padding) == new
        assert min(padding) >= 0


def test_a_mask_takes_the_nearest_pixel_and_invents_no_number():
    mask = np.array([[0, 0, 7, 7], [0, 0, 7, 7]])
    assert np.array_equal(resize_nearest(mask, (4, 8)), np.kron(mask, np.ones((2, 2), int)))
    assert np.array_equal(resize_nearest(mask, (1, 2)), [[0, 7]])
