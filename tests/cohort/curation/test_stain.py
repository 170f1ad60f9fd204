import numpy as np
import pytest

from cancergan.cohort.curation.stain import optical_density, rgb_of, tissue, to_rgb
from cancergan.core.errors import BadInputError
from tests.cohort.curation.plants import case


def test_density_and_picture_are_each_others_inverse():
    rgb = np.random.default_rng(0).uniform(0, 255, (3, 8, 8)).astype(np.float32)
    np.testing.assert_allclose(to_rgb(optical_density(rgb)), rgb, atol=1e-3)
    assert optical_density(np.full((3, 1, 1), 255.0, np.float32)).max() == pytest.approx(0)


def test_glass_is_no_tissue():
    density = np.zeros((3, 4, 4))
    density[:, 0] = 0.5
    assert tissue(density).shape == (4, 3)


@pytest.mark.parametrize("image", [np.ones((1, 4, 4)), -np.ones((3, 4, 4)), np.ones((3, 4, 4, 4))])
def test_what_is_no_colour_picture_is_refused(image):
    with pytest.raises(BadInputError, match="not a colour picture"):
        rgb_of(case(image))
