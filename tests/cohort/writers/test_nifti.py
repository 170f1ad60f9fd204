import nibabel
import numpy as np

from cancergan.cohort import Cohort


def test_another_program_sees_float32_and_the_place(tmp_path):
    affine = np.diag([-0.5, -0.5, 3.0, 1.0])
    affine[:3, 3] = (10, 20, 30)
    images = np.arange(24, dtype=np.int16).reshape(1, 1, 2, 3, 4) - 1000
    Cohort.from_arrays(images, affine=affine).save(tmp_path / "c", "nifti")
    volume = nibabel.load(tmp_path / "c/images/case_00000.nii.gz")
    assert volume.get_data_dtype() == np.float32
    assert np.array_equal(volume.get_fdata(), images[0, 0])
    assert np.allclose(volume.affine, affine)
