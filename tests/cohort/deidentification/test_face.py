from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.deidentification import deface
from cancergan.cohort.deidentification.face import face_of, voxels_kept
from cancergan.core.errors import BadInputError

random = np.random.default_rng(0)
HEADS = Cohort.from_arrays(
    random.integers(-1000, 2000, (2, 1, 6, 7, 8)).astype(np.int16),
    pd.DataFrame({"case_id": ["a", "b"]}),
    masks=random.integers(0, 2, (2, 6, 7, 8)),
    spacing=(1.0, 1.0, 1.2),
)


def front(case):
    face = np.zeros(case.image.shape[1:], bool)
    face[:, 5:, :] = True
    return face


def test_outside_of_the_face_every_voxel_is_bit_equal():
    defaced = deface(HEADS, front)
    for one, two, k in zip(HEADS, defaced, range(2), strict=True):
        assert np.array_equal(one.image[:, :, :5], two.image[:, :, :5])
        assert (two.image[:, :, 5:] == one.image.min()).all()
        assert np.array_equal(one.mask, two.mask)
        assert two.spacing == one.spacing
        assert defaced.header(k) == HEADS.header(k)
    assert defaced.provenance == {"defaced": True}


def test_a_second_sequence_loses_its_face_and_a_dose_stays():
    volumes = random.normal(size=(1, 1, 6, 7, 8)).astype(np.float32)
    cohort = Cohort.from_arrays(volumes, arrays={"target": volumes + 1, "dose": volumes + 2})
    found = deface(cohort, front)[0].arrays
    assert np.ptp(found["target"][:, :, 5:]) == 0
    assert np.array_equal(found["target"][:, :, :5], volumes[0][:, :, :5] + 1)
    assert np.array_equal(found["dose"], volumes[0] + 2)


@pytest.mark.parametrize("as_image", [True, False])
def test_masks_come_from_a_cohort_of_equal_names(as_image):
    faces = np.stack([front(case) for case in HEADS]).astype(np.uint8)
    table = pd.DataFrame({"case_id": ["b", "a"]})
    if as_image:
        masks = Cohort.from_arrays(faces[:, None] * 255, table)
    else:
        masks = Cohort.from_arrays(np.zeros((2, 1, 6, 7, 8)), table, masks=faces)
    defaced = deface(HEADS, face_of(masks))
    assert defaced.fingerprint == deface(HEADS, front).fingerprint
    with pytest.raises(BadInputError, match='no face mask for case "b"'):
        deface(HEADS, face_of(masks.select("case_id == 'a'")))


@pytest.mark.parametrize(
    ("face", "message"),
    [
        (np.zeros((6, 7, 8), bool), "covers nothing"),
        (np.ones((6, 7, 8), bool), "covers everything"),
        (np.ones((6, 7), bool), "has shape"),
    ],
)
def test_a_mask_that_cannot_be_right_is_refused(face, message):
    with pytest.raises(BadInputError, match=f'case "a": the face mask {message}'):
        deface(HEADS, lambda case: face)


def heads():
    from cancergan.cohort.phantoms import phantom

    return phantom("head_face", 2, seed=0, size=32)


def test_faces_of_the_phantom_are_emptied_and_all_else_is_bit_equal():
    before = heads()
    after = deface(before, lambda c: c.mask == 1, brain=lambda c: np.isin(c.mask, (2, 4)))
    for was, found in zip(before, after, strict=True):
        assert voxels_kept(was, found, was.mask == 1) == np.count_nonzero(was.mask != 1)
        assert np.ptp(found.image[:, was.mask == 1]) == 0


def test_one_changed_bit_outside_of_the_face_is_found():
    was = heads()[0]
    image = was.image.copy()
    place = tuple(np.argwhere(was.mask != 1)[0])
    image[(0, *place)] = np.nextafter(image[(0, *place)], np.float32(np.inf))
    with pytest.raises(BadInputError, match=r"1 of [0-9]+ numbers outside of the face changed"):
        voxels_kept(was, replace(was, image=image), was.mask == 1)


def test_a_face_that_touches_brain_is_refused():
    from scipy.ndimage import binary_dilation

    def brain(case):
        return np.isin(case.mask, (2, 4))

    def too_far(case):  # ends where the brain begins, and holds none of it
        return binary_dilation(brain(case)) & ~brain(case)

    with pytest.raises(BadInputError, match=r"face mask touches [0-9]+ voxels of brain"):
        deface(heads(), too_far, brain=brain)
