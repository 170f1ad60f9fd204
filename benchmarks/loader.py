"""Batches of prepared cases against reading the files for each batch, and against MONAI."""

from __future__ import annotations

import importlib.util
import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.paired import Comparison, compare
from cancergan.cohort import Cohort, Preparation, prepare
from cancergan.cohort.case import Float32
from cancergan.training.data import CaseOrder, Drawn, TrainingData

CASES, SIDE, SIZE, BATCH = 128, 128, 64, 32
Epoch = Callable[[], object]


def loaders() -> Iterator[Comparison]:
    """Compare an epoch's batches at 64 x 64 from 128 x 128 colour PNG files."""
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "png"
        random = np.random.default_rng(0)
        pixels = random.integers(0, 255, (CASES, 3, SIDE, SIDE), dtype=np.uint8)
        Cohort.from_arrays(pixels).save(files, format="png")
        cohort = Cohort.open(files)
        preparation = Preparation.plan(cohort, image_size=SIZE)
        order = CaseOrder(CASES, 0)
        in_memory = training_data(prepare(cohort, preparation).images, order)
        kept = prepare(cohort, preparation, keep=Path(folder) / "kept")
        mapped = training_data(kept.images, order)
        plain = reading(cohort, preparation, order)
        yield compare("in memory : reading the files", epochs(in_memory), plain, pairs=5)
        yield compare("from a map : reading the files", epochs(mapped), plain, pairs=5)
        if importlib.util.find_spec("monai") is None:
            print("MONAI's loaders are left out: pip install 'cancergan[bench]'")
            return
        images = sorted((files / "images").iterdir())
        cached, uncached = monai_epochs(images, 20), monai_epochs(images, 0)
        yield compare("in memory : MONAI CacheDataset, 20 epochs", epochs(in_memory, 20), cached)
        yield compare("from a map : MONAI CacheDataset, 20 epochs", epochs(mapped, 20), cached)
        yield compare("in memory : MONAI Dataset", epochs(in_memory), uncached, pairs=3)
        yield compare("reading the files : MONAI Dataset", plain, uncached, pairs=3)


def training_data(images: Float32, order: CaseOrder) -> TrainingData:
    """Return images (n, C, *spatial) as the trainer reads them."""
    return TrainingData((Drawn({"image": images}, order),))


def epochs(data: TrainingData, count: int = 1) -> Epoch:
    """Return what asks for all batches of some epochs, each time those that follow."""
    draws = itertools.count()

    def run() -> None:
        for _ in range(count * CASES // BATCH):
            data.batch(next(draws), BATCH)

    return run


def reading(cohort: Cohort, preparation: Preparation, order: CaseOrder) -> Epoch:
    """Return what reads and resizes the files of every batch anew."""

    def run() -> None:
        for draw in range(CASES // BATCH):
            np.stack([preparation.apply(cohort[int(i)]) for i in order.indices(draw, BATCH)])

    return run


def monai_epochs(images: list[Path], cached_epochs: int) -> Epoch:
    """Return MONAI's way: its transforms, its data sets, its loader in the same process.

    So many epochs from its cache, or, at 0, one epoch without a cache.
    """
    from monai.data import CacheDataset, DataLoader, Dataset
    from monai.transforms import Compose, LoadImage, Resize, ScaleIntensityRange

    transform = Compose(
        [
            LoadImage(image_only=True, ensure_channel_first=True),
            ScaleIntensityRange(0, 255, -1, 1, clip=True),
            Resize((SIZE, SIZE), mode="bilinear", anti_aliasing=True),
        ]
    )
    paths = [str(path) for path in images]
    cached = cached_epochs > 0
    data = CacheDataset(paths, transform, progress=False) if cached else Dataset(paths, transform)
    loader = DataLoader(data, batch_size=BATCH, shuffle=True, num_workers=0)
    return lambda: [list(loader) for _ in range(max(cached_epochs, 1))]
