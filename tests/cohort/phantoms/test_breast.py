import numpy as np
import pytest

from cancergan.cohort.phantoms.breast import (
    calcium,
    draw_calcifications,
    draw_mass,
    glandular_share,
)
from cancergan.cohort.phantoms.shapes import positions


@pytest.mark.parametrize("malignant", [False, True])
def test_a_mass_adds_the_attenuation_of_a_body_as_deep_as_it_is_wide(malignant):
    at = positions((200, 200), spacing=0.15)
    for seed in range(4):
        random = np.random.default_rng(seed)
        mass = draw_mass(random, malignant=malignant, radius=(4.0, 6.0), contrast=0.5)
        radius = mass.outline.radius
        added = mass.thickness(at)
        if malignant:
            assert added.max() == pytest.approx(2 * 0.5 * radius, rel=0.1)
        else:
            assert added.sum() * 0.15**2 == pytest.approx(0.5 * 4 / 3 * np.pi * radius**3, rel=0.1)
        assert added[~mass.outline.contains(at)].max() == 0


def test_a_malignant_mass_has_the_rougher_outline():
    angle = np.linspace(0, 2 * np.pi, 400)
    around = np.stack([np.sin(angle), np.cos(angle)])

    def roughness(malignant):
        random = np.random.default_rng(0)
        masses = [
            draw_mass(random, malignant=malignant, radius=(5, 5), contrast=1) for _ in range(20)
        ]
        return np.mean([np.abs(np.diff(mass.outline.reach(around))).sum() for mass in masses])

    assert roughness(True) > 4 * roughness(False)


def test_calcium_keeps_the_volume_of_the_grains():
    grains = np.array([[10.0, 12.0, 0.2], [14.2, 9.1, 0.4]])
    added = calcium(grains, (120, 120), spacing=0.2)
    assert added.sum() * 0.04 == pytest.approx(20 * 4 / 3 * np.pi * (0.2**3 + 0.4**3), rel=1e-3)


def test_malignant_calcifications_are_more_finer_and_less_alike():
    random = np.random.default_rng(0)
    radii = {
        malignant: [
            draw_calcifications(random, malignant=malignant, centre=np.zeros(2), spread=2.0)[:, 2]
            for _ in range(50)
        ]
        for malignant in (False, True)
    }
    count = {malignant: np.mean([len(r) for r in drawn]) for malignant, drawn in radii.items()}
    assert count[True] > 2 * count[False]
    benign, malignant = np.concatenate(radii[False]), np.concatenate(radii[True])
    assert np.median(malignant) < np.median(benign)
    assert malignant.std() / malignant.mean() > 2 * benign.std() / benign.mean()


def test_the_share_of_glandular_tissue_is_exact_where_there_is_no_texture():
    assert glandular_share(np.zeros((8, 8)), 0.2, strength=1.0) == pytest.approx(
        np.full((8, 8), 0.2)
    )
    varied = glandular_share(
        5 * np.random.default_rng(0).standard_normal((64, 64)), 0.4, strength=9
    )
    assert varied.min() >= 0
    assert varied.max() <= 1
