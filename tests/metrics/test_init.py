"""What every metric promises: its name, numpy or torch, any dtype, and a number or a refusal."""

import inspect
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cancergan import metrics
from cancergan.core.errors import BadInputError

NAMED = (
    "frechet_distance frechet_floor frechet_infinity kernel_distance inception_score precision "
    "recall density coverage authenticity ssim ms_ssim psnr mse nmse mae perceptual_distance "
    "spectral_distance mutual_information dice iou hausdorff95 surface_distance auc froc cpm "
    "average_precision ece fleiss_kappa icc ccc"
)

OF_IMAGES = {name: getattr(metrics, name) for name in ("mse", "mae", "psnr", "ssim", "nmse")}
OF_IMAGES["mutual_information"] = metrics.mutual_information
OF_FEATURES: dict[str, Callable[..., float]] = {
    "frechet_distance": lambda x, y: metrics.frechet_distance(x, y, allow_biased=True),
    "frechet_excess": metrics.frechet_excess,
    "frechet_infinity": lambda x, y: metrics.frechet_infinity(x, y, seed=0, points=3, draws=1),
    "kernel_distance": metrics.kernel_distance,
    "precision": metrics.precision,
    "recall": metrics.recall,
    "density": metrics.density,
    "coverage": metrics.coverage,
    "authenticity": metrics.authenticity,
    "sliced_distance": lambda x, y: metrics.sliced_distance(x, y, seed=0, projections=10),
}
ROTATION_BLIND = sorted(set(OF_FEATURES) - {"sliced_distance"})
OF_MASKS = {n: getattr(metrics, n) for n in ("dice", "iou", "hausdorff95", "surface_distance")}
quiet = pytest.mark.filterwarnings("ignore::cancergan.core.errors.CancerganWarning")


def test_every_promised_name_is_there() -> None:
    assert [name for name in NAMED.split() if name not in metrics.__all__] == []
    assert [name for name in metrics.__all__ if not hasattr(metrics, name)] == []


@pytest.mark.parametrize("name", ["mse", "mae", "psnr", "ssim"])
def test_images_are_compared_by_the_promised_signature(name: str) -> None:
    parameters = inspect.signature(getattr(metrics, name)).parameters
    assert list(parameters) == ["x", "y", "mask", "data_range"]
    assert parameters["mask"].default is parameters["data_range"].default is None


@pytest.mark.parametrize("name", ["precision", "recall", "density", "coverage"])
def test_neighbours_are_counted_by_the_promised_signature(name: str) -> None:
    parameters = inspect.signature(getattr(metrics, name)).parameters
    assert list(parameters) == ["real", "synthetic", "k"]
    assert parameters["k"].default == 5


@pytest.mark.parametrize("spatial", [(13, 12), (12, 11, 14)])
@pytest.mark.parametrize("name", OF_IMAGES)
def test_integers_floats_and_tensors_give_one_figure(name: str, spatial: tuple[int, ...]) -> None:
    random = np.random.default_rng(0)
    x, y = random.integers(0, 256, (2, 2, *spatial), dtype=np.uint8)
    mask = np.zeros(spatial, bool)
    mask[3:9, 2:10] = True
    found = OF_IMAGES[name](x, y, mask)
    assert np.isfinite(found)
    assert OF_IMAGES[name](x.astype(np.float64), y.astype(np.float64), mask) == found
    tensors = torch.from_numpy(x).requires_grad_(False), torch.from_numpy(y).float()
    assert OF_IMAGES[name](*tensors, torch.from_numpy(mask)) == found
    assert OF_IMAGES[name](x, y) != found


@pytest.mark.parametrize("name", OF_IMAGES)
def test_what_has_no_answer_is_refused_not_answered(name: str) -> None:
    image = np.random.default_rng(0).normal(size=(1, 12, 12))
    broken = image.copy()
    broken[0, 3, 3] = np.nan
    with pytest.raises(BadInputError, match="NaN"):
        OF_IMAGES[name](image, broken)
    with pytest.raises(BadInputError, match="mask is empty"):
        OF_IMAGES[name](image, image, np.zeros((12, 12)))
    with pytest.raises(BadInputError, match="must be equal"):
        OF_IMAGES[name](image, image[:, :11])


@quiet
@pytest.mark.parametrize("name", OF_FEATURES)
@given(seed=st.integers(0, 10_000), kind=st.sampled_from(["few", "constant", "copies", "huge"]))
def test_features_of_any_kind_give_a_number(name: str, seed: int, kind: str) -> None:
    random = np.random.default_rng(seed)
    x, y = random.normal(size=(9, 20)), random.normal(size=(7, 20))
    x, y = {
        "few": (x, y),
        "constant": (np.ones_like(x), np.zeros_like(y)),
        "copies": (x, x[:7]),
        "huge": (1e8 * x, 1e8 * y + 1e8),
    }[kind]
    assert np.isfinite(OF_FEATURES[name](x, y))


@quiet
@pytest.mark.parametrize("name", OF_FEATURES)
def test_one_case_and_nan_are_refused(name: str) -> None:
    x, broken = np.zeros((1, 4)), np.full((8, 4), np.nan)
    with pytest.raises(BadInputError, match="1 "):
        OF_FEATURES[name](x, x)
    with pytest.raises(BadInputError, match="row 0: NaN"):
        OF_FEATURES[name](broken, broken)


@quiet
@pytest.mark.parametrize("name", ROTATION_BLIND)
@given(seed=st.integers(0, 10_000))
def test_features_may_be_turned_shuffled_and_handed_in_as_tensors(name: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    x, y = random.normal(size=(20, 3)), random.normal(size=(16, 3)) + 0.3
    rotation, _ = np.linalg.qr(random.normal(size=(3, 3)))
    found = OF_FEATURES[name](x, y)
    tensors = torch.from_numpy(x), torch.from_numpy(y)
    assert OF_FEATURES[name](*tensors) == pytest.approx(found)
    if name != "frechet_infinity":  # which thins by row
        x, y = random.permutation(x), random.permutation(y)
    assert OF_FEATURES[name](x @ rotation, y @ rotation) == pytest.approx(found, abs=1e-9)


@pytest.mark.parametrize("name", OF_MASKS)
@given(seed=st.integers(0, 10_000), dimensions=st.sampled_from([2, 3]))
def test_masks_are_compared_both_ways_alike(name: str, seed: int, dimensions: int) -> None:
    a, b = np.random.default_rng(seed).random((2, *[6] * dimensions)) > 0.6
    found = OF_MASKS[name](a, b)
    assert found == pytest.approx(OF_MASKS[name](torch.from_numpy(b), a.astype(np.uint8)))
    assert np.isfinite(found)
    best = 1.0 if name in ("dice", "iou") else 0.0
    assert OF_MASKS[name](a, a) == OF_MASKS[name](a & ~a, b & ~b) == best
    nothing_found = OF_MASKS[name](np.ones_like(a), np.zeros_like(a))
    assert nothing_found == (0.0 if best else np.inf)
