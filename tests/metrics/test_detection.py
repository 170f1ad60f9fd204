import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cancergan.core.errors import BadInputError
from cancergan.metrics.detection import cpm, froc

# Two images, three lesions. Lesion 0 is hit twice; lesion 2 is missed.
SCORES = [0.9, 0.8, 0.7, 0.7, 0.4, 0.2]
LESIONS = [0, -1, 0, 1, -1, -1]


def test_froc_by_hand() -> None:
    false_positives, sensitivity = froc(SCORES, LESIONS, n_lesions=3, n_images=2)
    assert false_positives.tolist() == [0, 0, 0.5, 0.5, 1, 1.5]
    assert sensitivity == pytest.approx(np.array([0, 1, 1, 2, 2, 2]) / 3)


def test_cpm_by_hand() -> None:
    # Rates 1/8 and 1/4 reach 1/3, the five others 2/3.
    found = cpm(SCORES, LESIONS, n_lesions=3, n_images=2)
    assert found == pytest.approx((2 / 3 + 5 * 2 / 3) / 7)
    assert cpm(SCORES, LESIONS, n_lesions=3, n_images=2, rates=[0.5]) == pytest.approx(2 / 3)


def test_perfect_blind_and_silent_detectors() -> None:
    assert cpm([0.9, 0.8], [1, 0], n_lesions=2, n_images=9) == 1
    assert cpm([0.9, 0.8], [-1, -1], n_lesions=2, n_images=1) == 0
    assert cpm([], [], n_lesions=2, n_images=1) == 0


@given(st.integers(0, 10_000))
def test_only_the_order_of_scores_counts_and_the_curve_rises(seed: int) -> None:
    random = np.random.default_rng(seed)
    scores, lesions = random.integers(0, 9, 30) / 9, random.integers(-1, 6, 30)
    curve = froc(scores, lesions, n_lesions=6, n_images=4)
    assert np.array_equal(curve, froc(np.exp(scores) * 7, lesions, n_lesions=6, n_images=4))
    assert np.all(np.diff(curve) >= 0)
    thresholds = np.unique(scores)[::-1]
    counted = [len(np.unique(lesions[(scores >= t) & (lesions >= 0)])) / 6 for t in thresholds]
    assert curve[1][1:] == pytest.approx(counted)


def test_refusals() -> None:
    with pytest.raises(BadInputError, match="must be -1 to 1"):
        froc([0.5], [2], n_lesions=2, n_images=1)
    with pytest.raises(BadInputError, match="needs one of each"):
        froc([0.5], [-1], n_lesions=0, n_images=1)
    with pytest.raises(BadInputError, match="NaN"):
        froc([np.nan], [-1], n_lesions=1, n_images=1)
