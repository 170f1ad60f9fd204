import numpy as np
import pytest

from cancergan.assessment.corruptions import CORRUPTIONS
from cancergan.assessment.neighbours import nearest_in_pixels
from cancergan.core.seeds import numpy_generator
from cancergan.metrics.spectral import radial_spectrum
from tests.assessment.cohorts import context, textures

CONTEXT = context(textures(40, seed=2), textures(40, seed=3), textures(48, seed=1))


def spoilt(name, grade):
    generator = numpy_generator(0, name)
    return CORRUPTIONS[name].spoil(CONTEXT, CONTEXT.synthetic, grade, generator)


def test_grades_go_from_slight_to_gross_and_every_family_is_tried():
    assert {c.family for c in CORRUPTIONS.values()} == {
        "fidelity", "diversity", "privacy", "condition",
    }  # fmt: skip
    assert all(list(c.grades) == sorted(c.grades) for c in CORRUPTIONS.values())


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_the_sides_keep_their_size_and_range_and_the_original_is_left_alone(name):
    before = CONTEXT.synthetic.images.copy()
    side = spoilt(name, CORRUPTIONS[name].grades[-1])
    assert side.images.shape == before.shape
    assert side.images.dtype == np.float32
    assert np.abs(side.images).max() <= 1
    assert (CONTEXT.synthetic.images == before).all()


def test_blur_takes_fine_texture_and_noise_adds_it():
    fine = [radial_spectrum(side.images)[-1] for side in
            (spoilt("blur", 1.0), CONTEXT.synthetic, spoilt("noise", 0.1))]  # fmt: skip
    assert fine == sorted(fine)


def test_dropped_modes_leave_few_cases_and_no_exact_repeats():
    side = spoilt("mode drop", 0.9)
    originals = nearest_in_pixels(CONTEXT.synthetic.images, side.images).index
    assert len(set(originals.tolist())) <= 8
    assert (CONTEXT.synthetic.labels[originals] == side.labels).mean() > 0.8


def test_copies_are_as_many_as_asked_for_and_of_the_class():
    side = spoilt("copied training images", 0.3)
    nearest = nearest_in_pixels(CONTEXT.learning.images, side.images)
    copied = nearest.distance < 0.05
    assert copied.sum() == 12
    assert (CONTEXT.learning.labels[nearest.index[copied]] == side.labels[copied]).all()


def test_wrong_labels_are_as_many_as_asked_for():
    assert (spoilt("wrong condition", 0.5).labels != CONTEXT.synthetic.labels).sum() == 20
