"""Readings in the form that iMRMC of the FDA reads (github.com/DIDSR/iMRMC)."""

from __future__ import annotations

import pandas as pd

from cancergan.reader_study.analysis.readings import first_readings
from cancergan.reader_study.study import Study


def imrmc(study: Study, table: pd.DataFrame) -> str:
    """Return a file of iMRMC: sizes, then rows of reader, case, modality and score.

    Rows of reader -1 and modality 0 hold the truth. The modalities are the phases. Pairs of 2afc
    become two cases each, the synthetic image with the score towards it and the real one with its
    negative, which keeps the pairs' share of correct answers in the ranks.
    """
    pairs = study.settings.question.images == 2
    phases = [phase for phase in ("blind", "informed") if (table["phase"] == phase).any()]
    rows = pd.concat([first_readings(table, phase) for phase in phases])
    truth = rows.groupby("item")["truth"].first()
    sides = {item: [(f"{item}_real", 0), (f"{item}_synthetic", 1)] for item in truth.index}
    if not pairs:
        sides = {item: [(str(item), int(kind))] for item, kind in truth.items()}
    cases = [case for item in sides for case in sides[item]]
    middle = (len(study.settings.question.scale) + 1) / 2
    lines = [
        f"{study.settings.title}: {study.settings.design}, cancergan",
        f"NR: {rows['reader'].nunique()}",
        f"N0: {sum(kind == 0 for _, kind in cases)}",
        f"N1: {sum(kind == 1 for _, kind in cases)}",
        f"NM: {len(phases)}",
        "BEGIN DATA:",
        *(f"-1,{case},0,{kind}" for case, kind in cases),
    ]
    columns = (rows[name].tolist() for name in ("reader", "phase", "item", "score"))
    for reader, phase, item, rated in zip(*columns, strict=True):
        for case, kind in sides[item]:
            score = (rated - middle) * (1 if kind else -1) if pairs else rated
            lines.append(f"{reader},{case},{phase},{score:g}")
    return "\n".join(lines) + "\n"
