"""The feature space of tables: the columns themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.core.provenance import fingerprint
from cancergan.downstream.batches import Float64, checked_images


@dataclass(frozen=True)
class TableSpace:
    """Columns (n, d) in [-1, 1] as they are; whoever compares standardises them first."""

    channels: int
    name: str = "table"

    @property
    def fingerprint(self) -> str:
        """Identifies the space."""
        return fingerprint(self.name, self.channels)

    def features(self, images: npt.ArrayLike) -> Float64:
        """Return features (n, d) of rows (n, d) in [-1, 1]."""
        return np.asarray(checked_images(images, channels=self.channels), dtype=np.float64)
