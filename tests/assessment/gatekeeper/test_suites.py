"""Suites hold what their names say, and a malformed wish is one line."""

import numpy as np
import pandas as pd
import pytest

from cancergan.assessment.gatekeeper.suites import contrast, shift_of, suites_of
from cancergan.cohort import Cohort
from cancergan.cohort.phantoms import phantom
from cancergan.core.errors import BadInputError
from tests.data import blobs


def lesions(n=60):
    """Squares of sides 2 to 11 on noise, brighter by 1 to 20; every second case without."""
    random = np.random.default_rng(0)
    images, masks = random.normal(100, 1, (n, 1, 24, 24)), np.zeros((n, 24, 24), np.uint8)
    for case in range(0, n, 2):
        side = 2 + case // 2 % 10
        masks[case, 5 : 5 + side, 5 : 5 + side] = 1
        images[case, 0][masks[case] > 0] += 1 + (case // 2 * 7) % 20
    labels = np.where(np.arange(n) % 2, "no", "yes")
    return Cohort.from_arrays(images, pd.DataFrame({"label": labels}), masks=masks)


def test_edge_cases_are_the_smallest_and_the_faintest_against_all_negatives():
    cohort = lesions()
    found = suites_of(cohort, positive=["yes"], shifts=())
    suites = {suite.name: suite for suite in found.suites}
    assert set(suites) == {"as drawn", "small lesions", "faint lesions"}
    areas = np.array([int((cohort[row].mask > 0).sum()) for row in range(len(cohort))])
    small = suites["small lesions"]
    assert (~small.positive).sum() == 30
    assert small.positive.sum() == 10
    positives = areas[cohort.table["label"] == "yes"]
    assert areas[small.rows[small.positive]].max() <= np.sort(positives)[9]
    faint = suites["faint lesions"]
    steps = [1 + (row // 2 * 7) % 20 for row in faint.rows[faint.positive]]
    assert np.mean(steps) < 7  # of steps from 1 to 20


def test_contrast_of_a_square_is_its_step_in_deviations_of_the_ring():
    image, lesion = np.zeros((1, 12, 12)), np.zeros((12, 12), bool)
    image[0, ::2] = 2.0  # rows 0 and 2: mean 1, deviation 1
    lesion[4:8, 4:8] = True
    image[0][lesion] = 6.0
    assert contrast(image, lesion) == pytest.approx(5.0, abs=0.2)


def test_each_shift_is_a_suite_of_changed_images():
    cohort = blobs(40)
    found = suites_of(cohort, positive=["class_1"], shifts=["acquisition:0.5:noise"])
    noisy = found.variants["acquisition noise 0.5"]
    assert not np.array_equal(noisy[0].image, cohort[0].image)
    assert [suite.name for suite in found.suites][:2] == ["as drawn", "acquisition noise 0.5"]


def test_a_phantom_makes_a_gate_of_all_suites():
    cohort = phantom("breast_ultrasound", 90, seed=1, size=48)
    found = suites_of(cohort, positive=["malignant"])
    assert len(found.suites) == 6
    assert found.left_out == {}


def test_without_masks_edge_cases_are_left_out_with_the_reason():
    cohort = Cohort.from_arrays([case.image for case in blobs(40)], blobs(40).table)
    found = suites_of(cohort, positive=["class_1"], shifts=())
    assert "0 positive cases have a mask" in found.left_out["small lesions"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("acquisition:2:noise", "from 0 to 1"),
        ("acquisition:much", "KIND:STRENGTH"),
        ("weather:0.5", "unknown kind of shift"),
        ("acquisition:0.5:noise:twice", "more than three"),
    ],
)
def test_malformed_shifts_are_one_line(text, says):
    with pytest.raises(BadInputError, match=says):
        shift_of(text)


def test_unknown_classes_and_too_few_cases_are_refused():
    with pytest.raises(BadInputError, match="unknown class"):
        suites_of(blobs(40), positive=["malignant"])
    with pytest.raises(BadInputError, match="needs 8 of each"):
        suites_of(blobs(12), positive=["class_1"], shifts=())
