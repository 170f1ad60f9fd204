import numpy as np
import pandas as pd
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.deidentification import deface
from cancergan.cohort.deidentification.face import face_of
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
