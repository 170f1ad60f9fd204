"""What a space of features must offer, wherever it comes from."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

FEATURES = 32


class FeatureSpace(Protocol):
    """Maps images to features; two results compare only if the fingerprints are equal."""

    @property
    def name(self) -> str:
        """Its name in a report, such as ``encoder``."""
        ...

    @property
    def fingerprint(self) -> str:
        """Identifies its weights and settings."""
        ...

    def features(self, images: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return features (n, d) of images (n, C, *spatial) in [-1, 1]."""
        ...
