import numpy as np
import pytest

from cancergan.cohort.readers.open_kbp_patients import NpzPatient
from cancergan.core.errors import BadInputError


def test_bits_are_structures_and_hundredths_are_gray(tmp_path):
    bits = np.zeros((2, 2, 2), np.uint16)
    bits[0, 0, 0], bits[1, 1, 1] = 0b101, 0b100
    np.savez(
        tmp_path / "a.npz",
        ct=np.ones((2, 2, 2), np.int16),
        dose=np.full((2, 2, 2), 7000, np.uint16),
        structures=bits,
        voxel_mm=np.array([3.0, 3.0, 2.5]),
        rois=np.array(["A", "B", "C"]),
    )
    patient = NpzPatient(tmp_path / "a.npz")
    assert patient.names == ["A", "C"]
    drawn = dict(patient.drawn())
    assert np.argwhere(drawn["A"]).tolist() == [[0, 0, 0]]
    assert np.argwhere(drawn["C"]).tolist() == [[0, 0, 0], [1, 1, 1]]
    assert patient.dose().tolist() == np.full((2, 2, 2), 70.0).tolist()
    assert patient.spacing() == (3.0, 3.0, 2.5)


def test_arrays_of_another_shape_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", ct=np.ones(3), structures=np.ones((2, 2, 2)))
    with pytest.raises(BadInputError, match=r"a\.npz: ct has shape \(3,\) of float64"):
        NpzPatient(tmp_path / "a.npz").ct()
