import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cancergan.core.errors import BadInputError, CancerganWarning
from cancergan.metrics import frechet
from cancergan.metrics.frechet import (
    frechet_curve,
    frechet_distance,
    frechet_distance_from_moments,
    frechet_distance_of_moments,
    frechet_excess,
    frechet_floor,
    frechet_infinity,
)
from cancergan.metrics.moments import Moments

SEEDS = st.integers(0, 2**32 - 1)


def golden() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.RandomState(0)
    return random.randn(500, 16), random.randn(400, 16) * 1.1 + 0.2


@pytest.mark.parametrize("d", [256, pytest.param(2048, marks=pytest.mark.slow)])
def test_unit_normals_one_apart(d: int) -> None:
    zero, one, identity = np.zeros(d), np.ones(d), np.eye(d)
    assert frechet_distance_from_moments(zero, identity, one, identity) == pytest.approx(d)


def test_golden_features() -> None:
    real, synthetic = golden()
    assert frechet_distance(real, synthetic) == pytest.approx(1.2293685264244516, rel=1e-10)


def test_moments_and_features_agree() -> None:
    real, synthetic = golden()
    moments = [m for x in (real, synthetic) for m in (x.mean(0), np.cov(x, rowvar=False))]
    assert frechet_distance_from_moments(*moments) == pytest.approx(
        frechet_distance(real, synthetic), rel=1e-10
    )


def test_matches_the_complex_eigenvalue_formula() -> None:
    real, synthetic = golden()
    product = np.cov(real, rowvar=False) @ np.cov(synthetic, rowvar=False)
    root_trace = np.sqrt(np.linalg.eigvals(product).astype(complex)).real.sum()
    expected = ((real.mean(0) - synthetic.mean(0)) ** 2).sum() - 2 * root_trace
    expected += real.var(0, ddof=1).sum() + synthetic.var(0, ddof=1).sum()
    assert frechet_distance(real, synthetic) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("kind", ["full", "weak", "constant", "few"])
def test_many_features_are_quick_and_as_exact(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    scale = {"weak": np.logspace(0, -9, 24), "constant": np.arange(24) % 2}.get(kind, np.ones(24))
    n = 20 if kind == "few" else 200
    real, synthetic = random.normal(size=(2, n, 24)) * scale
    expected = frechet_distance(real, synthetic * 1.1, allow_biased=True)
    monkeypatch.setattr(frechet, "MANY_FEATURES", 2)
    quick = frechet_distance(real, synthetic * 1.1, allow_biased=True)
    assert quick == pytest.approx(expected, rel=1e-7)


def test_one_dimension_by_hand() -> None:
    # means 1 and 6, standard deviations sqrt(2) and sqrt(8): 25 + 2
    assert frechet_distance([[0.0], [2.0]], [[4.0], [8.0]]) == pytest.approx(27)


def test_fewer_than_twice_as_many_cases_as_features_warn() -> None:
    random = np.random.default_rng(0)
    few, enough = random.normal(size=(7, 4)), random.normal(size=(8, 4))
    with pytest.warns(CancerganWarning, match="7 cases with 4 features is mostly sampling error"):
        frechet_distance(enough, few)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frechet_distance(enough, enough + 1)
        frechet_distance(enough, few, allow_biased=True)


@pytest.mark.filterwarnings("ignore::cancergan.core.errors.CancerganWarning")
@given(SEEDS, st.integers(2, 12), st.integers(2, 12), st.integers(1, 30))
def test_never_nan_and_never_negative_for_few_cases(seed: int, n: int, m: int, d: int) -> None:
    random = np.random.default_rng(seed)
    distance = frechet_distance(random.normal(size=(n, d)), random.normal(size=(m, d)))
    assert np.isfinite(distance)
    assert distance >= 0


@given(SEEDS)
def test_symmetric_and_blind_to_rotation(seed: int) -> None:
    random = np.random.default_rng(seed)
    x, y = random.normal(size=(20, 6)), random.normal(size=(15, 6)) + 1
    rotation, _ = np.linalg.qr(random.normal(size=(6, 6)))
    assert frechet_distance(y, x) == pytest.approx(frechet_distance(x, y), rel=1e-9)
    assert frechet_distance(x @ rotation, y @ rotation) == pytest.approx(
        frechet_distance(x, y), rel=1e-8
    )


@given(SEEDS)
def test_grows_by_the_squared_shift(seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(10, 20))
    distances = [frechet_distance(x, x + shift, allow_biased=True) for shift in (0.0, 0.5, 1.0)]
    assert distances == pytest.approx([0.0, 20 * 0.25, 20.0], abs=1e-9)


def test_floor_of_unit_normals_in_closed_form() -> None:
    # Data whose sample covariance is exactly the identity: then (2d + d(d+1)/2) / n.
    d, n = 16, 64
    orthogonal, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(n, d)))
    orthogonal, _ = np.linalg.qr(orthogonal - orthogonal.mean(0))
    white = orthogonal * np.sqrt(n - 1)
    assert frechet_floor(white, 100, 100) == pytest.approx(1.68, rel=1e-9)
    assert frechet_floor(white, 100, 300) == pytest.approx(1.68 * (1 / 100 + 1 / 300) * 50)


