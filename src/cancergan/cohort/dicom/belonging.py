"""Which segmentations, structure sets and doses belong to which image."""

from __future__ import annotations

from collections.abc import Sequence

from cancergan.cohort.dicom.dose import Dose
from cancergan.cohort.dicom.instances import Instance
from cancergan.cohort.dicom.scan import Scan
from cancergan.cohort.dicom.segmentation import Segmentation
from cancergan.cohort.dicom.series import SeriesImage
from cancergan.cohort.dicom.source import DicomSource
from cancergan.cohort.dicom.structure_set import StructureSet

_SUMS = ("PLAN", "MULTI_PLAN", "PLAN_OVERVIEW")


def with_belongings(images: Sequence[SeriesImage], found: Scan) -> list[DicomSource]:
    """Return the images as sources, each with what was drawn or planned on it.

    Structures are numbered by name over the whole cohort, so that a number means the same in every
    mask. What belongs to no image goes into the account.
    """
    objects = [one for one in found.instances if one.belonging is not None]
    sources, used = [], set()
    for image in images:
        mine = [one for one in objects if image.image.grid and _belongs(one, image.speaker)]
        contours = [one for one in mine if not isinstance(one.belonging, Dose)]
        doses = _adding_up(mine, found)
        used |= {one.file for one in (*contours, *doses)}
        sources.append((image.image, contours, doses))
    for one in objects:
        if one.file not in used:
            found.drop([one], f"{one.modality} that belongs to no image here")
    codes = structure_codes([one for one in objects if one.file in used])
    return [
        DicomSource(
            image,
            contours=tuple(
                one.belonging
                for one in contours
                if isinstance(one.belonging, Segmentation | StructureSet)
            ),
            doses=tuple(one.belonging for one in doses if isinstance(one.belonging, Dose)),
            codes=codes,
        )
        for image, contours, doses in sources
    ]


def structure_codes(objects: Sequence[Instance]) -> dict[str, int]:
    """Return a number from 1 for every structure by name, in alphabetical order."""
    names = {
        name
        for one in objects
        if isinstance(one.belonging, Segmentation | StructureSet)
        for name in one.belonging.names.values()
    }
    return {name: code for code, name in enumerate(sorted(names), start=1)}


def _adding_up(objects: Sequence[Instance], found: Scan) -> list[Instance]:
    """Return the one dose of a plan, or the doses of its beams; a choice is left to the user."""
    doses = [one for one in objects if isinstance(one.belonging, Dose)]
    kinds = [one.belonging.summation for one in doses if isinstance(one.belonging, Dose)]
    sums = [one for one, kind in zip(doses, kinds, strict=True) if kind in _SUMS]
    if len(sums) == 1:
        return sums
    if len(doses) == 1 or set(kinds) == {"BEAM"}:
        return doses
    if doses:
        files = ", ".join(found.name(one.file) for one in doses)
        found.notes.append((files, "several doses of one image: none is taken, keep one"))
    return []


def _belongs(one: Instance, image: Instance) -> bool:
    """Say whether an object was made for a series, else whether it shares its coordinates."""
    if one.patient != image.patient:
        return False
    if image.series in one.refers_to:
        return True
    return bool(one.frame_of_reference) and one.frame_of_reference == image.frame_of_reference
