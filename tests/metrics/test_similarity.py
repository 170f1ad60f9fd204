import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cancergan.core.errors import BadInputError
from cancergan.metrics.similarity import (
    SCALE_WEIGHTS,
    SHORTEST_SIDES,
    mae,
    mean_pairwise_ms_ssim,
    ms_ssim,
    mse,
    nmse,
    pairwise_ms_ssim,
    psnr,
    random_pairs,
    ssim,
)


def images(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, shape)


def test_errors_by_hand_and_inside_a_mask() -> None:
    x, y = np.zeros((2, 2, 2)), np.zeros((2, 2, 2))
    y[:, 0, 0] = 3, 1
    mask = np.array([[1, 1], [0, 0]])
    assert (mse(x, y), mae(x, y)) == (10 / 8, 4 / 8)
    assert (mse(x, y, mask), mae(x, y, mask)) == (10 / 4, 4 / 4)


def test_errors_as_a_share_of_the_range_or_of_the_reference() -> None:
    x = np.full((1, 3, 3), 10.0)
    assert (mse(x, x + 2, data_range=4), mae(x, x + 2, data_range=4)) == (0.25, 0.5)
    assert nmse(x, x + 2) == 0.04
    assert nmse(x, np.zeros_like(x)) == 1
    y = x.copy()
    y[0, 0] = 0
    assert nmse(x, y, mask=np.arange(9).reshape(3, 3) < 3) == 1


def test_torch_tensors_are_read() -> None:
    torch = pytest.importorskip("torch")
    x = torch.zeros(1, 12, 12, requires_grad=True)
    assert mse(x, torch.ones(1, 12, 12, dtype=torch.bfloat16)) == 1
    assert ssim(x, torch.zeros(1, 12, 12), data_range=1) == 1


@given(st.integers(0, 10_000), st.floats(0.1, 3))
def test_errors_grow_with_noise_and_similarity_falls(seed: int, noise: float) -> None:
    x = images(1, 16, 16, seed=seed)
    error = images(1, 16, 16, seed=seed + 1) * noise
    assert mse(x, x + error) < mse(x, x + 2 * error)
    assert psnr(x, x + error, data_range=2) > psnr(x, x + 2 * error, data_range=2)
    assert mse(x, x + error) == pytest.approx(mse(x + error, x))
    assert ssim(x, x + error, data_range=2) == pytest.approx(ssim(x + error, x, data_range=2))


def test_psnr_by_hand() -> None:
    x = np.array([[[0.0, 100.0]]])
    assert psnr(x, x + 1) == pytest.approx(40)
    assert psnr(x, x + 1, data_range=10) == pytest.approx(20)
    assert psnr(x, x) == np.inf


@pytest.mark.parametrize("shape", [(1, 16, 20), (3, 12, 11), (1, 11, 12, 13)])
def test_ssim_of_constant_images_is_the_luminance_term(shape: tuple[int, ...]) -> None:
    # Wang et al. 2004, eq. 6: without variance only (2ab + c1) / (a^2 + b^2 + c1) is left.
    a, b, c1 = 0.5, 0.25, 0.01**2
    expected = (2 * a * b + c1) / (a**2 + b**2 + c1)
    found = ssim(np.full(shape, a), np.full(shape, b), data_range=1.0)
    assert found == pytest.approx(expected, rel=1e-9)


def test_ssim_looks_only_inside_the_mask() -> None:
    x = images(1, 40, 40)
    y = x.copy()
    y[:, 25:] = 0
    mask = np.zeros((40, 40))
    mask[:15] = 1
    assert ssim(x, y, mask) == pytest.approx(1)
    assert ssim(x, y) < 0.8


@pytest.mark.parametrize("shape", [(1, 12, 13), (3, 48, 64), (1, 12, 14, 13), (2, 24, 22, 26)])
def test_ms_ssim_is_one_for_equal_images_and_falls_with_noise(shape: tuple[int, ...]) -> None:
    from skimage.filters import gaussian

    x = np.stack([gaussian(images(*shape, seed=s), 2, channel_axis=0) for s in range(3)])
    noise = images(*x.shape, seed=9) * 0.05
    assert ms_ssim(x, x) == pytest.approx([1, 1, 1], abs=1e-5)
    assert (ms_ssim(x, x + 3 * noise) < ms_ssim(x, x + noise)).all()


@pytest.mark.parametrize("shape", [(2, 15, 12), (2, 48, 61), (1, 100, 104), (1, 23, 22, 25)])
def test_ms_ssim_is_torchmetrics_one(shape: tuple[int, ...]) -> None:
    import torch
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

    x = images(3, *shape) * 0.4
    y = x + 0.3 * images(3, *shape, seed=1)
    scales = sum(min(shape[1:]) >= side for side in SHORTEST_SIDES)
    expected = multiscale_structural_similarity_index_measure(
        torch.tensor(x + 1, dtype=torch.float32), torch.tensor(y + 1, dtype=torch.float32),
        data_range=2.0, reduction="none", normalize="relu",
        betas=tuple(w / sum(SCALE_WEIGHTS[:scales]) for w in SCALE_WEIGHTS[:scales]),
    )  # fmt: skip
    assert ms_ssim(x, y) == pytest.approx(expected.numpy(), abs=2e-5)


