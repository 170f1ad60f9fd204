"""After treatment from before it, learnt without pairs, against the same game without a cycle."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from cancergan.cohort import Cohort
from cancergan.cohort.timepoints import TIMEPOINT, with_earlier_visits
from cancergan.core.errors import BadInputError
from cancergan.core.pictures import Picture, captioned, grid, to_picture
from cancergan.downstream.growth import scaled_depth
from cancergan.metrics.segmentation import dice
from cancergan.metrics.similarity import psnr
from cancergan.recipes.schema import Recipe
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.domain_adaptation import halved
from cancergan.studies.evidence import Evidence, Outcome
from cancergan.training.run import Run
from cancergan.training.starting import prepared_column
from cancergan.training.synthesis import translated

TRANSLATED, VANILLA = "translated", "translated, without a cycle"
PERSISTENCE, SCALED = "persistence", "mean change of volume"
# Channels of both stacks: what the tumour looks like, and how deep each pixel lies in it.
_IMAGE, _DEPTH = 0, 1
_SHOWN, _AT_LEAST = 6, 96

Float32 = npt.NDArray[np.float32]
Stacks = npt.NDArray[np.float32]


class TreatmentResponseSettings(StudySettings):
    """``domains`` names the two kinds of training patients, as the recipe's queries do."""

    domains: tuple[str, str] = ("source", "image")


@studies.register("treatment_response")
class TreatmentResponseStudy(Study[TreatmentResponseSettings]):
    """Held-out patients after treatment, foretold from before it and the planned dose.

    Half of the training patients are seen before treatment alone, the others after it alone. Both
    stacks begin with the image and the depth in the tumour's mask, so that a translation says
    where the tumour will be.
    """

    schema = TreatmentResponseSettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return what tells visits apart, and what changes."""
        return (TIMEPOINT, "mask")

    def makes(self) -> tuple[str, ...]:
        """Return what ``with_earlier_visits`` makes."""
        return ("source", "target")

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the game, the game without what makes it keep the patient, and no network."""
        words = "the tumour before, scaled to the mean change of volume between both halves"
        return (
            Method(TRANSLATED, "the recipe's game"),
            Method(VANILLA, "the same networks and steps, no cycle and no identity term", True),
            Method(PERSISTENCE, "before treatment again", True, trainings=0),
            Method(SCALED, words, True, trainings=0),
        )

    def run(self, bench: Bench) -> Evidence:
        """Train on two halves of the patients, translate the others, and compare."""
        train, test = (with_earlier_visits(part, 1) for part in (bench.train, bench.test))
        train = halved(train, self.settings.domains, bench.recipe.seed)
        made: dict[str, list[Stacks]] = {}
        for seed in bench.seeds:
            for name in (TRANSLATED, VANILLA):
                changes = None if name == TRANSLATED else {"game": {"cycle": 0.0, "identity": 0.0}}
                run = bench.trained(name, seed, cohort=train, settings=changes)
                made.setdefault(name, []).append(translated(run, test, seed=seed))
        before, after = (_stack(run, column, test) for column in ("source", "image"))
        made[PERSISTENCE] = [_as_after(run, before)]
        made[SCALED] = [_scaled(run, before, self._change(run, train))]
        bench.pictures["responses"] = _picture(run, before, after, made)
        units = test.table["patient_id"].astype(str).tolist()
        outcomes = [
            one for name, seeds in made.items() for one in _outcomes(run, name, seeds, after, units)
        ]
        change = self._change(run, train)
        note = (
            f"Of {len(train)} training patients one half was seen before treatment, the other "
            f"after it; after, mean volume is {change:.2f} times that before."
        )
        return Evidence.of(
            self.methods(bench.recipe), outcomes, seed=bench.recipe.seed, notes=[note]
        )

    def _change(self, run: Run, train: Cohort) -> float:
        """Return the mean volume of those seen after over that of those seen before."""
        sizes = []
        for column, domain in zip(("source", "image"), self.settings.domains, strict=True):
            part = train.select((train.table["domain"] == domain).to_numpy())
            sizes.append(float(_masks(run, column, _stack(run, column, part)).mean()))
        if min(sizes) == 0:
            raise BadInputError(f"{train.origin}: one half of the patients has no tumour at all.")
        return sizes[1] / sizes[0]


