"""What is burned into the pixels of a picture: text, callipers and rulers.

Rules, not a trained model: text is a row of bright thin strokes of one height, a calliper is a
cross, a ruler is a row of equally spaced marks. Anything found is a reason to look, not a verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cancergan.cohort.case import Case, Float32
from cancergan.cohort.curation.strokes import Mask, grey_of, strokes

Kind = Literal["text", "calliper", "ruler"]

# Real images have 0 to 5 % of their pixels in strokes.
BUSY = 0.15
# A line of text: pixels high, strokes a row, share of its box that is stroke.
TEXT_HEIGHT = (4, 24)
TEXT_WIDTH_TO_HEIGHT = 1.2
TEXT_STROKES_A_ROW = 2.2
TEXT_DENSITY = (0.2, 0.75)
STROKES_A_PIXEL = 0.5
INKED_COLUMNS, LEVEL_ENDS = 0.6, (0.4, 0.55)
LETTER_GAP = 5
# How much ink may lie around a line, and what share of its box may be solid.
STRAY_INK, SOLID = 0.3, 0.05
# A cross: arms in pixels, and by how much they outshine the corners between them.
ARMS = (2, 3, 4)
CROSS_CONTRAST, CORNER_CONTRAST = 0.25, 0.08
FEWEST_CROSSES = 2
# A ruler: marks in a row, pixels between them, and how uneven the gaps may be.
FEWEST_MARKS = 6
LEAST_GAP, TICK_LENGTH = 4, 3
UNEVENNESS = 1


Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Overlay:
    """Something burned in: what, and its box as (top, left, bottom, right), shares of the image."""

    kind: Kind
    box: tuple[float, float, float, float]


def overlays(case: Case) -> list[Overlay]:
    """Return what is burned into a case; of a volume, its middle slice is looked at.

    Nothing is told of a picture that is strokes all over, such as noise.
    """
    grey = grey_of(case)
    tophat, drawn = strokes(grey)
    if drawn.mean() > BUSY:
        return []
    found: list[tuple[Kind, Box]] = [("text", box) for box in _text(grey, tophat, drawn)]
    found += [("calliper", box) for box in _crosses(grey)]
    words = [box for _, box in found]
    found += [("ruler", box) for box in _rulers(drawn) if not any(_touch(box, w) for w in words)]
    height, width = grey.shape
    return [
        Overlay(kind, (top / height, left / width, bottom / height, right / width))
        for kind, (top, left, bottom, right) in found
    ]


def _text(grey: Float32, tophat: Float32, drawn: Mask) -> Iterator[Box]:
    """Yield the boxes of lines of text: strokes alone, not the rims of something solid."""
    from scipy import ndimage

    words = ndimage.binary_closing(np.pad(drawn, LETTER_GAP), np.ones((1, LETTER_GAP)))
    words = words[LETTER_GAP:-LETTER_GAP, LETTER_GAP:-LETTER_GAP]
    labels, _ = ndimage.label(words, np.ones((3, 3)))
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        rows, columns = box
        ink = drawn[box] & (labels[box] == number)
        if _is_text(ink) and _stands_alone(grey, tophat, drawn, ink, (rows, columns)):
            yield rows.start, columns.start, rows.stop, columns.stop


def _stands_alone(
    grey: Float32, tophat: Float32, drawn: Mask, ink: Mask, box: tuple[slice, slice]
) -> bool:
    """Say whether nothing as bright as the ink is solid within the box, or drawn around it."""
    level = 0.9 * float(np.median(grey[box][ink]))
    solid = ((grey - tophat)[box] >= level).mean()
    wide = tuple(slice(max(side.start - 2, 0), side.stop + 2) for side in box)
    stray = drawn[wide].sum() - ink.sum()
    return bool(solid <= SOLID and stray <= STRAY_INK * ink.sum())


def _is_text(ink: Mask) -> bool:
    height, width = ink.shape
    if not TEXT_HEIGHT[0] <= height <= TEXT_HEIGHT[1] or width < TEXT_WIDTH_TO_HEIGHT * height:
        return False
    if not TEXT_DENSITY[0] <= ink.mean() <= TEXT_DENSITY[1]:
        return False
    starts = np.diff(np.pad(ink, ((0, 0), (1, 0))).astype(np.int8), axis=1) == 1
    a_row = starts.sum(axis=1)
    enough = np.median(a_row) >= max(TEXT_STROKES_A_ROW, STROKES_A_PIXEL * width / height)
    return bool(enough and a_row.min() >= 1 and _is_level(ink))


def _is_level(ink: Mask) -> bool:
    """Say whether most columns hold ink, and most of those reach the line's top and its foot."""
    inked = ink.any(axis=0)
    slack = max(1, round(0.15 * len(ink)))
    tops = ink[:, inked].argmax(axis=0)
    feet = ink[::-1, inked].argmax(axis=0)
    ends = (tops <= slack).mean(), (feet <= slack).mean()
    return bool(
        inked.mean() > INKED_COLUMNS and min(ends) >= LEVEL_ENDS[0] and max(ends) >= LEVEL_ENDS[1]
    )


