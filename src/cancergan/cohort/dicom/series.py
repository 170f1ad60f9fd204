"""The images of a series: mostly one volume, several where it holds several stacks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from cancergan.cohort.dicom.instances import Instance
from cancergan.cohort.dicom.scan import Scan
from cancergan.cohort.dicom.stacks import Stack, UnusableSeriesError, stacks_of
from cancergan.cohort.dicom.volumes import DicomImage, image_of


@dataclass(frozen=True)
class SeriesImage:
    """An image with the instance that speaks for its series, and its part of the series."""

    speaker: Instance
    image: DicomImage
    part: str = ""


def images_of(found: Scan) -> list[SeriesImage]:
    """Return the images of all series, by patient; what makes none goes into the account."""
    series: dict[tuple[str, str], list[Instance]] = defaultdict(list)
    for instance in found.instances:
        if instance.frames:
            series[instance.patient, instance.series].append(instance)
    return [image for key in sorted(series) for image in _of_series(series[key], found)]


def _of_series(series: Sequence[Instance], found: Scan) -> list[SeriesImage]:
    try:
        stacks = _stacks(series)
    except UnusableSeriesError as error:
        found.drop(series, str(error))
        return []
    kept = []
    for stack in stacks:
        files = {frame.file for frame in stack.frames}
        members = [one for one in series if one.file in files]
        try:
            kept.append(SeriesImage(members[0], image_of(stack.frames), stack.part))
        except UnusableSeriesError as error:
            found.drop(members, str(error))
    if len(stacks) > 1 and stacks[0].part:
        parts = "; ".join(stack.part for stack in stacks)
        found.notes.append((found.name(series[0].file), f"its series was cut into: {parts}"))
    return kept


def _stacks(series: Sequence[Instance]) -> list[Stack]:
    frames = [frame for instance in series for frame in instance.frames]
    placed = sum(frame.place is not None for frame in frames)
    if placed == 0:
        return [Stack(instance.frames) for instance in series]
    if placed < len(frames):
        raise UnusableSeriesError(
            f"{len(frames) - placed} of {len(frames)} slices have no position"
        )
    return stacks_of(frames)
