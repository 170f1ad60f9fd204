"""Lesions put into images, or taken out, for a classifier, against classical augmentation."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from cancergan.cohort import Cohort
from cancergan.cohort.preparation import Preparation
from cancergan.core.errors import BadInputError
from cancergan.core.pictures import Picture, captioned, grid, to_picture
from cancergan.core.seeds import numpy_generator
from cancergan.recipes.schema import Recipe
from cancergan.studies.base import Method, studies
from cancergan.studies.bench import Bench
from cancergan.studies.classification import (
    PRETRAINED,
    SYNTHETIC,
    Cases,
    ClassificationSettings,
    ClassificationStudy,
)
from cancergan.training.synthesis import synthesise

Mask = npt.NDArray[np.bool_]
_SHOWN, _AT_LEAST = 8, 64


class LesionInfillSettings(ClassificationSettings):
    """Which lesions are put where, beside the settings of ``classification``.

    Attributes:
        normal: the label of images without a lesion.
        direction: "add" puts lesions of every other class into normal images, "remove" fills those
            of the others with normal tissue, "both" does both.
    """

    normal: str = "normal"
    direction: Literal["add", "remove", "both"] = "both"


@studies.register("lesion_infill")
class LesionInfillStudy(ClassificationStudy):
    """The classifier's diets of ``classification``, with edited images for synthetic ones.

    The game learns what belongs into a hole in the shape of a lesion from the class of the case:
    holes in normal images, which have no lesion, are in the shape of another case's.
    """

    schema = LesionInfillSettings
    settings: LesionInfillSettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return "label" and "mask"."""
        return ("label", "mask")

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the diets; edits of one direction lack a class and are never fed alone."""
        found = super().methods(recipe)
        if self.settings.direction == "both":
            return found
        return tuple(method for method in found if method.name not in (PRETRAINED, SYNTHETIC))

    def _made(self, bench: Bench, train: Cohort, seed: int) -> tuple[Cases, Preparation]:
        """Return edited cases in [-1, 1] with class codes, and how real ones become such."""
        masks = [_mask(train, n) for n in range(len(train))]
        labels = train.table["label"].tolist()
        self._check(train, masks, labels)
        holed = _with_holes(train, masks, bench.recipe.seed)
        run = bench.trained("game", seed, cohort=holed)
        preparation = run.trained_on.preparation
        source = self._source(train, masks, labels, seed)
        made = synthesise(run, source=source, seed=seed)
        images = np.stack([preparation.window.to_network(np.asarray(c.image)) for c in made])
        codes = [train.classes.index(name) for name in source.table["label"]]
        if "edits" not in bench.pictures:
            bench.pictures["edits"] = _edits_picture(source, made)
        return (images, np.array(codes, np.int64)), preparation

    def _source(self, train: Cohort, masks: list[Mask], labels: list[str], seed: int) -> Cohort:
        """Return the images to edit with the holes to fill and the class that belongs there."""
        normal, direction = self.settings.normal, self.settings.direction
        random = numpy_generator(seed, "lesion infilling")
        marked = [n for n, mask in enumerate(masks) if mask.any()]
        healthy = [n for n, label in enumerate(labels) if label == normal]
        images, holes, wanted = [], [], []
        for name, count in self._wanted(train).items():
            if direction == ("add" if name == normal else "remove"):
                continue
            hosts = marked if name == normal else healthy
            lesions = marked if name == normal else [n for n in marked if labels[n] == name]
            for host, lesion in zip(
                random.choice(hosts, count), random.choice(lesions, count), strict=True
            ):
                image = np.asarray(train[int(host)].image)
                images.append(image)
                # A lesion that is taken out is the image's own.
                shape = masks[host] if name == normal else _fitted(masks[lesion], image.shape[1:])
                holes.append(shape.astype(np.uint8))
                wanted.append(name)
        names = [f"edited_{n:06d}" for n in range(len(images))]
        table = pd.DataFrame({"case_id": names, "patient_id": names, "label": wanted})
        return Cohort.from_arrays(images, table, masks=holes)

    def _check(self, train: Cohort, masks: list[Mask], labels: list[str]) -> None:
        """Refuse training cases of one class alone, and classes whose lesions nobody outlined."""
        normal = self.settings.normal
        if normal not in labels:
            raise BadInputError(
                f'{train.origin}: no training case is "{normal}"; found '
                f"{', '.join(sorted(set(labels)))}. Set study.normal to the label of cases "
                "without a lesion."
            )
        for name in sorted(set(labels) - {normal}):
            if not any(m.any() for m, label in zip(masks, labels, strict=True) if label == name):
                raise BadInputError(
                    f'{train.origin}: no case of class "{name}" has a mask of its lesion. Add '
                    "masks, or leave the class out with study.classes."
                )


def _mask(cohort: Cohort, index: int) -> Mask:
    """Return where a case's lesion is; nowhere, where it has no mask."""
    case = cohort[index]
    assert case.image is not None
    if case.mask is None:
        return np.zeros(case.image.shape[1:], bool)
    return np.asarray(case.mask != 0)


def _with_holes(train: Cohort, masks: list[Mask], seed: int) -> Cohort:
    """Return the training cases, each with a hole: its lesion, or the shape of another's."""
    random = numpy_generator(seed, "holes")
    marked = [n for n, mask in enumerate(masks) if mask.any()]
    holes = [
        mask if mask.any() else _fitted(masks[int(random.choice(marked))], mask.shape)
        for mask in masks
    ]
    images = [np.asarray(case.image) for case in train]
    table = train.table[["case_id", "patient_id", "label"]]
    return Cohort.from_arrays(images, table, masks=[hole.astype(np.uint8) for hole in holes])


def _fitted(values: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """Return a mask or channel stretched to another shape, by the nearest pixel."""
    places = [
        np.minimum(((np.arange(new) + 0.5) * old / new).astype(int), old - 1)
        for old, new in zip(values.shape, shape, strict=True)
    ]
    return values[np.ix_(*places)]


def _edits_picture(source: Cohort, made: Cohort) -> Picture:
    """Return images with the holes outlined in the row below, and what was made of them."""
    rows: dict[str, Picture] = {}
    size = np.asarray(made[0].image).shape[1:]
    for name in dict.fromkeys(source.table["label"]):
        chosen = np.flatnonzero((source.table["label"] == name).to_numpy())[:_SHOWN]
        shown: dict[str, list[Picture]] = {"before": [], "hole": [], "after": []}
        for n in map(int, chosen):
            before, after = np.asarray(source[n].image), np.asarray(made[n].image)
            low, high = np.percentile(before, (1, 99))
            hole = _fitted(_mask(source, n), size)
            # Both at the size of what was made, so that they can be compared.
            before = np.stack([_fitted(channel, size) for channel in before])
            for key, values in (("before", before), ("after", after)):
                scaled = np.clip((values - low) / max(high - low, 1e-6), 0, 1) * 2 - 1
                shown[key].append(_picture(scaled))
            shown["hole"].append(_picture(hole[None] * 2.0 - 1))
        rows |= {
            f"{key}, {name}": grid(pictures, columns=_SHOWN) for key, pictures in shown.items()
        }
    width = max(row.shape[1] for row in rows.values())
    wide = {
        key: np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0)), constant_values=255)
        for key, row in rows.items()
    }
    return captioned(wide, width=140)


def _picture(image: npt.NDArray[np.floating]) -> Picture:
    flat = image[..., image.shape[-1] // 2] if image.ndim == 4 else image
    return to_picture(np.asarray(flat, np.float32), at_least=_AT_LEAST)
