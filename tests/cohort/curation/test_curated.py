import numpy as np
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.curation.crop import Crop
from cancergan.core.errors import BadInputError
from tests.data import blobs


def test_steps_run_in_order_when_read_and_are_recorded():
    cohort = blobs(4, shape=(20, 30))
    curated = cohort.curated(["crop:to=mask:margin=0", "resample:spacing=0.5"])
    mask = cohort[1].mask
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    assert curated[1].image.shape[1:] == (2 * (np.ptp(rows) + 1), 2 * (np.ptp(columns) + 1))
    assert curated[1].mask.shape == curated[1].image.shape[1:]
    assert curated.provenance["curation"] == [
        {"step": "crop", "to": "mask", "margin": 0.0},
        {"step": "resample", "spacing": [0.5]},
    ]
    assert cohort.provenance == {}
    assert cohort[1].image.shape == (1, 20, 30)
    assert curated.table.equals(cohort.table)


def test_headers_are_those_of_the_pixels():
    curated = blobs(2, shape=(20, 30)).curated(["resample:spacing=2"])
    header = curated.header(0)
    assert (header.shape, header.spacing) == ((1, 10, 15), (2.0, 2.0))
    assert header.dtype == curated.pixels(0).image.dtype == np.uint8


def test_the_data_type_follows_the_kind_of_step():
    hounsfield = Cohort.from_arrays(np.full((1, 1, 40, 40), -700, np.int16))
    assert hounsfield.curated([Crop(margin=1)]).provenance["curation"][0]["margin"] == 1
    assert hounsfield.curated(["resample:spacing=2"]).pixels(0).image.dtype == np.float32
    assert hounsfield.curated(["window:preset=ct_lung"]).pixels(0).image.dtype == np.float32
    picture = blobs(1).curated(["crop:to=mask"])
    assert picture.pixels(0).image.dtype == np.uint8
    assert picture.pixels(0).mask.dtype == np.uint8


def test_a_curated_cohort_saves_and_opens_again(tmp_path):
    curated = blobs(3).curated(["resample:spacing=1.5"])
    curated.save(tmp_path / "c")
    opened = Cohort.open(tmp_path / "c")
    assert opened.fingerprint == curated.fingerprint
    assert opened.provenance["curation"] == curated.provenance["curation"]
    assert opened[0].spacing == (1.5, 1.5)


def test_a_curated_cohort_is_selected_split_and_curated_further():
    curated = blobs(8).curated(["crop:to=mask"])
    part = curated.split({"a": 0.5, "b": 0.5})["a"].curated(["resample:spacing=0.5"])
    assert len(part.provenance["curation"]) == 2
    assert part[0].spacing == (0.5, 0.5)


def test_an_error_names_the_case():
    cohort = Cohort.from_arrays(np.ones((2, 1, 8, 8)))
    with pytest.raises(BadInputError, match='case "case_00001": has no mask to crop to'):
        cohort.curated(["crop:to=mask"])[1]


def test_further_arrays_move_along_and_keep_their_kind():
    random = np.random.default_rng(0)
    images = random.integers(-900, 900, (1, 1, 20, 24, 12)).astype(np.int16)
    images[:, :, :4] = -1000
    dose = random.uniform(0, 60, (1, 1, 20, 24, 12)).astype(np.float32)
    structures = random.integers(0, 1000, (1, 1, 20, 24, 12)).astype(np.uint16)
    cohort = Cohort.from_arrays(
        images,
        masks=(images[:, 0] > 0).astype(np.uint8),
        arrays={"dose": dose, "structures": structures},
        affine=np.diag([2.0, 2.0, 3.0, 1.0]),
    )
    turned = cohort.curated(["orient:to=LPS", "crop:to=mask:margin=0"]).pixels(0)
    assert np.array_equal(turned.arrays["dose"], dose[0][:, ::-1, ::-1][:, : turned.mask.shape[0]])
    assert turned.arrays["structures"].dtype == np.uint16
    finer = cohort.curated(["resample:spacing=1", "window:preset=ct_bone"]).pixels(0)
    assert {array.shape for array in finer.arrays.values()} == {(1, 40, 48, 36)}
    assert set(np.unique(finer.arrays["structures"])) <= set(np.unique(structures))
    assert finer.arrays["structures"].dtype == np.uint16
