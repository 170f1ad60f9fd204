import numpy as np
import pytest
from skimage.color import rgb2hed, separate_stains

from cancergan.cohort.phantoms import phantom
from cancergan.core.errors import BadInputError
from tests.cohort.phantoms.contract import check_phantom, share_within

NAME = "histology"
# Written down from Macenko et al. 2009, independently of the code.
STAINS = np.array([[0.5626, 0.7201, 0.4062], [0.2159, 0.8012, 0.5581]])


def density(case):
    """Optical density (3, n) of the pixels that are neither glass nor black."""
    image = case.image.reshape(3, -1).astype(float)
    kept = (image.min(axis=0) > 15) & (image.mean(axis=0) < 225)
    return -np.log10(image[:, kept] / 255) - 0.02


def test_it_keeps_the_contract():
    check_phantom(NAME, size=64)


def test_prevalence_is_honoured():
    labels = phantom(NAME, 80, size=48, prevalence=0.3).table["label"]
    assert share_within((labels == "tumour").sum(), 80, 0.3)


def test_the_mask_numbers_the_nuclei():
    for case in phantom(NAME, 6):
        numbers = np.unique(case.mask)
        assert numbers.tolist() == list(range(case.attributes["nuclei"] + 1))


def test_nuclei_have_the_radius_that_the_row_names():
    for case in phantom(NAME, 8):
        inner = [
            number
            for number in range(1, case.attributes["nuclei"] + 1)
            if not (np.argwhere(case.mask == number) % 127 == 0).any()
        ]
        areas = [(case.mask == number).sum() * 0.4**2 for number in inner]
        # Nuclei that lie partly below others lose some area, at most 30 %.
        radius = np.sqrt(np.mean(areas) / np.pi)
        assert radius == pytest.approx(case.attributes["nuclear_radius_um"], rel=0.15)


def test_nuclei_of_tumours_are_larger_and_less_alike():
    tumour, normal = (phantom(NAME, 8, size=96, prevalence=p).table for p in (1.0, 0.0))
    assert tumour["nuclear_radius_um"].mean() > 1.3 * normal["nuclear_radius_um"].mean()
    spread = [t["nuclear_radius_sd_um"] / t["nuclear_radius_um"] for t in (tumour, normal)]
    assert spread[0].mean() == pytest.approx(0.24, abs=0.06)
    assert spread[1].mean() == pytest.approx(0.08, abs=0.03)


def test_optical_density_lies_in_the_plane_of_the_stains():
    for case in phantom(NAME, 4, stain_variation=0.0):
        _, _, directions = np.linalg.svd(density(case).T, full_matrices=False)
        # 0.03 is 1.7 degrees: 8 bits and noise tilt the plane a little.
        assert np.abs(STAINS @ directions[2]).max() < 0.03


def test_haematoxylin_is_in_the_nuclei_and_eosin_around_them():
    residual = np.cross(*STAINS)
    basis = np.linalg.inv(np.vstack([STAINS, residual / np.linalg.norm(residual)]))
    for case in phantom(NAME, 4, stain_variation=0.0):
        picture, inside = case.image.transpose(1, 2, 0).astype(np.uint8), case.mask > 0
        for stains in (rgb2hed(picture), separate_stains(picture, basis)):
            assert stains[inside, 0].mean() > 2 * max(stains[~inside, 0].mean(), 0.0)
        assert stains[inside, 1].mean() < stains[~inside, 1].mean()


def test_contrast_is_a_factor_on_nuclear_haematoxylin():
    half, full = (phantom(NAME, 4, contrast=c, stain_variation=0.0) for c in (0.5, 1.0))
    for pale, dark in zip(half, full, strict=True):
        inside = (dark.mask > 0) & (dark.image.min(axis=0) > 15)
        amounts = []
        for case in (pale, dark):
            od = -np.log10(case.image[:, inside] / 255) - 0.02
            amounts.append((np.linalg.pinv(STAINS.T) @ od)[0].mean())
        assert amounts[0] / amounts[1] == pytest.approx(0.5, abs=0.12)


def test_centres_stain_apart_and_alike_in_every_cohort():
    def colours(cohort):
        means = np.array([density(case).mean(axis=1) for case in cohort])
        hues = means / np.linalg.norm(means, axis=1, keepdims=True)
        return {c: hues[cohort.table["centre"] == c].mean(axis=0) for c in ("centre_1", "centre_2")}

    options = {"size": 64, "prevalence": 0.0, "centres": 2}
    first, second = (colours(phantom(NAME, 24, seed=seed, **options)) for seed in (0, 9))
    apart = np.linalg.norm(first["centre_1"] - first["centre_2"])
    for centre in first:
        assert np.linalg.norm(first[centre] - second[centre]) < 0.5 * apart


def test_a_negative_variation_is_refused():
    with pytest.raises(BadInputError, match="stain_variation is -1"):
        phantom(NAME, 1, stain_variation=-1)
