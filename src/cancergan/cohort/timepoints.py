"""Visits of one patient as one case: what was seen before, and what is to be foretold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from cancergan.cohort.cohort import Cohort
from cancergan.cohort.contents import contents_of
from cancergan.cohort.pixels import Header, Pixels, Source
from cancergan.core.errors import BadInputError

Float32 = npt.NDArray[np.float32]

TIMEPOINT = "timepoint"
_REACH = 5.0  # pixels beyond which a depth says no more than "far"


@dataclass(frozen=True)
class VisitSource:
    """The pixels of a visit, with those of earlier ones as ``source`` and its depth as ``target``.

    ``source`` holds image and depth of every earlier visit, the oldest first.
    """

    visit: Source
    earlier: tuple[Source, ...]

    def header(self) -> Header:
        """Return shape and data type of the visit's own image."""
        return self.visit.header()

    def pixels(self) -> Pixels:
        """Return the arrays of the visit, source and target among them.

        Raises:
            BadInputError: visits of different shapes, or one without a mask.
        """
        own = self.visit.pixels()
        before = [source.pixels() for source in self.earlier]
        shapes = {pixels.image.shape for pixels in (own, *before)}
        if len(shapes) > 1:
            raise BadInputError(f"visits of one patient have different shapes: {sorted(shapes)}.")
        parts = [part for pixels in before for part in (pixels.image, _depth(pixels)[None])]
        arrays = {
            **own.arrays,
            "source": np.concatenate(parts).astype(np.float32),
            "target": _depth(own)[None],
        }
        return replace(own, arrays=arrays)


def depth_in(mask: npt.ArrayLike, *, reach: float = _REACH) -> Float32:
    """Return how deep inside a mask (*spatial) each pixel lies, in pixels, negative outside.

    A pixel at the border is half a pixel deep or out; beyond ``reach`` all are alike. So a mask is
    where the depth is above 0, and shapes change evenly with it, as a map of 0 and 1 does not.
    """
    from scipy.ndimage import distance_transform_edt

    inside = np.asarray(mask) != 0
    if inside.all() or not inside.any():
        return np.full(inside.shape, reach if inside.all() else -reach, np.float32)
    depth = distance_transform_edt(inside) - distance_transform_edt(~inside)
    depth = depth - np.where(inside, 0.5, -0.5)
    return np.asarray(np.clip(depth, -reach, reach), np.float32)


def with_earlier_visits(cohort: Cohort, earlier: int = 2, ahead: int = 1) -> Cohort:
    """Return the visits that have ``earlier`` ones before them, each with arrays of those.

    With ``ahead`` above 1 a visit is also a case with the visits that end 2, 3, ... before it, so
    that how far ahead it lies differs; its case id then says so.

    The array ``source`` has, channel after channel, image and depth in the mask of every earlier
    visit, the oldest first; ``target`` is the depth in the visit's own mask. Columns ``days_1``,
    ``days_2``, ... are the times of the earlier visits, ``case_1``, ... their case ids, and
    ``ahead_days`` is the time since the last of them.

    Raises:
        BadInputError: no column ``timepoint`` or no masks, time points of a patient that do not
            increase from row to row, or no patient with so many visits.
    """
    if earlier < 1 or ahead < 1:
        raise BadInputError(f"earlier is {earlier}, ahead {ahead}; ask for at least 1 of each.")
    cohort.require(TIMEPOINT, "mask")
    table = cohort.table
    visits = _visits(cohort)
    rows = [
        (v[last + gap], v[last + 1 - earlier : last + 1])
        for v in visits
        for last in range(earlier - 1, len(v) - 1)
        for gap in range(1, min(ahead, len(v) - 1 - last) + 1)
    ]
    if not rows:
        raise BadInputError(
            f"{cohort.origin}: no patient has {earlier + 1} visits. Ask for fewer earlier ones."
        )
    rows.sort()
    kept = table.iloc[[row for row, _ in rows]].reset_index(drop=True)
    for place in range(earlier):
        before = table.iloc[[others[place] for _, others in rows]]
        kept[f"days_{place + 1}"] = before[TIMEPOINT].to_numpy()
        kept[f"case_{place + 1}"] = before["case_id"].to_numpy()
    kept["ahead_days"] = kept[TIMEPOINT].to_numpy(float) - kept[f"days_{earlier}"].to_numpy(float)
    if ahead > 1:
        ids = zip(kept["case_id"], kept[f"case_{earlier}"], strict=True)
        kept["case_id"] = [f"{own}_after_{last}" for own, last in ids]
    sources = [
        VisitSource(cohort.source(row), tuple(cohort.source(other) for other in others))
        for row, others in rows
    ]
    held = cohort.contents
    return Cohort(
        contents_of(
            kept, sources, origin=held.origin, classes=held.classes,
            unit_is_known=held.unit_is_known, provenance=held.provenance,
        )
    )  # fmt: skip


def _visits(cohort: Cohort) -> list[list[int]]:
    """Return the rows of every patient, once their times are seen to increase."""
    table = cohort.table
    visits: dict[str, list[int]] = {}
    for row, patient in enumerate(table["patient_id"].astype(str)):
        visits.setdefault(patient, []).append(row)
    times = table[TIMEPOINT].to_numpy(float)
    for patient, rows in visits.items():
        for one, two in pairwise(rows):
            if not times[one] < times[two]:
                raise BadInputError(
                    f'{cohort.origin}: time points of patient "{patient}" are out of order '
                    f"({times[one]:g} before {times[two]:g}). Sort the rows by {TIMEPOINT}, one "
                    "row a visit."
                )
    return list(visits.values())


def _depth(pixels: Pixels) -> Float32:
    if pixels.mask is None:
        raise BadInputError("a visit has no mask. Add one.")
    return depth_in(pixels.mask)
