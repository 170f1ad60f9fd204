"""The answers of a study as a table, one row a reading, with the truth beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cancergan.core.errors import BadInputError
from cancergan.reader_study.images import Array
from cancergan.reader_study.study import Study

# A mark within this share of the image's width of the edit still counts as found: fingers are wide.
NEAR = 0.03

QUERY = """
SELECT t.reader, r.name, t.phase, t.position, t.item, t.repeat, t.swapped, a.rating, a.seconds,
  a.mark_slice, a.mark_row, a.mark_column, a.answered_at, i.truth, i.real, i.synthetic
FROM answers a JOIN trials t ON a.trial = t.id JOIN items i ON t.item = i.id
  JOIN readers r ON t.reader = r.id
WHERE a.undone_at IS NULL AND t.phase != 'training' ORDER BY t.reader, t.position
"""


def readings(study: Study) -> pd.DataFrame:
    """Return one row a reading: who, when, what was said, what was true.

    Columns beside those of the database: ``score`` (higher is more synthetic, or towards the
    synthetic side of a pair), ``says`` (1 where the reader says synthetic), ``correct`` and, for
    marks, ``found``; ``order`` counts the readings of a reader in a phase from 0.

    Raises:
        BadInputError: the study is not locked, or nobody has answered.
    """
    if study.locked_at is None:
        raise BadInputError(
            f"{study.path}: is still being read. Lock it first (cancergan reader-study lock); no "
            "answers are taken after that."
        )
    with study.store.reading() as connection:
        rows = connection.execute(QUERY).fetchall()
    if not rows:
        raise BadInputError(f"{study.path}: has no answers outside the training cases.")
    table = pd.DataFrame([dict(row) for row in rows])
    design = study.settings.question
    upper = len(design.scale) + 1
    flipped = (design.images == 2) & (table["swapped"] == 1)
    table["score"] = np.where(flipped, upper - table["rating"], table["rating"])
    table["says"] = (table["score"] >= design.yes_from).astype(int)
    table["correct"] = (table["says"] == table["truth"]).astype(int)
    table["order"] = table.groupby(["reader", "phase"]).cumcount()
    if design.marks:
        table["found"] = [_found(study, row) for row in table.itertuples()]
    return table


def first_readings(table: pd.DataFrame, phase: str = "blind") -> pd.DataFrame:
    """Return the readings of a phase without the repeats."""
    return table[(table["phase"] == phase) & (table["repeat"] == 0)]


def complete(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the readings of readers who read every case of the phase, and who did not.

    Multi-reader variance needs every reader on every case.
    """
    cases = table["item"].nunique()
    counts = table.groupby("reader")["item"].nunique()
    whole = counts[counts == cases].index
    left = table.loc[~table["reader"].isin(whole), "name"].unique().tolist()
    return table[table["reader"].isin(whole)], left


def _found(study: Study, row: object) -> float:
    """Return 1 where the mark lies on the edit or close by, 0 where not, NaN without an edit."""
    truth, synthetic = row.truth, row.synthetic  # type: ignore[attr-defined]
    if not truth or study.masks is None:
        return float("nan")
    mark = (row.mark_slice, row.mark_row, row.mark_column)  # type: ignore[attr-defined]
    if any(place is None or np.isnan(place) for place in mark):
        return 0.0
    return float(_near(study.masks[int(synthetic)], mark, study.display.spacing))


def _near(mask: Array, mark: tuple[float, ...], spacing: tuple[float, ...]) -> bool:
    """Say whether a mark is within a share of the image's width of the mask, in millimetres."""
    places = np.argwhere(mask)
    gaps = (places - np.asarray(mark)) * np.asarray(spacing)
    reach = NEAR * mask.shape[2] * spacing[2] + spacing[0] / 2
    return bool(np.sqrt((gaps**2).sum(1)).min() <= reach)