def test_ms_ssim_looks_only_inside_the_mask() -> None:
    x = images(2, 1, 40, 40)
    y = x.copy()
    y[..., 30:] = 0
    mask = np.zeros((2, 40, 40))
    mask[:, :, :14] = 1
    assert ms_ssim(x, y, mask) == pytest.approx([1, 1])
    assert (ms_ssim(x, y) < 0.97).all()
    with pytest.raises(BadInputError, match="no window fits"):
        ms_ssim(x, y, np.arange(40) + np.zeros((2, 40, 1)) < 3)


def test_ssim_inside_its_window_is_ms_ssim_at_one_scale() -> None:
    x, y = images(1, 1, 21, 21, seed=1) * 0.2, images(1, 1, 21, 21, seed=2) * 0.2
    inner = np.pad(np.ones((11, 11)), 5)
    found = ssim(x[0] + 1, y[0] + 1, inner, data_range=2)
    assert ms_ssim(x, y, inner[None])[0] == pytest.approx(found, rel=1e-9)


def test_ms_ssim_of_constant_images_keeps_the_last_weight() -> None:
    # Contrast and structure are 1; luminance enters at the coarsest scale with its weight.
    a, b, c1 = 0.5, 0.25, 0.01**2
    luminance = (2 * a * b + c1) / (a**2 + b**2 + c1)
    for side, scales in ((12, 1), (30, 2), (64, 3), (99, 4), (176, 5)):
        weight = SCALE_WEIGHTS[scales - 1] / sum(SCALE_WEIGHTS[:scales])
        pair = np.full((1, 1, side, side), a), np.full((1, 1, side, side), b)
        found = ms_ssim(*pair, value_range=(0, 1))
        assert found[0] == pytest.approx(luminance**weight, abs=1e-4)


@given(st.integers(0, 10_000), st.integers(2, 12))
def test_pairs_differ_and_stay_in_their_group(seed: int, n: int) -> None:
    groups = np.arange(n) % 3
    chosen = random_pairs(n, pairs=20, seed=seed, groups=groups if n > 3 else None)
    assert chosen.shape == (20, 2)
    assert (chosen[:, 0] != chosen[:, 1]).all()
    assert ((chosen >= 0) & (chosen < n)).all()
    if n > 3:
        assert (groups[chosen[:, 0]] == groups[chosen[:, 1]]).all()


def test_pairs_are_uniform() -> None:
    chosen = random_pairs(4, pairs=12_000, seed=0)
    counts = np.bincount(chosen[:, 0] * 4 + chosen[:, 1], minlength=16).reshape(4, 4)
    assert counts.diagonal().sum() == 0
    assert counts[~np.eye(4, dtype=bool)] == pytest.approx(1000, rel=0.15)


def test_collapse_scores_one_and_within_class_collapse_only_with_groups() -> None:
    one, other = images(1, 24, 24, seed=1), images(1, 24, 24, seed=2)
    collapsed = np.stack([one] * 6 + [other] * 6)
    groups = ["a"] * 6 + ["b"] * 6
    mean = mean_pairwise_ms_ssim(collapsed, pairs=40, seed=0)
    assert mean_pairwise_ms_ssim(collapsed, pairs=40, seed=0, groups=groups) == pytest.approx(1)
    assert mean < 0.8
    chosen = random_pairs(12, pairs=40, seed=0)
    assert pairwise_ms_ssim(collapsed, chosen).mean() == mean


def test_refusals() -> None:
    with pytest.raises(BadInputError, match="must be equal"):
        mse(np.zeros((1, 2, 2)), np.zeros((1, 2, 3)))
    with pytest.raises(BadInputError, match="mask is empty"):
        mae(np.zeros((1, 2, 2)), np.zeros((1, 2, 2)), np.zeros((2, 2)))
    with pytest.raises(BadInputError, match="11 or more"):
        ssim(images(1, 10, 20), images(1, 10, 20))
    with pytest.raises(BadInputError, match="11 or more"):
        ms_ssim(images(2, 1, 10, 20), images(2, 1, 10, 20))
    with pytest.raises(BadInputError, match="state data_range"):
        psnr(np.ones((1, 2, 2)), np.zeros((1, 2, 2)))
    with pytest.raises(BadInputError, match="zero everywhere"):
        nmse(np.zeros((1, 2, 2)), np.ones((1, 2, 2)))
    with pytest.raises(BadInputError, match="no two images"):
        random_pairs(3, pairs=2, seed=0, groups=[0, 1, 2])
