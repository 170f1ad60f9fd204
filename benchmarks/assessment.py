"""Fréchet distance and neighbour counts of ours against the arithmetic of well-known packages.

The three functions called ``..._arithmetic`` are written here from the published formulas and the
known order of operations of these packages, for timing on given features alone: pytorch-fid takes
NumPy's covariance and SciPy's matrix square root of S1 S2; torch-fidelity takes the eigenvalues of
S1 S2; prdc takes three full distance matrices. They are no part of the library.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.paired import Comparison
from cancergan.metrics.frechet import frechet_distance
from cancergan.metrics.neighbours import precision_recall_density_coverage

CASES, FEATURES, NEIGHBOURS = 10_000, 2048, 5


def assessments() -> Iterator[Comparison]:
    """Compare once each, the slowest last: at this size a second run tells nothing more."""
    random = np.random.default_rng(0)
    real, synthetic = random.normal(size=(2, CASES, FEATURES))
    synthetic += 0.1
    size = f"{CASES} x {FEATURES}"
    shares = _timed(lambda: precision_recall_density_coverage(real, synthetic, NEIGHBOURS))
    prdc = _timed(lambda: prdc_arithmetic(real, synthetic, NEIGHBOURS))
    yield _once(f"precision to coverage, {size}, prdc's", shares, prdc)
    ours = _timed(lambda: frechet_distance(real, synthetic))
    fidelity = _timed(lambda: torch_fidelity_arithmetic(real, synthetic))
    yield _once(f"Fréchet distance, {size}, torch-fidelity's", ours, fidelity)
    fid = _timed(lambda: pytorch_fid_arithmetic(real, synthetic))
    yield _once(f"Fréchet distance, {size}, pytorch-fid's", ours, fid)


def pytorch_fid_arithmetic(real: np.ndarray, synthetic: np.ndarray) -> float:
    """Return the distance by SciPy's square root of the product of the covariances."""
    from scipy.linalg import sqrtm

    gap = real.mean(0) - synthetic.mean(0)
    first, second = np.cov(real, rowvar=False), np.cov(synthetic, rowvar=False)
    root = sqrtm(first @ second)
    return float(gap @ gap + np.trace(first) + np.trace(second) - 2 * np.trace(root.real))


def torch_fidelity_arithmetic(real: np.ndarray, synthetic: np.ndarray) -> float:
    """Return the distance by the eigenvalues of the product of the covariances."""
    gap = real.mean(0) - synthetic.mean(0)
    first, second = np.cov(real, rowvar=False), np.cov(synthetic, rowvar=False)
    roots = np.sqrt(np.linalg.eigvals(first @ second).astype(np.complex128))
    return float(gap @ gap + np.trace(first) + np.trace(second) - 2 * roots.real.sum())


def prdc_arithmetic(real: np.ndarray, synthetic: np.ndarray, k: int) -> dict[str, float]:
    """Return the four shares from three full distance matrices."""
    from sklearn.metrics import pairwise_distances

    def distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.asarray(pairwise_distances(x, y, metric="euclidean", n_jobs=8))

    def radii(x: np.ndarray) -> np.ndarray:
        matrix = distances(x, x)
        nearest = np.argpartition(matrix, k + 1, axis=-1)[..., : k + 1]
        return np.take_along_axis(matrix, nearest, axis=-1).max(axis=-1)

    of_real, of_synthetic = radii(real), radii(synthetic)
    between = distances(real, synthetic)
    return {
        "precision": float((between < of_real[:, None]).any(axis=0).mean()),
        "recall": float((between < of_synthetic[None]).any(axis=1).mean()),
        "density": float((between < of_real[:, None]).sum(axis=0).mean() / k),
        "coverage": float((between.min(axis=1) < of_real).mean()),
    }


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _once(name: str, ours: float, theirs: float) -> Comparison:
    ratio = theirs / ours
    return Comparison(name, ours, theirs, ratio, ratio, ratio)