@pytest.mark.parametrize("spectrum", ["flat", "harmonic", "exponential"])
def test_floor_foretells_equal_distributions(spectrum: str) -> None:
    index = np.arange(1, 17)
    eigenvalues = {"flat": index / index, "harmonic": 1 / index, "exponential": np.exp(-index / 4)}
    scale = np.sqrt(eigenvalues[spectrum])
    random = np.random.default_rng(3)

    def sample(n: int) -> np.ndarray:
        return random.normal(size=(n, 16)) * scale

    simulated = np.mean([frechet_distance(sample(300), sample(1500)) for _ in range(40)])
    floor = frechet_floor(sample(20_000), 300, 1500)
    assert floor == pytest.approx(simulated, rel=0.08)


# Means of 20 simulated distances (reference table of the project, recomputed there).
SIMULATED_FLOORS = [(16, 100, 1.785), (16, 500, 0.335), (16, 2000, 0.081)]
SIMULATED_FLOORS += [(64, 500, 4.42), (64, 2000, 1.10)]


@pytest.mark.parametrize(("d", "n", "simulated"), SIMULATED_FLOORS)
def test_floor_agrees_with_the_recorded_simulations(d: int, n: int, simulated: float) -> None:
    white = np.random.default_rng(0).normal(size=(20_000, d))
    assert frechet_floor(white, n, n) == pytest.approx(simulated, rel=0.08)


def patients(random: np.random.Generator, number: int, each: int, alike: float) -> np.ndarray:
    """Features (number * each, 12) whose cases share ``alike`` of their variance by patient."""
    of_patient = np.sqrt(alike) * random.normal(size=(number, 1, 12))
    of_case = np.sqrt(1 - alike) * random.normal(size=(number, each, 12))
    return ((of_patient + of_case) / np.sqrt(np.arange(1, 13))).reshape(-1, 12)


@pytest.mark.parametrize(("number", "each", "alike"), [(60, 8, 0.8), (60, 8, 0.3), (200, 1, 0.5)])
def test_floor_by_patients_foretells_cohorts_of_few_patients_with_many_cases(
    number: int, each: int, alike: float
) -> None:
    random, units = np.random.default_rng(7), np.repeat(np.arange(number), each)
    simulated, floors, by_case = [], [], []
    for _ in range(40):
        real = patients(random, number, each, alike)
        made = patients(random, 300, 1, alike)
        simulated.append(frechet_distance(real, made))
        floors.append(frechet_floor(real, len(real), 300, units=units))
        by_case.append(frechet_floor(real, len(real), 300))
    assert np.mean(floors) == pytest.approx(np.mean(simulated), rel=0.12)
    if each > 1:
        assert np.mean(by_case) < 0.75 * np.mean(simulated)


