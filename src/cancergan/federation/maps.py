"""Label maps drawn without looking at any mask: what a hospital sends instead of its own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cancergan.federation.policy import MapSettings

Float32 = npt.NDArray[np.float32]


def drawn_maps(
    count: int,
    channels: int,
    spatial: tuple[int, ...],
    settings: MapSettings,
    random: np.random.Generator,
) -> Float32:
    """Return label maps (count, channels, *spatial), -1 outside a body and 1 inside."""
    axes = [(np.arange(side) + 0.5) / side * 2 - 1 for side in spatial]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    maps = np.full((count, channels, *spatial), -1.0, np.float32)
    for one in maps.reshape(count * channels, *spatial):
        if random.uniform() >= settings.empty:
            one[_body(grid, settings, random)] = 1.0
    return maps


def _body(
    grid: npt.NDArray[np.float64], settings: MapSettings, random: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Return where a rough ellipsoid lies in a grid (*spatial, d) of places in [-1, 1]."""
    dims = grid.shape[-1]
    centre = random.uniform(-settings.centre, settings.centre, dims)
    turned, _ = np.linalg.qr(random.normal(size=(dims, dims)))
    halves = 2 * random.uniform(*settings.radius, dims)  # shares of the side; the grid is 2 wide
    place = (grid - centre) @ turned / halves
    distance = np.linalg.norm(place, axis=-1)
    direction = place / np.maximum(distance, 1e-9)[..., None]
    outline = np.ones_like(distance)
    for wave in (2, 3, 5):
        along = random.normal(size=dims)
        phase = random.uniform(0, 2 * np.pi)
        angle = np.arccos(np.clip(direction @ (along / np.linalg.norm(along)), -1, 1))
        outline += settings.roughness / wave * np.cos(wave * angle + phase)
    inside: npt.NDArray[np.bool_] = distance < np.maximum(outline, 0.3)
    return inside
