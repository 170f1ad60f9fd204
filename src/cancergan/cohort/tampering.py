"""Images with something put in or taken out, which never pass for a patient's own.

For study and defence. An edited case is another case: it has an invented patient, it says that it
is edited, and so does what it is written as. Writers refuse it under a patient's name (``edits``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from cancergan.cohort.cohort import Cohort
from cancergan.cohort.contents import contents_of
from cancergan.cohort.edits import COLUMN, INJECTED, PREFIX, REMOVED, Edit, EditedSource
from cancergan.core.errors import BadInputError
from cancergan.core.provenance import fingerprint


def edited(cohort: Cohort, edits: Sequence[Edit], *, made_by: Mapping[str, Any]) -> Cohort:
    """Return one case for each edit, of a patient who is invented for it.

    The table keeps the modality alone; column ``tampered`` holds the kind of edit, ``synthetic`` is
    true, masks are 1 where pixels were replaced. The provenance lists the edits and what made them
    (``made_by``, JSON), and names the cohort by its fingerprint, no patient.

    Raises:
        BadInputError: no edit, or one that does not fit its image.
    """
    if not edits:
        raise BadInputError("edited: no edit given. Give at least one.")
    sources = [EditedSource(cohort.source(edit.site.row), _checked(cohort, edit)) for edit in edits]
    key = fingerprint(cohort.fingerprint, *(part for e in edits for part in (e.values, e.where)))
    names = [f"{PREFIX}{key[:8]}-{number:06d}" for number in range(1, len(edits) + 1)]
    kinds = [edit.kind for edit in edits]
    table = pd.DataFrame({"case_id": names, "patient_id": names, "synthetic": True, COLUMN: kinds})
    if "modality" in cohort.table:
        table["modality"] = cohort.table["modality"].to_numpy()[[e.site.row for e in edits]]
    told = {
        "synthetic": True,
        COLUMN: {"edits": dict(zip(names, kinds, strict=True)), "made_by": dict(made_by)},
        "source_cohort": cohort.fingerprint,
    }
    return Cohort(
        contents_of(table, sources, origin="edited images", unit_is_known=True, provenance=told)
    )


def _checked(cohort: Cohort, edit: Edit) -> Edit:
    shape = cohort.header(edit.site.row).shape
    ends = [s.stop for s in edit.site.box]
    fits = len(ends) == len(shape) - 1 and all(e <= n for e, n in zip(ends, shape[1:], strict=True))
    right = edit.where.shape == edit.site.size and edit.values.shape == (shape[0], *edit.site.size)
    if not (fits and right and edit.where.any() and edit.kind in (INJECTED, REMOVED)):
        raise BadInputError(
            f"an edit of {edit.values.shape} at {edit.site.corner}, {edit.where.sum()} pixels, "
            f'"{edit.kind}": does not fit an image of {shape}.'
        )
    return edit
