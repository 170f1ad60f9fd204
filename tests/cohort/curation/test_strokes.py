import numpy as np

from cancergan.cohort.curation.strokes import LONGEST_SIDE, grey_of, strokes
from tests.cohort.curation.plants import case


def test_a_thin_bright_line_is_a_stroke_and_a_block_is_none():
    grey = np.full((40, 40), 0.2, np.float32)
    grey[10, 5:30] = 1.0
    grey[20:34, 10:24] = 1.0
    tophat, drawn = strokes(grey)
    assert drawn[10, 5:30].all()
    assert drawn.sum() == 25
    assert tophat[10, 10] == np.float32(0.8)


def test_pictures_are_scaled_and_large_ones_halved():
    image = np.random.default_rng(0).uniform(-1000, 2000, (1, 901, 640))
    grey = grey_of(case(image))
    assert grey.shape == (225, 160)
    assert max(grey.shape) <= LONGEST_SIDE
    assert (grey.min(), grey.max()) == (0.0, 1.0)
    volume = np.zeros((2, 20, 20, 5))
    volume[:, 3, 3, 2] = 9
    assert grey_of(case(volume))[3, 3] == 1.0
    assert not grey_of(case(np.zeros((1, 9, 9)))).any()