def _stack(run: Run, column: str, cohort: Cohort) -> Stacks:
    """Return a stack of every case, (n, C, *spatial) in [-1, 1]."""
    return prepared_column(run.trained_on.columns[column], cohort)


def _depths(run: Run, column: str, stacks: Stacks) -> Float32:
    """Return depths in pixels, (n, *spatial)."""
    window = run.trained_on.columns[column].preparation.window
    return np.stack([window.to_physical(stack)[_DEPTH] for stack in stacks])


def _masks(run: Run, column: str, stacks: Stacks) -> npt.NDArray[np.bool_]:
    return _depths(run, column, stacks) > 0


def _as_after(run: Run, before: Stacks) -> Stacks:
    """Return the stacks of one kind on the scale of the other."""
    columns = run.trained_on.columns
    old, new = (columns[name].preparation.window for name in ("source", "image"))
    return np.stack([new.to_network(old.to_physical(stack)) for stack in before])


def _scaled(run: Run, before: Stacks, change: float) -> Stacks:
    """Return the stacks before with the depth of a tumour of so much of its volume."""
    window = run.trained_on.columns["image"].preparation.window
    scaled = []
    for stack in _as_after(run, before):
        values = window.to_physical(stack)
        values[_DEPTH] = scaled_depth(values[_DEPTH], change ** (1 / (values.ndim - 1)))
        scaled.append(window.to_network(values))
    return np.stack(scaled)


def _outcomes(
    run: Run, name: str, seeds: list[Stacks], after: Stacks, units: list[str]
) -> list[Outcome]:
    truth = _masks(run, "image", after)
    overlaps, errors, images = [], [], []
    for stacks in seeds:
        masks = _masks(run, "image", stacks)
        pairs = list(zip(masks, truth, strict=True))
        overlaps.append([dice(mask, true) for mask, true in pairs])
        errors.append([abs(m.sum(dtype=float) - t.sum()) / max(1, t.sum()) for m, t in pairs])
        images.append(
            [
                psnr(true[_IMAGE], made[_IMAGE], data_range=2.0)
                for true, made in zip(after, stacks, strict=True)
            ]
        )
    return [
        Outcome(name, "dice", np.array(overlaps), units, "higher"),
        Outcome(name, "relative_volume_error", np.array(errors), units, "lower"),
        Outcome(name, "psnr", np.array(images), units, "higher", space="whole image"),
    ]


def _picture(run: Run, before: Stacks, after: Stacks, made: Mapping[str, list[Stacks]]) -> Picture:
    """Return patients side by side: before, dose, after, and what every method foretells."""
    chosen = range(0, len(after), max(1, len(after) // _SHOWN))[:_SHOWN]
    rows = {"before": before[:, _IMAGE]}
    if before.shape[1] > _DEPTH + 1:
        rows["planned dose"] = before[:, -1]
    rows["after"] = after[:, _IMAGE]
    rows["tumour after"] = _masks(run, "image", after) * 2.0 - 1
    for name, seeds in made.items():
        if name != SCALED:
            rows[name] = seeds[0][:, _IMAGE]
        rows[f"tumour, {name}"] = _masks(run, "image", seeds[0]) * 2.0 - 1
    strips = {
        name: grid([_middle(images[n]) for n in chosen], columns=len(chosen))
        for name, images in rows.items()
    }
    return captioned(strips, width=220)


def _middle(image: npt.NDArray[np.floating]) -> Picture:
    flat = image[..., image.shape[-1] // 2] if image.ndim == 3 else image
    return to_picture(np.asarray(flat, np.float32)[None], at_least=_AT_LEAST)
