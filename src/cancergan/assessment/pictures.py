"""The pictures of a report: a guessing game, the classes side by side, the likeliest copies."""

from __future__ import annotations

from typing import Literal

import numpy as np

from cancergan.assessment.context import Context, Integers, Side
from cancergan.assessment.findings import Panel, Picture, Row, Source
from cancergan.assessment.neighbours import nearest_training_cases
from cancergan.assessment.table_pictures import table_panels
from cancergan.cohort.case import Float64
from cancergan.core.pictures import to_picture
from cancergan.core.seeds import numpy_generator
from cancergan.metrics.distances import nearest

COMPARED: tuple[Literal["real", "synthetic"], ...] = ("real", "synthetic")
MIXED = 8
IN_ROW = 8
SUSPECTS = 4


def panels(context: Context) -> tuple[Panel, ...]:
    """Return the panels of pictures, the same for the same seed."""
    if context.is_table:
        return table_panels(context)
    suspects = [_suspects(context)] if context.generator_saw_learning else []
    return (_mixed(context), _classes(context), *suspects, _worst(context))


def _picture(side: Side, index: int, source: Source, caption: str = "") -> Picture:
    return Picture(to_picture(side.images[index]), source, caption)


def _drawn(context: Context, rows: Integers, count: int, *purpose: object) -> list[int]:
    generator = numpy_generator(context.seed_for("pictures", *purpose))
    return [int(row) for row in generator.permutation(rows)[:count]]


def _mixed(context: Context) -> Panel:
    pictures = [
        _picture(context.side(name), index, name)
        for name in COMPARED
        for index in _drawn(context, np.arange(len(context.side(name))), MIXED, name)
    ]
    order = numpy_generator(context.seed_for("pictures", "order")).permutation(len(pictures))
    return Panel(
        title="Real and synthetic, mixed",
        text="Drawn at random, not chosen. Half of them never existed.",
        rows=(Row("", tuple(pictures[place] for place in order)),),
        kind="mixed",
    )


def _classes(context: Context) -> Panel:
    rows = []
    for code, label in enumerate(context.classes or ("",)):
        for name in COMPARED:
            side = context.side(name)
            codes = side.labels if context.classes else np.zeros(len(side))
            chosen = _drawn(context, np.flatnonzero(codes == code), IN_ROW, "classes", name, code)
            caption = f"{label}, {name}" if label else name
            rows.append(Row(caption, tuple(_picture(side, index, name) for index in chosen)))
    return Panel(
        title="Side by side",
        text="Above, real patients that the generator never saw; below, synthetic cases (framed).",
        rows=tuple(row for row in rows if row.pictures),
    )


def _suspects(context: Context) -> Panel:
    """Show the synthetic cases that lie nearest to training cases, each beside its neighbours."""
    in_pixels = nearest_training_cases(context, "synthetic", "pixels")
    in_features = nearest_training_cases(context, "synthetic", "encoder")
    rows = []
    for index in np.argsort(in_pixels.distance, kind="stable")[:SUSPECTS]:
        pair = (
            (int(in_pixels.index[index]), "nearest in pixels"),
            (int(in_features.index[index]), "nearest in features"),
        )
        training = [_picture(context.learning, row, "training", why) for row, why in pair]
        case_id = str(context.synthetic.table["case_id"].iloc[index])
        suspect = _picture(context.synthetic, int(index), "synthetic", case_id)
        rows.append(Row("", (suspect, *training)))
    return Panel(
        title="The likeliest copies",
        text="The synthetic cases nearest to a training case, with those training cases, which may "
        "be mirrored. Is it the same patient?",
        rows=tuple(rows),
        kind="neighbours",
    )


def _worst(context: Context) -> Panel:
    """Show the synthetic cases that are farthest from any real one, and the least as requested."""
    space = context.random_convolution
    distance, _ = nearest(context.features(space, "synthetic"), context.features(space, "real"))
    rows = [_ranked(context, "least like any real case", -distance)]
    if len(context.classes) > 1:
        guesses = context.classifier.probabilities(context.synthetic.images)
        labels = context.codes("synthetic")
        requested = guesses[np.arange(len(labels)), labels]
        rows.append(_ranked(context, "least as requested", requested))
    return Panel(
        title="The worst of them",
        text="Synthetic cases at the end of two rankings: the distance to the nearest real case in "
        "random convolution features, and what a classifier of real cases thinks of the requested "
        "class. Every generator has some; are these tolerable?",
        rows=tuple(rows),
    )


def _ranked(context: Context, caption: str, score: Float64) -> Row:
    worst = [int(index) for index in np.argsort(score, kind="stable")[:IN_ROW]]
    names = [
        context.classes[context.codes("synthetic")[i]] if context.classes else "" for i in worst
    ]
    pictures = [_picture(context.synthetic, index, "synthetic", name)
                for index, name in zip(worst, names, strict=True)]  # fmt: skip
    return Row(caption, tuple(pictures))
