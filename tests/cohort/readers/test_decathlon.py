import json

import nibabel
import numpy as np
import pytest

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError


def volume(path, value, shape=(3, 4, 5)):
    path.parent.mkdir(parents=True, exist_ok=True)
    array = np.full(shape, value, np.int16)
    nibabel.save(nibabel.Nifti1Image(array, np.diag([2.0, 2.0, 3.0, 1.0])), path)


def dataset(folder, **record):
    (folder / "dataset.json").write_text(json.dumps(record))


def test_decathlon(tmp_path):
    volume(tmp_path / "imagesTr/brain_1.nii.gz", 5, (3, 4, 5, 2))
    volume(tmp_path / "labelsTr/brain_1.nii.gz", 1)
    volume(tmp_path / "imagesTs/brain_2.nii.gz", 6, (3, 4, 5, 2))
    dataset(
        tmp_path,
        name="BRATS",
        modality={"0": "FLAIR", "1": "T1w"},
        labels={"0": "background", "1": "edema"},
        training=[{"image": "./imagesTr/brain_1.nii.gz", "label": "./labelsTr/brain_1.nii.gz"}],
        test=["./imagesTs/brain_2.nii.gz"],
    )
    cohort = Cohort.open(tmp_path)
    assert cohort.table["case_id"].tolist() == ["brain_1", "brain_2"]
    assert cohort.table["split"].tolist() == ["train", "test"]
    assert cohort[0].image.shape == (2, 3, 4, 5)
    assert (int(cohort[0].mask.max()), cohort[1].mask) == (1, None)
    assert cohort[0].spacing == (2.0, 2.0, 3.0)
    assert cohort.provenance == {
        "dataset": "BRATS",
        "channels": ["FLAIR", "T1w"],
        "mask_classes": {"0": "background", "1": "edema"},
    }


@pytest.fixture
def nnunet(tmp_path):
    for case in ("liver_001", "liver_002"):
        for channel in range(2):
            volume(tmp_path / f"imagesTr/{case}_000{channel}.nii.gz", channel + 1)
        volume(tmp_path / f"labelsTr/{case}.nii.gz", 1)
    volume(tmp_path / "imagesTs/liver_003_0000.nii.gz", 7)
    volume(tmp_path / "imagesTs/liver_003_0001.nii.gz", 8)
    dataset(
        tmp_path,
        channel_names={"0": "CT", "1": "PET"},
        labels={"background": 0, "liver": 1},
        numTraining=2,
        file_ending=".nii.gz",
    )
    return tmp_path


def test_nnunet_stacks_the_files_of_a_case(nnunet):
    cohort = Cohort.open(nnunet)
    assert cohort.table["case_id"].tolist() == ["liver_001", "liver_002", "liver_003"]
    assert cohort[2].image[:, 0, 0, 0].tolist() == [7, 8]
    assert cohort.header(0).shape == (2, 3, 4, 5)
    assert cohort[1].mask is not None
    assert cohort.provenance["mask_classes"] == {"0": "background", "1": "liver"}


def test_nnunet_may_name_its_files(nnunet):
    record = json.loads((nnunet / "dataset.json").read_text())
    named = {
        "x": {
            "images": ["imagesTr/liver_002_0000.nii.gz", "imagesTr/liver_002_0001.nii.gz"],
            "label": "labelsTr/liver_002.nii.gz",
        }
    }
    dataset(nnunet, **record | {"dataset": named, "numTraining": 1})
    assert Cohort.open(nnunet).table["split"].tolist() == ["train", "test"]


def test_nnunet_1_lists_cases_whose_files_have_channel_numbers(nnunet):
    dataset(
        nnunet,
        modality={"0": "CT", "1": "PET"},
        labels={"0": "background"},
        training=[{"image": "./imagesTr/liver_001.nii.gz", "label": "./labelsTr/liver_001.nii.gz"}],
        test=[],
    )
    cohort = Cohort.open(nnunet)
    assert cohort.table["case_id"].tolist() == ["liver_001"]
    assert cohort[0].image[:, 0, 0, 0].tolist() == [1, 2]


def test_missing_files_are_counted_and_named(nnunet):
    (nnunet / "labelsTr/liver_002.nii.gz").unlink()
    with pytest.raises(
        BadInputError, match=r'dataset.json, row 2: mask "labelsTr/liver_002.nii.gz"'
    ):
        Cohort.open(nnunet)
    (nnunet / "imagesTr/liver_001_0001.nii.gz").unlink()
    with pytest.raises(BadInputError, match=r"liver_001_0000.nii.gz has 1 channel files, .* 2"):
        Cohort.open(nnunet)
    (nnunet / "imagesTr/liver_001_0000.nii.gz").unlink()
    with pytest.raises(BadInputError, match="states 2 training cases, imagesTr holds 1"):
        Cohort.open(nnunet)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"training": [{"images": "x"}]}, '"training" must list'),
        ({"training": [{"image": "imagesTr/no.nii.gz"}]}, "row 1: image .*no.nii.gz.* not found"),
        ({"training": [{"image": "../../x.nii.gz"}]}, "leaves the folder"),
        ({"channel_names": {"0": "CT"}}, "names no case"),
    ],
)
def test_a_record_that_names_nothing_usable_is_refused(tmp_path, record, message):
    dataset(tmp_path, **record)
    with pytest.raises(BadInputError, match=message):
        Cohort.open(tmp_path)
