"""The pictures of a description: examples of each class, copies side by side, doubtful images."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from cancergan.cohort.cohort import Cohort
from cancergan.cohort.curation.description import Description
from cancergan.cohort.curation.duplicates import Duplicate
from cancergan.cohort.curation.overlays import Overlay
from cancergan.cohort.curation.step import image_of
from cancergan.cohort.window import IntensityWindow
from cancergan.core.pictures import Picture, to_picture
from cancergan.core.seeds import numpy_generator

IN_ROW, MOST_ROWS = 8, 8
MOST_PAIRS, MOST_FLAGGED, MOST_OVERLAID = 12, 16, 16
FRAME = np.array([242, 151, 36], dtype=np.uint8)


@dataclass(frozen=True)
class Shown:
    """A picture, its caption, and whether it is to be marked as an error."""

    pixels: Picture
    caption: str
    bad: bool = False


@dataclass(frozen=True)
class PictureRow:
    """Pictures side by side, with words on their left and beneath."""

    caption: str
    pictures: tuple[Shown, ...]
    note: str = ""


def pixels_of(cohort: Cohort, position: int) -> Picture:
    """Return a case as people look at it: 8 bit as it is, else its 0.5 to 99.5 percentiles."""
    image = np.nan_to_num(image_of(cohort[position]), posinf=0.0, neginf=0.0)
    channels = len(image)
    if cohort.header(position).dtype == np.uint8:
        low, high = 0.0, 255.0
    else:
        low, high = (float(value) for value in np.percentile(image, (0.5, 99.5)))
    window = IntensityWindow((low,) * channels, (max(high, low + 1e-6),) * channels)
    return to_picture(window.to_network(image))


def samples(cohort: Cohort) -> list[PictureRow]:
    """Return eight cases of each class, drawn at random; the same for the same cohort size."""
    table = cohort.table
    if "label" not in table:
        return [_drawn(cohort, "", np.arange(len(table)))]
    labels = table["label"].astype(object).where(table["label"].notna(), "unlabelled")
    names = [name for name in (*cohort.classes, "unlabelled") if (labels == name).any()]
    return [
        _drawn(cohort, name, np.flatnonzero((labels == name).to_numpy()))
        for name in names[:MOST_ROWS]
    ]


def copies(found: Description, cohort: Cohort) -> list[PictureRow]:
    """Return pairs of copies side by side: torn labels first, then near, then exact ones."""
    order = sorted(found.duplicates, key=lambda pair: (pair.labels is None, pair.kind == "exact"))
    rows = []
    for pair in _distinct(order)[:MOST_PAIRS]:
        labels = pair.labels or ("", "")
        pictures = tuple(
            Shown(pixels_of(cohort, at), f"{name} {label}".strip(), bad=pair.labels is not None)
            for at, name, label in (
                (pair.first, pair.first_id, labels[0]),
                (pair.second, pair.second_id, labels[1]),
            )
        )
        words = "all pixels equal" if pair.kind == "exact" else f"{pair.correlation:.3f} alike"
        rows.append(PictureRow("", pictures, f"{words}{', ' * bool(pair.change)}{pair.change}"))
    return rows


def doubtful(found: Description, cohort: Cohort) -> tuple[Shown, ...]:
    """Return images with a quality flag, each kind in turn."""
    by_kind: dict[str, list[Shown]] = {}
    for flag in found.flags:
        held = by_kind.setdefault(flag.kind, [])
        if len(held) < MOST_FLAGGED:
            caption = f"{cohort.table['case_id'].iloc[flag.position]}: {flag.kind}, {flag.reason}"
            held.append(Shown(pixels_of(cohort, flag.position), caption))
    return tuple(_in_turn(by_kind.values(), MOST_FLAGGED))


def overlaid(found: Description, cohort: Cohort) -> tuple[Shown, ...]:
    """Return images with something burned in, framed, each kind in turn."""
    by_kind: dict[str, list[Shown]] = {}
    for position, held in enumerate(found.survey.overlays if found.survey else ()):
        if not held or len(by_kind.get(held[0].kind, [])) >= MOST_OVERLAID:
            continue
        kinds = ", ".join(sorted({overlay.kind for overlay in held}))
        caption = f"{cohort.table['case_id'].iloc[position]}: {kinds}"
        picture = Shown(framed(pixels_of(cohort, position), held), caption)
        by_kind.setdefault(held[0].kind, []).append(picture)
    return tuple(_in_turn(by_kind.values(), MOST_OVERLAID))


def framed(picture: Picture, boxes: Iterable[Overlay]) -> Picture:
    """Return a copy with a coloured frame around each box."""
    picture = picture.copy()
    height, width = picture.shape[:2]
    for overlay in boxes:
        top, left, bottom, right = overlay.box
        first, last = int(top * height) - 2, min(int(bottom * height) + 2, height - 1)
        start, stop = int(left * width) - 2, min(int(right * width) + 2, width - 1)
        first, start = max(first, 0), max(start, 0)
        picture[[first, last], start : stop + 1] = FRAME
        picture[first : last + 1, [start, stop]] = FRAME
    return picture


def _drawn(cohort: Cohort, caption: str, rows: np.typing.NDArray[np.intp]) -> PictureRow:
    chosen = numpy_generator(0, "description", caption).permutation(rows)[:IN_ROW]
    ids = cohort.table["case_id"]
    shown = tuple(Shown(pixels_of(cohort, int(row)), str(ids.iloc[row])) for row in chosen)
    return PictureRow(caption, shown, f"{len(rows)} cases")


def _distinct(pairs: list[Duplicate]) -> list[Duplicate]:
    """Return pairs that show no case twice, so that a large group does not fill the page."""
    shown: set[int] = set()
    chosen = []
    for pair in pairs:
        if not {pair.first, pair.second} & shown:
            chosen.append(pair)
            shown |= {pair.first, pair.second}
    return chosen


def _in_turn(lists: Iterable[list[Shown]], most: int) -> list[Shown]:
    queues = [list(held) for held in lists]
    chosen: list[Shown] = []
    while len(chosen) < most and any(queues):
        chosen += [queue.pop(0) for queue in queues if queue]
    return chosen[:most]
