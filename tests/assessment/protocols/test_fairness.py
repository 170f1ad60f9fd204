import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from cancergan.assessment.findings import Skipped
from cancergan.assessment.protocols.fairness import fairness
from cancergan.core.estimates import Estimate
from tests.assessment.cohorts import changed, context, found, textures

TRAINING = textures(48, seed=1)


def with_sex(cohort, women):
    return cohort.with_column(
        "sex", ["female" if i < women else "male" for i in range(len(cohort))]
    )


def test_without_the_columns_every_one_is_skipped_by_name():
    outcome = fairness(context(textures(40, seed=2), textures(40, seed=3), TRAINING))
    assert [item.name for item in outcome] == ["coverage_sex", "coverage_age", "coverage_centre"]
    assert all(isinstance(item, Skipped) for item in outcome)


def test_a_group_whose_images_are_wrong_is_the_worst_served():
    def spoil(images):
        spoilt = images.copy()
        spoilt[:20] = gaussian_filter(spoilt[:20], (0, 0, 3, 3))
        return spoilt

    real = with_sex(textures(40, seed=2), 20)
    made = with_sex(changed(textures(40, seed=3), spoil), 20)
    outcome = fairness(context(real, made, TRAINING))
    women, men = (found(outcome, f"coverage_sex_{sex}") for sex in ("female", "male"))
    gap = found(outcome, "worst_gap_sex")
    assert women.value < 0.3 < 0.7 < men.value
    assert gap.value == men.value - women.value
    assert gap.low > 0
    assert "worst served: female" in gap.note
    assert (women.n_real, women.n_synthetic) == (20, 20)


def test_groups_covered_whole_have_no_gap_but_are_not_sure_of_it():
    real = with_sex(textures(40, seed=2), 20)
    outcome = fairness(context(real, changed(real, lambda images: images), TRAINING))
    women, gap = (found(outcome, name) for name in ("coverage_sex_female", "worst_gap_sex"))
    low = 0.025 ** (1 / 20)  # Clopper and Pearson for 20 hits of 20
    assert (women.value, women.low, women.high) == pytest.approx((1, low, 1))
    assert (gap.low, gap.value, gap.high) == pytest.approx((low - 1, 0, 1 - low))


def test_small_groups_are_withheld_without_their_number():
    real, made = with_sex(textures(40, seed=2), 4), with_sex(textures(40, seed=3), 20)
    outcome = fairness(context(real, made, TRAINING))
    withheld = found(outcome, "coverage_sex_female")
    assert isinstance(withheld, Skipped)
    assert "4" not in withheld.reason
    assert not [item for item in outcome if item.name == "worst_gap_sex"]


def test_ages_are_grouped_and_missing_ones_belong_nowhere():
    ages = np.array([30.0] * 20 + [70.0] * 16 + [np.nan] * 4)
    real = textures(40, seed=2).with_column("age", ages)
    made = textures(40, seed=3).with_column("age", ages)
    outcome = fairness(context(real, made, TRAINING))
    measured = [item.name for item in outcome if isinstance(item, Estimate)]
    assert measured[:3] == [
        "coverage_age_60_and_above",
        "coverage_age_below_40",
        "worst_gap_age",
    ]
