import numpy as np

from cancergan.cohort.dicom.frames import Place

OBLIQUE = Place((1.0, 2.0, 3.0), (0.6, 0.8, 0.0, -0.48, 0.36, 0.8), (2.0, 0.5))


def test_directions_are_unit_vectors_at_right_angles():
    vectors = np.array(OBLIQUE.directions)
    assert np.allclose(vectors @ vectors.T, np.eye(3))
    assert np.linalg.det(vectors) > 0


def test_the_affine_begins_at_the_position_turned_to_ras():
    affine = OBLIQUE.affine((np.array([1.0, 0, 0]), np.array([0, 0, 2.0]), np.array([0, 3.0, 0])))
    assert affine.tolist() == [[-1, 0, 0, -1], [0, 0, -3, -2], [0, 2, 0, 3], [0, 0, 0, 1]]


def test_parallel_means_same_directions_and_pixels():
    assert OBLIQUE.is_parallel_to(Place((9.0, 9.0, 9.0), OBLIQUE.along, (2.00005, 0.5)))
    assert not OBLIQUE.is_parallel_to(Place((1.0, 2.0, 3.0), OBLIQUE.along, (2.0, 0.6)))
    turned = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    assert not OBLIQUE.is_parallel_to(Place((1.0, 2.0, 3.0), turned, (2.0, 0.5)))
