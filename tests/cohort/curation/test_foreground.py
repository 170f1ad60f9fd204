import numpy as np
import pytest
from scipy import ndimage

from cancergan.cohort import Cohort
from cancergan.cohort.curation.foreground import body, brain, breast, is_hounsfield, largest
from cancergan.cohort.phantoms import phantom
from tests.data import shared


def disc(shape, centre, radius):
    grid = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    return np.linalg.norm(grid - np.array(centre), axis=-1) <= radius


def dice(first, second):
    return 2 * (first & second).sum() / (first.sum() + second.sum())


def test_the_body_of_a_ct_is_found_without_its_table():
    truth = disc((100, 100), (45, 50), 30)
    image = np.where(truth, 40.0, -1000.0)
    image[disc((100, 100), (45, 40), 8)] = -800.0
    image[82:84, 10:90] = 200.0
    image += np.random.default_rng(0).normal(0, 20, image.shape)
    found = body(image[None].astype(np.float32), (1.0, 1.0))
    assert dice(found, truth) > 0.97
    assert not found[80:].any()


def test_the_inside_of_a_skull_in_ct():
    skull = disc((90, 90), (45, 45), 36) & ~disc((90, 90), (45, 45), 32)
    inside = disc((90, 90), (45, 45), 31)
    image = np.where(skull, 900.0, np.where(inside, 35.0, -1000.0))
    image[disc((90, 90), (45, 45), 39) & ~disc((90, 90), (45, 45), 36)] = 30.0
    found = brain(image[None].astype(np.float32), (1.0, 1.0))
    assert dice(found, inside) > 0.9


def test_the_brain_of_an_mr_is_cut_from_the_scalp():
    scalp = disc((120, 120), (60, 60), 52) & ~disc((120, 120), (60, 60), 47)
    truth = disc((120, 120), (60, 60), 40)
    image = np.where(scalp, 300.0, np.where(truth, 200.0, 5.0))
    image = ndimage.gaussian_filter(image, 0.7) + np.random.default_rng(0).normal(0, 5, image.shape)
    assert dice(brain(image[None].astype(np.float32), (1.0, 1.0)), truth) > 0.9


def test_a_breast_is_found_beside_a_label():
    truth = disc((100, 80), (50, 0), 40)
    image = np.where(truth, 90.0, 0.0)
    image[5:12, 60:75] = 255.0
    assert dice(breast(image[None].astype(np.float32), (1.0, 1.0)), truth) > 0.95


def test_the_breast_of_the_mammography_phantom_is_found():
    case = phantom("mammography_view", 1, seed=0)[0]
    found = breast(case.image, case.spacing)
    assert 0.1 < found.mean() < 0.95
    assert largest(found).sum() == found.sum()


@pytest.mark.parametrize("index", [0, 1])
def test_real_heads_and_breasts_are_found(index):
    case = Cohort.open(shared("volumes_nrrd"))[index]
    tumour = case.mask
    found = body(case.image, case.spacing)
    assert 0.1 < found.mean() < 1.0
    if tumour is not None:
        assert found[tumour > 0].mean() > 0.9


def test_units_are_told_by_air():
    assert is_hounsfield(np.array([-1000.0], np.float32))
    assert not is_hounsfield(np.array([0.0, 3000.0], np.float32))


def test_nothing_is_found_in_nothing():
    empty = np.zeros((1, 32, 32), np.float32)
    assert not brain(empty, (1, 1)).any()
    assert not breast(empty, (1, 1)).any()
    assert not body(empty, (1, 1)).any()
