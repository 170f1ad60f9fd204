import numpy as np
import pandas as pd
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.formats import read_header, read_image, read_mask
from cancergan.core.errors import BadInputError
from tests.cohort.dicom.files import (
    functional_group,
    shared_groups,
    write_multi_frame,
    write_slice,
)


def test_a_table_may_name_dicom_files(tmp_path):
    for n in range(2):
        write_slice(tmp_path / f"{n}.dcm", np.full((2, 3), n, np.uint16), RescaleIntercept=-9)
    pd.DataFrame({"image": ["0.dcm", "1"], "label": ["x", "y"]}).to_csv(tmp_path / "t.csv")
    cohort = Cohort.open(tmp_path)
    assert cohort.classes == ("x", "y")
    assert [case.image.max() for case in cohort] == [-9, -8]


def test_a_multi_frame_file_is_a_volume(tmp_path):
    stored = np.arange(12, dtype=np.uint16).reshape(2, 2, 3)
    groups = [functional_group((0.0, 0.0, 3.0 * k)) for k in range(2)]
    file = write_multi_frame(tmp_path / "a.dcm", stored, groups, shared_groups())
    assert read_header(file).shape == (1, 3, 2, 2)
    assert np.array_equal(read_image(file).image[0], stored.transpose(2, 1, 0))
    assert np.array_equal(read_mask(file), stored.transpose(2, 1, 0))


def test_what_is_no_image_is_refused(tmp_path):
    plan = write_slice(tmp_path / "a.dcm", np.zeros((2, 2), np.uint16), Modality="RTPLAN")
    with pytest.raises(BadInputError, match=r"is no image .RTPLAN object"):
        read_header(plan)
    stored = np.zeros((3, 2, 2), np.uint16)
    groups = [functional_group((0.0, 0.0, z)) for z in (0.0, 1.0, 5.0)]
    gap = write_multi_frame(tmp_path / "b.dcm", stored, groups, shared_groups())
    with pytest.raises(BadInputError, match=r"b\.dcm: makes no image .3 slices are missing"):
        read_image(gap)
