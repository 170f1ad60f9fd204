"""Tiny cohorts made with NumPy, and the way to the shared real data."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cancergan.cohort import Cohort
from cancergan.core.seeds import numpy_generator
from cancergan.recipes.loader import read_recipe


def blobs(
    n: int,
    classes: int = 2,
    shape: tuple[int, ...] = (16, 16),
    channels: int = 1,
    seed: int = 0,
) -> Cohort:
    """Return n cases of 8 bit, two to a patient: a bright blob whose place tells the class.

    The blob of class k lies at (k + 1) / (classes + 1) of every axis; its width, brightness and
    place vary a little from case to case. Ids contain the seed, so two seeds share no patient. The
    mask is where the blob is brighter than half its height.
    """
    random = numpy_generator(seed, "blobs", n, classes, shape, channels)
    grid = np.stack(np.meshgrid(*(np.arange(size) / size for size in shape), indexing="ij"))
    images = np.empty((n, channels, *shape), dtype=np.uint8)
    masks = np.empty((n, *shape), dtype=np.uint8)
    labels = [(i // 2) % classes for i in range(n)]
    for i, label in enumerate(labels):
        centre = (label + 1) / (classes + 1) + random.normal(0.0, 0.03, len(shape))
        width = 0.12 * random.uniform(0.8, 1.2)
        distance = ((grid - centre.reshape(-1, *(1,) * len(shape))) ** 2).sum(axis=0)
        blob = np.exp(-distance / (2 * width**2))
        tint = random.uniform(120, 200, (channels, *(1,) * len(shape)))
        noise = random.normal(0.0, 6.0, (channels, *shape))
        images[i] = np.clip(30 + tint * blob + noise, 0, 255)
        masks[i] = blob > 0.5
    table = pd.DataFrame(
        {
            "case_id": [f"s{seed}_{i:04d}" for i in range(n)],
            "patient_id": [f"S{seed}P{i // 2:04d}" for i in range(n)],
            "label": [f"class_{label}" for label in labels],
        }
    )
    return Cohort.from_arrays(images, table, masks=masks)


def with_sources(cohort: Cohort) -> Cohort:
    """Return a cohort whose cases also have an array ``source``: the image in negative."""
    images = [case.image for case in cohort]
    masks = [case.mask for case in cohort]
    sources = [255 - image for image in images]
    return Cohort.from_arrays(images, cohort.table, masks=masks, arrays={"source": sources})


def narrow(recipe: str, width: int = 4) -> dict[str, int]:
    """Return settings that make a recipe's networks narrow, whatever it calls them."""
    game = read_recipe(recipe)["game"]
    players = [part for part in ("generator", "discriminator") if part in game]
    return {f"game.{part}.options.width": width for part in players} | (
        {"game.width": width} if "width" in game else {}
    )


def shared(name: str) -> Path:
    """Return the path of a shared real data set; skip the test where it is absent."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    path = Path(os.environ.get("CANCERGAN_SHARED_DATA", default)) / name
    if not path.exists():
        pytest.skip(f"no shared data {name}; set CANCERGAN_SHARED_DATA to its folder")
    return path
