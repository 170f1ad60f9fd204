"""Annotation shifts: the same images, outlined by other hands or labelled by other rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from cancergan.cohort.case import Float64
from cancergan.cohort.pixels import AnyArray, Header, Pixels
from cancergan.cohort.shifts.rows import main_labels
from cancergan.cohort.shifts.source import Subject
from cancergan.core.errors import BadInputError
from cancergan.core.registry import Registry
from cancergan.core.seeds import numpy_generator

READERS = 3
# (depth, radius, strength, seed, subject) -> how far the outline moves out, in pixels, everywhere
# or pixel by pixel. ``depth`` (*spatial) is positive inside the mask and negative outside;
# ``radius`` is that of a typical object.
Outline = Callable[[Float64, float, float, int, Subject], Float64 | float]
outlines: Registry[Outline] = Registry("annotation mechanism")


@dataclass(frozen=True)
class OutlineChange:
    """One mechanism that redraws masks; images stay as they are."""

    mechanism: str
    strength: float
    seed: int

    def header(self, header: Header) -> Header:
        """Return the header as it was."""
        return header

    def pixels(self, pixels: Pixels, subject: Subject) -> Pixels:
        """Return the case with another outline; a mask that is absent or empty stays so."""
        if pixels.mask is None or not pixels.mask.any() or pixels.mask.all():
            return pixels
        depth = signed_depth(pixels.mask)
        radius = typical_radius(depth)
        move = outlines[self.mechanism](depth, radius, self.strength, self.seed, subject)
        return replace(pixels, mask=_redrawn(pixels.mask, depth, move))


def signed_depth(mask: AnyArray) -> Float64:
    """Return the distance in pixels to the outline: positive inside, negative outside."""
    from scipy.ndimage import distance_transform_edt

    inside = mask > 0
    depth = distance_transform_edt(inside) - distance_transform_edt(~inside)
    return np.asarray(depth - 0.5 * np.sign(depth))


def typical_radius(depth: Float64) -> float:
    """Return the radius of the disc (or ball) whose points lie as deep on average as the mask's.

    The mean depth of a disc of radius R is R / 3, that of a ball R / 4.
    """
    return float((depth.ndim + 1) * depth[depth > 0].mean())


def _redrawn(mask: AnyArray, depth: Float64, move: Float64 | float) -> AnyArray:
    """Return the mask whose outline lies where ``depth`` was ``-move``; its deepest pixel stays."""
    from scipy.ndimage import distance_transform_edt

    _, nearest = distance_transform_edt(mask == 0, return_indices=True)
    kept = (depth + move > 0) | (depth == depth.max())
    return np.where(kept, mask[tuple(nearest)], 0).astype(mask.dtype)


@outlines.register("dilation")
def dilation(
    depth: Float64, radius: float, strength: float, seed: int, subject: Subject
) -> Float64 | float:
    """Outline too generously, by up to half the radius."""
    return 0.5 * strength * radius


@outlines.register("erosion")
def erosion(
    depth: Float64, radius: float, strength: float, seed: int, subject: Subject
) -> Float64 | float:
    """Outline too tightly, by up to half the radius."""
    return -0.5 * strength * radius


@outlines.register("jitter")
def jitter(
    depth: Float64, radius: float, strength: float, seed: int, subject: Subject
) -> Float64 | float:
    """Let the outline wander in and out, by up to a quarter of the radius (deviation)."""
    return np.asarray(0.25 * strength * radius * _wandering(depth.shape, radius, seed, subject))


@outlines.register("readers")
def readers(
    depth: Float64, radius: float, strength: float, seed: int, subject: Subject
) -> Float64 | float:
    """Share the patients among three readers, each with an own habit and an unsteady hand."""
    chosen = int(numpy_generator(seed, "reader", subject.patient_id).integers(READERS))
    habit = np.linspace(-0.2, 0.5, READERS)[chosen]
    wandering = _wandering(depth.shape, radius, seed, subject)
    return np.asarray(strength * radius * (habit + 0.15 * wandering))


def _wandering(shape: tuple[int, ...], radius: float, seed: int, subject: Subject) -> Float64:
    """Return a smooth random field of mean 0 and variance 1, about half as wide as an object."""
    from scipy.ndimage import gaussian_filter

    random = numpy_generator(seed, "annotation", subject.case_id)
    field = gaussian_filter(random.normal(size=shape), max(1.0, radius / 4), mode="wrap")
    return np.asarray((field - field.mean()) / field.std())


def relabelled(
    table: pd.DataFrame, strength: float, *, seed: int, origin: str
) -> npt.NDArray[np.object_]:
    """Return the labels with those of some patients exchanged, so that class frequencies stay.

    Patients of different classes are paired at random; the labels of up to half of all patients
    become wrong, fewer where one class is so frequent that partners run out.

    Raises:
        BadInputError: there are no labels, or one class only.
    """
    if "label" not in table or table["label"].nunique() < 2:
        raise BadInputError(f"{origin}: exchanging labels needs two classes or more.")
    labels = main_labels(table).dropna()
    random = numpy_generator(seed, "annotation", "labels")
    order = random.permutation(len(labels))
    names = labels.to_numpy()
    pairs = _pairs(names, order, wanted=round(len(labels) * strength / 4))
    exchanged = {}
    for first, second in pairs:
        exchanged[labels.index[first]] = (names[first], names[second])
        exchanged[labels.index[second]] = (names[second], names[first])
    values = table["label"].to_numpy(dtype=object).copy()
    for row, patient in enumerate(table["patient_id"]):
        # Only the patient's main label changes hands; another one of a second lesion stays.
        if patient in exchanged and values[row] == exchanged[patient][0]:
            values[row] = exchanged[patient][1]
    return values


def _pairs(
    names: npt.NDArray[np.object_], order: npt.NDArray[np.intp], *, wanted: int
) -> list[tuple[int, int]]:
    """Return pairs of patients of different classes, in random order, each patient once."""
    pairs: list[tuple[int, int]] = []
    waiting: list[int] = []
    for place in map(int, order):
        if len(pairs) == wanted:
            break
        # All who wait are of one class, since two of different classes would have been paired.
        if waiting and names[waiting[-1]] != names[place]:
            pairs.append((waiting.pop(), place))
        else:
            waiting.append(place)
    return pairs
