"""Pictures of tables: one histogram for each column, for people who want to see a cohort."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cancergan.core.pictures import Picture, grid

Shares = npt.NDArray[np.float64]

BINS = 24
HEIGHT, BAR, CAPTION = 72, 5, 14
MOST = 48
BLUE, GREY = (58, 110, 165), (120, 120, 120)


def marginal_pictures(
    values: npt.NDArray[np.floating],
    names: Sequence[str],
    reference: npt.NDArray[np.floating] | None = None,
) -> list[Picture]:
    """Return one histogram picture for each of the first 48 columns of (n, d) in [-1, 1].

    Bars are shares of the rows of ``values``; steps, where given, those of ``reference`` (m, d).
    """
    edges = np.linspace(-1, 1, BINS + 1)
    pictures = []
    for column, name in enumerate(names[:MOST]):
        shares = _shares(values[:, column], edges)
        other = None if reference is None else _shares(reference[:, column], edges)
        pictures.append(_histogram(shares, other, name))
    return pictures


def marginals(
    values: npt.NDArray[np.floating],
    names: Sequence[str],
    reference: npt.NDArray[np.floating] | None = None,
) -> Picture:
    """Return the histograms of all columns as one sheet."""
    return grid(marginal_pictures(values, names, reference), columns=6, gap=6)


def correlations(values: npt.NDArray[np.floating], side: int = 240) -> Picture:
    """Return the Pearson correlations of columns (n, d) as a map: blue -1, white 0, red 1."""
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.nan_to_num(np.atleast_2d(np.corrcoef(values, rowvar=False)))
    up, down = np.clip(found, 0, 1)[..., None], np.clip(-found, 0, 1)[..., None]
    white, red, blue = np.array([255.0] * 3), np.array([178, 24, 43.0]), np.array([33, 102, 172.0])
    pixels = white + up * (red - white) + down * (blue - white)
    factor = max(1, side // len(found))
    return np.asarray(pixels.astype(np.uint8).repeat(factor, axis=0).repeat(factor, axis=1))


def _shares(values: npt.NDArray[np.floating], edges: npt.NDArray[np.float64]) -> Shares:
    counts, _ = np.histogram(np.clip(values, -1, 1), edges)
    return np.asarray(counts / max(1, len(values)))


def _histogram(shares: Shares, reference: Shares | None, name: str) -> Picture:
    from PIL import Image, ImageDraw

    highest = max(float(shares.max()), 0.0 if reference is None else float(reference.max()), 1e-9)
    image = Image.new("RGB", (BINS * BAR, HEIGHT + CAPTION), "white")
    draw = ImageDraw.Draw(image)

    def level(share: float) -> int:
        return HEIGHT - round(share / highest * (HEIGHT - 4))

    for place, share in enumerate(shares):
        left = place * BAR
        if share > 0:
            draw.rectangle((left, level(share), left + BAR - 2, HEIGHT), fill=BLUE)
    if reference is not None:
        steps = [(x, level(s)) for p, s in enumerate(reference) for x in (p * BAR, (p + 1) * BAR)]
        draw.line(steps, fill=GREY, width=2)
    draw.text((1, HEIGHT + 1), name[:20], fill="black")
    return np.asarray(image)
