import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

from cancergan.cohort.dicom.grid import Grid
from cancergan.cohort.dicom.instances import read_instance
from tests.cohort.dicom.files import write_dose


def planes():
    return np.arange(3 * 4 * 5, dtype=np.uint16).reshape(3, 4, 5)


def test_stored_numbers_become_gray_on_their_own_grid(tmp_path):
    dose = read_instance(write_dose(tmp_path / "d.dcm", planes())).belonging
    # write_slice: 0.5 mm between rows, 0.25 mm between columns; LPS to RAS turns x and y round.
    assert dose.grid.shape == (5, 4, 3)
    assert np.allclose(dose.grid.affine, np.diag([-0.25, -0.5, 2.0, 1.0]))
    assert np.allclose(dose.on(dose.grid), planes().transpose(2, 1, 0) * 0.001, rtol=1e-6)


def test_dose_between_planes_is_interpolated_and_zero_far_outside(tmp_path):
    dose = read_instance(write_dose(tmp_path / "d.dcm", planes())).belonging
    shifted = dose.grid.affine.copy()
    shifted[2, 3] = 1.0
    between = dose.on(Grid((5, 4, 2), shifted))
    stored = planes().transpose(2, 1, 0) * 0.001
    assert np.allclose(between, (stored[..., :-1] + stored[..., 1:]) / 2, rtol=1e-6)
    shifted[2, 3] = 100.0
    assert not dose.on(Grid((5, 4, 2), shifted)).any()


@pytest.mark.parametrize("offsets", [[0, -2, -4], [10, 8, 6]])
def test_planes_in_falling_order_and_stated_as_coordinates(tmp_path, offsets):
    place = {"position": (0.0, 0.0, 10.0), "GridFrameOffsetVector": offsets}
    dose = read_instance(write_dose(tmp_path / "d.dcm", planes(), **place)).belonging
    assert np.allclose(dose.grid.affine[:3, 3], [0, 0, 6])
    assert np.allclose(dose.on(dose.grid)[..., 0], planes()[2].T * 0.001)


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"DoseUnits": "RELATIVE"}, "dose in RELATIVE, needed is GY"),
        ({"DoseGridScaling": None}, "dose without DoseGridScaling"),
        ({"position": None}, "dose without a place"),
        ({"GridFrameOffsetVector": [0.0, 2.0, 5.0]}, "dose planes lie 2 to 3 mm apart"),
    ],
)
def test_what_is_no_dose_in_gray_is_left_out_with_its_reason(tmp_path, attributes, reason):
    assert read_instance(write_dose(tmp_path / "d.dcm", planes(), **attributes)) == reason


def test_a_real_dose_grid_holds_its_numbers(tmp_path):
    dataset = pydicom.dcmread(get_testdata_file("rtdose.dcm", download=False))
    dataset.DoseUnits = "GY"
    dataset.save_as(tmp_path / "d.dcm")
    dose = read_instance(tmp_path / "d.dcm").belonging
    stored = np.frombuffer(dataset.PixelData, "<u4").reshape(15, 10, 10).transpose(2, 1, 0)
    assert np.allclose(dose.on(dose.grid), stored * dataset.DoseGridScaling)
    assert dose.grid.shape == (10, 10, 15)
