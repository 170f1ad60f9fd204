import numpy as np
import pytest

from cancergan.cohort.phantoms import Drawn, cohort_of, phantom, phantoms
from cancergan.core.errors import BadInputError


def dots(random, number):
    image = random.random((1, 4, 4)).astype(np.float32)
    return Drawn(image, np.eye(4, dtype=np.uint8), {"label": number % 2}, (0.5, 2.0))


def test_a_case_does_not_depend_on_how_many_are_drawn():
    few, many = cohort_of(dots, 3, 7, name="dots"), cohort_of(dots, 9, 7, name="dots")
    assert all(np.array_equal(few[i].image, many[i].image) for i in range(3))
    assert not np.array_equal(many[0].image, many[1].image)
    assert not np.array_equal(few[0].image, cohort_of(dots, 1, 8, name="dots")[0].image)
    assert not np.array_equal(few[0].image, cohort_of(dots, 1, 7, name="spots")[0].image)


def test_a_drawing_becomes_a_case():
    case = cohort_of(dots, 2, 7, name="dots")[1]
    assert (case.case_id, case.attributes["patient_id"]) == ("dots_000001", "dots_000001")
    assert case.spacing == (0.5, 2.0)
    assert case.mask.tolist() == np.eye(4).tolist()


@pytest.mark.parametrize("name", list(phantoms))
def test_every_phantom_says_what_is_realistic_and_what_is_not(name):
    text = " ".join(phantoms[name].__doc__.split())
    assert "Realistic: " in text
    assert "Not realistic: " in text


def test_mistakes_are_told():
    with pytest.raises(BadInputError, match="cases is 0"):
        phantom("oct", 0)
    with pytest.raises(BadInputError, match='unknown phantom "mamography"; did you mean'):
        phantom("mamography", 1)
    with pytest.raises(BadInputError, match='option of phantom oct "sise"; did you mean "size"'):
        phantom("oct", 1, sise=3)
