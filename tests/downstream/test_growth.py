"""Growth without a network: Gompertz's law is found again where it holds."""

import numpy as np
import pytest

from cancergan.cohort.phantoms.growth import Gompertz
from cancergan.cohort.timepoints import depth_in
from cancergan.core.errors import BadInputError
from cancergan.downstream.growth import fitted_decay, gompertz_volume, scaled_depth

LAWS = [Gompertz(start, 0.03, 0.006) for start in (100.0, 300.0, 900.0)]
DAYS = np.array([[0.0, 60.0], [10.0, 90.0], [0.0, 30.0]])
WHEN = np.array([150.0, 200.0, 90.0])
SEEN = np.array([law.volume(days) for law, days in zip(LAWS, DAYS, strict=True)])
LATER = np.array([float(law.volume(day)) for law, day in zip(LAWS, WHEN, strict=True)])


def test_two_volumes_and_the_decay_give_the_law():
    assert gompertz_volume(SEEN, DAYS, WHEN, 0.006) == pytest.approx(LATER, rel=1e-9)


def test_the_decay_is_found_from_known_courses():
    assert fitted_decay(SEEN, DAYS, LATER, WHEN) == pytest.approx(0.006, rel=1e-3)


def test_a_volume_that_stays_stays():
    assert gompertz_volume([[5.0, 5.0]], [[0, 10]], [99], 0.01) == pytest.approx([5.0])


@pytest.mark.parametrize(("volumes", "days"), [([[0.0, 1.0]], [[0, 1]]), ([[1.0, 2.0]], [[3, 3]])])
def test_impossible_courses_are_refused(volumes, days):
    with pytest.raises(BadInputError, match="two volumes above 0"):
        gompertz_volume(volumes, days, [5], 0.01)


def test_a_disc_widened_by_a_half_has_the_area():
    at = np.stack(np.meshgrid(*[np.arange(64)] * 2, indexing="ij"))
    disc = ((at - 31.5) ** 2).sum(axis=0) < 12**2
    area = (scaled_depth(depth_in(disc), 1.5) > 0).sum()
    assert area == pytest.approx(disc.sum() * 1.5**2, rel=0.05)
    assert not (scaled_depth(depth_in(disc & False), 1.5) > 0).any()
