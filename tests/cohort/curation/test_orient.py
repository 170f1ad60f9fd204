import numpy as np
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.curation.orient import Orient
from cancergan.core.errors import BadInputError
from tests.cohort.curation.plants import case
from tests.data import shared

AFFINE = np.array([[0, -2.0, 0, 5], [0, 0, 3.0, -7], [-1.5, 0, 0, 11], [0, 0, 0, 1]])


@pytest.mark.parametrize("to", ["RAS", "LPS", "SPR"])
def test_every_voxel_keeps_its_place_in_the_patient(to):
    values = np.arange(2 * 4 * 5 * 6, dtype=np.float32).reshape(2, 4, 5, 6)
    mask = values[0].astype(np.int32)
    new = Orient(to=to).apply(case(values, mask=mask, spacing=(1.5, 2.0, 3.0), affine=AFFINE))
    import nibabel

    assert "".join(nibabel.aff2axcodes(new.affine)) == to
    assert np.array_equal(new.mask, new.image[0])
    np.testing.assert_allclose(np.linalg.norm(new.affine[:3, :3], axis=0), new.spacing)
    for index in [(0, 0, 0), (3, 2, 5), (1, 4, 0)]:
        place = AFFINE @ [*index, 1]
        there = np.rint(np.linalg.solve(new.affine, place)[:3]).astype(int)
        assert new.image[1][tuple(there)] == values[1][index]


def test_there_and_back_is_the_same():
    held = case(np.random.default_rng(0).normal(size=(1, 4, 5, 6)), affine=AFFINE)
    ras = Orient().apply(held)
    back = Orient(to="RAS").apply(Orient(to="LPI").apply(ras))
    assert np.array_equal(back.image, ras.image)
    np.testing.assert_allclose(back.affine, ras.affine)


def test_a_real_volume():
    cohort = Cohort.open(shared("volumes_nrrd")).curated(["orient:to=LPS"])
    assert cohort[0].image.shape == (1, 256, 256, 25)
    assert np.diag(cohort[0].affine)[:2] == pytest.approx([-0.78125, -0.78125])


def test_what_has_no_direction_is_refused():
    with pytest.raises(BadInputError, match="no known direction"):
        Orient().apply(case(np.ones((1, 4, 4))))
    with pytest.raises(ValueError, match="is not one letter each"):
        Orient(to="RAA")
