"""Radiomics of many small images against pyradiomics, image by image, with the same features."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable

import numpy as np
from scipy.ndimage import gaussian_filter

from benchmarks.paired import Comparison, compare
from cancergan.metrics.radiomics import (
    Measurements,
    RadiomicsSettings,
    radiomics_of_regions,
    region_of,
)

IMAGES, SIDE, RADIUS = 64, 64, 30


def textures() -> tuple[np.ndarray, np.ndarray]:
    """Return 8-bit textures (n, 64, 64) and the disc that is measured."""
    noise = gaussian_filter(np.random.default_rng(0).normal(size=(IMAGES, SIDE, SIDE)), (0, 1, 1))
    rows, columns = np.indices((SIDE, SIDE)) - (SIDE - 1) / 2
    return np.clip(np.rint(128 + 200 * noise), 0, 255), rows**2 + columns**2 < RADIUS**2


def ours(profile: str) -> Callable[[], Measurements]:
    """Return the measurement of all images in one go."""
    images, disc = textures()
    settings = RadiomicsSettings.for_profile(profile)

    def measure() -> Measurements:
        regions = [region_of(image, disc, None, settings) for image in images]
        return radiomics_of_regions(regions, settings)

    return measure


def theirs() -> Callable[[], list[dict[str, float]]]:
    """Return the measurement by pyradiomics' extractor, made once and called for each image."""
    import SimpleITK as sitk  # noqa: N813
    from radiomics import featureextractor

    logging.getLogger("radiomics").setLevel(logging.ERROR)
    images, disc = textures()
    classes = ("firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm", "shape2D")
    extractor = featureextractor.RadiomicsFeatureExtractor(binWidth=25, force2D=True)
    extractor.disableAllFeatures()
    for name in classes:
        extractor.enableFeatureClassByName(name)
    mask = sitk.GetImageFromArray(disc.astype(np.uint8)[None])
    pictures = [sitk.GetImageFromArray(image[None]) for image in images]

    def measure() -> list[dict[str, float]]:
        found = [extractor.execute(picture, mask) for picture in pictures]
        return [
            {name: float(value) for name, value in one.items() if name.startswith("original")}
            for one in found
        ]

    return measure


def extractors() -> list[Comparison]:
    """Compare the profile "pyradiomics" with pyradiomics, where it is installed."""
    if importlib.util.find_spec("radiomics") is None:
        print("radiomics: pyradiomics is not installed, see docs/radiomics.md; left out")
        return []
    name = f"radiomics of {IMAGES} images, {SIDE} x {SIDE}"
    return [compare(name, ours("pyradiomics"), theirs(), pairs=5)]


def greatest_difference() -> tuple[float, int]:
    """Return the greatest relative difference of any feature of any image, and of how many."""
    measured, wanted = ours("pyradiomics")(), theirs()()
    differences = [
        abs(value - one[name]) / max(abs(one[name]), 1e-9)
        for row, one in zip(measured.values, wanted, strict=True)
        for name, value in zip(measured.names, row, strict=True)
        if name in one
    ]
    return max(differences), len(set(measured.names) & set(wanted[0]))


if __name__ == "__main__":
    for row in extractors():
        print(row)
        print("greatest relative difference, of features in common:", greatest_difference())
