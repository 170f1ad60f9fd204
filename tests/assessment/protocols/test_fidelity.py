from dataclasses import replace

import pytest

from cancergan.assessment.protocols.fidelity import fidelity
from tests.assessment.cohorts import QUICK, blurred, changed, context, found, textures

SPACES = ("encoder", "random_convolution", "radiomics")


@pytest.fixture(scope="module")
def training():
    return textures(48, seed=1)


@pytest.fixture(scope="module")
def outcomes(training):
    """Findings of real cases playing synthetic ones, and of the same ones blurred more and more."""
    real, other = textures(40, seed=2), textures(40, seed=3)
    made = [changed(other, lambda images: images), *(blurred(other, s) for s in (1.5, 3))]
    return [fidelity(context(real, synthetic, training)) for synthetic in made]


@pytest.mark.parametrize("space", SPACES)
def test_real_cases_are_not_worse_than_the_floor(outcomes, space):
    distance = found(outcomes[0], "frechet_distance", space)
    assert distance.low <= distance.floor
    assert distance.value < 2 * distance.floor
    kernel = found(outcomes[0], "kernel_distance", space)
    assert kernel.low <= 0 <= kernel.high


def test_blur_raises_the_distance_step_by_step_beyond_the_floor(outcomes):
    steps = [found(outcome, "frechet_distance", "random_convolution") for outcome in outcomes]
    assert steps[0].value < steps[1].value < steps[2].value
    assert steps[1].low > steps[1].floor
    kernel = [found(outcome, "kernel_distance", "random_convolution") for outcome in outcomes]
    assert kernel[1].low > 0


def test_radiomics_sees_blur_from_the_first_step(outcomes):
    steps = [found(outcome, "frechet_distance", "radiomics") for outcome in outcomes]
    assert steps[0].value < steps[1].value < steps[2].value
    assert steps[1].low > steps[1].floor


def test_the_encoder_sees_heavy_blur_too(outcomes):
    sharp, _, blurry = (found(outcome, "frechet_distance", "encoder") for outcome in outcomes)
    assert blurry.value > 2 * sharp.value


def test_blurred_cases_lose_precision(outcomes):
    sharp, _, blurry = (found(outcome, "precision", "random_convolution") for outcome in outcomes)
    assert blurry.value < 0.5 * sharp.value
    assert abs(sharp.value - sharp.floor) < 0.25


def test_few_cases_are_told(outcomes):
    assert "sampling error" in found(outcomes[0], "frechet_distance", "encoder").note


def test_the_gap_is_null_for_fresh_cases_and_widest_for_copies(training, outcomes):
    fresh = found(outcomes[0], "frechet_gap")
    assert fresh.low <= 0 <= fresh.high
    copies = changed(training, lambda images: images)
    outcome = fidelity(context(textures(40, seed=2), copies, training))
    # The distance to copies is 0, so the gap is what lies between the two floors and unseen cases.
    floor = found(outcome, "frechet_distance", "random_convolution").floor
    assert found(outcome, "frechet_gap").value > max(fresh.value, 0.5 * floor)


def test_without_training_cases_the_gap_is_skipped_with_a_reason():
    outcome = fidelity(context(textures(40, seed=2), textures(20, seed=3)))
    assert "trained on" in found(outcome, "frechet_gap").reason


def test_every_figure_names_its_space_in_its_fingerprint(outcomes):
    distances = [found(outcomes[0], "frechet_distance", space) for space in SPACES]
    assert len({distance.fingerprint for distance in distances}) == len(SPACES)


def test_a_handful_of_unseen_cases_is_measured_without_an_interval_where_it_has_none():
    few = textures(8, seed=2)
    outcome = fidelity(context(few, textures(12, seed=3), textures(60, seed=1)))
    assert found(outcome, "frechet_gap").low is not None
    assert found(outcome, "precision", "encoder").low is None  # no 5 neighbours in a half of 8


def test_more_neighbours_than_cases_are_skipped_with_a_reason():
    settings = replace(QUICK, k=9)
    outcome = fidelity(
        context(textures(8, seed=2), textures(12, seed=3), textures(10, seed=1), settings)
    )
    assert "more than 9 cases" in found(outcome, "precision").reason
