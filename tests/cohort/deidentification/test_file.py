import numpy as np
import pydicom
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit

from cancergan.cohort.deidentification.file import deidentify_dataset
from cancergan.cohort.deidentification.pixels import Rectangle
from cancergan.cohort.deidentification.profile import Profile
from cancergan.cohort.deidentification.secret import Secret
from tests.cohort.deidentification.patients import write_patient

SECRET = Secret(bytes(range(32)))


def test_the_file_says_what_was_done(tmp_path):
    dataset = pydicom.dcmread(write_patient(tmp_path / "p.dcm"))
    pixels = dataset.pixel_array.copy()
    done = deidentify_dataset(dataset, SECRET, Profile(), rectangles=[Rectangle(0, 0, 3, 2)])
    assert (done.blackened, done.leak) == (6, None)
    assert dataset.PatientIdentityRemoved == "YES"
    codes = [item.CodeValue for item in dataset.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113101", "113107"]
    assert dataset.LongitudinalTemporalInformationModified == "MODIFIED"
    assert dataset.BurnedInAnnotation == "NO"
    item = dataset.ContributingEquipmentSequence[0]
    assert item.PurposeOfReferenceCodeSequence[0].CodeValue == "109104"
    assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
    assert "SourceApplicationEntityTitle" not in dataset.file_meta
    assert dataset.preamble == bytes(128)
    assert np.array_equal(dataset.pixel_array[2:], pixels[2:])


def test_untouched_pixels_do_not_change_and_claim_nothing(tmp_path):
    dataset = pydicom.dcmread(write_patient(tmp_path / "p.dcm"))
    before = bytes(dataset.PixelData)
    deidentify_dataset(dataset, SECRET, Profile())
    assert dataset.PixelData == before
    assert "BurnedInAnnotation" not in dataset


def test_a_comment_within_a_compressed_image_is_found(tmp_path):
    dataset = pydicom.dcmread(write_patient(tmp_path / "p.dcm"))
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    dataset.PixelData = encapsulate([b"\xff\xd8\xff\xfe\x00\x0eMUSTERMANN\x00\x00\xff\xd9"])
    done = deidentify_dataset(dataset, SECRET, Profile())
    assert "comment within the compressed pixels" in done.leak
