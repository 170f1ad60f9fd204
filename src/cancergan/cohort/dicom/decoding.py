"""Decoding frames: any transfer syntax whose plugin is installed, colour as RGB, physical units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cancergan.cohort.dicom.codestreams import stated_size
from cancergan.cohort.dicom.frames import Frame
from cancergan.cohort.dicom.headers import read_dataset, readable_dicom, text, transfer_syntax
from cancergan.cohort.pixels import AnyArray, narrow
from cancergan.core.errors import MissingExtraError

if TYPE_CHECKING:
    from pydicom import Dataset

# Modalities whose rescaled numbers have a unit, however a screen is told to show them.
_MEASURED = ("CT", "PT")


def decoded(frames: Sequence[Frame]) -> Iterator[AnyArray]:
    """Yield every frame as (C, row, column) in physical units, bright meaning more.

    MONOCHROME1 is turned about the middle of its stored range, unless its numbers have a unit.

    Raises:
        BadInputError: pixels are missing, cut off or broken; names the file.
        MissingExtraError: no decoder for the transfer syntax is installed.
    """
    for file, group in groupby(frames, key=lambda frame: frame.file):
        members = list(group)
        for frame, stored in zip(members, raw_frames(file, members), strict=True):
            yield _rescaled(stored, frame.rescale)


def raw_frames(file: Path, frames: Sequence[Frame]) -> Iterator[AnyArray]:
    """Yield the frames of one file as (C, row, column), palette and inversion applied."""
    dataset = read_dataset(file, pixels=True)
    _prepare(file, dataset)
    with readable_dicom(file):
        bits = _frames_of_bits(dataset)
    for frame in frames:
        with readable_dicom(file):
            plain = _stored(dataset, frame) if bits is None else bits[frame.number]
            stored = _colours(plain, dataset)
            if stored.shape[:2] != frame.shape[1:]:
                raise ValueError(f"it holds {stored.shape[:2]} pixels for {frame.shape[1:]}")
        yield stored[None] if stored.ndim == 2 else np.moveaxis(stored, -1, 0)


def _frames_of_bits(dataset: Dataset) -> AnyArray | None:
    """Return all frames (n, row, column) of a file of single bits, None of any other file.

    Frames of bits follow one another without a gap (PS3.5 8.1.1), so that one may begin in the
    middle of a byte; pydicom 3.0 then cuts a frame that is asked for by itself too short.
    """
    from pydicom.pixels.utils import unpack_bits

    if int(dataset.BitsAllocated) != 1 or dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        return None
    shape = (int(dataset.get("NumberOfFrames") or 1), int(dataset.Rows), int(dataset.Columns))
    bits = np.asarray(unpack_bits(dataset.PixelData, as_array=True))
    return bits[: int(np.prod(shape))].reshape(shape)


def _stored(dataset: Dataset, frame: Frame) -> AnyArray:
    from pydicom.pixels.utils import pixel_array
    from pydicom.uid import RLELossless

    # pydicom's own decoder, always: pylibjpeg-rle panics on broken data past every except.
    own = dataset.file_meta.TransferSyntaxUID == RLELossless
    return pixel_array(dataset, index=frame.number, decoding_plugin="pydicom" if own else "")


def _colours(stored: AnyArray, dataset: Dataset) -> AnyArray:
    from pydicom.pixels.processing import apply_color_lut, apply_modality_lut

    if text(dataset, "PhotometricInterpretation") == "PALETTE COLOR":
        return apply_color_lut(stored, dataset)
    if "ModalityLUTSequence" in dataset:
        stored = apply_modality_lut(stored, dataset)
    if text(dataset, "PhotometricInterpretation") == "MONOCHROME1" and not _is_measured(dataset):
        # The stored range is turned about its middle: 0..2^b-1, or -2^(b-1)..2^(b-1)-1 if signed.
        top = -1 if dataset.PixelRepresentation else 2**dataset.BitsStored - 1
        return np.asarray(top - stored.astype(int))
    return stored


def _is_measured(dataset: Dataset) -> bool:
    unit = text(dataset, "RescaleType")
    scaled = text(dataset, "Modality") in _MEASURED and "RescaleSlope" in dataset
    return scaled or unit not in ("", "US", "UNSPECIFIED")


def _prepare(file: Path, dataset: Dataset) -> None:
    """Check that the pixels can be decoded here, and that no frame is larger than declared."""
    from pydicom.encaps import generate_frames
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.uid import UID

    with readable_dicom(file):
        syntax = UID(transfer_syntax(dataset))
        dataset.ensure_file_meta()
        dataset.file_meta.TransferSyntaxUID = syntax
        if not syntax.is_encapsulated:
            return
        if not get_decoder(syntax).is_available:
            raise MissingExtraError(f"a decoder for {syntax.name} ({file})", "dicom")
        count = int(dataset.get("NumberOfFrames") or 1)
        declared = (int(dataset.Rows), int(dataset.Columns))
        for stream in generate_frames(dataset.PixelData, number_of_frames=count):
            if (size := stated_size(stream)) not in (None, declared):
                raise ValueError(f"a compressed frame is of {size} pixels, declared {declared}")


def _rescaled(image: AnyArray, rescale: tuple[float, float]) -> AnyArray:
    slope, intercept = rescale
    if (slope, intercept) == (1.0, 0.0):
        return image
    if slope.is_integer() and intercept.is_integer() and image.dtype.kind in "iu":
        return narrow(image.astype(np.int64) * int(slope) + int(intercept))
    return (image * slope + intercept).astype(np.float32)
