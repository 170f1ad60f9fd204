import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from cancergan.core.errors import BadInputError
from cancergan.metrics.segmentation import dice, hausdorff95, iou, surface_distance


def disc(centre: tuple[float, float], radius: float, side: int = 40) -> np.ndarray:
    grid = np.indices((side, side)) - np.reshape(centre, (2, 1, 1))
    return (grid**2).sum(0) <= radius**2


def surface_points(mask: np.ndarray, spacing: np.ndarray) -> np.ndarray:
    padded = np.pad(mask, 1)
    inner = np.ones_like(mask)
    for axis in range(mask.ndim):
        for shift in (-1, 1):
            inner &= np.roll(padded, shift, axis)[(slice(1, -1),) * mask.ndim]
    return np.argwhere(mask & ~inner) * spacing


@given(st.integers(0, 10_000), st.sampled_from([(7, 9), (5, 4, 6)]))
def test_surface_distances_are_brute_force_ones(seed: int, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(seed)
    a, b = (random.random((2, *shape)) < 0.3).astype(int)
    a[(0,) * a.ndim] = b[(-1,) * b.ndim] = 1
    spacing = random.uniform(0.5, 3, len(shape))
    gaps = cdist(surface_points(a > 0, spacing), surface_points(b > 0, spacing))
    there, back = gaps.min(1), gaps.min(0)
    expected = max(np.percentile(there, 95), np.percentile(back, 95))
    assert hausdorff95(a, b, spacing) == pytest.approx(expected)
    assert surface_distance(a, b, spacing) == pytest.approx(np.r_[there, back].mean())
    assert hausdorff95(b, a, spacing) == pytest.approx(expected)


def test_a_shifted_square_is_as_far_as_its_shift() -> None:
    a = np.zeros((20, 20))
    a[5:10, 5:10] = 1
    b = np.roll(a, 3, axis=1)
    assert hausdorff95(a, b, spacing=(1, 2)) == 6
    assert hausdorff95(a, a) == surface_distance(a, a) == 0


def test_distances_grow_with_the_shift_and_overlap_falls() -> None:
    fixed = disc((20, 15), 6)
    moved = [disc((20, 15 + shift), 6) for shift in (0, 2, 4, 8)]
    assert np.all(np.diff([surface_distance(fixed, m) for m in moved]) > 0)
    assert np.all(np.diff([dice(fixed, m) for m in moved]) < 0)


@given(st.integers(0, 10_000))
def test_iou_follows_from_dice(seed: int) -> None:
    a, b = np.random.default_rng(seed).random((2, 4, 5)) < 0.4
    d = dice(a, b)
    assert iou(a, b) == pytest.approx(d / (2 - d))


def test_overlap_by_hand_and_empty_masks() -> None:
    assert dice(np.eye(4), np.ones((4, 4))) == pytest.approx(2 * 4 / 20)
    assert iou(np.eye(4), np.ones((4, 4))) == 4 / 16
    none, some = np.zeros((3, 3)), np.ones((3, 3))
    assert dice(none, none) == iou(none, none) == 1
    assert hausdorff95(none, none) == surface_distance(none, none) == 0
    assert dice(some, none) == 0
    assert hausdorff95(some, none) == surface_distance(none, some) == np.inf


def test_refusals() -> None:
    with pytest.raises(BadInputError, match="must be equal"):
        dice(np.ones((2, 2)), np.ones((2, 3)))
    with pytest.raises(BadInputError, match="holds NaN"):
        iou(np.full((2, 2), np.nan), np.ones((2, 2)))
    with pytest.raises(BadInputError, match="one length above 0 an axis"):
        hausdorff95(np.ones((2, 2)), np.ones((2, 2)), spacing=(1, 1, 1))
