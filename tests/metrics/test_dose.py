"""Points of dose and volume: percentiles worked out by hand, and the challenge's own cases."""

import numpy as np
import pytest

from cancergan.core.errors import BadInputError
from cancergan.metrics.dose import (
    dose_at_cc,
    dose_at_volume,
    dose_error,
    dose_volume_histogram,
    dose_volume_points,
    dvh_errors,
    volume_at_dose,
)

# 1,000 voxels of 0.1, 0.2, ... 100 Gy: numpy.percentile(dose, 1) is 1.099, and so on.
RAMP = np.arange(1, 1001).reshape(10, 10, 10) / 10
WHOLE = np.ones(RAMP.shape, bool)


@pytest.mark.parametrize(("percent", "gray"), [(99, 1.099), (95, 5.095), (1, 99.001), (0, 100.0)])
def test_points_of_a_ramp(percent: float, gray: float) -> None:
    assert dose_at_volume(RAMP, WHOLE, percent) == pytest.approx(gray, abs=1e-9)


def test_a_tenth_of_a_cc_is_ten_voxels_of_ten_cubic_millimetres() -> None:
    assert dose_at_cc(RAMP, WHOLE, 10.0) == pytest.approx(99.001, abs=1e-9)
    assert dose_at_cc(RAMP, WHOLE, 1000.0) == pytest.approx(99.9001, abs=1e-9)  # at least one voxel
    few = RAMP > 99.75  # 3 voxels, fewer than ten
    assert dose_at_cc(RAMP, few, 10.0) == pytest.approx(99.8)


def test_the_histogram_falls_from_all_to_nothing_and_agrees_with_its_points() -> None:
    gray = np.linspace(0, 101, 500)
    curve = dose_volume_histogram(RAMP, WHOLE, gray)
    assert curve[0] == 1.0
    assert curve[-1] == 0.0
    assert (np.diff(curve) <= 0).all()
    for dose in (0.1, 33.3, 99.95, 100.0):
        counted = (dose - 1e-12 <= RAMP).mean()
        assert volume_at_dose(RAMP, WHOLE, dose) == pytest.approx(counted)


def test_only_the_structure_counts() -> None:
    half = RAMP > 50
    moved = np.where(half, RAMP, 70.0)
    assert dose_at_volume(moved, half, 95) == dose_at_volume(RAMP, half, 95)


def test_a_gray_too_much_everywhere_scores_one_in_dose_and_in_points() -> None:
    organs = {"cord": RAMP < 30, "larynx": np.zeros(RAMP.shape, bool)}
    targets = {"PTV70": RAMP > 80}
    assert dose_error(RAMP, RAMP + 1, WHOLE) == pytest.approx(1.0)
    before = dose_volume_points(RAMP, organs, targets, 10.0)
    after = dose_volume_points(RAMP + 1, organs, targets, 10.0)
    assert list(before) == [
        ("cord", "D_0.1cc"),
        ("cord", "mean"),
        ("PTV70", "D_99"),
        ("PTV70", "D_95"),
        ("PTV70", "D_1"),
    ]
    assert dvh_errors(before, after) == pytest.approx([1.0] * 5)


def test_the_region_divides_and_what_lies_outside_still_counts() -> None:
    region = RAMP > 50  # half of the voxels
    assert dose_error(RAMP, RAMP + 1, region) == pytest.approx(2.0)


def test_what_has_no_answer_is_refused() -> None:
    nothing = np.zeros(RAMP.shape, bool)
    with pytest.raises(BadInputError, match="structure is empty"):
        dose_at_volume(RAMP, nothing, 95)
    with pytest.raises(BadInputError, match="0 to 100"):
        dose_at_volume(RAMP, WHOLE, 101)
    with pytest.raises(BadInputError, match="must be equal"):
        dose_error(RAMP, RAMP[:9], WHOLE)
    with pytest.raises(BadInputError, match="region where dose may be is empty"):
        dose_error(RAMP, RAMP, nothing)
    with pytest.raises(BadInputError, match="one side alone"):
        dvh_errors({("cord", "mean"): 1.0}, {})
