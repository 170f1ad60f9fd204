"""Edited images: what changes, what stays, and that they are nobody's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pydicom
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.edits import PREFIX, Edit, Site
from cancergan.cohort.sites import crops_at, healthy_sites, lesion_sites
from cancergan.cohort.tampering import edited
from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator
from tests.data import blobs

PATIENT, SITE = "REAL-4711", Site(1, (3, 4, 2), (5, 4, 6))


def scans(n=4, shape=(16, 14, 12)):
    random = numpy_generator(0, "scans")
    images = random.integers(-900, 200, size=(n, 1, *shape)).astype(np.int16)
    masks = np.zeros((n, *shape), np.uint8)
    masks[1:, 4:7, 5:7, 3:6] = 2
    table = pd.DataFrame(
        {"patient_id": [f"{PATIENT}-{i}" for i in range(n)], "modality": "CT", "age": 60}
    )
    affine = np.diag([1.5, 1.5, 3.0, 1.0])
    return Cohort.from_arrays(images, table, masks=masks, affine=affine)


def one_edit(site=SITE, kind="injected"):
    where = np.zeros(site.size, bool)
    where[1:3, 1:3, 2:4] = True
    return Edit(site, np.full((1, *site.size), 40.4, np.float32), where, kind)


def test_only_the_edit_changes_and_all_else_is_bit_equal():
    before = scans()
    after = edited(before, [one_edit()], made_by={"run": "r"})
    was, found = before.pixels(1), after.pixels(0)
    place = np.zeros(was.image.shape[1:], bool)
    place[4:6, 5:7, 4:6] = True
    assert found.image.dtype == was.image.dtype
    assert (found.image[0][place] == 40).all()
    assert np.array_equal(found.image[0][~place], was.image[0][~place])
    assert np.array_equal(found.mask.astype(bool), place)
    assert np.array_equal(found.affine, was.affine)


def test_the_table_of_edited_images_tells_nothing_of_the_patient():
    after = edited(scans(), [one_edit(), one_edit(replace(SITE, row=2))], made_by={})
    assert set(after.table) == {"case_id", "patient_id", "synthetic", "tampered", "modality"}
    assert after.table["patient_id"].is_unique
    assert after.table["patient_id"].str.startswith(PREFIX).all()
    assert PATIENT not in str(after.provenance) + str(after.table.to_dict())


def test_an_edit_that_does_not_fit_is_refused():
    outside = one_edit(replace(SITE, corner=(12, 4, 2)))
    with pytest.raises(BadInputError, match="does not fit an image"):
        edited(scans(), [outside], made_by={})


def dicom_of(folder):
    return [pydicom.dcmread(path) for path in sorted(folder.rglob("*.dcm"))]


def test_a_forged_dicom_shares_nothing_with_the_patient_whose_image_it_was(tmp_path):
    scans().save(tmp_path / "hospital", "dicom")
    patients = dicom_of(tmp_path / "hospital")
    for file in patients:  # as a hospital's files are
        file.PatientID = file.PatientName = PATIENT
        file.save_as(file.filename)
    theirs = {p: p.read_bytes() for p in sorted((tmp_path / "hospital").rglob("*.dcm"))}

    opened = Cohort.open(tmp_path / "hospital")
    forged = edited(opened, [one_edit(replace(SITE, row=0))], made_by={"run": "r"})
    forged.save(tmp_path / "forged", "dicom")
    made = dicom_of(tmp_path / "forged")

    for keyword in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID",
                    "FrameOfReferenceUID", "PatientID"):  # fmt: skip
        assert not {f.get(keyword) for f in made} & {f.get(keyword) for f in patients} - {None}
    for file in made:
        assert PATIENT not in str(file)
        assert file.PatientID.startswith("SYNTHETIC-")
        if file.Modality == "CT":
            assert file.ImageType[0] == "DERIVED"
            assert "lesion injected" in file.DerivationDescription
            assert file.ContentQualification == "RESEARCH"
    assert theirs == {p: p.read_bytes() for p in sorted((tmp_path / "hospital").rglob("*.dcm"))}


@pytest.mark.parametrize("format_name", ["native", "dicom", "nifti"])
def test_an_edited_image_is_not_written_over_a_patients_files(tmp_path, format_name):
    before = scans()
    before.save(tmp_path / "cohort")
    with pytest.raises(BadInputError, match="cohort"):
        edited(before, [one_edit()], made_by={}).save(tmp_path / "cohort", format_name)


FORGERIES = {
    "a patient's id": lambda c: c.with_column("patient_id", [PATIENT] * len(c)),
    "not synthetic": lambda c: c.with_column("synthetic", [False] * len(c)),
    "column emptied": lambda c: c.with_column("tampered", [None] * len(c)),
    "provenance emptied": lambda c: c.with_provenance(tampered={}),
    "all marks at once": lambda c: (
        c.with_column("tampered", [None] * len(c))
        .with_column("synthetic", [False] * len(c))
        .with_column("patient_id", [PATIENT] * len(c))
        .with_provenance(tampered={})
    ),
    "under another name": lambda c: (
        c.with_column("case_id", ["x"])
        .with_column("tampered", [None])
        .with_column("patient_id", [PATIENT])
    ),
    "behind a curation step": lambda c: c.curated(["resample:spacing=3,3,3"]).with_column(
        "tampered", [None] * len(c)
    ),
    "among others": lambda c: Cohort.concatenate([scans(), c]).with_column(
        "patient_id", [PATIENT] * (len(c) + 4)
    ),
    "among others, under another name": lambda c: (
        Cohort.concatenate([scans(), c])
        .with_column("case_id", list("abcde"))
        .with_column("tampered", [None] * 5)
        .with_column("patient_id", [PATIENT] * 5)
    ),
}


@pytest.mark.parametrize("saved", [False, True])
@pytest.mark.parametrize("way", sorted(FORGERIES))
def test_an_edited_image_is_refused_under_a_patients_identity(way, saved, tmp_path):
    after = edited(scans(), [one_edit()], made_by={})
    if saved:
        after.save(tmp_path / "edited")
        after = Cohort.open(tmp_path / "edited")
    for format_name in ("native", "dicom", "nifti"):
        with pytest.raises(BadInputError, match="an edited image") as refusal:
            FORGERIES[way](after).save(tmp_path / "out", format_name)
        assert "\n" not in str(refusal.value)
    assert not (tmp_path / "out").exists()


def test_edited_images_come_back_as_they_were_saved_also_beside_real_ones(tmp_path):
    after = edited(scans(), [one_edit()], made_by={})
    both = Cohort.concatenate([scans(), after])
    both.save(tmp_path / "both")
    opened = Cohort.open(tmp_path / "both")
    assert opened.fingerprint == both.fingerprint
    opened.save(tmp_path / "again")


def test_edited_images_in_the_folders_of_a_division_are_still_known(tmp_path):
    after = edited(scans(), [one_edit()], made_by={})
    after.save(tmp_path / "parts" / "train")
    scans().save(tmp_path / "parts" / "test")
    opened = Cohort.open(tmp_path / "parts")
    forged = opened.with_column("tampered", [None] * len(opened))
    with pytest.raises(BadInputError, match="an edited image"):
        forged.with_column("patient_id", [PATIENT] * len(opened)).save(tmp_path / "out")


def test_lesion_sites_hold_the_lesion_and_healthy_ones_none():
    cohort = blobs(8, shape=(32, 32))
    sites = lesion_sites(cohort, 16)
    crops = crops_at(cohort, sites, label="lesion")
    for site, crop in zip(sites, crops, strict=True):
        assert crop.image.shape == (1, 16, 16)
        assert crop.mask.sum() == (cohort[site.row].mask > 0).sum()
    for site in healthy_sites(cohort, 8, like=crops_at(cohort, sites, label="lesion"), seed=0):
        assert not cohort[site.row].mask[site.box].any()


def test_healthy_sites_lie_in_the_tissue_of_the_lesions():
    """Half of each image is tissue of 100, half is air; lesions lie in tissue."""
    images = np.full((3, 1, 20, 40), -1000, np.int16)
    images[:, :, :, 20:] = 100
    masks = np.zeros((3, 20, 40), np.uint8)
    masks[:, 8:11, 25:28] = 1
    cohort = Cohort.from_arrays(images, masks=masks)
    like = crops_at(cohort, lesion_sites(cohort, 8), label="lesion")
    found = healthy_sites(cohort, 6, like=like, seed=0)
    assert len(found) == 3
    assert all(site.corner[1] >= 20 for site in found)


def test_boxes_larger_than_the_image_are_refused():
    with pytest.raises(BadInputError, match="smaller than boxes of 40"):
        lesion_sites(blobs(4), 40)
