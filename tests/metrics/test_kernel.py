import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cancergan.metrics import kernel
from cancergan.metrics.kernel import kernel_distance


def golden() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.RandomState(0)
    return random.randn(500, 16), random.randn(400, 16) * 1.1 + 0.2


def test_golden_features() -> None:
    assert kernel_distance(*golden()) == pytest.approx(0.1547061708399844, rel=1e-10)


def test_blocks_do_not_change_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "BLOCK", 7)
    assert kernel_distance(*golden()) == pytest.approx(0.1547061708399844, rel=1e-10)


def test_unbiased_for_equal_distributions() -> None:
    random = np.random.default_rng(0)
    values = [
        kernel_distance(random.normal(size=(30, 4)), random.normal(size=(20, 4)))
        for _ in range(1000)
    ]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(1000)


@given(st.integers(0, 2**32 - 1))
def test_symmetric_blind_to_rotation_and_monotone_in_shift(seed: int) -> None:
    random = np.random.default_rng(seed)
    x, y = random.normal(size=(40, 6)), random.normal(size=(30, 6))
    rotation, _ = np.linalg.qr(random.normal(size=(6, 6)))
    assert kernel_distance(x, y) == pytest.approx(kernel_distance(y, x), abs=1e-9)
    assert kernel_distance(x @ rotation, y @ rotation) == pytest.approx(
        kernel_distance(x, y), abs=1e-9
    )
    assert kernel_distance(x, y) < kernel_distance(x, y + 2) < kernel_distance(x, y + 4)
