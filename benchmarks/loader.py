"""Batches of prepared cases against reading and resizing the files for every batch."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from benchmarks.paired import Comparison, compare
from cancergan.cohort import Cohort, Preparation, prepare
from cancergan.training.data import CaseOrder, Drawn, TrainingData

CASES, SIDE, BATCH = 128, 128, 32


def loaders() -> list[Comparison]:
    """Compare an epoch's batches at 64 x 64 from 128 x 128 PNG files."""
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "png"
        random = np.random.default_rng(0)
        pixels = random.integers(0, 255, (CASES, 3, SIDE, SIDE), dtype=np.uint8)
        Cohort.from_arrays(pixels).save(files, format="png")
        cohort = Cohort.open(files)
        preparation = Preparation.plan(cohort, image_size=64)
        data = TrainingData(
            (Drawn({"image": prepare(cohort, preparation).images}, CaseOrder(CASES, 0)),)
        )

        def ours() -> None:
            for draw in range(CASES // BATCH):
                data.batch(draw, BATCH)

        def theirs() -> None:
            for draw in range(CASES // BATCH):
                chosen = data.order.indices(draw, BATCH)
                np.stack([preparation.apply(cohort[int(number)]) for number in chosen])

        return [compare(f"an epoch of {CASES} pictures, batch {BATCH}", ours, theirs, pairs=5)]
