import numpy as np
import pytest

from cancergan.cohort.curation.thumbnails import (
    SIDE,
    SYMMETRIES,
    VIEWS,
    layouts,
    local_contrast,
    queries,
    seen,
    thumbnail,
    turned,
    turned_layout,
)
from tests.cohort.curation.plants import case

PICTURES = np.random.default_rng(0).normal(size=(3, SIDE, SIDE)).astype(np.float32).cumsum(axis=2)


@pytest.mark.parametrize("symmetry", SYMMETRIES)
def test_turning_the_embedding_is_embedding_the_turned_picture(symmetry):
    ours = turned_layout(layouts(PICTURES), symmetry)
    theirs = layouts(np.ascontiguousarray(turned(PICTURES, symmetry)))
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_the_eight_symmetries_differ():
    shown = {turned(PICTURES[0], symmetry).tobytes() for symmetry in SYMMETRIES}
    assert len(shown) == 8


def test_gain_offset_and_gamma_hardly_change_an_embedding():
    positive = (PICTURES - PICTURES.min()) / np.ptp(PICTURES)
    plain = layouts(positive).reshape(3, -1)
    for changed in (positive * 7 + 3, positive**1.5):
        cosine = (plain * layouts(changed.astype(np.float32)).reshape(3, -1)).sum(axis=1)
        assert cosine.min() > 0.95
    assert np.linalg.norm(plain, axis=1) == pytest.approx(1, abs=1e-5)


def test_local_contrast_is_even():
    even = local_contrast(PICTURES, (0.0, 4.0))
    assert abs(even.mean()) < 0.05
    assert 0.5 < even.std() < 1.2


def test_a_thumbnail_is_grey_square_and_finite():
    image = np.full((3, 40, 60, 5), np.nan)
    image[..., 2] = 7.0
    image[0, 0, 0, 2] = np.inf
    assert thumbnail(case(image)).shape == (SIDE, SIDE)
    assert np.isfinite(thumbnail(case(image))).all()
    assert np.median(thumbnail(case(image))) == 7.0


def test_a_view_is_a_part():
    ramp = np.tile(np.arange(SIDE, dtype=np.float32), (1, SIDE, 1))
    assert seen(ramp, VIEWS[0], SIDE)[0] == pytest.approx(ramp[0])
    assert seen(ramp, (0.0, 0.5, 1.0, 1.0), 48).min() == 48


def test_there_is_a_query_for_each_view_and_symmetry():
    asked = list(queries(PICTURES))
    assert len(asked) == len(VIEWS) * len(SYMMETRIES) == 48
    assert asked[0][2].shape == (3, 144)
