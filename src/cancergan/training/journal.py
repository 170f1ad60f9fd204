"""Writes what happens in a run as it happens: metrics, TensorBoard events, sample grids."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cancergan.cohort.attributes import channel_names
from cancergan.cohort.columns import IMAGE
from cancergan.core.files import write_text
from cancergan.core.marginals import marginals
from cancergan.core.pictures import grid, to_picture, write_png
from cancergan.training.run import Run

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

_COLUMNS = 8


class Journal:
    """The written side of a run; only the first process keeps one.

    Records of steps after ``resumed_at`` are dropped first, since those steps are played again.
    """

    def __init__(self, run: Run, *, resumed_at: int) -> None:
        self.run = run
        self.path = run.path / "metrics.jsonl"
        kept = [record for record in run.metrics() if record["step"] <= resumed_at]
        write_text(self.path, "".join(json.dumps(record) + "\n" for record in kept))
        self.events = _events(run, resumed_at)

    def record(self, step: int, figures: Mapping[str, float]) -> None:
        """Append one record of figures."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **figures}) + "\n")
        for name, value in figures.items():
            self.events.add_scalar(name, value, step)

    def picture(self, name: str, images: npt.NDArray[np.floating]) -> None:
        """Write a grid of images (n, C, *spatial) in [-1, 1] under ``samples/``.

        Of a table (n, d), the histograms of its columns.
        """
        if images.ndim == 2:
            write_png(self.run.samples / f"{name}.png", marginals(images, self._columns(name)))
            return
        tiles = [to_picture(image, at_least=64) for image in images]
        write_png(self.run.samples / f"{name}.png", grid(tiles, columns=_COLUMNS))

    def _columns(self, name: str) -> tuple[str, ...]:
        """Return the names of the columns of a table; of samples those that the game makes."""
        columns = self.run.trained_on.columns
        return channel_names(columns.get(name, columns[IMAGE]).view.attributes)

    def close(self) -> None:
        """Flush the events."""
        self.events.close()


def _events(run: Run, resumed_at: int) -> SummaryWriter:
    from torch.utils.tensorboard import SummaryWriter

    writer: SummaryWriter = SummaryWriter(str(run.path / "events"), purge_step=resumed_at + 1)
    return writer
