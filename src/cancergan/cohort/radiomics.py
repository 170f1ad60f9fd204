"""Radiomics of a whole cohort: one row a case, one column a feature."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from cancergan.cohort.case import Case, Float32
from cancergan.cohort.cohort import Cohort
from cancergan.core.errors import BadInputError, CancerganWarning, unknown
from cancergan.core.files import whole_file, write_json
from cancergan.metrics.radiomics import (
    Measurements,
    RadiomicsSettings,
    Region,
    radiomics_of_regions,
    region_of,
)

Of = Literal["mask", "image"]
Progress = Callable[[int, int], None]
_Measured = tuple[npt.NDArray[np.bool_], Measurements | None]

# ITU-R BT.601: how bright red, green and blue look.
LUMINANCE = np.array([0.299, 0.587, 0.114])
IDENTITY = ("case_id", "patient_id", "label", "split")
EMPTY_MASK = "the mask is empty"
# So many cases, or voxels, are in memory at a time.
BLOCK = 64
BLOCK_VOXELS = 2**23


def radiomics_table(
    cohort: Cohort,
    settings: RadiomicsSettings | None = None,
    *,
    of: Of | None = None,
    label: int | None = None,
    channel: int | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Measure every case of a cohort; images are read a block at a time.

    Args:
        cohort: pictures or volumes, all with as many channels.
        settings: the choices; those of the profile "ibsi" where absent.
        of: "mask" measures the region that each case's mask draws, "image" the whole image; None
            takes the masks if every case has one, the images if none has.
        label: which value of the masks is the region; every value but 0 where absent.
        channel: which channel; needed unless there is one, or three, which are taken as red, green
            and blue and become grey (ITU-R BT.601).
        progress: called with how many cases are done, and of how many.

    Returns:
        One row a case: ``case_id``, ``patient_id``, ``label`` and ``split`` where the cohort has
        them; ``undefined``, which says how many features are NaN and why, or is ""; the features.
        A case with an empty mask has a row of NaN.

    Raises:
        BadInputError: no images, masks of some cases only, a channel that is not there, NaN in a
            region (names the case), or no case with a region.
    """
    settings = settings or RadiomicsSettings.for_profile()
    cohort.require("image")
    if of is not None and of not in get_args(Of):
        raise unknown("thing to measure", of, get_args(Of))
    decided = of or ("image" if cohort.pixels(0).mask is None else "mask")
    blocks: list[_Measured] = []
    block = _Block()
    for done, case in enumerate(cohort, 1):
        if of is None and (case.mask is None) != (decided == "image"):
            raise BadInputError(
                f'{cohort.origin}: case "{case.case_id}" has {"no" if case.mask is None else "a"} '
                "mask, unlike those before it. Say whether to measure masks or whole images."
            )
        block.regions.append(_region(case, settings, decided, label, channel))
        if block.full or done == len(cohort):
            blocks.append(_measured(block.regions, settings))
            block = _Block()
        if progress is not None:
            progress(done, len(cohort))
    names = next((found.names for _, found in blocks if found is not None), None)
    if names is None:
        raise BadInputError(
            f"{cohort.origin}: every mask is empty{_of_label(label)}. Give cases with a region, or "
            "measure whole images."
        )
    return _table(cohort, names, blocks)


@dataclass
class _Block:
    """Regions that are in memory together."""

    regions: list[Region | None] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether it is time to measure them."""
        voxels = sum(region.image.size for region in self.regions if region is not None)
        return len(self.regions) >= BLOCK or voxels >= BLOCK_VOXELS


def save_radiomics(
    cohort: Cohort,
    path: Path | str,
    settings: RadiomicsSettings | None = None,
    *,
    of: Of | None = None,
    label: int | None = None,
    channel: int | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Write ``radiomics_table`` as CSV, beside a JSON file of the settings and the cohort.

    Raises:
        BadInputError: the file's name does not end in .csv, it exists, or what ``radiomics_table``
            raises.
    """
    path = Path(path)
    settings = settings or RadiomicsSettings.for_profile()
    if path.suffix != ".csv":
        raise BadInputError(f"{path}: the name of a table must end in .csv.")
    if path.exists():
        raise BadInputError(f"{path}: exists already. Choose another name.")
    table = radiomics_table(
        cohort, settings, of=of, label=label, channel=channel, progress=progress
    )
    record: dict[str, Any] = {
        "cohort": {"origin": cohort.origin, "fingerprint": cohort.fingerprint},
        "cases": len(table),
        "of": of,
        "label": label,
        "channel": channel,
        "settings": settings.to_json(),
        "settings_fingerprint": settings.fingerprint,
    }
    with whole_file(path) as partial:
        table.to_csv(partial, index=False)
        write_json(path.with_suffix(".json"), record)
    return table


def grey(image: Float32, *, channel: int | None = None, who: str = "the image") -> Float32:
    """Return one channel (*spatial) of an image (C, *spatial), or the luminance of three.

    Raises:
        BadInputError: the channel does not exist, or none is named where it must be.
    """
    channels = len(image)
    if channel is None and channels == 3:
        return np.tensordot(LUMINANCE, image, axes=1).astype(np.float32)
    if channel is None and channels > 1:
        raise BadInputError(f"{who}: has {channels} channels. Name one of them.")
    number = channel or 0
    if not 0 <= number < channels:
        raise BadInputError(f"{who}: has no channel {number}, only 0 to {channels - 1}.")
    chosen: Float32 = image[number]
    return chosen


def _region(
    case: Case, settings: RadiomicsSettings, of: Of, label: int | None, channel: int | None
) -> Region | None:
    """Return the region of a case, None where its mask is empty."""
    assert case.image is not None
    who = f'case "{case.case_id}"'
    image = grey(case.image, channel=channel, who=who)
    mask = None
    if of == "mask":
        if case.mask is None:
            raise BadInputError(f"{who}: has no mask. Add one, or measure whole images.")
        mask = case.mask != 0 if label is None else case.mask == label
        if not mask.any():
            return None
    try:
        return region_of(image, mask, case.spacing or None, settings)
    except BadInputError as error:
        raise BadInputError(f"{who}: {error}") from None


def _measured(regions: list[Region | None], settings: RadiomicsSettings) -> _Measured:
    """Return which of the regions there are, and what those measure."""
    there = [region for region in regions if region is not None]
    found = radiomics_of_regions(there, settings) if there else None
    return np.array([region is not None for region in regions]), found


def _table(
    cohort: Cohort,
    names: tuple[str, ...],
    blocks: list[_Measured],
) -> pd.DataFrame:
    values = np.full((len(cohort), len(names)), np.nan)
    undefined = np.full(len(cohort), EMPTY_MASK, dtype=object)
    start = 0
    for given, found in blocks:
        there = start + np.flatnonzero(given)
        if found is not None:
            values[there], undefined[there] = found.values, found.undefined
        start += len(given)
    empty = int((undefined == EMPTY_MASK).sum())
    if empty:
        message = f"{cohort.origin}: {empty} of {len(cohort)} cases have an empty mask; their rows "
        warnings.warn(f"{message}hold no features.", CancerganWarning, stacklevel=3)
    table = cohort.table
    kept = table[[column for column in IDENTITY if column in table]].assign(undefined=undefined)
    return pd.concat([kept, pd.DataFrame(values, columns=list(names))], axis=1)


def _of_label(label: int | None) -> str:
    return "" if label is None else f" of label {label}"
