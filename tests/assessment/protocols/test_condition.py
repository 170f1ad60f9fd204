from dataclasses import replace

import numpy as np
import pytest

from cancergan.assessment.protocols.condition import condition
from cancergan.core.errors import BadInputError
from tests.assessment.cohorts import QUICK, changed, context, found, textures

REAL, TRAINING, MADE = textures(40, seed=2), textures(48, seed=1), textures(40, seed=3)


def mislabelled(cohort):
    """Return the cohort with half of each class labelled as the other."""
    return cohort.with_column("label", [("dark", "bright")[i // 2 % 2] for i in range(len(cohort))])


def central_brightness(case):
    return float(case.image[..., 6:10, 6:10].mean())


def test_right_labels_are_recognised_and_wrong_ones_fall_to_chance():
    right = found(condition(context(REAL, MADE, TRAINING)), "balanced_accuracy")
    assert right.low > 0.85
    assert right.floor > 0.85
    wrong = found(condition(context(REAL, mislabelled(MADE), TRAINING)), "balanced_accuracy")
    assert wrong.low < 0.5 < wrong.high
    assert wrong.high < right.low


def test_a_measurement_in_physical_units_separates_the_classes_in_both_cohorts():
    seen = []

    def measure(case):
        seen.append(case.image.max())
        return central_brightness(case)

    settings = replace(QUICK, measurement=measure, measurement_name="brightness of the centre")
    right = found(condition(context(REAL, MADE, TRAINING, settings)), "measurement_auc")
    assert right.floor > 0.95
    assert right.value > 0.95
    assert max(seen) > 100  # grey values of the files, not the network's [-1, 1]
    wrong = found(
        condition(context(REAL, mislabelled(MADE), TRAINING, settings)), "measurement_auc"
    )
    assert wrong.low < 0.5 < wrong.high
    assert "brightness of the centre" in wrong.note


def test_classes_of_unequal_size_are_as_sure_as_their_harmonic_mean():
    uneven = MADE.select((MADE.table["label"] == "dark") | (np.arange(len(MADE)) < 10))
    finding = found(condition(context(REAL, uneven, TRAINING)), "balanced_accuracy")
    assert finding.value == 1.0
    units = 2**2 / (1 / 20 + 1 / 5)  # of 20 dark and 5 bright cases
    assert (finding.low, finding.high) == pytest.approx((0.025 ** (1 / units), 1))


def test_swapped_labels_measure_below_chance():
    swapped = MADE.with_column(
        "label", MADE.table["label"].map({"dark": "bright", "bright": "dark"})
    )
    settings = replace(QUICK, measurement=central_brightness)
    finding = found(condition(context(REAL, swapped, TRAINING, settings)), "measurement_auc")
    assert finding.value == 0.0
    assert finding.high == pytest.approx(1 - 0.025 ** (1 / 20))  # 20 patients in each class


def test_a_measurement_that_fails_names_the_case():
    settings = replace(QUICK, measurement=lambda case: float("nan"), measurement_name="area")
    with pytest.raises(BadInputError, match="learning case p1_000: area is nan"):
        condition(context(REAL, MADE, TRAINING, settings))


def test_without_labels_the_family_is_skipped_with_a_reason():
    unlabelled = changed(MADE, lambda images: images).with_column("label", ["dark"] * len(MADE))
    one_class = [cohort.select("label == 'dark'") for cohort in (REAL, unlabelled, TRAINING)]
    (skipped,) = condition(context(*one_class))
    assert "two classes" in skipped.reason
