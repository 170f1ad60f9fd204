import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cancergan.core.errors import BadInputError
from cancergan.metrics.radiomics import (
    RadiomicsSettings,
    feature_names,
    radiomics,
    radiomics_of_regions,
    region_of,
)
from tests.data import shared
from tests.metrics.radiomics.phantoms import SPACING, ibsi_phantom, oracle, tissue

# The IBSI gives no value for these five: enclosing ellipsoid, oriented box, area under the curve.
WITHOUT_VALUE = {
    "morph_vol_dens_ombb",
    "morph_area_dens_ombb",
    "morph_vol_dens_mvee",
    "morph_area_dens_mvee",
    "ivh_auc",
}
IBSI = oracle("ibsi_1_digital_phantom.csv", ";")
PYRADIOMICS = oracle("pyradiomics_baseline.csv")
AGGREGATIONS = {
    f"{suffix}_{ending}": (neighbourhood, directions)
    for suffix, neighbourhood in (("2D", "2D"), ("2_5D", "2.5D"), ("3D", "3D"))
    for ending, directions in (("avg", "average"), ("comb", "merge"))
}
# Where two voxels of a cube touch by an edge alone, pyradiomics' table of triangles differs from
# scikit-image's. brain1 has such cubes; breast1 has none and agrees in all digits.
OF_THE_MESH = {
    "original_shape_MeshVolume": 6e-4,
    "original_shape_SurfaceArea": 2.2e-3,
    "original_shape_Sphericity": 2.6e-3,
    "original_shape_SurfaceVolumeRatio": 2.8e-3,
}


def split_tag(tag):
    """Return ("cm_contrast", "3D", "average") of "cm_contrast_3D_avg"."""
    found = re.fullmatch(r"(.*?)(?:_(2D|2_5D|3D))?(?:_(avg|comb))?", tag)
    directions = {"avg": "average", "comb": "merge", None: "merge"}[found[3]]
    return found[1], (found[2] or "3D").replace("_", "."), directions


@pytest.fixture(scope="module")
def measured():
    image, mask = ibsi_phantom()
    return {
        choice: radiomics(
            image,
            mask,
            spacing=SPACING,
            bin_width=1,
            neighbourhood=choice[0],
            directions=choice[1],
        )
        for choice in AGGREGATIONS.values()
    }


@pytest.mark.parametrize(
    "row", [row for row in IBSI if row["reference value"]], ids=lambda r: r["tag"]
)
def test_the_ibsi_phantom(measured, row):
    tag, *choice = split_tag(row["tag"])
    (name,) = [name for name, names in feature_names().items() if names.ibsi == tag]
    value, expected = measured[tuple(choice)][name], float(row["reference value"])
    # Both the value and its tolerance are rounded, to three significant digits.
    last_digit = 10.0 ** (np.floor(np.log10(abs(expected))) - 2) if expected else 1e-9
    assert abs(value - expected) <= float(row["tolerance"]) + 0.501 * last_digit


def test_every_feature_of_the_ibsi_that_has_a_value_is_there():
    ours = {names.ibsi for names in feature_names().values()}
    assert {split_tag(row["tag"])[0] for row in IBSI} - ours == WITHOUT_VALUE
    without = {row["tag"] for row in IBSI if not row["reference value"]}
    assert without == WITHOUT_VALUE


@pytest.fixture(scope="module")
def baselines():
    import nrrd

    found = {}
    for case in ("brain1", "breast1"):
        image, header = nrrd.read(str(shared("volumes_nrrd") / f"{case}_image.nrrd"))
        mask, _ = nrrd.read(str(shared("volumes_nrrd") / f"{case}_label.nrrd"))
        spacing = np.linalg.norm(header["space directions"], axis=1)
        found[case] = radiomics(
            image, mask == 1, spacing=spacing, profile="pyradiomics", energy_shift=2000
        )
    return found


@pytest.mark.parametrize("case", ["brain1", "breast1"])
@pytest.mark.parametrize("row", PYRADIOMICS, ids=lambda row: row["feature"])
def test_the_pyradiomics_baseline(baselines, row, case):
    name = row["feature"]
    tolerance = OF_THE_MESH.get(name, 1e-9) if case == "brain1" else 1e-9
    assert baselines[case][name] == pytest.approx(float(row[case]), rel=tolerance, abs=1e-12)


def test_the_pyradiomics_profile_has_what_pyradiomics_has_and_no_more(baselines):
    assert set(baselines["brain1"].values) == {row["feature"] for row in PYRADIOMICS}


def test_the_embedded_phantom_is_the_published_one():
    import nibabel

    files = (shared("ibsi_phantom") / f"{name}.nii.gz" for name in ("phantom", "mask"))
    image, mask = (np.asarray(nibabel.load(file).dataobj) for file in files)
    np.testing.assert_array_equal(image, ibsi_phantom()[0])
    np.testing.assert_array_equal(mask > 0, ibsi_phantom()[1])


@pytest.mark.parametrize("profile", ["ibsi", "pyradiomics"])
@pytest.mark.parametrize("shape", [(24, 20), (9, 8, 7)])
def test_many_at_once_give_what_each_gives_alone(profile, shape):
    settings = RadiomicsSettings.for_profile(profile)
    random = np.random.default_rng(0)
    regions = []
    for seed in range(5):
        mask = random.random(shape) < 0.5 + seed / 10
        mask[: seed + 1] = False
        regions.append(region_of(tissue(*shape, seed=seed), mask, None, settings))
    together = radiomics_of_regions(regions, settings)
    for row, region in enumerate(regions):
        alone = radiomics_of_regions([region], settings)
        np.testing.assert_allclose(together.values[row], alone.values[0], rtol=1e-9, atol=1e-12)
        assert together.undefined[row] == alone.undefined[0]


