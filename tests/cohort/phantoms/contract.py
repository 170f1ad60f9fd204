"""What every phantom must keep, whatever it draws."""

import numpy as np

from cancergan.cohort.fingerprints import case_fingerprint
from cancergan.cohort.phantoms import phantom

COLUMNS = {"label", "sex", "age", "centre", "scanner", "patient_id"}


def check_phantom(name, **options):
    """Same seed, same cases however many are drawn; other seed, others; a row says who and what."""
    few, more = (phantom(name, cases, seed=3, **options) for cases in (3, 6))
    other = phantom(name, 3, seed=4, **options)
    for i in range(3):
        assert case_fingerprint(few[i]) == case_fingerprint(more[i])
        assert not np.array_equal(few[i].image, other[i].image)
    assert set(more.table.columns) >= COLUMNS
    for case in more:
        assert np.isfinite(case.image).all()
        assert case.image.std() > 0
        assert case.mask.shape == case.image.shape[1:]


def share_within(count, n, share, *, deviations=4.0):
    """Whether a count of n draws agrees with a share, by the normal law of a proportion."""
    return abs(count - n * share) <= deviations * np.sqrt(n * share * (1 - share))


def mask_radius(case, value=None):
    """Radius (in the unit of the spacing) of the disc whose area the mask has."""
    inside = case.mask > 0 if value is None else case.mask == value
    return float(np.sqrt(inside.sum() * np.prod(case.spacing) / np.pi))
