import numpy as np
import pytest

from cancergan.assessment.protocols.privacy import privacy
from cancergan.cohort import Cohort
from tests.assessment.cohorts import changed, context, found, textures

REAL, TRAINING = textures(40, seed=2), textures(48, seed=1)
SPACES = ("encoder", "pixels")


def noisy(images):
    return images + np.random.default_rng(0).normal(0, 2, images.shape)


@pytest.fixture(scope="module")
def honest():
    return privacy(context(REAL, textures(40, seed=3), TRAINING))


@pytest.mark.parametrize("space", SPACES)
def test_disjoint_real_cases_are_not_called_copies(honest, space):
    rate = found(honest, "copy_rate", space)
    assert rate.low <= rate.floor
    statistic = found(honest, "data_copying_statistic", space)
    assert statistic.low < 0.5 < statistic.high


@pytest.mark.parametrize("space", SPACES)
def test_planted_copies_are_found(space):
    outcome = privacy(context(REAL, changed(TRAINING, noisy), TRAINING))
    rate, statistic = (
        found(outcome, name, space) for name in ("copy_rate", "data_copying_statistic")
    )
    assert rate.low > 0.5
    assert statistic.low > 0.8


def test_mirrored_copies_are_found_in_pixels():
    mirrored = changed(TRAINING, lambda images: noisy(images)[..., ::-1, ::-1])
    rate = found(privacy(context(REAL, mirrored, TRAINING)), "copy_rate", "pixels")
    assert rate.value == 1.0
    assert rate.low > 0.9


def test_copies_turned_by_a_right_angle_are_found_in_pixels():
    turned = changed(TRAINING, lambda images: np.rot90(noisy(images), axes=(-2, -1)))
    rate = found(privacy(context(REAL, turned, TRAINING)), "copy_rate", "pixels")
    assert rate.low > 0.9


def test_leaked_real_cases_do_not_hide_copies():
    images = np.stack([case.image for case in REAL])
    images[:2] = np.stack([case.image for case in TRAINING])[:2]
    leaky = Cohort.from_arrays(images.astype(np.uint8), REAL.table)
    outcome = privacy(context(leaky, changed(TRAINING, noisy), TRAINING))
    rate = found(outcome, "copy_rate", "pixels")
    assert rate.low > 0.9
    assert rate.n_real == 38
    assert rate.note.startswith("2 real cases as good as equal to a training case")


def test_a_tenth_of_copies_is_measured_as_a_tenth():
    def plant(images):
        images = images.copy()
        images[:4] = np.stack([case.image for case in TRAINING])[:4]
        return images

    outcome = privacy(context(REAL, changed(textures(40, seed=3), plant), TRAINING))
    rate = found(outcome, "copy_rate", "pixels")
    assert rate.value == pytest.approx(0.1, abs=0.051)
    assert rate.value >= 0.1


def test_without_training_cases_the_family_is_skipped_with_a_reason():
    (skipped,) = privacy(context(REAL, textures(40, seed=3)))
    assert (skipped.family, skipped.name) == ("privacy", "*")
    assert "training" in skipped.reason