def test_what_lies_outside_the_region_does_not_matter():
    image, mask = tissue(20, 20), np.zeros((20, 20), dtype=bool)
    mask[5:14, 6:15] = True
    first = radiomics(image, mask, families=["intensity", "glcm", "glrlm", "glszm", "ngtdm"])
    image[~mask] = np.nan
    second = radiomics(image, mask, families=["intensity", "glcm", "glrlm", "glszm", "ngtdm"])
    assert first.values == second.values


def test_a_region_may_lie_anywhere_and_be_turned():
    image = tissue(12, 12, 12)
    placed, mask = np.zeros((20, 21, 22)), np.zeros((20, 21, 22), dtype=bool)
    where = (slice(3, 15), slice(8, 20), slice(0, 12))
    placed[where], mask[where] = np.rot90(image, axes=(0, 1)), True
    # The peaks' spheres reach beyond the region, and of the row the turn makes the column.
    families = ["morphology", "intensity", "glcm", "glrlm", "glszm", "gldzm", "ngtdm", "ngldm"]
    first = radiomics(image, families=families).values
    second = radiomics(placed, mask, families=families).values
    second["morphology_maximum_diameter_row"], second["morphology_maximum_diameter_column"] = (
        second["morphology_maximum_diameter_column"],
        second["morphology_maximum_diameter_row"],
    )
    assert second == pytest.approx(first, rel=1e-9, abs=1e-9)


@given(st.floats(0.5, 50), st.floats(-1000, 1000))
def test_with_a_fixed_number_of_bins_texture_ignores_gain_and_offset(gain, offset):
    image = tissue(12, 12)
    families = ["histogram", "glcm", "glrlm", "glszm", "gldzm", "ngtdm", "ngldm"]
    # Few bins, whose edges no rounding of the 8-bit values can cross.
    first = radiomics(image, families=families, bin_number=7).values
    second = radiomics(image * gain + offset, families=families, bin_number=7).values
    assert second == pytest.approx(first, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_flat_region_says_what_is_undefined(dimensions):
    found = radiomics(np.full((6,) * dimensions, 7.0))
    undefined = {name for name, value in found.values.items() if np.isnan(value)}
    assert {"intensity_skewness", "glcm_correlation", "ngtdm_strength"} <= undefined
    assert found["glcm_joint_maximum"] == found["glrlm_grey_level_non_uniformity_normalised"] == 1
    assert found["ngtdm_coarseness"] == 1e6
    assert found.undefined == f"{len(undefined)} undefined: all values are equal"


def test_one_voxel_says_so():
    mask = np.zeros((5, 5), dtype=bool)
    mask[2, 3] = True
    found = radiomics(tissue(5, 5), mask)
    assert found.undefined.endswith("undefined: one voxel counts")
    assert np.isnan(found["glcm_contrast"])
    assert np.isnan(found["ngtdm_coarseness"])
    assert found["glszm_zone_percentage"] == 1
    assert found["morphology_surface"] == 0.5  # a diamond between the middles of four sides


def test_a_slice_of_a_volume_has_no_flatness_but_a_reason():
    found = radiomics(tissue(8, 8, 1))
    assert found["morphology_least_axis_length"] == 0
    assert np.isnan(found["morphology_volume_density_ellipsoid"])
    assert found.undefined.endswith("undefined: the region is one voxel thick")


@pytest.mark.parametrize(
    ("image", "mask", "message"),
    [
        (np.ones(5), None, r"shape \(5,\): must have 2 or 3"),
        (np.ones((4, 4)), np.zeros((4, 4)), "the mask is empty"),
        (np.ones((4, 4)), np.ones((4, 5)), r"mask of shape \(4, 5\) .* must be equal"),
        (np.ones((4, 4)), np.full((4, 4), np.nan), "the mask holds NaN"),
        (np.diag([1, np.nan]), None, r"NaN or infinite at \(1, 1\)"),
    ],
)
def test_unusable_input_is_refused(image, mask, message):
    with pytest.raises(BadInputError, match=message):
        radiomics(image, mask)


def test_pictures_and_volumes_do_not_mix():
    settings = RadiomicsSettings.for_profile()
    regions = [region_of(np.ones(shape), None, None, settings) for shape in ((4, 4), (4, 4, 4))]
    with pytest.raises(BadInputError, match="of pictures or of volumes"):
        radiomics_of_regions(regions, settings)


def ladder(change, name, steps):
    image = tissue(48, 48, smooth=0.7)
    return [
        radiomics(
            change(image, step), bin_width=8, families=["intensity", "glcm", "glrlm", "ngtdm"]
        )[name]
        for step in steps
    ]


def noisy(image, sigma):
    return image + sigma * np.random.default_rng(1).normal(size=image.shape)


def blurred(image, sigma):
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(image, sigma)


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("intensity_variance", 1),
        ("glcm_contrast", 1),
        ("glcm_joint_entropy", 1),
        ("glcm_correlation", -1),
        ("glcm_inverse_difference", -1),
        ("glrlm_short_run_emphasis", 1),
        ("glrlm_run_percentage", 1),
        ("ngtdm_complexity", 1),
    ],
)
def test_noise_and_blur_move_texture_opposite_ways(name, sign):
    # Noise makes neighbours differ; a blur makes them alike.
    noise, blur = ladder(noisy, name, (0, 10, 20, 40)), ladder(blurred, name, (0, 0.7, 1.2, 2))
    assert (sign * np.diff(noise) > 0).all()
    assert (sign * np.diff(blur) < 0).all()
