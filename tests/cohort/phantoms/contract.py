"""What every phantom must keep, whatever it draws."""

import inspect

import numpy as np
import pytest

from cancergan.cohort.fingerprints import case_fingerprint
from cancergan.cohort.phantoms import phantom, phantoms

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
    check_provenance(more, name, options)


def check_provenance(cohort, name, options):
    """Name, seed and every option are recorded, those left at their defaults included."""
    known = set(inspect.signature(phantoms[name]).parameters) - {"cases", "seed"}
    assert (cohort.provenance["phantom"], cohort.provenance["seed"]) == (name, 3)
    assert set(cohort.provenance["options"]) == known
    for key, value in options.items():
        kept = cohort.provenance["options"][key]
        assert kept == (list(value) if isinstance(value, tuple) else value)


def check_shapes(name, **options):
    """Odd and unequal sizes in 2D and 3D, with spacing, affine and field of view that agree."""
    flat = phantom(name, 1, seed=3, size=(51, 65), dimensions=2, **options)[0]
    solid = phantom(name, 1, seed=3, size=(31, 36, 27), dimensions=3, **options)[0]
    assert (flat.image.shape[1:], solid.image.shape[1:]) == ((51, 65), (31, 36, 27))
    for case in (flat, solid):
        axes = case.image.ndim - 1
        lengths = np.linalg.norm(case.affine[:3, :axes], axis=0)
        assert case.spacing == pytest.approx(lengths)
        assert case.mask.shape == case.image.shape[1:]
        for array in case.arrays.values():
            assert array.shape[1:] == case.image.shape[1:]
    field = np.asarray(solid.spacing) * (31, 36, 27)
    assert flat.spacing == pytest.approx((field[1] / 51, field[0] / 65))
    assert np.linalg.det(solid.affine[:3, :3]) > 0


def share_within(count, n, share, *, deviations=4.0):
    """Whether a count of n draws agrees with a share, by the normal law of a proportion."""
    return abs(count - n * share) <= deviations * np.sqrt(n * share * (1 - share))


def mask_radius(case, value=None):
    """Radius (in the unit of the spacing) of the disc or ball as large as the mask."""
    inside = case.mask > 0 if value is None else case.mask == value
    size = inside.sum() * np.prod(case.spacing)
    return float(np.sqrt(size / np.pi) if inside.ndim == 2 else np.cbrt(size * 3 / (4 * np.pi)))
