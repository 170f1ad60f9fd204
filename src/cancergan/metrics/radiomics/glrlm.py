"""Grey-level runs: how long levels stay the same along a line (Galloway 1975; IBSI 3.7)."""

from __future__ import annotations

import numpy as np

from cancergan.metrics.arrays import Float64, Integers
from cancergan.metrics.radiomics.emphasis import Counts, counted, emphasis
from cancergan.metrics.radiomics.texture import Texture


def glrlm(texture: Texture) -> dict[str, Float64]:
    """Return the run-length features of each region, (regions,) each."""
    counts = run_counts(texture)
    features = emphasis(
        counts, size_name="run_length", short="short_run", long="long_run", low="run"
    )
    voxels = counts.total(counts.size.astype(np.float64))
    features["run_percentage"] = counts.total() / np.where(voxels > 0, voxels, np.nan)
    return {name: texture.mean(figures) for name, figures in features.items()}


def run_counts(texture: Texture) -> Counts:
    """Count the runs of each level and length in all directions."""
    directions = len(texture.directions)
    found = [_runs(texture, number) for number in range(directions)]
    group, level, length = (np.concatenate(part) for part in zip(*found, strict=True))
    return counted(group, level, length, texture.groups(directions))


def _runs(texture: Texture, number: int) -> tuple[Integers, Integers, Integers]:
    """Return the matrix, level and length of each run in one direction.

    A direction is one stride s along the flat array, so with s columns its lines are columns. Read
    column by column, a run is a stretch of equal levels; the frame of zeros ends it.
    """
    directions = texture.directions
    stride = texture.stride(directions[number])
    flat = texture.levels.ravel()
    rows = -(-flat.size // stride)
    padded = np.zeros(rows * stride, dtype=flat.dtype)
    padded[: flat.size] = flat
    line = padded.reshape(rows, stride).T.ravel()
    starts = np.flatnonzero(np.concatenate([[True], line[1:] != line[:-1]]))
    lengths = np.diff(starts, append=line.size)
    inside = line[starts] > 0
    starts, lengths = starts[inside], lengths[inside]
    column, row = np.divmod(starts, rows)
    unit = (row * stride + column) // texture.unit_size
    group = texture.group_of_units(number, directions=len(directions))[unit]
    return group, line[starts].astype(np.int64), lengths
