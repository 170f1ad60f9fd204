import numpy as np
from PIL import Image

from cancergan.cohort import Cohort
from tests.data import shared


def test_a_file_is_a_cohort_of_one(tmp_path):
    Image.fromarray(np.full((4, 5), 9, np.uint8)).save(tmp_path / "scan.png")
    cohort = Cohort.open(tmp_path / "scan.png")
    assert (len(cohort), cohort[0].case_id, cohort[0].image.max()) == (1, "scan", 9)


def test_a_real_volume():
    case = Cohort.open(shared("ibsi_phantom") / "phantom.nii.gz")[0]
    assert (case.case_id, case.image.shape, case.spacing) == ("phantom", (1, 5, 4, 4), (2, 2, 2))
