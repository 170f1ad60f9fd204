"""Images as the reading room shows them: one size, one grid of values, one plane for a study."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Case
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.curation.orient import Orient
from cancergan.cohort.curation.window_presets import presets
from cancergan.cohort.geometry import place, resize, resize_nearest
from cancergan.core.errors import BadInputError, CancerganWarning

LEVELS = 65_535
LARGEST_STUDY = 2**33
AIR = -500.0
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Display:
    """How stored codes become a picture; equal for all images of a study.

    Attributes:
        shape: (channels, slices, rows, columns) of every image.
        spacing: millimetres per slice, row and column (medians of the real cases).
        low, step: the physical value of a code is ``low + step * code``.
        windows: name, low end and high end in physical units, the first one is shown first.
    """

    shape: tuple[int, int, int, int]
    spacing: tuple[float, float, float]
    low: float
    step: float
    windows: tuple[tuple[str, float, float], ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {
            "shape": list(self.shape), "spacing": list(self.spacing),
            "low": self.low, "step": self.step, "windows": [list(row) for row in self.windows],
        }  # fmt: skip

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Display:
        """Rebuild it from its JSON object."""
        channels, slices, rows, columns = map(int, value["shape"])
        between, down, across = map(float, value["spacing"])
        return cls(
            (channels, slices, rows, columns), (between, down, across),
            float(value["low"]), float(value["step"]),
            tuple((str(name), float(low), float(high)) for name, low, high in value["windows"]),
        )  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """One case as it is shown: (C, slices, rows, columns), its mask, and its spacing likewise."""

    image: Array
    mask: Array | None
    spacing: tuple[float, float, float]


def shown(case: Case, *, image_size: int | None, plane: int | None) -> Shown:
    """Bring a case to slices, rows and columns, as radiologists hang them.

    Volumes with an affine are turned so that the patient's left is on the right of the screen and
    front or head is up; slices run along ``plane`` (an axis of left, back, head; None: pictures).

    Raises:
        BadInputError: no image, NaN, or channels other than 1 (grey) and 3 (colour).
    """
    if case.image is None or len(case.image) not in (1, 3):
        there = "no image" if case.image is None else f"{len(case.image)} channels"
        raise BadInputError(
            f'case "{case.case_id}": has {there}; readers see 1 (grey) or 3 (colour). '
            "Choose a channel with a view."
        )
    if not np.isfinite(case.image).all():
        raise BadInputError(
            f'case "{case.case_id}": holds NaN or infinity. Repair or leave it out.'
        )
    if case.image.ndim == 4 and case.affine is not None:
        case = Orient(to="LPS").apply(case)
    if image_size is not None:
        case = _resized(case, image_size)
    assert case.image is not None
    spacing = case.spacing or (1.0,) * (case.image.ndim - 1)
    if case.image.ndim == 3:
        mask = None if case.mask is None else case.mask[None]
        return Shown(case.image[:, None], mask, (1.0, spacing[0], spacing[1]))
    axes = {2: (2, 1, 0), 1: (1, 2, 0), 0: (0, 2, 1)}[2 if plane is None else plane]
    headfirst = plane in (0, 1)  # rows run downwards, the axis of the head upwards

    def turned(array: Array) -> Array:
        moved = np.transpose(array, axes)
        return moved[:, ::-1] if headfirst else moved

    image = np.stack([turned(channel) for channel in case.image])
    mask = None if case.mask is None else turned(case.mask)
    return Shown(image, mask, (spacing[axes[0]], spacing[axes[1]], spacing[axes[2]]))


def _resized(case: Case, size: int) -> Case:
    """Bring rows and columns to ``size``; the slices of a volume stay as many as they are."""
    assert case.image is not None
    shape = case.image.shape[1:]
    spacing = case.spacing or (1.0,) * len(shape)
    flat = place(shape[:2], spacing[:2], spatial=(size, size), aspect=(1.0, 1.0), fit="pad")
    crop = (*flat.crop, *(slice(0, n) for n in shape[2:]))
    sizes = (*flat.size, *shape[2:])
    padding = (*flat.padding, *((0, 0) for _ in shape[2:]))
    image = resize(case.image[(slice(None), *crop)], sizes)
    image = np.pad(image, ((0, 0), *padding), constant_values=float(case.image.min()))
    mask = case.mask
    if mask is not None:
        mask = np.pad(resize_nearest(mask[crop], sizes), padding)
    return replace(case, image=image, mask=mask, spacing=(*flat.spacing(spacing[:2]), *spacing[2:]))


def plane_of(cohort: Cohort, positions: Sequence[int]) -> int | None:
    """Return along which axis (left, back, head) volumes have their thick slices; 2 is axial."""
    case = cohort[positions[0]]
    if case.image is None or case.image.ndim == 3:
        return None
    if case.affine is not None:
        case = Orient(to="LPS").apply(case)
    spacing = np.asarray(case.spacing)
    return 2 if spacing[2] >= 0.99 * spacing.max() else int(spacing.argmax())


@dataclass(frozen=True)
class Gathered:
    """What a first look at all images has found; ``sizes`` are by side, real and synthetic."""

    shape: tuple[int, int, int, int]
    spacing: tuple[float, float, float]
    low: float
    high: float
    whole: bool
    percentiles: tuple[float, float]
    sizes: tuple[set[tuple[int, ...]], set[tuple[int, ...]]]


def gather(sides: Sequence[Iterator[Shown]]) -> Gathered:
    """Look at all images once: sizes, values, whether the real ones are whole numbers.

    Raises:
        BadInputError: grey and colour, or pictures and volumes, are mixed.
    """
    sizes: tuple[set[tuple[int, ...]], set[tuple[int, ...]]] = (set(), set())
    low, high, whole = np.inf, -np.inf, True
    spacings, inner, shapes = [], [], []
    for side, images in enumerate(sides):
        for case in images:
            sizes[side].add(case.image.shape)
            shapes.append(case.image.shape)
            low, high = min(low, case.image.min()), max(high, case.image.max())
            inner.append(np.percentile(case.image[..., ::2, ::2], (0.5, 99.5)))
            if side == 0:
                spacings.append(case.spacing)
                whole = whole and bool((case.image == np.rint(case.image)).all())
    extents: Array = np.array(shapes)
    if len(set(extents[:, 0])) > 1 or len(set(extents[:, 1] > 1)) > 1:
        raise BadInputError(
            f"images of kinds {sorted(set(shapes))[:3]} (channels, slices, rows, columns) are "
            "mixed: readers would tell them by that. Select cases of one kind."
        )
    channels, slices, rows, columns = map(int, extents.max(0))
    between, down, across = map(float, np.median(spacings, axis=0))
    ends = float(np.median([p[0] for p in inner])), float(np.median([p[1] for p in inner]))
    return Gathered(
        (channels, slices, rows, columns), (between, down, across), float(low), float(high), whole,
        ends, sizes,
    )  # fmt: skip


def planned_display(found: Gathered, images: int) -> Display:
    """Return the display of a study, and warn where sizes alone tell the sides apart.

    Values get the grid of the real cases where those are whole numbers, so that fractions betray
    nobody; else 65,536 steps from the lowest to the highest value of both sides.

    Raises:
        BadInputError: the images together would take more than 8 GiB.
    """
    if 2 * images * int(np.prod(found.shape)) > LARGEST_STUDY:
        raise BadInputError(
            f"{images} images of {found.shape} would take more than 8 GiB. Ask for fewer --cases "
            "or a smaller --image-size."
        )
    if not found.sizes[0] & found.sizes[1]:
        warnings.warn(
            "no real image has the size of a synthetic one, so the black margin tells them apart: "
            "bring both to one grid with --image-size, no larger than the synthetic ones are.",
            CancerganWarning,
            stacklevel=2,
        )
    elif len(found.sizes[0] | found.sizes[1]) > 1:
        warnings.warn(
            "images differ in size; if one side has sizes of its own, readers may learn them. "
            "--image-size brings all to one grid.",
            CancerganWarning,
            stacklevel=2,
        )
    low, span = found.low, max(found.high - found.low, 1e-6)
    step = 1.0 if found.whole and span <= LEVELS else span / LEVELS
    low = float(np.floor(low)) if step == 1.0 else low
    return Display(found.shape, found.spacing, low, step, _windows(found))


def _windows(found: Gathered) -> tuple[tuple[str, float, float], ...]:
    """Return the presets: of CT where there is air in Hounsfield units, else from the data."""
    whole = ("Full range", found.low, max(found.high, found.low + 1e-6))
    first, last = found.percentiles
    auto = ("Standard", first, max(last, first + 1e-6))
    if found.low < AIR and found.high > 100:
        named = [
            (name.removeprefix("ct_").replace("_", " ").capitalize(), window.low, window.high)
            for name, window in presets.items()
            if name in ("ct_soft_tissue", "ct_lung", "ct_bone")
        ]
        return (auto, *named, whole)
    if found.whole and found.low >= 0 and 1 < found.high <= 255:
        return (("As stored", 0.0, 255.0), ("Contrast", *auto[1:]))
    reach = (last - first) / 4
    bright = ("Bright parts", first + reach, max(last + reach, first + reach + 1e-6))
    dark = ("Dark parts", first, max(first + 2 * reach, first + 1e-6))
    return (auto, dark, bright, whole)


def codes(image: Array, display: Display) -> npt.NDArray[np.uint16]:
    """Return an image as codes of the display, in the middle of the common size."""
    values = np.clip(np.rint((image - display.low) / display.step), 0, LEVELS).astype("<u2")
    return centred(values, display.shape)


def centred(array: Array, shape: Sequence[int]) -> Array:
    """Return an array in the middle of zeros of a shape."""
    out = np.zeros(shape, dtype=array.dtype)
    starts = [(big - small) // 2 for big, small in zip(shape, array.shape, strict=True)]
    out[tuple(slice(a, a + n) for a, n in zip(starts, array.shape, strict=True))] = array
    return out


def open_images(path: Path) -> npt.NDArray[np.uint16]:
    """Return the images of a study, mapped from disk.

    Raises:
        BadInputError: the file is missing or broken.
    """
    try:
        array: npt.NDArray[np.uint16] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise BadInputError(f"{path}: cannot be read ({error}). Restore the study.") from None
    return array
