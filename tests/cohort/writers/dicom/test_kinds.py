import numpy as np
import pytest
from pydicom import Dataset
from pydicom.uid import CTImageStorage, MRImageStorage, SecondaryCaptureImageStorage

from cancergan.cohort.writers.dicom.kinds import demand, kind_of, matched
from cancergan.cohort.writers.dicom.stored import Stored

GREY, COLOUR = Stored(np.zeros((1, 2, 2), np.uint8)), Stored(np.zeros((3, 2, 2), np.uint8))


@pytest.mark.parametrize(
    ("modality", "image", "kind", "uid", "stated"),
    [
        ("CT", GREY, "CT", CTImageStorage, "CT"),
        ("MR", GREY, "MR", MRImageStorage, "MR"),
        ("PT", GREY, "SC", SecondaryCaptureImageStorage, "PT"),
        ("CT", COLOUR, "SC", SecondaryCaptureImageStorage, "CT"),
        (None, GREY, "SC", SecondaryCaptureImageStorage, "OT"),
        ("x ray/'\\", GREY, "SC", SecondaryCaptureImageStorage, "OT"),
    ],
)
def test_the_modality_decides_the_class(modality, image, kind, uid, stated):
    assert kind_of(modality, image) == kind
    dataset = Dataset()
    demand(dataset, kind, modality, synthetic=True)
    assert (dataset.SOPClassUID, dataset.Modality) == (uid, stated)
    assert list(dataset.ImageType)[:2] == ["DERIVED", "SECONDARY"]


def test_ct_and_mr_take_sixteen_bit():
    assert matched(GREY, "CT").numbers.dtype == np.int16
    assert matched(GREY, "SC").numbers.dtype == np.uint8
