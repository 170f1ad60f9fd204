import numpy as np
import pytest

from cancergan.cohort.phantoms import phantom
from cancergan.core.errors import BadInputError
from tests.cohort.phantoms.contract import check_phantom, check_shapes, mask_radius

NAME = "head_face"
SMALL = {"size": (38, 48, 46)}


def identities(cohort):
    table = cohort.table
    columns = [name for name in table if name.endswith("_mm") and name != "lesion_radius_mm"]
    return table[columns].to_numpy(), table["patient_id"].to_numpy()


def test_it_keeps_the_contract():
    check_phantom(NAME, size=24)
    check_shapes(NAME)


def test_scans_of_a_patient_share_the_face_and_differ_as_images():
    cohort = phantom(NAME, 4, **SMALL)
    parameters, patients = identities(cohort)
    assert parameters.shape[1] == 12
    assert len(set(patients)) == 2
    assert np.array_equal(parameters[0], parameters[1])
    assert not np.allclose(parameters[1], parameters[2])
    assert not np.array_equal(cohort[0].image, cohort[1].image)


def test_a_face_tells_its_patient_when_the_pose_is_undone():
    cohort = phantom(NAME, 6, turn=0.01, size=(38, 48, 46))
    faces = [case.mask == 1 for case in cohort]

    def overlap(i, j):
        return 2 * (faces[i] & faces[j]).sum() / (faces[i].sum() + faces[j].sum())

    for patient in range(3):
        own = overlap(2 * patient, 2 * patient + 1)
        others = [overlap(2 * patient, j) for j in range(6) if j // 2 != patient]
        assert own > 0.98
        assert own > max(others) + 0.02


def test_masks_are_where_they_should_be():
    for case in phantom(NAME, 2, prevalence=0.0, turn=0.01, **SMALL):
        index = np.indices(case.mask.shape).reshape(3, -1)
        at = case.affine[:3, :3] @ index + case.affine[:3, 3:]
        at = at.reshape(3, *case.mask.shape)
        assert at[1][case.mask == 1].min() > 40
        assert at[1][case.mask == 2].max() < 80
        assert np.abs(at[0][case.mask == 3]).min() > 55
        assert set(np.unique(case.mask)) == {0, 1, 2, 3}


def test_removing_the_face_leaves_the_brain_alone():
    case = phantom(NAME, 1, **SMALL)[0]
    removed = np.where(case.mask == 1, 0.0, case.image[0])
    assert np.array_equal(removed[case.mask == 2], case.image[0][case.mask == 2])
    assert (removed != case.image[0]).mean() > 0.01


def test_a_tumour_has_its_radius_and_is_bright():
    options = {"prevalence": 1.0, "lesion_radius": (12.0, 14.0), "size": (64, 80, 76)}
    case = phantom(NAME, 1, **options)[0]
    assert mask_radius(case, 4) == pytest.approx(case.attributes["lesion_radius_mm"], rel=0.1)
    assert np.median(case.image[0][case.mask == 4]) > np.median(case.image[0][case.mask == 2])


def test_no_scan_is_refused():
    with pytest.raises(BadInputError, match="scans is 0"):
        phantom(NAME, 1, scans=0)
