import json

import numpy as np
import pandas as pd
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.radiomics import grey, radiomics_table, save_radiomics
from cancergan.core.errors import BadInputError, CancerganWarning
from cancergan.metrics.radiomics import RadiomicsSettings, radiomics
from tests.data import blobs, shared

QUICK = RadiomicsSettings.for_profile(families=["intensity", "glcm"], bin_width=16)


def test_a_row_for_each_case_with_the_figures_of_the_case():
    cohort = blobs(6)
    table = radiomics_table(cohort, QUICK)
    assert list(table.columns[:4]) == ["case_id", "patient_id", "label", "undefined"]
    assert table["case_id"].tolist() == cohort.table["case_id"].tolist()
    for row, case in enumerate(cohort):
        alone = radiomics(case.image[0], case.mask, spacing=case.spacing, settings=QUICK)
        assert dict(table.iloc[row, 4:]) == pytest.approx(alone.values)


def test_blocks_make_no_difference(monkeypatch):
    whole = radiomics_table(blobs(7), QUICK)
    monkeypatch.setattr("cancergan.cohort.radiomics.BLOCK", 3)
    told = []
    cut = radiomics_table(blobs(7), QUICK, progress=lambda done, total: told.append((done, total)))
    monkeypatch.setattr("cancergan.cohort.radiomics.BLOCK_VOXELS", 1)
    pd.testing.assert_frame_equal(whole, radiomics_table(blobs(7), QUICK))
    pd.testing.assert_frame_equal(whole, cut)
    assert told == [(done, 7) for done in range(1, 8)]


def test_the_mask_the_image_or_one_label():
    images = np.arange(32.0).reshape(2, 1, 4, 4)
    masks = np.zeros((2, 4, 4), dtype=int)
    masks[:, 0], masks[:, 1] = 1, 2
    cohort = Cohort.from_arrays(images, masks=masks)

    def means(**choice):
        return radiomics_table(cohort, QUICK, **choice)["intensity_mean"].tolist()

    assert means() == means(of="mask") == [3.5, 19.5]
    assert means(label=2) == [5.5, 21.5]
    assert means(of="image") == [7.5, 23.5]


def test_no_masks_at_all_means_whole_images():
    cohort = Cohort.from_arrays(np.arange(32.0).reshape(2, 1, 4, 4))
    assert radiomics_table(cohort, QUICK)["intensity_mean"].tolist() == [7.5, 23.5]


def test_an_empty_mask_leaves_a_row_of_nan_with_the_reason():
    masks = np.ones((3, 4, 4), dtype=int)
    masks[1] = 0
    cohort = Cohort.from_arrays(9 * np.arange(48.0).reshape(3, 1, 4, 4), masks=masks)
    with pytest.warns(CancerganWarning, match="1 of 3 cases have an empty mask"):
        table = radiomics_table(cohort, QUICK)
    assert table["undefined"].tolist() == ["", "the mask is empty", ""]
    assert table.iloc[1, 3:].isna().all()
    assert not table.iloc[[0, 2], 3:].isna().any(axis=None)


def test_what_cannot_be_measured_is_refused_by_name():
    images = np.ones((2, 1, 4, 4))
    half = Cohort.from_arrays(images, masks=[np.ones((4, 4), dtype=int), None])
    with pytest.raises(BadInputError, match='case "case_00001" has no mask, unlike those before'):
        radiomics_table(half, QUICK)
    with pytest.raises(BadInputError, match=r'case "case_00001": has no mask\. Add one'):
        radiomics_table(half, QUICK, of="mask")
    assert len(radiomics_table(half, QUICK, of="image")) == 2
    other = Cohort.from_arrays(images, masks=[None, np.ones((4, 4), dtype=int)])
    with pytest.raises(BadInputError, match='case "case_00001" has a mask, unlike those before'):
        radiomics_table(other, QUICK)
    empty = Cohort.from_arrays(images, masks=np.zeros((2, 4, 4), dtype=int))
    with pytest.raises(BadInputError, match="every mask is empty"):
        radiomics_table(empty, QUICK)
    images[1, 0, 2, 2] = np.nan
    with pytest.raises(BadInputError, match='case "case_00001": the image is NaN or infinite at'):
        radiomics_table(Cohort.from_arrays(images), QUICK)
    with pytest.raises(BadInputError, match='unknown thing to measure "msk"'):
        radiomics_table(half, QUICK, of="msk")
    with pytest.raises(BadInputError, match="has no image"):
        radiomics_table(Cohort.from_arrays(None, pd.DataFrame({"age": [1]})), QUICK)