def _crosses(grey: Float32) -> list[Box]:
    """Return the boxes of crosses, where there are at least two."""
    from scipy import ndimage

    best = np.zeros_like(grey)
    for reach in ARMS:
        best = np.maximum(best, _cross_response(grey, reach))
    peaks = (best > CROSS_CONTRAST) & (best == ndimage.maximum_filter(best, size=7))
    places = np.argwhere(peaks)
    if len(places) < FEWEST_CROSSES:
        return []
    reach = max(ARMS)
    return [
        (max(int(y) - reach, 0), max(int(x) - reach, 0), int(y) + reach + 1, int(x) + reach + 1)
        for y, x in places
    ]


def _cross_response(grey: Float32, reach: int) -> Float32:
    """Return by how much the darkest pixel of a cross outshines its corners, 0 where it is none.

    Each corner must be darker than each arm, and at least two arms must end: a dotted line often
    joins two callipers, which prolongs one arm of each.
    """
    padded = np.pad(grey, reach + 1, mode="edge")

    def shifted(down: int, right: int) -> Float32:
        top, left = reach + 1 + down, reach + 1 + right
        return padded[top : top + grey.shape[0], left : left + grey.shape[1]]

    steps = range(-reach, reach + 1)
    arms = np.minimum.reduce([shifted(n, 0) for n in steps] + [shifted(0, n) for n in steps])
    corners = [shifted(a, b) for a in (-2, 2) for b in (-2, 2)]
    ends = [(reach + 1, 0), (-reach - 1, 0), (0, reach + 1), (0, -reach - 1)]
    second_darkest_end = np.sort([shifted(*place) for place in ends], axis=0)[1]
    response = arms - np.mean(corners, axis=0)
    is_cross = arms - np.maximum.reduce(corners) > CORNER_CONTRAST
    return np.where(is_cross & (second_darkest_end < 0.75 * arms), response, 0.0)


def _rulers(drawn: Mask) -> Iterator[Box]:
    """Yield the boxes of rows of equally spaced ticks, down or across; one for each direction.

    A tick is at least three pixels long, across the ruler's own direction.
    """
    from scipy.ndimage import binary_opening

    for across, down in ((drawn.T, True), (drawn, False)):
        lines = binary_opening(across, np.ones((TICK_LENGTH, 1)))
        best: tuple[int, int, int, int] | None = None
        starts = np.diff(lines.astype(np.int8), axis=1, prepend=0) == 1
        for number in np.flatnonzero(starts.sum(axis=1) >= FEWEST_MARKS).tolist():
            centres = _mark_centres(lines[number])
            stretch = _even_stretch(centres)
            if stretch and (best is None or stretch[2] > best[3]):
                best = (number, *stretch)
        if best is not None:
            number, start, stop, _ = best
            yield (start, number, stop, number + 1) if down else (number, start, number + 1, stop)


def _mark_centres(line: Mask) -> Float32:
    edges = np.flatnonzero(np.diff(np.pad(line, 1).astype(np.int8)))
    return ((edges[::2] + edges[1::2] - 1) / 2).astype(np.float32)


def _even_stretch(centres: Float32) -> tuple[int, int, int] | None:
    """Return first, last and number of the longest run of equally spaced marks, if long enough."""
    gaps = np.diff(centres)
    best, start = (0, 0), 0
    for place in range(len(gaps)):
        if gaps[place] < LEAST_GAP:
            start = place + 1
            continue
        while np.ptp(gaps[start : place + 1]) > UNEVENNESS:
            start += 1
        best = max(best, (place - start + 2, start))
    count, first = best
    if count < FEWEST_MARKS:
        return None
    return int(centres[first]), int(centres[first + count - 1]) + 1, count


def _touch(first: Box, second: Box) -> bool:
    return (
        first[0] < second[2]
        and second[0] < first[2]
        and first[1] < second[3]
        and second[1] < first[3]
    )
