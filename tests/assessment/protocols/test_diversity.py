import numpy as np

from cancergan.assessment.protocols.diversity import diversity
from cancergan.metrics.neighbours import expected_coverage
from tests.assessment.cohorts import changed, context, found, textures


def outcome(synthetic):
    return diversity(context(textures(40, seed=2), synthetic, textures(48, seed=1)))


def test_real_cases_cover_real_ones_as_well_as_expected():
    result = outcome(textures(40, seed=3))
    coverage = found(result, "coverage", "random_convolution")
    assert coverage.floor == expected_coverage(40, 40, 5)
    assert coverage.low <= coverage.floor
    assert coverage.value > 0.8
    density = found(result, "density", "random_convolution")
    assert density.low < 1 < density.high
    likeness = found(result, "mean_pairwise_ms_ssim")
    assert abs(likeness.value - likeness.floor) < 0.1


def test_a_collapsed_generator_is_seen_by_every_measure():
    def collapse(images):
        return np.concatenate([images[:2]] * 20) + np.random.default_rng(0).normal(
            0, 1, images.shape
        )

    result = outcome(changed(textures(40, seed=3), collapse))
    for name in ("recall", "coverage"):
        finding = found(result, name, "random_convolution")
        assert finding.high < finding.floor
    likeness = found(result, "mean_pairwise_ms_ssim")
    assert likeness.low > likeness.floor
    assert likeness.value > 0.9


def test_small_images_skip_the_structural_similarity_only():
    small = [textures(40, seed, size=10) for seed in (1, 2, 3)]
    result = diversity(context(small[1], small[2], small[0]))
    assert "11 or more" in found(result, "mean_pairwise_ms_ssim").reason
    assert found(result, "coverage", "encoder").value > 0
