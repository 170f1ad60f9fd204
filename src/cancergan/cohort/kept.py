"""Prepared arrays that are kept in a folder: found again there, and finished after a kill."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float32
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.damage import readable
from cancergan.cohort.fingerprints import source_fingerprint
from cancergan.cohort.preparation import Preparation
from cancergan.core.errors import BadInputError
from cancergan.core.files import named_disk_errors, read_json, write_json
from cancergan.core.provenance import fingerprint

VERSION = 1
IMAGES, MASKS, DONE, RECORD = "images.npy", "masks.npy", "done.npy", "prepared.json"
# So many cases are handed to the readers and finished together: a million at once would fill the
# memory, and a kill costs at most so much work again.
BLOCK = 1024


@dataclass(frozen=True, eq=False)
class KeptArrays:
    """Arrays of one cohort and one preparation on disk, and which blocks of cases are done.

    Attributes:
        images: (n, C, *spatial) float32, a memory map.
        masks: (n, *spatial) int32, a memory map, or None.
        done: (blocks,) 1 where all cases of a block are written, a memory map.
        folder: where they are.
    """

    images: Float32
    masks: npt.NDArray[np.int32] | None
    done: npt.NDArray[np.uint8]
    folder: Path

    @classmethod
    def open(
        cls, cohort: Cohort, preparation: Preparation, *, folder: Path, masks: bool
    ) -> KeptArrays:
        """Open the arrays of a cohort and a preparation below a folder, or begin them.

        They lie in a folder named by the fingerprints of both, so a changed cohort or another
        preparation begins anew beside the old one.

        Raises:
            BadInputError: the disk is full, or what lies there is damaged.
        """
        record = {
            "version": VERSION,
            "cohort": source_fingerprint(cohort),
            "preparation": preparation.to_json(),
            "masks": masks,
            "block": BLOCK,
        }
        place = folder / fingerprint(record)
        count, spatial = len(cohort), preparation.spatial
        shapes: dict[str, tuple[tuple[int, ...], npt.DTypeLike]] = {
            IMAGES: ((count, preparation.channels, *spatial), np.float32),
            DONE: ((-(-count // BLOCK),), np.uint8),
        }
        if masks:
            shapes[MASKS] = ((count, *spatial), np.int32)
        if not place.exists():
            _begin(place, shapes, record)
        if read_json(place / RECORD) != record:
            raise BadInputError(f"{place}: is of another cohort or preparation. Remove it.")
        return cls._opened(place, mode="r+")

    @classmethod
    def _opened(cls, place: Path, *, mode: Literal["r+", "c"]) -> KeptArrays:
        masks = _array(place / MASKS, mode) if (place / MASKS).exists() else None
        return cls(_array(place / IMAGES, mode), masks, _array(place / DONE, mode), place)

    def filled(self, run: Callable[[Sequence[int]], Iterable[object]]) -> KeptArrays:
        """Write the blocks that are not done yet (``run`` writes the cases of one), and return all.

        What is returned may be changed in memory; the files stay as they are (copy on write).
        """
        for block in np.flatnonzero(self.done == 0):
            start = int(block) * BLOCK
            for _ in run(range(start, min(start + BLOCK, len(self.images)))):
                pass
            # The arrays reach the disk before the mark that says so.
            for array in (self.images, self.masks):
                if isinstance(array, np.memmap):
                    array.flush()
            self.done[block] = 1
            if isinstance(self.done, np.memmap):
                self.done.flush()
        return self._opened(self.folder, mode="c")


def _begin(
    place: Path,
    shapes: dict[str, tuple[tuple[int, ...], npt.DTypeLike]],
    record: dict[str, Any],
) -> None:
    """Lay out empty files (holes on disk until they are written), all at once.

    Where another process was quicker, its files are taken: they hold the same.
    """
    size = sum(int(np.prod(shape)) * np.dtype(dtype).itemsize for shape, dtype in shapes.values())
    with named_disk_errors(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        # Writing to a map on a full disk kills the process, so ask before.
        if shutil.disk_usage(place.parent).free < size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".begun-") as begun:
            folder = Path(begun) / place.name
            folder.mkdir()
            for name, (shape, dtype) in shapes.items():
                np.lib.format.open_memmap(folder / name, mode="w+", dtype=dtype, shape=shape)
            write_json(folder / RECORD, record)
            try:
                folder.rename(place)
            except OSError:
                if not (place / RECORD).exists():
                    raise


def _array(path: Path, mode: Literal["r+", "c"]) -> np.memmap[Any, Any]:
    with readable(path, OSError, ValueError):
        return np.lib.format.open_memmap(path, mode=mode)
