"""Broken files of every format: only the library's own errors, in bounded time and memory."""

import json
import subprocess
import sys

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cohort.dicom.files import functional_group, shared_groups, write_multi_frame, write_slice
from tests.cohort.fuzzing import outcome


def play(count, seed):
    command = [sys.executable, "-m", "tests.cohort.fuzzing", str(count), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1500, check=False)
    last = done.stderr.strip().splitlines()[-1:]
    assert done.returncode == 0, f"{done.returncode} after input {last}\n{done.stdout[-6000:]}"
    return json.loads(done.stdout.splitlines()[-1])


def test_three_hundred_broken_files_are_opened_or_refused():
    counts = play(300, seed=0)
    assert counts["failed"] == 0
    assert counts["opened"] + counts["refused"] == 300
    # A mutation that no reader ever noticed would test nothing.
    assert counts["refused"] > 60


@pytest.mark.slow
def test_ten_thousand_broken_files_are_opened_or_refused():
    counts = play(10_000, seed=1)
    assert counts["failed"] == 0
    assert counts["opened"] + counts["refused"] == 10_000


NUMBERS = st.one_of(
    st.integers(-(2**15), 2**16 - 1), st.sampled_from([0, 1, -1, 65535, 2**31 - 1, -(2**31)])
)
DECIMALS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False, width=32).map(lambda x: f"{x:.8g}"),
    st.sampled_from(["", "0", "-0", "1e38", "1e-38", "99999999999"]),
)
TEXTS = st.one_of(st.text(max_size=20), st.sampled_from(["CT", "SEG", "RTDOSE", "RTSTRUCT"]))
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        **{n: st.integers(0, 65535) for n in ("Rows", "Columns", "SamplesPerPixel", "BitsStored")},
        "BitsAllocated": st.sampled_from([1, 8, 16, 32, 64, 0, 7]),
        "PixelRepresentation": st.integers(0, 2),
        "NumberOfFrames": NUMBERS,
        **dict.fromkeys(("RescaleSlope", "RescaleIntercept", "SliceThickness"), DECIMALS),
        **dict.fromkeys(("EchoTime", "DoseGridScaling"), DECIMALS),
        "PixelSpacing": st.lists(DECIMALS, max_size=3),
        "ImagePositionPatient": st.lists(DECIMALS, max_size=4),
        "ImageOrientationPatient": st.lists(DECIMALS, max_size=7),
        "GridFrameOffsetVector": st.lists(DECIMALS, max_size=4),
        **dict.fromkeys(("PatientID", "PatientAge", "StudyDate", "Modality", "DoseUnits"), TEXTS),
        "PhotometricInterpretation": st.sampled_from(
            ["MONOCHROME1", "RGB", "PALETTE COLOR", "YBR_FULL", "YBR_FULL_422", "x", ""]
        ),
    },
)


@pytest.mark.filterwarnings("ignore")
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=CHANGES, enhanced=st.booleans())
def test_any_values_in_a_header_are_opened_or_refused(tmp_path, changes, enhanced):
    path = tmp_path / "a.dcm"
    stored = np.arange(12, dtype=np.uint16).reshape(1, 3, 4)
    if enhanced:
        write_multi_frame(path, stored, [functional_group((0.0, 0.0, 0.0))], shared_groups())
    else:
        write_slice(path, stored[0])
    with pydicom.config.disable_value_validation():
        dataset = pydicom.dcmread(path)
        for name, value in changes.items():
            setattr(dataset, name, value)
        try:
            dataset.save_as(path)
        except (ValueError, TypeError, OverflowError, AttributeError, OSError):
            return  # pydicom does not write such a value
    assert outcome(path) in ("opened", "refused")