def test_floor_by_patients_in_one_dimension_by_hand() -> None:
    # Scores -3, -1, 1, 3 of two patients; variance l = 20/3, weight 1/(2 l).
    real, variance = np.array([[0.0], [2.0], [4.0], [6.0]]), 20 / 3
    mean = (4**2 + 4**2) * 2 / 16
    scatter = 2 * (10 - 2 * variance) ** 2 / (2 * variance) * 2 / 16
    of_synthetic = (2 * variance + variance) / 2 / 5
    found = frechet_floor(real, 4, 5, units=["a", "a", "b", "b"])
    assert found == pytest.approx(mean + scatter / 2 + of_synthetic)
    with pytest.raises(BadInputError, match="3 units of 2 patients for 4 cases"):
        frechet_floor(real, 4, 5, units=["a", "a", "b"])
    with pytest.raises(BadInputError, match="two patients or more"):
        frechet_floor(real, 4, 5, units=["a"] * 4)


def test_excess_of_equal_distributions_is_nil_on_average() -> None:
    random = np.random.default_rng(2)
    found = [
        frechet_excess(random.normal(size=(80, 4)), random.normal(size=(60, 4))) for _ in range(200)
    ]
    assert abs(np.mean(found)) < 0.1 * frechet_floor(random.normal(size=(80, 4)), 80, 60)


def test_curve_starts_at_all_cases_and_draws_patients_whole() -> None:
    random, units = np.random.default_rng(1), np.repeat(np.arange(8), 3)
    real, made = random.normal(size=(24, 2)), random.normal(size=(30, 2))
    fractions, distances = frechet_curve(real, made, seed=0, points=4, units=units)
    assert fractions[0] == 1
    assert fractions[-1] == pytest.approx(1 / 4)  # two of eight patients, at the least
    assert distances[0] == pytest.approx(frechet_distance(real, made))
    with pytest.raises(BadInputError, match="2 real patients cannot be thinned"):
        frechet_curve(real, made, seed=0, units=units > 3)


def test_distance_of_streams_is_that_of_the_whole() -> None:
    real, made = golden()
    sides = []
    for cases in (real, made):
        moments = Moments(16)
        for part in np.array_split(cases, 7):
            moments.update(part)
        sides.append(moments)
    assert frechet_distance_of_moments(*sides) == pytest.approx(1.2293685264244516, rel=1e-10)


def test_infinity_removes_the_small_sample_bias() -> None:
    # Truth 32 * 0.3^2 = 2.88; the published fit of this design gave 2.80, and 5.9 at 200 cases.
    random = np.random.default_rng(5)
    real, synthetic = random.normal(size=(2000, 32)), random.normal(size=(2000, 32)) + 0.3
    assert frechet_distance(real[:200], synthetic[:200]) > 5
    assert frechet_infinity(real, synthetic, seed=0) == pytest.approx(2.88, abs=0.2)
    assert frechet_infinity(real, synthetic, seed=0) == frechet_infinity(real, synthetic, seed=0)


def test_refuses_what_has_no_covariance_or_another_space() -> None:
    with pytest.raises(BadInputError, match="1 cases, needs 2"):
        frechet_distance(np.zeros((1, 3)), np.zeros((5, 3)))
    with pytest.raises(BadInputError, match="4 dimensions, synthetic ones 3"):
        frechet_distance(np.zeros((5, 4)), np.zeros((5, 3)))
    with pytest.raises(BadInputError, match="row 2: NaN"):
        frechet_distance(np.diag([0.0, 0.0, np.nan]), np.zeros((5, 3)))


@pytest.mark.slow
def test_ten_thousand_by_2048_is_quick() -> None:
    import time

    random = np.random.default_rng(0)
    real, synthetic = random.normal(size=(10_000, 2048)), random.normal(size=(10_000, 2048))
    start = time.perf_counter()
    distance = frechet_distance(real, synthetic)
    assert time.perf_counter() - start < 60
    assert distance == pytest.approx(frechet_floor(real, 10_000, 10_000), rel=0.15)
