import zlib

import numpy as np
import pydicom
import pytest
from pydicom import Dataset
from pydicom.data import get_testdata_file

from cancergan.cohort.dicom.headers import (
    item,
    items,
    numbers,
    read_dataset,
    text,
    transfer_syntax,
)
from cancergan.core.errors import BadInputError
from tests.cohort.dicom.files import write_slice


def test_headers_hold_the_tags_of_cohorts_and_no_pixels(tmp_path):
    file = write_slice(tmp_path / "a.dcm", np.zeros((2, 2), np.uint16), PatientName="Nobody")
    header = read_dataset(file, pixels=False)
    assert text(header, "PatientID") == "P1"
    assert "PixelData" not in header
    assert "PatientName" not in header
    assert "PixelData" in read_dataset(file, pixels=True)


@pytest.mark.filterwarnings("ignore:Invalid value")
def test_numbers_are_counted_and_finite():
    dataset = Dataset()
    dataset.PixelSpacing, dataset.SliceThickness = [1.5, 2.0], ""
    assert numbers(dataset, "PixelSpacing", 2) == (1.5, 2.0)
    assert numbers(dataset, "SliceThickness", 1) is None
    assert numbers(dataset, "ImagePositionPatient", 3) is None
    with pytest.raises(ValueError, match=r"PixelSpacing holds .* needed are 3 numbers"):
        numbers(dataset, "PixelSpacing", 3)
    dataset.SliceThickness = "nan"
    with pytest.raises(ValueError, match="SliceThickness holds"):
        numbers(dataset, "SliceThickness", 1)


def test_sequences_are_lists_of_items_or_none():
    dataset, inner = Dataset(), Dataset()
    inner.PatientID = "x"
    dataset.ReferencedSeriesSequence = [inner]
    assert text(item(dataset, "ReferencedSeriesSequence"), "PatientID") == "x"
    assert items(dataset, "SegmentSequence") == []
    assert len(item(dataset, "SegmentSequence")) == 0


def test_a_file_without_preamble_is_read_if_it_is_named_dicom(tmp_path):
    whole = write_slice(tmp_path / "a.dcm", np.ones((2, 2), np.uint16)).read_bytes()
    start = whole.index(b"\x08\x00\x16\x00")
    (tmp_path / "bare.dcm").write_bytes(whole[start:])
    dataset = read_dataset(tmp_path / "bare.dcm", pixels=True)
    assert transfer_syntax(dataset) == "1.2.840.10008.1.2.1"
    assert text(dataset, "PatientID") == "P1"


@pytest.mark.parametrize("content", [b"no DICOM" * 100, b"\0" * 200])
def test_what_is_no_dicom_is_refused_in_one_line(tmp_path, content):
    (tmp_path / "a.dcm").write_bytes(content)
    with pytest.raises(BadInputError, match=r"a\.dcm: cannot be read") as caught:
        read_dataset(tmp_path / "a.dcm", pixels=False)
    assert "\n" not in str(caught.value)


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "a.dcm").touch()
    with pytest.raises(BadInputError, match=r"a\.dcm: is empty .0 bytes"):
        read_dataset(tmp_path / "a.dcm", pixels=False)


def test_a_deflated_file_that_unfolds_beyond_the_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("cancergan.cohort.dicom.headers.MAX_VALUES", 1_000_000)
    source = get_testdata_file("image_dfl.dcm", download=False)
    meta_end = 144 + pydicom.filereader.read_file_meta_info(source).FileMetaInformationGroupLength
    with open(source, "rb") as file:
        whole = file.read()
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    plain = zlib.decompress(whole[meta_end:], -zlib.MAX_WBITS)
    (tmp_path / "sound.dcm").write_bytes(whole)
    assert text(read_dataset(tmp_path / "sound.dcm", pixels=False), "Modality") == "OT"
    bomb = packer.compress(plain + b"\0" * 3_000_000) + packer.flush()
    (tmp_path / "bomb.dcm").write_bytes(whole[:meta_end] + bomb)
    with pytest.raises(BadInputError, match="it unfolds to more than 2,000,000 bytes"):
        read_dataset(tmp_path / "bomb.dcm", pixels=False)
