import numpy as np
import pytest

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from tests.data import shared


def save(path, shape=(3, 4, 5, 3), **arrays):
    stored = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    np.savez(path, image=stored, **arrays)
    return stored


def test_slices_are_cases_of_their_patient(tmp_path):
    mask = np.zeros((3, 4, 5), bool)
    mask[1, 2, 3] = True
    stored = save(tmp_path / "A_1.npz", mask=mask, slice_index=np.array([4, 7, 9]))
    save(tmp_path / "B.npz", (2, 4, 5))
    (tmp_path / "patients.csv").write_text("patient,grade\nA,2\nB,3\n")
    (tmp_path / "notes.md").write_text("x")
    cohort = Cohort.open(tmp_path)
    assert cohort.table["case_id"].tolist()[:4] == ["A_1_004", "A_1_007", "A_1_009", "B_000"]
    assert cohort.table["patient_id"].tolist() == ["A", "A", "A", "B", "B"]
    assert cohort.table["grade"].tolist() == [2, 2, 2, 3, 3]
    assert np.array_equal(cohort[1].image, np.moveaxis(stored[1], -1, 0))
    assert np.array_equal(cohort[1].mask, mask[1])
    assert cohort.header(3).shape == cohort[3].image.shape == (1, 4, 5)
    assert cohort[3].mask is None
    assert cohort.account.left_out == (("notes.md", "not an image"),)


def test_the_longest_listed_name_is_the_patient(tmp_path):
    for name in ("P_1", "P_1_256", "P_12"):
        save(tmp_path / f"{name}.npz", (1, 2, 2))
    (tmp_path / "patients.csv").write_text("patient\nP\nP_1\n")
    found = dict(Cohort.open(tmp_path).table[["case_id", "patient_id"]].to_numpy())
    assert found == {"P_1_000": "P_1", "P_1_256_000": "P_1", "P_12_000": "P"}


def test_real_patients_open_as_slices():
    cohort = Cohort.open(shared("lgg_mri"))
    assert len(cohort) > 200
    assert cohort.unit_is_known
    table = cohort.table
    of_one = table[table["patient_id"] == "TCGA_CS_4941_19960909"]
    # 23 slices at 128 and the same 23 at 256 pixels.
    assert len(of_one) == 46
    case = cohort[int(of_one.index[0])]
    assert (case.image.shape[0], case.image.shape[1:]) == (3, case.mask.shape)


@pytest.mark.parametrize(
    ("arrays", "wrong"),
    [
        ({"shape": (4, 5)}, r"image has shape \(4, 5\)"),
        ({"mask": np.zeros((3, 4, 4))}, r"its mask \(3, 4, 4\)"),
        ({"slice_index": np.arange(2)}, "slice_index must hold 3 whole numbers"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path, arrays, wrong):
    save(tmp_path / "a.npz", **arrays)
    with pytest.raises(BadInputError, match=rf"a\.npz.*{wrong}"):
        Cohort.open(tmp_path)


def test_an_archive_of_another_layout_among_them_is_named(tmp_path):
    save(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", pixels=np.zeros(3))
    with pytest.raises(BadInputError, match=r"b\.npz: has no array `image`, but pixels"):
        Cohort.open(tmp_path)
