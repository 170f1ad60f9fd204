"""Growth from two visits to the third, against nothing changing and against Gompertz's law."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from cancergan.cohort import Cohort
from cancergan.cohort.attributes import Attribute, measured_attributes
from cancergan.cohort.timepoints import TIMEPOINT, with_earlier_visits
from cancergan.cohort.told import TOLD, with_told
from cancergan.core.errors import BadInputError
from cancergan.core.pictures import Picture, grid, to_picture
from cancergan.downstream.growth import fitted_decay, gompertz_volume, scaled_depth
from cancergan.metrics.segmentation import dice
from cancergan.recipes.schema import Recipe
from cancergan.studies.adversary import ADVERSARIAL, ALONE, METHODS, WITHOUT
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.evidence import Evidence, Outcome, Values
from cancergan.training.synthesis import synthesise

Depths = npt.NDArray[np.float64]
UNTOLD = "adversarial, images alone"
PERSISTENCE, GOMPERTZ = "persistence", "Gompertz fit"
_SHOWN, _AT_LEAST = 4, 96
_EDGE = {"truth": (0, 200, 0), "foretold": (230, 40, 40)}


class ProgressionSettings(StudySettings):
    """Which visits are foretold from which, and what is told beside their images.

    Attributes:
        earlier: how many visits are seen before the one that is foretold.
        ahead: how many visits ahead it lies at most.
        told: columns of the table that the networks read as maps of one value each (``told``):
            "ahead_days", genes, age. The same game is then also played without them.
    """

    earlier: int = Field(default=2, ge=2)
    ahead: int = Field(default=1, ge=1)
    told: tuple[str, ...] = ()


@studies.register("progression")
class ProgressionStudy(Study[ProgressionSettings]):
    """The tumour at a later visit, foretold from earlier ones of the same patient."""

    schema = ProgressionSettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return what tells visits apart, and what grows."""
        return (TIMEPOINT, "mask")

    def makes(self) -> tuple[str, ...]:
        """Return what ``with_earlier_visits`` and ``with_told`` make."""
        return ("source", "target", TOLD)

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the game, its generator alone, and two ways without a network."""
        untold = f"the recipe's game, not told {', '.join(self.settings.told)}"
        return (
            *METHODS,
            *((Method(UNTOLD, untold, True),) if self.settings.told else ()),
            Method(PERSISTENCE, "the last visit again", True, trainings=0),
            Method(
                GOMPERTZ,
                "the last outline, widened to the volume of Gompertz's law through the last two "
                "visits, its decay fitted on the training patients",
                True,
                trainings=0,
            ),
        )

    def run(self, bench: Bench) -> Evidence:
        """Train on the visits of training patients, foretell the last visit of the others."""
        train, test = self._visits(bench)
        changes: dict[str, dict[str, Any]] = {ADVERSARIAL: {}, ALONE: {**WITHOUT}}
        if self.settings.told:
            changes[UNTOLD] = {"data": {"source": {"read": _without_told(bench.recipe)}}}
        last, truth = _last_depths(test), [_mask(case.mask) for case in test]
        found: dict[str, list[Depths]] = {}
        for seed in bench.seeds:
            for name, settings in changes.items():
                run = bench.trained(name, seed, cohort=train, settings=settings)
                made = synthesise(run, source=test, seed=seed)
                found.setdefault(name, []).append(np.stack([_only(case.image) for case in made]))
        found[PERSISTENCE] = [last]
        found[GOMPERTZ] = [_by_gompertz(train, test, last)]
        bench.pictures["growth"] = film_strips(test, {k: v[0] for k, v in found.items()})
        units = [str(patient) for patient in test.table["patient_id"]]
        outcomes = [
            o for name, seeds in found.items() for o in _outcomes(name, seeds, truth, units)
        ]
        return Evidence.of(self.methods(bench.recipe), outcomes, seed=bench.recipe.seed)

    def _visits(self, bench: Bench) -> tuple[Cohort, Cohort]:
        """Return the visits to learn from and those to foretell, with what is told of them."""
        train, test = (
            with_earlier_visits(part, self.settings.earlier, self.settings.ahead)
            for part in (bench.train, bench.test)
        )
        if not self.settings.told:
            return train, test
        wanted = [Attribute(name=name) for name in self.settings.told]
        known = measured_attributes(train.table, wanted, may_miss=False, origin=train.origin)
        return with_told(train, known), with_told(test, known)


def _without_told(recipe: Recipe) -> list[str]:
    """Return the arrays that the source is read from, without those of what is told.

    Raises:
        BadInputError: the recipe does not read them, so telling would change nothing.
    """
    arrays = recipe.data["source"].arrays
    if TOLD not in arrays:
        raise BadInputError(
            f'study.told is set, and data.source reads {", ".join(arrays)}. Add "{TOLD}" to '
            "data.source.read."
        )
    return [name for name in arrays if name != TOLD]


def film_strips(test: Cohort, foretold: dict[str, Depths]) -> Picture:
    """Return a row a patient: the earlier visits, then the truth and each method's outline.

    Green is the true outline at that visit, red the one foretold.
    """
    rows = range(0, len(test), max(1, len(test) // _SHOWN))[:_SHOWN]
    tiles = []
    for row in rows:
        case = test[row]
        assert case.image is not None
        source = case.arrays["source"]
        low, high = np.percentile(case.image, (1, 99))
        seen = [(source[k], source[k + 1]) for k in range(0, len(source), 2)]
        tiles += [_outlined(image, low, high, truth=depth > 0) for image, depth in seen]
        truth = _mask(case.mask)
        tiles.append(_outlined(case.image[0], low, high, truth=truth))
        tiles += [
            _outlined(case.image[0], low, high, truth=truth, foretold=depths[row] > 0)
            for depths in foretold.values()
        ]
    return grid(tiles, columns=len(tiles) // len(rows))


def _outlined(
    image: npt.NDArray[np.float32], low: float, high: float, **masks: npt.NDArray[np.bool_]
) -> Picture:
    """Return the middle slice of an image (*spatial) with the outlines of masks in it."""
    from scipy.ndimage import binary_dilation

    scaled = np.clip((image - low) / max(high - low, 1e-6), 0, 1) * 2 - 1
    picture = to_picture(scaled[None], at_least=_AT_LEAST)
    for name, mask in masks.items():
        flat = mask[..., mask.shape[-1] // 2] if mask.ndim == 3 else mask
        large = flat.repeat(picture.shape[0] // flat.shape[0], axis=0)
        large = large.repeat(picture.shape[1] // flat.shape[1], axis=1)
        picture[binary_dilation(large) & ~large] = _EDGE[name]
    return picture


def _by_gompertz(train: Cohort, test: Cohort, last: Depths) -> Depths:
    """Return depth maps widened to the volumes of Gompertz's law."""
    volumes, days, later, when = _courses(train)
    decay = fitted_decay(volumes, days, later, when)
    seen, at, _, then = _courses(test)
    grown = gompertz_volume(seen, at, then, decay) / seen[:, 1]
    dimensions = last.ndim - 1
    return np.stack([
        scaled_depth(depth, factor ** (1 / dimensions))
        for depth, factor in zip(last, grown, strict=True)
    ])  # fmt: skip


