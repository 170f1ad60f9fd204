"""A DICOM file as the image of one row: its picture, or the volume of its frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cancergan.cohort.dicom.instances import read_instance
from cancergan.cohort.dicom.stacks import UnusableSeriesError, stacks_of
from cancergan.cohort.dicom.volumes import DicomImage, image_of
from cancergan.cohort.pixels import AnyArray, Header, Pixels
from cancergan.core.errors import BadInputError

SUFFIXES: tuple[str, ...] = (".dcm", ".dicom")


def read_header(path: Path) -> Header:
    """Return shape and data type without decoding the pixels."""
    return _image(path).header()


def read_image(path: Path) -> Pixels:
    """Return the image in physical units, with its place where the file states one."""
    return _image(path).pixels()


def read_labels(path: Path) -> AnyArray:
    """Return the array as stored, one channel."""
    image = _image(path).pixels().image
    if len(image) != 1:
        raise BadInputError(f"{path}: the mask has {len(image)} channels. Save it with one.")
    return np.asarray(image[0])


def _image(path: Path) -> DicomImage:
    instance = read_instance(path)
    if isinstance(instance, str) or not instance.frames:
        reason = instance if isinstance(instance, str) else f"{instance.modality} object"
        raise BadInputError(f"{path}: is no image ({reason}). Name an image file.")
    try:
        if any(frame.place is None for frame in instance.frames):
            return image_of(instance.frames)
        stacks = stacks_of(instance.frames)
        if len(stacks) > 1:
            raise UnusableSeriesError(f"{len(stacks)} stacks in one file")
        return image_of(stacks[0].frames)
    except UnusableSeriesError as error:
        raise BadInputError(f"{path}: makes no image ({error}). Open its folder.") from None