def test_colours_become_grey_and_other_channels_must_be_named():
    image = np.stack([np.full((2, 2), value) for value in (100.0, 50.0, 10.0)]).astype(np.float32)
    assert grey(image)[0, 0] == pytest.approx(0.299 * 100 + 0.587 * 50 + 0.114 * 10)
    assert grey(image, channel=2)[0, 0] == 10
    with pytest.raises(BadInputError, match=r"has 2 channels. Name one"):
        grey(image[:2])
    with pytest.raises(BadInputError, match="has no channel 3, only 0 to 2"):
        grey(image, channel=3)


def test_a_table_is_saved_with_its_settings(tmp_path):
    cohort = blobs(4)
    table = save_radiomics(cohort, tmp_path / "f.csv", QUICK)
    read = pd.read_csv(tmp_path / "f.csv", keep_default_na=False, dtype={"undefined": str})
    pd.testing.assert_frame_equal(read, table, check_dtype=False)
    record = json.loads((tmp_path / "f.json").read_text())
    assert record["settings"] == QUICK.to_json()
    assert record["cohort"]["fingerprint"] == cohort.fingerprint
    with pytest.raises(BadInputError, match="exists already"):
        save_radiomics(cohort, tmp_path / "f.csv", QUICK)
    with pytest.raises(BadInputError, match=r"must end in \.csv"):
        save_radiomics(cohort, tmp_path / "f.txt", QUICK)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.csv", "f.json"]


@pytest.mark.parametrize(
    ("name", "cases", "undefined"), [("busi", 24, "the mask is empty"), ("monuseg", 6, "")]
)
def test_real_regions(name, cases, undefined):
    cohort = Cohort.open(shared(name))
    first = (np.arange(len(cohort)) % (len(cohort) // cases)) == 0
    chosen = cohort.select(first)
    with pytest.warns(CancerganWarning) if undefined else _nothing():
        table = radiomics_table(chosen)
    assert set(table["undefined"]) <= {"", undefined}
    assert "" in set(table["undefined"])
    measured = table[table["undefined"] == ""].set_index("case_id")
    assert np.isfinite(measured.iloc[:, 5:].select_dtypes("number")).all(axis=None)
    for case in chosen:
        if case.case_id in measured.index:
            row = measured.loc[case.case_id]
            inside = grey(case.image)[case.mask > 0]
            assert row["intensity_median"] == pytest.approx(np.median(inside), abs=1e-3)
            assert row["morphology_approximate_surface"] == pytest.approx(
                len(inside) * np.prod(case.spacing)
            )


def test_a_malignant_lesion_has_a_rougher_outline_than_a_benign_one():
    cohort = Cohort.open(shared("busi")).select("label != 'normal'")
    shape = RadiomicsSettings.for_profile(families=["morphology"])
    found = radiomics_table(cohort.select(np.arange(len(cohort)) % 4 == 0), shape)
    medians = found.groupby("label")["morphology_sphericity"].median()
    assert medians["benign"] > medians["malignant"] + 0.05


def test_whole_colour_images():
    cohort = Cohort.open(shared("isic_uda1"))
    table = radiomics_table(cohort.select(np.arange(len(cohort)) % 100 == 0), QUICK)
    assert (table["undefined"] == "").all()
    assert table["intensity_mean"].between(0, 255).all()


@pytest.mark.parametrize("case", ["brain1", "breast1"])
def test_volumes_agree_with_their_baseline(case):
    from tests.metrics.radiomics.phantoms import oracle

    folder = shared("volumes_nrrd")
    import nrrd

    image, header = nrrd.read(str(folder / f"{case}_image.nrrd"))
    mask, _ = nrrd.read(str(folder / f"{case}_label.nrrd"))
    spacing = np.linalg.norm(header["space directions"], axis=1)
    cohort = Cohort.from_arrays(image[None, None], masks=mask[None], spacing=spacing)
    settings = RadiomicsSettings.for_profile("pyradiomics", families=["glcm", "ngldm"])
    table = radiomics_table(cohort, settings, label=1)
    for row in oracle("pyradiomics_baseline.csv"):
        if row["feature"] in table:
            assert table[row["feature"]][0] == pytest.approx(float(row[case]), rel=1e-6)


def _nothing():
    from contextlib import nullcontext

    return nullcontext()