def _courses(cohort: Cohort) -> tuple[Values, Values, Values, Values]:
    """Return pixels of the last two visits before each case (n, 2), their days, its own, its day.

    An empty mask counts as one pixel, for growth starts somewhere.
    """
    volumes, later = [], []
    for case in cohort:
        depths = case.arrays["source"][1::2][-2:]
        volumes.append([max(1, int((depth > 0).sum())) for depth in depths])
        later.append(max(1, int(_mask(case.mask).sum())))
    table = cohort.table
    number = sum(1 for name in table.columns if str(name).startswith("days_"))
    days = table[[f"days_{number - 1}", f"days_{number}"]].to_numpy(float)
    when = table[TIMEPOINT].to_numpy(float)
    return np.array(volumes, float), days, np.array(later, float), when


def _last_depths(test: Cohort) -> Depths:
    return np.stack([np.asarray(case.arrays["source"][-1], np.float64) for case in test])


def _outcomes(
    name: str, seeds: list[Depths], truth: list[npt.NDArray[np.bool_]], units: list[str]
) -> list[Outcome]:
    overlaps, errors = [], []
    for depths in seeds:
        masks = depths > 0
        overlaps.append([dice(mask, true) for mask, true in zip(masks, truth, strict=True)])
        errors.append(
            [
                abs(int(mask.sum()) - int(true.sum())) / max(1, int(true.sum()))
                for mask, true in zip(masks, truth, strict=True)
            ]
        )
    return [
        Outcome(name, "dice", np.array(overlaps), units, "higher"),
        Outcome(name, "relative_volume_error", np.array(errors), units, "lower"),
    ]


def _mask(mask: npt.NDArray[np.int32] | None) -> npt.NDArray[np.bool_]:
    assert mask is not None
    return np.asarray(mask != 0)


def _only(image: npt.NDArray[np.float32] | None) -> npt.NDArray[np.float64]:
    assert image is not None
    return np.asarray(image[0], np.float64)
