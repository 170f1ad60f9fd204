"""How far translated images are from the true ones, case by case, and which of two is nearer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.core.estimates import Direction, Estimate
from cancergan.core.provenance import fingerprint
from cancergan.downstream.random_convolution import random_convolution
from cancergan.metrics.resampling import bootstrap_interval
from cancergan.metrics.similarity import mae, nmse, psnr, ssim
from cancergan.metrics.spectral import spectral_distance

Float64 = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Measure:
    """A figure of one pair.

    Attributes:
        of: from the true image, the made one (C, *spatial), a mask (*spatial) or None, and the data
            range, to a number.
        direction: which way is better.
        regional: whether it can be restricted to a mask.
    """

    of: Callable[[Float32, Float32, Any, float], float]
    direction: Direction
    regional: bool = True


def _nmse(true: Float32, made: Float32, mask: Any, span: float) -> float:
    """NMSE; not a number where the truth is empty (below 1 % of the range), as beyond the body."""
    region = true if mask is None else true[:, mask]
    empty = np.sqrt(np.square(region, dtype=np.float64).mean()) < 0.01 * span
    return float("nan") if empty else nmse(true, made, mask)


def _psnr(true: Float32, made: Float32, mask: Any, span: float) -> float:
    """PSNR, at most 100 dB: equal images would make every mean infinite."""
    return min(psnr(true, made, mask, span), 100.0)


def _texture(true: Float32, made: Float32, mask: Any, span: float) -> float:
    """Distance of texture statistics in fixed random convolutions, whatever their place.

    Blurring keeps PSNR and loses this; it is a space that no translator here is trained in.
    """
    space = random_convolution(len(true), true.ndim - 1)
    images = np.stack([true, made]) / span * 2
    one, two = space.features(images - images[0].mean())
    return float(np.linalg.norm(one - two))


MEASURES = {
    "psnr": Measure(_psnr, "higher"),
    "ssim": Measure(ssim, "higher"),
    "nmse": Measure(_nmse, "lower"),
    "mae": Measure(lambda x, y, mask, span: mae(x, y, mask), "lower"),
    "texture_distance": Measure(_texture, "lower", regional=False),
    "spectral_distance": Measure(
        lambda x, y, mask, span: spectral_distance(x[None], y[None]), "lower", regional=False
    ),
}
REGIONS = ("whole image", "inside mask")
FEWEST_PIXELS = 20  # a lesion of fewer says nothing about what is inside it


@dataclass(frozen=True)
class Measured:
    """The figures of one method, one row a case.

    ``values`` has an array (n,) for each measure and region, NaN where a case has no such region;
    ``patients`` names the patient of each case.
    """

    values: Mapping[tuple[str, str], Float64]
    patients: tuple[str, ...]


def measure(truth: Cohort, made: Cohort) -> Measured:
    """Compare every made image with the true one of its ``source_case_id`` (or equal case id).

    The data range is that of all true images together, so that no case is judged by its own.

    Raises:
        BadInputError: a case without a true image, or one of another shape.
    """
    column = "source_case_id" if "source_case_id" in made.table else "case_id"
    places = {str(name): place for place, name in enumerate(truth.table["case_id"])}
    span = _span(truth)
    rows: dict[tuple[str, str], list[float]] = {(m, r): [] for m in MEASURES for r in REGIONS}
    patients = []
    for number, name in enumerate(made.table[column].astype(str)):
        if name not in places:
            raise BadInputError(f'made case {number} is of "{name}", of which there is no truth.')
        true, ours = truth[places[name]], made[number]
        assert true.image is not None
        assert ours.image is not None
        if true.image.shape != ours.image.shape:
            raise BadInputError(
                f'case "{name}": the true image has shape {true.image.shape}, the made one '
                f"{ours.image.shape}. Compare images on one grid."
            )
        patients.append(str(true.attributes["patient_id"]))
        inside = None if true.mask is None else true.mask > 0
        seen = inside is not None and int(inside.sum()) >= FEWEST_PIXELS
        for title, figure in MEASURES.items():
            rows[title, REGIONS[0]].append(figure.of(true.image, ours.image, None, span))
            here = seen and figure.regional
            value = figure.of(true.image, ours.image, inside, span) if here else np.nan
            rows[title, REGIONS[1]].append(value)
    return Measured({key: np.array(values) for key, values in rows.items()}, tuple(patients))


def findings(methods: Mapping[str, Measured], *, seed: int = 0) -> list[Estimate]:
    """Return the mean of every figure of every method, with its interval by patient."""
    found = []
    for name, measured in methods.items():
        for (measure_name, region), values in measured.values.items():
            found += _mean(name, measure_name, region, values, measured.patients, seed)
    return found


def differences(
    methods: Mapping[str, Measured], reference: str, *, seed: int = 0
) -> list[Estimate]:
    """Return the paired differences of every method from the reference, intervals by patient."""
    found = []
    base = methods[reference]
    for name, measured in methods.items():
        if name == reference:
            continue
        if measured.patients != base.patients:
            raise BadInputError(f"{name} and {reference} are of different cases.")
        for (measure_name, region), values in measured.values.items():
            change = values - base.values[measure_name, region]
            title = f"{name} - {reference}"
            found += _mean(title, measure_name, region, change, measured.patients, seed)
    return found


def _mean(
    method: str, name: str, region: str, values: Float64, patients: tuple[str, ...], seed: int
) -> list[Estimate]:
    there = np.flatnonzero(np.isfinite(values))
    if not there.size:
        return []
    kept, units = values[there], [patients[place] for place in there]
    interval = bootstrap_interval(lambda rows: float(kept[rows].mean()), units, seed=seed)
    return [
        Estimate(
            family="fidelity",
            name=name,
            space=region,
            value=float(kept.mean()),
            low=interval[0] if interval else None,
            high=interval[1] if interval else None,
            n_real=len(kept),
            n_synthetic=len(kept),
            direction=MEASURES[name].direction,
            fingerprint=fingerprint("truth", name, region),
            note=method,
        )
    ]


def _span(truth: Cohort) -> float:
    low, high = np.inf, -np.inf
    for case in truth:
        assert case.image is not None
        low, high = min(low, float(case.image.min())), max(high, float(case.image.max()))
    return max(high - low, 1e-12)
