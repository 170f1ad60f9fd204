"""The images that fooled most: synthetic ones taken for real, and real ones taken for synthetic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cancergan.core.pictures import data_uri
from cancergan.reader_study.analysis.readings import first_readings
from cancergan.reader_study.images import Array
from cancergan.reader_study.study import Study


@dataclass(frozen=True)
class Fooling:
    """One image: what share of its readers were wrong, the case, and its picture as a data URI."""

    picture: str
    case_id: str
    wrong: int
    readers: int


def fooling(study: Study, table: pd.DataFrame, *, most: int = 8) -> dict[str, list[Fooling]]:
    """Return the synthetic images taken for real most often, and the real ones for synthetic.

    Without a right answer (opinions): the synthetic images with the best scores and the real ones
    with the worst.
    """
    rows = first_readings(table)
    detects = study.settings.question.detects
    if detects:
        rows = rows.assign(wrong=1 - rows["correct"])
    else:
        upper = rows["rating"] > (len(study.settings.question.scale) + 1) / 2
        rows = rows.assign(wrong=(upper == (rows["truth"] == 1)).astype(int))
    found = rows.groupby("item").agg(
        wrong=("wrong", "sum"), readers=("wrong", "size"), truth=("truth", "first"),
        real=("real", "first"), synthetic=("synthetic", "first"),
    )  # fmt: skip
    with study.store.reading() as connection:
        names = {
            int(row["id"]): str(row["case_id"])
            for row in connection.execute("SELECT id, case_id FROM images")
        }
    ranked = found[found["wrong"] > 0].sort_values(["wrong"], ascending=False, kind="stable")
    sides = {"synthetic": ranked[ranked["truth"] == 1], "real": ranked[ranked["truth"] == 0]}
    return {
        side: [
            Fooling(
                data_uri(picture(study, int(row[side]))), names[int(row[side])],
                int(row["wrong"]), int(row["readers"]),
            )
            for _, row in chosen.head(most).iterrows()
        ]
        for side, chosen in sides.items()
    }  # fmt: skip


def picture(study: Study, index: int) -> Array:
    """Return an image as readers first saw it: 8 bit (rows, columns[, 3]), middle slice."""
    display = study.display
    _, low, high = display.windows[0]
    codes = study.images[index][:, (display.shape[1] - 1) // 2]
    values = (display.low + display.step * codes - low) / (high - low)
    grey = np.clip(values * 255 + 0.5, 0, 255).astype(np.uint8)
    return np.asarray(grey[0] if len(grey) == 1 else grey.transpose(1, 2, 0))
