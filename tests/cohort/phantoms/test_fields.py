import numpy as np
import pytest
from scipy import stats

from cancergan.cohort.phantoms.fields import (
    as_bytes,
    clustered_lumps,
    log_compressed,
    power_law_field,
    radial_frequency,
    sheared,
    smooth_field,
    speckle,
    standardised,
)


def slope(fields, low, high, spacing=1.0):
    """Slope of the mean power spectrum against frequency, both logarithmic."""
    frequency = radial_frequency(fields[0].shape, spacing)
    power = np.mean([np.abs(np.fft.rfftn(field)) ** 2 for field in fields], axis=0)
    band = (frequency > low) & (frequency < high)
    return np.polyfit(np.log(frequency[band]), np.log(power[band]), 1)[0]


def test_radial_frequency_is_that_of_the_fft_in_cycles_per_millimetre():
    frequency = radial_frequency((4, 6), spacing=(0.5, 2.0))
    assert frequency.shape == (4, 4)
    assert frequency[0, 0] == 0
    assert frequency[1, 0] == pytest.approx(1 / (4 * 0.5))
    assert frequency[0, 1] == pytest.approx(1 / (6 * 2.0))
    assert frequency[2, 3] == pytest.approx(np.hypot(1.0, 0.25))


@pytest.mark.parametrize("exponent", [0.0, 2.0, 3.0])
@pytest.mark.parametrize("shape", [(96, 64), (24, 20, 28)])
def test_a_power_law_field_has_its_exponent(exponent, shape):
    random = np.random.default_rng(0)
    fields = [power_law_field(shape, random, exponent=exponent) for _ in range(8)]
    assert slope(fields, 0.05, 0.45) == pytest.approx(-exponent, abs=0.1)
    assert fields[0].mean() == pytest.approx(0, abs=1e-12)
    assert fields[0].std() == pytest.approx(1)


def test_a_smooth_field_correlates_over_its_width():
    # White noise blurred by a Gaussian of sigma w correlates as exp(-d^2 / (4 w^2)).
    random = np.random.default_rng(1)
    field = smooth_field((512, 512), random, width=(2.0, 6.0), spacing=(0.5, 1.0))
    for axis, (distance, width) in enumerate([(4, 4.0), (6, 6.0)]):
        found = (field * np.roll(field, distance, axis=axis)).mean()
        assert found == pytest.approx(np.exp(-(distance**2) / (4 * width**2)), abs=0.05)


def test_clustered_lumps_fall_about_as_mammograms_do():
    random = np.random.default_rng(2)
    fields = [clustered_lumps((96, 96), random, clusters=30, axes=(3.0, 1.5)) for _ in range(20)]
    assert slope(fields, 0.03, 0.3) == pytest.approx(-2.9, abs=0.25)


def test_one_lump_has_the_published_profile():
    # One cluster of one lump: ratios along a line through its peak follow exp(-a d^b / L).
    for seed in range(50):
        random = np.random.default_rng(seed)
        field = clustered_lumps((64, 64), random, clusters=1e-9, lumps=1.0, axes=(4.0, 4.0))
        again = np.random.default_rng(seed)
        again.poisson(1e-9)
        if again.poisson(1.0, 1)[0] == 1:
            break
    row, column = np.unravel_index(field.argmax(), field.shape)
    line = np.roll(field, (-row, -column), axis=(0, 1))[0, :20]
    profile = np.exp(-2.1 * np.arange(20.0) ** 0.5 / 4.0)
    expected = (profile - profile[10]) / (1 - profile[10])
    assert (line - line[10]) / (line[0] - line[10]) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("width", [(0.0, 0.0), (0.6, 1.2)])
def test_speckle_of_an_even_amplitude_follows_rayleigh(width):
    envelope = speckle(np.full((400, 400), 3.0), np.random.default_rng(3), width=width)
    assert (envelope**2).mean() == pytest.approx(9.0, rel=0.03)
    apart = envelope[::8, ::8].ravel()
    assert stats.kstest(apart, stats.rayleigh(scale=3 / np.sqrt(2)).cdf).pvalue > 0.01


def test_speckle_is_as_wide_as_its_point_spread_function():
    # The intensity of speckle correlates as the square of the field's correlation.
    envelope = speckle(np.ones((600, 600)), np.random.default_rng(4), width=(1.0, 3.0))
    intensity = standardised(envelope**2)
    for axis, width in enumerate((1.0, 3.0)):
        found = (intensity * np.roll(intensity, 2, axis=axis)).mean()
        assert found == pytest.approx(np.exp(-4 / (2 * width**2)), abs=0.05)


def test_speckle_at_the_edge_is_as_strong_as_within_and_does_not_wrap_around():
    amplitude = np.ones((60, 4000))
    amplitude[0] = 1000.0
    envelope = speckle(amplitude, np.random.default_rng(5), width=(1.0, 1.0))
    assert (envelope[-1] ** 2).mean() == pytest.approx(1.0, rel=0.1)
    assert (envelope[30] ** 2).mean() == pytest.approx(1.0, rel=0.1)


def test_log_compression_maps_decibels_to_grey():
    envelope = np.array([1.0, 10**-1.5, 10**-3.0, 0.0, 7.0])
    grey = log_compressed(envelope, decibels=60.0)
    assert grey == pytest.approx([255, 127.5, 0, 0, 255])


def test_sheared_moves_columns_by_whole_and_part_pixels():
    texture = np.zeros((6, 3))
    texture[2] = 1.0
    moved = sheared(texture, np.array([[0.0, 1.0, 0.25]]))
    assert moved[:, 0].tolist() == [0, 0, 1, 0, 0, 0]
    assert moved[:, 1].tolist() == [0, 0, 0, 1, 0, 0]
    assert moved[2:4, 2] == pytest.approx([0.75, 0.25])
    assert sheared(texture, np.array([[6.0, -6.0, 12.0]])) == pytest.approx(texture)


def test_bytes_are_rounded_and_clipped():
    assert as_bytes(np.array([-3.0, 1.4, 1.6, 300.0])).tolist() == [0, 1, 2, 255]


def test_an_even_field_is_standardised_to_zero():
    assert standardised(np.full((3, 3), 5.0)).tolist() == np.zeros((3, 3)).tolist()
