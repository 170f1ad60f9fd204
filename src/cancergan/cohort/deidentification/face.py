"""Take the face out of head volumes by a mask that somebody else's tool, or function, makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Case
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.pixels import Header, Pixels, Source
from cancergan.core.errors import BadInputError

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
        image = found.image.copy()
        least = image.reshape(len(image), -1).min(axis=1)
        image[:, self.face] = least[:, None]
        return replace(found, image=image)


def deface(cohort: Cohort, face: FaceFinder) -> Cohort:
    """Return the cohort without faces.

    ``face`` gets every case and returns its face as (*spatial) of booleans: from masks that a
    defacing tool made (``face_of``), or from a function of your own. The face is emptied, not
    smeared, so no skin can be computed back; lesion masks stay as they are.

    Raises:
        BadInputError: a mask of another shape, one that covers nothing or everything.
    """
    contents = cohort._contents
    sources = []
    for index, source in enumerate(contents.sources):
        case = cohort[index]
        sources.append(DefacedSource(source, _checked(face(case), case)))
    if not sources:
        cohort.require("image")
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


def _checked(face: Face, case: Case) -> Face:
    assert case.image is not None
    spatial = case.image.shape[1:]
    if face.shape != spatial:
        raise BadInputError(
            f'case "{case.case_id}": the face mask has shape {face.shape}, the image {spatial}.'
        )
    face = face.astype(bool)
    if not face.any() or face.all():
        what = "everything" if face.all() else "nothing"
        raise BadInputError(f'case "{case.case_id}": the face mask covers {what}. Look at it.')
    return face
