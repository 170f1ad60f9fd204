"""Slow and plain: every texture matrix, voxel by voxel, straight from its definition."""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np


def steps(dimensions: int) -> list[tuple[int, ...]]:
    return [s for s in product((-1, 0, 1), repeat=dimensions) if any(s)]


def voxels(levels: np.ndarray) -> dict[tuple[int, ...], int]:
    return {tuple(map(int, v)): int(levels[tuple(v)]) for v in np.argwhere(levels > 0)}


def shifted(voxel, step, times=1):
    return tuple(v + times * s for v, s in zip(voxel, step, strict=True))


def pairs(levels: np.ndarray) -> Counter:
    """Count (level, neighbour's level) over all neighbours, both ways."""
    inside = voxels(levels)
    return Counter(
        (level, inside[shifted(voxel, step)])
        for voxel, level in inside.items()
        for step in steps(levels.ndim)
        if shifted(voxel, step) in inside
    )


def runs(levels: np.ndarray) -> Counter:
    """Count (level, length) of the runs in half of all directions."""
    inside, found = voxels(levels), Counter()
    for step in (s for s in steps(levels.ndim) if s > (0,) * levels.ndim):
        for voxel, level in inside.items():
            if inside.get(shifted(voxel, step, -1)) == level:
                continue
            length = 1
            while inside.get(shifted(voxel, step, length)) == level:
                length += 1
            found[level, length] += 1
    return found


def zones(levels: np.ndarray) -> list[set[tuple[int, ...]]]:
    """Return the connected voxels of one level."""
    inside, found = voxels(levels), []
    rest = set(inside)
    while rest:
        zone, border = set(), [rest.pop()]
        while border:
            voxel = border.pop()
            zone.add(voxel)
            near = {shifted(voxel, step) for step in steps(levels.ndim)} & rest
            same = {other for other in near if inside[other] == inside[voxel]}
            rest -= same
            border += same
        found.append(zone)
    return found


def dependences(levels: np.ndarray, reach: int = 0) -> Counter:
    """Count (level, dependence count)."""
    inside = voxels(levels)
    return Counter(
        (
            level,
            1
            + sum(
                abs(inside[shifted(voxel, step)] - level) <= reach
                for step in steps(levels.ndim)
                if shifted(voxel, step) in inside
            ),
        )
        for voxel, level in inside.items()
    )
