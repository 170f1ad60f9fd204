"""Sources for arrays that are in memory, checked so that every image is (C, *spatial)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float64
from cancergan.cohort.pixels import AnyArray, Pixels, narrow, whole_numbers
from cancergan.cohort.sources import MemorySource
from cancergan.core.errors import BadInputError


def sources_of_arrays(
    images: AnyArray | Sequence[AnyArray] | None,
    *,
    masks: AnyArray | Sequence[AnyArray | None] | None,
    arrays: Mapping[str, AnyArray | Sequence[AnyArray | None]],
    spacing: Sequence[float] | Sequence[Sequence[float]] | None,
    affine: npt.ArrayLike | None,
) -> list[MemorySource]:
    """Return one source per image; arguments as for ``Cohort.from_arrays``."""
    if images is None:
        return []
    if masks is not None and len(masks) != len(images):
        raise BadInputError(f"from_arrays: {len(images)} images but {len(masks)} masks.")
    for name, values in arrays.items():
        if len(values) != len(images):
            raise BadInputError(f"from_arrays: {len(images)} images but {len(values)} of {name}.")
    spacings = _per_case(spacing, len(images), single_ndim=1, what="spacing")
    affines = _per_case(affine, len(images), single_ndim=2, what="affine")
    return [
        MemorySource(
            replace(
                _pixels(i, image, None if masks is None else masks[i], spacings[i], affines[i]),
                arrays=_further(i, {name: values[i] for name, values in arrays.items()}, image),
            )
        )
        for i, image in enumerate(images)
    ]


def _further(
    index: int, arrays: Mapping[str, AnyArray | None], image: AnyArray
) -> dict[str, AnyArray]:
    """Return the further arrays that a case has, each on the grid of its image."""
    spatial, found = np.shape(image)[1:], {}
    for name, array in arrays.items():
        if array is None:
            continue
        if np.ndim(array) != np.ndim(image) or np.shape(array)[1:] != spatial:
            raise BadInputError(
                f"from_arrays: {name}[{index}] has shape {np.shape(array)}, its image "
                f"{np.shape(image)}. Give it (channels, *spatial) with the same spatial size."
            )
        found[name] = narrow(np.asarray(array))
    return found


def _pixels(
    index: int,
    image: AnyArray,
    mask: AnyArray | None,
    spacing: Float64 | None,
    affine: Float64 | None,
) -> Pixels:
    image = narrow(np.asarray(image))
    if image.ndim not in (3, 4):
        raise BadInputError(
            f"from_arrays: images[{index}] has shape {image.shape}. "
            "Needed: (channels, rows, columns) or (channels, x, y, z)."
        )
    spatial = image.shape[1:]
    if mask is not None and np.shape(mask) != spatial:
        raise BadInputError(
            f"from_arrays: masks[{index}] has shape {np.shape(mask)}, its image {spatial}."
        )
    if spacing is not None and (len(spacing) != len(spatial) or not (spacing > 0).all()):
        raise BadInputError(
            f"from_arrays: spacing {tuple(spacing)} does not fit {len(spatial)} axes. "
            "Give one positive number of millimetres per axis."
        )
    if affine is not None and affine.shape != (4, 4):
        raise BadInputError(f"from_arrays: an affine has shape {affine.shape}, needed (4, 4).")
    return Pixels(
        image=image,
        mask=None if mask is None else whole_numbers(np.asarray(mask)),
        spacing=_spacing(spacing, affine, len(spatial)),
        affine=affine,
    )


def _spacing(spacing: Float64 | None, affine: Float64 | None, dimensions: int) -> tuple[float, ...]:
    """The stated spacing, else what the affine implies, else 1 mm."""
    if spacing is not None:
        return tuple(float(size) for size in spacing)
    if affine is not None:
        lengths = np.sqrt((affine[:3, :dimensions] ** 2).sum(axis=0))
        return tuple(float(size) for size in lengths)
    return (1.0,) * dimensions


def _per_case(
    value: object, count: int, *, single_ndim: int, what: str
) -> Sequence[Float64 | None]:
    """Return one array per case, given one for all, one for each, or None."""
    if value is None:
        return [None] * count
    array = np.asarray(value, dtype=np.float64)
    if array.ndim == single_ndim:
        return [array] * count
    if len(array) != count:
        raise BadInputError(f"from_arrays: {len(array)} of {what} for {count} images.")
    return list(array)
