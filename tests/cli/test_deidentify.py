import subprocess
import sys

import numpy as np
import pydicom
import pytest

from cancergan.cohort import Cohort
from tests.cohort.deidentification.patients import contents_of, write_patient


def run(*arguments, code=0):
    """Run the command line and return what it prints."""
    command = [sys.executable, "-m", "cancergan.cli.main", *map(str, arguments)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == code, told.stderr
    return told.stdout + told.stderr


def test_a_folder_is_deidentified_with_a_key_that_is_made_and_used_again(tmp_path):
    write_patient(tmp_path / "in/x.dcm")
    options = ["--keep-characteristics", "--blank", "0,0,4,4"]
    first = [*options, "--new-key", tmp_path / "key"]
    output = run("deidentify", tmp_path / "in", "--out", tmp_path / "a", *first)
    assert "1 files, 0 held back" in output
    run("deidentify", tmp_path / "in", "--out", tmp_path / "b", *options, "--key", tmp_path / "key")
    assert contents_of(tmp_path / "a") == contents_of(tmp_path / "b")
    assert b"ustermann" not in contents_of(tmp_path / "a")
    dataset = pydicom.dcmread(next((tmp_path / "a").rglob("*.dcm")))
    assert (dataset.PatientSex, dataset.PatientAge) == ("F", "059Y")
    assert not dataset.pixel_array[:4, :4].any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--dates", "shfit"], 'did you mean "shift"'),
        (["--key", "nowhere"], "nowhere: not found"),
        (["--blank", "1,2"], "needed is left,top,right,bottom"),
    ],
)
def test_mistakes_are_one_line(tmp_path, options, message):
    write_patient(tmp_path / "in/x.dcm")
    told = run("deidentify", tmp_path / "in", "--out", tmp_path / "out", *options, code=2)
    assert message in told
    assert told.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_deface(tmp_path):
    heads = np.arange(2 * 4 * 4 * 4, dtype=np.int16).reshape(2, 1, 4, 4, 4)
    faces = np.zeros((2, 1, 4, 4, 4), np.uint8)
    faces[:, :, 0] = 1
    Cohort.from_arrays(heads).save(tmp_path / "heads")
    Cohort.from_arrays(faces).save(tmp_path / "faces")
    output = run(
        "deface", tmp_path / "heads", "--masks", tmp_path / "faces", "--out", tmp_path / "out"
    )
    assert "2 cases without a face" in output
    for one, two in zip(heads, Cohort.open(tmp_path / "out"), strict=True):
        assert np.array_equal(one[:, 1:], two.image[:, 1:])
        assert (two.image[:, 0] == one.min()).all()
