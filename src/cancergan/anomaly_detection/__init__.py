"""Runs that learnt healthy images, asked how far other images are from them, and where."""

from cancergan.anomaly_detection.detect import Detected, anomalies_of, detect, picture
from cancergan.anomaly_detection.healthy import (
    Masks,
    Search,
    nearest_healthy,
    prepared_images,
    prepared_masks,
)

__all__ = [
    "Detected",
    "Masks",
    "Search",
    "anomalies_of",
    "detect",
    "nearest_healthy",
    "picture",
    "prepared_images",
    "prepared_masks",
]
