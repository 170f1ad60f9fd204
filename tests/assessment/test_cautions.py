import numpy as np
import pytest

from cancergan.assessment.cautions import cautions
from cancergan.assessment.division import divide
from cancergan.assessment.sides import context_of
from cancergan.cohort import Cohort
from tests.assessment.cohorts import QUICK, changed, textures

REAL, TRAINING, MADE = textures(72, seed=2), textures(80, seed=1), textures(70, seed=3)


def told(real=REAL, synthetic=MADE, training=TRAINING):
    division = divide(real=real, synthetic=synthetic, training=training, seed=0)
    return cautions(division, context_of(division, QUICK, 0))


def arrays(cohort):
    return np.stack([case.image for case in cohort])


def test_ordinary_cohorts_need_no_caution():
    assert told() == ()


def test_a_test_set_with_repeated_cases_is_told():
    images = arrays(REAL)
    images[5] = images[6] = images[7]
    (caution,) = told(real=Cohort.from_arrays(images, REAL.table))
    assert caution.startswith("3 of 72 real cases have the same pixels")
    assert "resampled" in caution


def test_a_training_case_under_another_name_in_the_test_set_is_told():
    images = arrays(REAL)
    images[5] = TRAINING[3].image
    (caution,) = told(real=Cohort.from_arrays(images, REAL.table))
    assert caution.startswith("1 image is among both the real and the training cases")


def test_a_test_set_balanced_by_hand_is_told():
    rare = TRAINING.select([label == "dark" or i % 16 == 1 for i, label in
                            enumerate(TRAINING.table["label"])])  # fmt: skip
    (caution,) = [c for c in told(training=rare) if "equally frequent" in c]
    assert "dark 89 %" in caution


def test_another_field_of_view_is_told_in_millimetres():
    real = Cohort.from_arrays(arrays(REAL), REAL.table, spacing=(0.5, 0.5))
    near = Cohort.from_arrays(arrays(MADE), MADE.table, spacing=(0.25, 0.25))
    same = Cohort.from_arrays(arrays(MADE), MADE.table, spacing=(0.5, 0.5))
    (caution,) = told(real=real, synthetic=near)
    assert "8 x 8 mm, synthetic ones 4 x 4 mm" in caution
    assert told(real=real, synthetic=same) == ()
    assert told(real=real) == ()  # the synthetic spacing is not known


def test_another_window_is_told():
    faint = changed(MADE, lambda images: images / 4)
    (caution,) = [c for c in told(synthetic=faint) if "window" in c]
    assert "synthetic intensities span" in caution


@pytest.mark.filterwarnings("ignore::cancergan.core.errors.CancerganWarning")
def test_one_image_over_and_over_is_told():
    same = changed(MADE, lambda images: np.repeat(images[:1], len(images), 0))
    found = told(synthetic=same)
    assert any("70 of 70 synthetic cases have the same pixels" in caution for caution in found)
    assert any("32 of 32 features of encoder are the same" in caution for caution in found)


def test_fewer_cases_than_twice_the_features_are_told_for_each_space():
    few = told(real=textures(40, seed=2))
    assert [caution.split(" cases")[0] for caution in few] == ["40"] * 3
