"""Our own format: every array as .npy in its own data type."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cancergan.cohort.contents import Contents
from cancergan.cohort.pixels import AnyArray, Pixels
from cancergan.cohort.writers.folder import write_folder


def write(contents: Contents, path: Path) -> None:
    """Write a folder that opens again bit for bit, geometry included."""
    write_folder(
        contents,
        path,
        suffix=".npy",
        write_image=_write_image,
        write_mask=_write_mask,
        write_array=_write_array,
    )


def _write_image(path: Path, pixels: Pixels) -> None:
    np.save(path, pixels.image, allow_pickle=False)


def _write_array(path: Path, array: AnyArray) -> None:
    np.save(path, array, allow_pickle=False)


def _write_mask(path: Path, pixels: Pixels) -> None:
    assert pixels.mask is not None
    np.save(path, pixels.mask, allow_pickle=False)
