import numpy as np
import pytest

from cancergan.cohort.phantoms.mri import FLAIR, T1, T1_CONTRAST, Mixture, Sequence, scanned
from cancergan.cohort.phantoms.space import axial_slice


def test_signals_follow_the_spin_echo_equations():
    # White matter: T1 600 ms, T2 76 ms, density 0.70.
    assert Sequence(500.0, 10.0).signal("white") == pytest.approx(
        0.70 * (1 - np.exp(-500 / 600)) * np.exp(-10 / 76)
    )
    inverted = Sequence(9000.0, 120.0, 2250.0).signal("csf")
    recovered = 1 - 2 * np.exp(-2250 / 4000) + np.exp(-9000 / 4000)
    assert inverted == pytest.approx(abs(recovered) * np.exp(-120 / 1800))


def test_contrast_is_that_of_the_clinic():
    t1 = {tissue: T1.signal(tissue) for tissue in ("csf", "grey", "white", "fat")}
    assert t1["csf"] < t1["grey"] < t1["white"] < t1["fat"]
    flair = {name: FLAIR.signal(name) for name in ("csf", "white", "grey", "oedema", "necrosis")}
    assert flair["csf"] < flair["white"] < flair["grey"] < flair["oedema"]
    assert flair["necrosis"] < flair["oedema"]
    assert T1_CONTRAST.signal("rim") > 1.5 * T1.signal("rim")
    assert T1_CONTRAST.signal("white") == T1.signal("white")
    assert T1_CONTRAST.signal("rim", uptake=0.0) == T1.signal("rim")


def test_a_mixture_adds_up_to_1_and_its_signal_is_the_mean_by_shares():
    mixture = Mixture((2,))
    mixture.lay("white", np.array([1.0, 0.5]))
    mixture.lay("csf", np.array([0.0, 0.2]))
    assert sum(mixture.fractions.values()) == pytest.approx([1, 1])
    expected = 1000 * (0.4 * T1.signal("white") + 0.2 * T1.signal("csf"))
    assert mixture.signal(T1)[1] == pytest.approx(expected)


def test_noise_is_rayleigh_in_air_and_gaussian_in_tissue():
    grid = axial_slice((100, 100), (100.0, 100.0, 1.0))
    signals = {"air": np.zeros(grid.shape), "tissue": np.full(grid.shape, 400.0)}
    image = scanned(signals, grid, np.random.default_rng(0), noise=5.0, bias=0.0)
    assert image[0].mean() == pytest.approx(5.0 * np.sqrt(np.pi / 2), rel=0.02)
    assert image[1].std() == pytest.approx(5.0, rel=0.03)
