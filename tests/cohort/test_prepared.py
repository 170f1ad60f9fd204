import numpy as np
import pandas as pd
import pytest

from cancergan.cohort import Cohort, Preparation, prepare
from cancergan.core.errors import BadInputError
from tests.data import blobs


def test_rows_stay_in_order_with_codes_and_ids():
    cohort = blobs(12, classes=3)
    plan = Preparation.plan(cohort, image_size=8)
    prepared = prepare(cohort, plan, columns=("image", "label", "mask"))
    assert prepared.images.shape == (12, 1, 8, 8)
    for i, case in enumerate(cohort):
        assert np.array_equal(prepared.images[i], plan.apply(case))
        assert np.array_equal(prepared.masks[i], plan.apply_mask(case))
        assert prepared.classes[prepared.labels[i]] == case.attributes["label"]
        assert prepared.case_ids[i] == case.case_id
        assert prepared.patient_ids[i] == case.attributes["patient_id"]
    assert prepared.labels.dtype == np.int64


def test_a_memory_map_holds_the_same(tmp_path):
    cohort = blobs(5)
    plan = Preparation.plan(cohort, image_size=8)
    mapped = prepare(cohort, plan, folder=tmp_path, memory_limit=0)
    assert isinstance(mapped.images, np.memmap)
    assert np.array_equal(mapped.images, prepare(cohort, plan).images)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_before_anything_is_written(tmp_path, monkeypatch):
    import shutil

    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(9, 8, 1))
    cohort = blobs(2)
    with pytest.raises(BadInputError, match="the disk is full"):
        prepare(cohort, Preparation.plan(cohort), folder=tmp_path, memory_limit=0)


def test_parts_share_the_codes_of_the_whole():
    cohort = blobs(12, classes=3)
    only = cohort.select("label == 'class_2'")
    assert set(prepare(only, Preparation.plan(only)).labels) == {2}


def test_a_missing_label_is_minus_one_unless_it_is_required():
    table = pd.DataFrame({"label": ["a", None, "b"]})
    cohort = Cohort.from_arrays(np.zeros((3, 1, 4, 4)), table)
    plan = Preparation.plan(cohort)
    assert prepare(cohort, plan).labels.tolist() == [0, -1, 1]
    with pytest.raises(BadInputError, match=r"row 2: no label \(case case_00001\)"):
        prepare(cohort, plan, columns=("image", "label"))


def test_without_labels_there_are_no_codes():
    cohort = Cohort.from_arrays(np.zeros((3, 1, 4, 4)))
    assert prepare(cohort, Preparation.plan(cohort)).labels is None


def test_the_first_bad_case_is_named():
    images = np.zeros((40, 1, 4, 4), np.float32)
    images[[17, 31]] = np.nan
    good = Cohort.from_arrays(images[:10])
    with pytest.raises(BadInputError, match="case_00017"):
        prepare(Cohort.from_arrays(images), Preparation.plan(good))
