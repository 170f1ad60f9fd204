import subprocess
import sys

import numpy as np
import pytest
from pydicom.data import get_testdata_file

from cancergan.cohort import Cohort
from cancergan.cohort.dicom import apart
from cancergan.cohort.dicom.apart import frame_apart
from cancergan.core.errors import BadInputError

gdcm = pytest.importorskip("gdcm")


@pytest.fixture
def file(tmp_path):
    import pathlib

    target = tmp_path / "ä.dcm"
    source = get_testdata_file("SC_rgb_jpeg_gdcm.dcm", download=False)
    target.write_bytes(pathlib.Path(source).read_bytes())
    return target


def test_a_frame_comes_back_as_it_was(file):
    found = frame_apart(file, 0)
    assert (found.shape, found.dtype) == ((100, 100, 3), np.uint8)
    assert found[5, 50].tolist() == [255, 0, 0]


def test_what_cannot_be_decoded_is_an_error_and_the_next_file_is_read(file):
    whole = file.read_bytes()
    file.write_bytes(whole[:-3000])
    with pytest.raises(ValueError, match=r"\w"):
        frame_apart(file, 0)
    file.write_bytes(whole)
    assert frame_apart(file, 0).shape == (100, 100, 3)


def test_a_decoder_that_dies_is_told_in_one_line_and_started_anew(file, monkeypatch):
    apart._end()
    real = subprocess.Popen

    def dying(command, **options):
        return real([sys.executable, "-c", "import os; os.abort()"], **options)

    with monkeypatch.context() as patched:
        patched.setattr(apart.subprocess, "Popen", dying)
        with pytest.raises(BadInputError, match=r"ä\.dcm: cannot be read .its decoder broke down"):
            Cohort.open(file)[0]
    assert Cohort.open(file)[0].image.shape == (3, 100, 100)
