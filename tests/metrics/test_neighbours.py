import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from cancergan.core.errors import BadInputError
from cancergan.metrics import distances
from cancergan.metrics.neighbours import (
    authenticity,
    coverage,
    density,
    expected_coverage,
    precision,
    precision_recall_density_coverage,
    recall,
)

GOLDEN = {
    5: {"precision": 0.7475, "recall": 0.934, "density": 0.6505, "coverage": 0.826},
    3: {"precision": 0.65, "recall": 0.868, "density": 0.6308333333, "coverage": 0.656},
}


def golden() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.RandomState(0)
    return random.randn(500, 16), random.randn(400, 16) * 1.1 + 0.2


@pytest.mark.parametrize("k", [3, 5])
def test_golden_features(k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert precision_recall_density_coverage(*golden(), k) == pytest.approx(GOLDEN[k])
    monkeypatch.setattr(distances, "BLOCK_ELEMENTS", 1000)
    assert precision_recall_density_coverage(*golden(), k) == pytest.approx(GOLDEN[k])


def test_each_function_gives_its_own_figure() -> None:
    found = [metric(*golden()) for metric in (precision, recall, density, coverage)]
    assert found == pytest.approx(list(GOLDEN[5].values()))


def test_precision_is_fidelity_and_recall_is_diversity() -> None:
    # Synthetic samples sit on one of two real clusters: all are realistic, half of reality is lost.
    random = np.random.default_rng(0)
    one, other = random.normal(size=(50, 2)), random.normal(size=(50, 2)) + 100
    synthetic = random.normal(size=(100, 2)) * 0.5
    found = precision_recall_density_coverage(np.concatenate([one, other]), synthetic)
    assert found["precision"] == 1
    assert found["recall"] <= 0.5
    assert 0.3 < found["coverage"] <= 0.5
    swapped = precision_recall_density_coverage(synthetic, np.concatenate([one, other]))
    assert (swapped["precision"], swapped["recall"]) == (found["recall"], found["precision"])


@pytest.mark.filterwarnings("ignore::cancergan.core.errors.CancerganWarning")
def test_constant_features_count_as_inside() -> None:
    found = precision_recall_density_coverage(np.ones((10, 4)), np.ones((10, 4)))
    assert found == {"precision": 1, "recall": 1, "density": 10 / 5, "coverage": 1}


def test_a_copy_of_the_real_set_covers_it() -> None:
    real, _ = golden()
    found = precision_recall_density_coverage(real, real)
    # Every sample lies in the balls of itself and of those that have it as a neighbour, ties too.
    assert (found["precision"], found["recall"], found["coverage"]) == (1, 1, 1)
    assert found["density"] == pytest.approx(6 / 5)


@pytest.mark.parametrize(
    ("n", "m", "expected"),
    [(10_000, 10_000, 0.968773), (100, 100, 0.971070), (500, 400, 0.947783), (300, 300, 0.96953)],
)
def test_expected_coverage_in_closed_form(n: int, m: int, expected: float) -> None:
    assert expected_coverage(n, m, 5) == pytest.approx(expected, abs=1e-5)


def test_expectations_for_equal_distributions() -> None:
    random = np.random.default_rng(1)
    found = [
        precision_recall_density_coverage(
            random.normal(size=(150, 8)), random.normal(size=(100, 8))
        )
        for _ in range(60)
    ]
    mean = {name: np.mean([one[name] for one in found]) for name in found[0]}
    assert mean["coverage"] == pytest.approx(expected_coverage(150, 100), abs=0.01)
    assert mean["density"] == pytest.approx(1, abs=0.04)


@given(st.integers(0, 2**32 - 1))
def test_blind_to_rotation_and_lost_far_away(seed: int) -> None:
    random = np.random.default_rng(seed)
    x, y = random.normal(size=(30, 4)), random.normal(size=(25, 4))
    rotation, _ = np.linalg.qr(random.normal(size=(4, 4)))
    turned = precision_recall_density_coverage(x @ rotation, y @ rotation)
    assert turned == pytest.approx(precision_recall_density_coverage(x, y))
    assert set(precision_recall_density_coverage(x, y + 1000).values()) == {0.0}


def test_authenticity_of_copies_and_of_strangers() -> None:
    random = np.random.default_rng(0)
    training = random.normal(size=(200, 6))
    assert authenticity(training, training[:50] + 1e-9) == 0
    assert authenticity(training, training[:50] + 100) == 1


def test_authenticity_by_brute_force() -> None:
    random = np.random.default_rng(1)
    training, synthetic = random.normal(size=(30, 3)), random.normal(size=(40, 3))
    authentic = 0
    for sample in synthetic:
        to_training = [np.linalg.norm(sample - case) for case in training]
        twin = int(np.argmin(to_training))
        among = [np.linalg.norm(training[twin] - case) for case in np.delete(training, twin, 0)]
        authentic += to_training[twin] > min(among)
    assert 0 < authentic < 40
    assert authenticity(training, synthetic) == authentic / 40


@pytest.mark.slow
def test_published_figures_of_ten_thousand_normals() -> None:
    # README of the authors' code: P 0.4772, R 0.4705, D 1.0555, C 0.9735 in one random draw.
    random = np.random.default_rng(0)
    found = precision_recall_density_coverage(*random.normal(size=(2, 10_000, 1000)))
    assert found["precision"] == pytest.approx(0.4772, abs=0.03)
    assert found["recall"] == pytest.approx(0.4705, abs=0.03)
    assert found["coverage"] == pytest.approx(0.9735, abs=0.01)


def test_density_in_many_dimensions_by_definition_and_in_expectation() -> None:
    """One draw says little of density in 1,000 dimensions: cases near the middle neighbour all.

    So single draws are held to the definition, and the mean of many to what it must be: a synthetic
    case of the same distribution is among the k nearest of n with probability k/n, which makes 1.
    The authors' one draw, 1.0555, has to lie where draws do.
    """
    n, k, found = 600, 5, []
    for seed in range(60):
        x, y = np.random.default_rng(seed).normal(size=(2, n, 1000))
        found.append(precision_recall_density_coverage(x, y, k=k)["density"])
        if seed < 3:
            radii = np.sort(cdist(x, x), axis=1)[:, k]
            inside = (cdist(y, x) <= radii).sum()
            assert found[-1] == pytest.approx(inside / (k * n), abs=1e-12)
    assert abs(np.mean(found) - 1) < 3 * np.std(found) / np.sqrt(len(found)) < 0.06
    assert abs(1.0555 - 1) < 2 * np.std(found)


def test_refuses_fewer_cases_than_neighbours() -> None:
    with pytest.raises(BadInputError, match="5 cases, needs 6"):
        coverage(np.zeros((5, 2)), np.zeros((9, 2)))
    with pytest.raises(BadInputError, match="k is 0"):
        coverage(np.zeros((9, 2)), np.zeros((9, 2)), k=0)
