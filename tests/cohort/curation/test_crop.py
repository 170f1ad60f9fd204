import numpy as np
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.curation.crop import Crop
from cancergan.core.errors import BadInputError
from tests.cohort.curation.plants import case
from tests.data import shared


def test_the_box_of_a_mask_with_its_margin_in_millimetres():
    mask = np.zeros((40, 40), np.int32)
    mask[10:20, 30:38] = 1
    image = np.arange(1600.0).reshape(1, 40, 40)
    affine = np.diag([2.0, 0.5, 1, 1])
    affine[:2, 3] = (100, -50)
    held = case(image, mask=mask, spacing=(2.0, 0.5), affine=affine)
    new = Crop(to="mask", margin=3).apply(held)
    # 3 mm are 2 rows of 2 mm (rounded up) and 6 columns, of which only 2 are there on the right.
    assert np.array_equal(new.image, image[:, 8:22, 24:40])
    assert np.array_equal(new.mask, mask[8:22, 24:40])
    assert new.affine[:2, 3].tolist() == [100 + 8 * 2.0, -50 + 24 * 0.5]
    assert held.affine[0, 3] == 100


def test_a_real_abdomen_loses_air_and_table():
    cohort = Cohort.open(shared("dicom_ct_seg"))
    before, after = cohort[0], cohort.curated(["crop:to=body:margin=0"])[0]
    assert before.image.shape[1:3] == (512, 512)
    assert 300 < after.image.shape[2] < 460
    # The first and last rows and columns of the box touch the body.
    assert all(edge.max() > -300 for edge in (after.image[:, 0], after.image[:, -1]))
    moved = after.affine[:3, 3] - before.affine[:3, 3]
    assert np.linalg.norm(moved) > 10


def test_an_empty_foreground_names_the_case():
    with pytest.raises(BadInputError, match='case "case": no body found'):
        Crop().apply(case(np.zeros((1, 20, 20))))
    with pytest.raises(BadInputError, match="no mask found in it"):
        Crop(to="mask").apply(case(np.zeros((1, 20, 20)), mask=np.zeros((20, 20), np.int32)))
