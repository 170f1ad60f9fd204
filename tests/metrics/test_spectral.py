import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from cancergan.core.errors import BadInputError
from cancergan.metrics.spectral import (
    checkerboard_power,
    radial_spectrum,
    ring_powers,
    spectral_distance,
    spectral_distance_of_powers,
    spectral_floor,
)


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def test_a_wave_fills_its_own_ring() -> None:
    wave = np.cos(2 * np.pi * 4 * np.arange(32) / 32)
    spectrum = radial_spectrum(np.broadcast_to(wave, (1, 1, 32, 32)))
    assert spectrum.argmax() == 3
    # |FFT|^2 / N of a cosine is N / 4 at two frequencies, here shared by the ring's members.
    ring = np.rint(np.hypot(*np.meshgrid(*[np.fft.fftfreq(32, 1 / 32)] * 2))) == 4
    assert spectrum[3] == pytest.approx(10 * np.log10(2 * 1024 / 4 / ring.sum()))
    assert np.delete(spectrum, 3).max() < -100


def test_white_noise_is_flat_at_its_variance() -> None:
    spectrum = radial_spectrum(noise(50, 1, 16, 16, 16) * 10)
    assert spectrum == pytest.approx(20, abs=0.5)


@given(st.integers(0, 10_000), st.floats(1.5, 8))
def test_contrast_shifts_all_rings_alike(seed: int, factor: float) -> None:
    x = noise(4, 2, 12, 15, seed=seed)
    assert spectral_distance(x, x * factor + 3) == pytest.approx(20 * np.log10(factor), rel=1e-6)
    assert spectral_distance(x, x) == 0


def test_blur_costs_more_the_stronger_it_is() -> None:
    x = noise(8, 1, 32, 32)
    blurred = [gaussian_filter(x, (0, 0, s, s)) for s in (0.4, 0.8, 1.6)]
    distances = [spectral_distance(x, each) for each in blurred]
    assert np.all(np.diff(distances) > 0)
    assert spectral_distance(blurred[0], x) == pytest.approx(distances[0])


@pytest.mark.parametrize(("shape", "period"), [((33, 40), 2), ((36, 32), 4), ((12, 14, 16), 2)])
def test_a_checkerboard_stands_out(shape: tuple[int, ...], period: int) -> None:
    smooth = gaussian_filter(noise(6, 1, *shape), (0, 0, *[1.0] * len(shape)))
    grid = np.ix_(*[(np.arange(side) % period == 0) * 1.0 for side in shape])
    pattern = np.prod(np.broadcast_arrays(*grid), axis=0)
    assert checkerboard_power(smooth, period=period) < 6
    weak, strong = (
        checkerboard_power(smooth + height * pattern, period=period) for height in (0.1, 0.4)
    )
    assert 6 < weak < strong


def test_refusals() -> None:
    with pytest.raises(BadInputError, match="must be of a size"):
        spectral_distance(noise(2, 1, 8, 8), noise(2, 1, 8, 9))
    with pytest.raises(BadInputError, match=r"\(n, C, \*spatial\)"):
        radial_spectrum(noise(8, 8))
    with pytest.raises(BadInputError, match="too small"):
        checkerboard_power(noise(1, 1, 4, 4))
    with pytest.raises(BadInputError, match="NaN"):
        radial_spectrum(np.full((1, 1, 8, 8), np.nan))


def test_the_floor_foretells_equal_distributions_by_patients() -> None:
    random, units = np.random.default_rng(0), np.repeat(np.arange(20), 4)

    def images(patients: int, each: int) -> np.ndarray:
        # Every patient has a contrast of its own.
        contrast = np.exp(0.15 * random.normal(size=(patients, 1, 1, 1, 1)))
        drawn = random.normal(size=(patients, each, 1, 12, 12))
        return (contrast * drawn).reshape(-1, 1, 12, 12)

    found, floors, by_case = [], [], []
    for _ in range(200):
        real, made = ring_powers(images(20, 4)), ring_powers(images(200, 1))
        found.append(spectral_distance_of_powers(real, made) ** 2)
        floors.append(spectral_floor(real, units, 200) ** 2)
        by_case.append(spectral_floor(real, range(80), 200) ** 2)
    assert np.mean(floors) == pytest.approx(np.mean(found), rel=0.2)
    assert np.mean(by_case) < 0.6 * np.mean(found)


def test_one_patient_has_no_floor() -> None:
    powers = ring_powers(np.random.default_rng(0).normal(size=(4, 1, 8, 8)))
    assert powers.shape[0] == 4
    with pytest.raises(BadInputError, match="of one patient"):
        spectral_floor(powers, ["a"] * 4, 5)
