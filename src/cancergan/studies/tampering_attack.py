"""Putting lesions in and taking them out: by the recipe's game, and by copying."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.cohort import Cohort
from cancergan.cohort.edits import INJECTED, REMOVED, Edit, Site
from cancergan.cohort.sites import HEALTHY, LESION, crops_at, healthy_sites, lesion_sites
from cancergan.cohort.views import View
from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator
from cancergan.downstream.tampering_detectors import noise_level
from cancergan.recipes.loader import game_settings
from cancergan.studies.bench import Bench
from cancergan.training.run import Run
from cancergan.training.starting import prepared_column
from cancergan.training.synthesis import translated

Bits = npt.NDArray[np.bool_]
KINDS = (INJECTED, REMOVED)


@dataclass(frozen=True, eq=False)
class Targets:
    """Where one part of the cohort can be attacked.

    Attributes:
        cohort: the images.
        sites: by the kind of edit that is possible there.
        crops: what is there, with the region of the lesion to be made or unmade as the mask.
    """

    cohort: Cohort
    sites: dict[str, list[Site]]
    crops: dict[str, Cohort]

    def patients(self, kind: str) -> list[str]:
        """Return the patient of each site."""
        return self.crops[kind].table["patient_id"].astype(str).tolist()

    def sizes(self, kind: str) -> npt.NDArray[np.int64]:
        """Return the pixels of each site's lesion."""
        return np.array([np.count_nonzero(case.mask) for case in self.crops[kind]])

    def images(self, kind: str) -> npt.NDArray[np.float32]:
        """Return the untouched crops, (n, C, *spatial), in the images' units."""
        return np.stack([np.asarray(case.image) for case in self.crops[kind]])


def targets_in(cohort: Cohort, size: int, *, known: Cohort, seed: int) -> Targets:
    """Return where lesions can be taken out, and where some can be put in.

    Lesions that are put in take the outline of one of ``known``, the attacker's own images.
    """
    theirs = crops_at(known, lesion_sites(known, size), label=LESION)
    lesions = lesion_sites(cohort, size)
    healthy = healthy_sites(cohort, size, like=theirs, seed=seed)
    outlines = [np.asarray(case.mask) > 0 for case in theirs]
    drawn = numpy_generator(seed, "outlines").integers(len(outlines), size=len(healthy))
    masks = [outlines[n] for n in drawn]
    return Targets(
        cohort,
        {INJECTED: healthy, REMOVED: lesions},
        {
            INJECTED: crops_at(cohort, healthy, label=HEALTHY, masks=masks),
            REMOVED: crops_at(cohort, lesions, label=LESION),
        },
    )


def attackers(bench: Bench, train: Targets, seed: int) -> dict[str, Run]:
    """Train one run that puts lesions in and one that takes them out.

    A game that fills holes learns lesions from lesions and healthy tissue from healthy tissue, both
    in outlines of lesions. A game that translates whole crops learns one kind from the other.
    """
    game, settings = game_settings(bench.recipe)
    if "region" in game.starts_from(settings):
        # What is put in is learnt where it is, so the crops change places.
        learnt = {INJECTED: train.crops[REMOVED], REMOVED: train.crops[INJECTED]}
        return {kind: bench.trained(kind, seed, cohort=learnt[kind]) for kind in KINDS}
    both = Cohort.concatenate([train.crops[kind] for kind in KINDS])
    found = {}
    for kind, ends in {INJECTED: (HEALTHY, LESION), REMOVED: (LESION, HEALTHY)}.items():
        ends_at = zip(("source", "image"), ends, strict=True)
        views = {name: View(where=f"label == '{end}'") for name, end in ends_at}
        recipe = bench.recipe.model_copy(update={"data": views})
        found[kind] = bench.trained(kind, seed, recipe=recipe, cohort=both)
    return found


def edits_by(run: Run, targets: Targets, kind: str, *, seed: int, touch_up: bool) -> list[Edit]:
    """Return what a run makes of the crops of one kind, as edits of whole images.

    ``touch_up`` adds white noise where the network made less than there is around it (Mirsky et al.
    2019, 5.2).

    Raises:
        BadInputError: the run sees crops in another size than they have.
    """
    crops, column = targets.crops[kind], run.trained_on.columns["source"]
    before = prepared_column(column, crops)
    if before.shape[2:] != targets.sites[kind][0].size:
        raise BadInputError(
            f"the recipe prepares crops of {targets.sites[kind][0].size} as {before.shape[2:]}; "
            "edits need them as they are. Set image_size to study.crop, or to null."
        )
    made = translated(run, crops, seed=seed)
    changed = (made != before).any(axis=1)
    random = numpy_generator(seed, "touch-up", kind)
    edits = []
    for n, site in enumerate(targets.sites[kind]):
        values = run.trained_on.columns["image"].preparation.invert(made[n])
        if touch_up:
            values = _noised(values, np.asarray(crops[n].image), changed[n], random)
        edits.append(Edit(site, values, changed[n], kind))
    return edits


def copied_edits(targets: Targets, known: Targets, kind: str, *, seed: int) -> list[Edit]:
    """Return edits without a network: a lesion pasted, or covered by pixels from around it."""
    random = numpy_generator(seed, "copied", kind)
    lesions = list(known.crops[REMOVED])
    edits = []
    for site, case in zip(targets.sites[kind], targets.crops[kind], strict=True):
        image, where = np.asarray(case.image), np.asarray(case.mask) > 0
        if kind == INJECTED:
            pasted = lesions[int(random.integers(len(lesions)))]
            image, where = np.asarray(pasted.image), np.asarray(pasted.mask) > 0
        where = grown(where)
        if kind == REMOVED:
            around = np.flatnonzero(grown(grown(where)) & ~where)
            drawn = random.choice(around, int(where.sum()))
            filled = image.copy()
            filled[:, where] = image.reshape(len(image), -1)[:, drawn]
            image = filled
        edits.append(Edit(site, image.astype(np.float32), where, kind))
    return edits


def applied(targets: Targets, edits: Sequence[Edit]) -> npt.NDArray[np.float32]:
    """Return the crops (n, C, *spatial) with the edits in them, as the images would hold them."""
    boxes = [
        targets.cohort.pixels(edit.site.row).image[(slice(None), *edit.site.box)] for edit in edits
    ]
    pairs = zip(edits, boxes, strict=True)
    return np.stack([edit.into(box).astype(np.float32) for edit, box in pairs])


def grown(mask: Bits) -> Bits:
    """Return a mask grown by a pixel, over corners too."""
    from scipy.ndimage import maximum_filter

    larger: Bits = maximum_filter(mask, 3)
    return larger


def _noised(
    values: npt.NDArray[np.float32],
    before: npt.NDArray[np.float32],
    where: Bits,
    random: np.random.Generator,
) -> npt.NDArray[np.float32]:
    """Return values with the noise that they lack beside what is around the edit."""
    there, made = noise_level(before), noise_level(values, where)
    lacking = np.sqrt(max(there**2 - made**2, 0.0))
    return (values + lacking * random.standard_normal(values.shape)).astype(np.float32)
