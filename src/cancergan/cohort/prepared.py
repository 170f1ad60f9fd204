"""A cohort ready for a network: equal arrays in RAM, or in one memory-mapped file."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float32
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.kept import BLOCK, KeptArrays
from cancergan.cohort.preparation import Preparation
from cancergan.core.files import named_disk_errors

MEMORY_LIMIT = 2 * 2**30
READERS = 4


@dataclass(frozen=True, eq=False)
class PreparedCohort:
    """Arrays of a cohort in the order of its rows.

    Attributes:
        images: (n, C, *spatial) float32 in [-1, 1]; a memory map where they are many.
        labels: (n,) int64 codes into ``classes``, -1 where a case has none; None without labels.
        masks: (n, *spatial) int32; None unless asked for.
        classes: names of the classes.
        case_ids, patient_ids: one per image.
        preparation: how the images were made.
    """

    images: Float32
    labels: npt.NDArray[np.int64] | None
    masks: npt.NDArray[np.int32] | None
    classes: tuple[str, ...]
    case_ids: tuple[str, ...]
    patient_ids: tuple[str, ...]
    preparation: Preparation

    def __len__(self) -> int:
        return len(self.images)


def prepare(
    cohort: Cohort,
    preparation: Preparation,
    *,
    columns: Collection[str] = ("image",),
    folder: Path | None = None,
    memory_limit: int = MEMORY_LIMIT,
    keep: Path | None = None,
) -> PreparedCohort:
    """Read and prepare all cases, several at a time; the result does not depend on how many.

    Args:
        cohort: the cases.
        preparation: the plan, usually of the training part.
        columns: what must be there for every case, as a game requires it: "image", "label",
            "mask" or any column. Labels come along even if they are not required.
        folder: where the memory-mapped file goes, None for the system's own place; it has no name
            and goes away with the array.
        memory_limit: bytes of images up to which they stay in RAM.
        keep: a folder for arrays that stay: memory-mapped, named by the fingerprints of cohort and
            preparation. A second call finds them, and after a kill it goes on with what is missing.
            ``folder`` and ``memory_limit`` do not count then.

    Raises:
        BadInputError: a required column is incomplete, or a case cannot be prepared (names it).
    """
    cohort.require(*columns)
    kept = None
    if keep is not None:
        kept = KeptArrays.open(cohort, preparation, folder=keep, masks="mask" in columns)
        images, masks = kept.images, kept.masks
    else:
        shape = (len(cohort), preparation.channels, *preparation.spatial)
        images = _empty(shape, folder=folder, memory_limit=memory_limit)
        spatial = (len(cohort), *preparation.spatial)
        masks = np.empty(spatial, dtype=np.int32) if "mask" in columns else None

    def fill(index: int) -> None:
        case = cohort[index]
        images[index] = preparation.apply(case)
        if masks is not None:
            masks[index] = preparation.apply_mask(case)

    with ThreadPoolExecutor(max_workers=min(READERS, os.cpu_count() or 1)) as pool:
        if kept is not None:
            filled = kept.filled(lambda cases: pool.map(fill, cases))
            images, masks = filled.images, filled.masks
        else:
            for start in range(0, len(cohort), BLOCK):
                list(pool.map(fill, range(start, min(start + BLOCK, len(cohort)))))
    table = cohort.table
    return PreparedCohort(
        images=images,
        labels=_labels(cohort),
        masks=masks,
        classes=cohort.classes,
        case_ids=tuple(table["case_id"]),
        patient_ids=tuple(table["patient_id"]),
        preparation=preparation,
    )


def _labels(cohort: Cohort) -> npt.NDArray[np.int64] | None:
    if not cohort.classes:
        return None
    codes = {name: code for code, name in enumerate(cohort.classes)}
    return np.array([codes.get(name, -1) for name in cohort.table["label"]], dtype=np.int64)


def _empty(shape: tuple[int, ...], *, folder: Path | None, memory_limit: int) -> Float32:
    """Return an array to fill: in RAM, or in a temporary file."""
    size = 4 * int(np.prod(shape, dtype=np.int64))
    if size < memory_limit:
        return np.empty(shape, dtype=np.float32)
    where = folder or Path(tempfile.gettempdir())
    with named_disk_errors(where):
        where.mkdir(parents=True, exist_ok=True)
        # Writing to a map on a full disk kills the process, so ask before.
        if shutil.disk_usage(where).free < size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with tempfile.TemporaryFile(dir=where) as file:
            return np.memmap(file, dtype=np.float32, mode="w+", shape=shape)
