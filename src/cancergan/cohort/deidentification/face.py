"""Take the face out of head volumes by a mask that somebody else's tool, or function, makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Case
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.pixels import AnyArray, Header, Pixels, Source
from cancergan.core.errors import BadInputError

# Further arrays of a case that are images too; dose and structures show no face.
_IMAGES = ("source", "target")
Face = npt.NDArray[np.bool_]
FaceFinder = Callable[[Case], Face]


@dataclass(frozen=True)
class DefacedSource:
    """Pixels without a face: inside of the mask each channel has its least value."""

    kept: Source
    face: Face

    def header(self) -> Header:
        """Return shape and data type, which stay."""
        return self.kept.header()

    def pixels(self) -> Pixels:
        """Read the pixels and empty the face; every voxel outside of it is bit-equal."""
        found = self.kept.pixels()
        arrays = {
            name: self._without(array) if name in _IMAGES else array
            for name, array in found.arrays.items()
        }
        return replace(found, image=self._without(found.image), arrays=arrays)

    def _without(self, image: AnyArray) -> AnyArray:
        emptied = image.copy()
        least = image.reshape(len(image), -1).min(axis=1)
        emptied[:, self.face] = least[:, None]
        return emptied


def deface(cohort: Cohort, face: FaceFinder, *, brain: FaceFinder | None = None) -> Cohort:
    """Return the cohort without faces.

    ``face`` gets every case and returns its face as (*spatial) of booleans: from masks that a
    defacing tool made (``face_of``), or from a function of your own. The face is emptied, not
    smeared, so no skin can be computed back; lesion masks stay as they are. With ``brain``, a
    finder of the same kind, a face that touches brain is refused: neither its voxels nor their six
    neighbours may be brain.

    Raises:
        BadInputError: a mask of another shape, one that covers nothing or everything, or a face
            that touches brain.
    """
    contents = cohort._contents
    sources = []
    cohort.require("image")
    for index, case in enumerate(cohort):
        found = _checked(face(case), case)
        if brain is not None:
            _check_apart(found, _checked(brain(case), case, what="brain"), case)
        sources.append(DefacedSource(contents.source(index), found))
    told = {"defaced": True, **contents.provenance}
    return Cohort(replace(contents, sources=tuple(sources), provenance=told))


def face_of(masks: Cohort) -> FaceFinder:
    """Return a finder that takes the face of a case from the case of that name among ``masks``.

    Its mask counts where it has one, else its image; what is not 0 is face.
    """
    places = {case_id: place for place, case_id in enumerate(masks.table["case_id"])}

    def find(case: Case) -> Face:
        if case.case_id not in places:
            raise BadInputError(
                f'{masks.origin}: no face mask for case "{case.case_id}". Name it like the case.'
            )
        found = masks[places[case.case_id]]
        if found.mask is not None:
            return np.asarray(found.mask != 0)
        assert found.image is not None
        return np.asarray((found.image != 0).any(axis=0))

    return find


def voxels_kept(before: Case, after: Case, face: Face) -> int:
    """Return how many numbers outside of the face were compared and found equal to the last bit.

    The proof that a tool that replaces faces, whichever it is, replaced nothing else.

    Raises:
        BadInputError: another shape, or a voxel outside of the face that differs; says how many.
    """
    assert before.image is not None
    assert after.image is not None
    face = _checked(face, before)
    if after.image.shape != before.image.shape:
        raise BadInputError(
            f'case "{before.case_id}": has shape {after.image.shape} afterwards, '
            f"{before.image.shape} before."
        )
    # Compared as bits: -0.0 is not 0.0, and NaN is itself.
    images = (before.image, after.image)
    was, found = (np.ascontiguousarray(image[:, ~face]).view(np.uint32) for image in images)
    changed = int(np.count_nonzero(was != found))
    if changed:
        raise BadInputError(
            f'case "{before.case_id}": {changed} of {was.size} numbers outside of the face '
            "changed. Replace voxels of the face alone."
        )
    return int(was.size)


def _check_apart(face: Face, brain: Face, case: Case) -> None:
    from scipy.ndimage import binary_dilation

    touching = int(np.count_nonzero(binary_dilation(face) & brain))
    if touching:
        raise BadInputError(
            f'case "{case.case_id}": the face mask touches {touching} voxels of brain. Mend the '
            "mask; nothing was written."
        )


def _checked(face: Face, case: Case, *, what: str = "face") -> Face:
    assert case.image is not None
    spatial = case.image.shape[1:]
    if face.shape != spatial:
        raise BadInputError(
            f'case "{case.case_id}": the {what} mask has shape {face.shape}, the image {spatial}.'
        )
    face = face.astype(bool)
    if not face.any() or face.all():
        much = "everything" if face.all() else "nothing"
        raise BadInputError(f'case "{case.case_id}": the {what} mask covers {much}. Look at it.')
    return face
