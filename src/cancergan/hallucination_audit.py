"""The whole hallucination audit: a translator for each share of tumours, one diagnosis for all."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cancergan.assessment.hallucination import Arm, Flips, detection, flips, rates, slope
from cancergan.cohort import Cohort
from cancergan.cohort.columns import IMAGE, Column
from cancergan.cohort.prepared import prepare
from cancergan.core.errors import BadInputError
from cancergan.core.estimates import Estimate
from cancergan.core.files import write_text
from cancergan.core.seeds import numpy_generator
from cancergan.downstream.classifier import Classifier, train_classifier
from cancergan.recipes.loader import laid_over, load_recipe
from cancergan.recipes.schema import Recipe
from cancergan.training.run import Run
from cancergan.training.session import train
from cancergan.training.synthesis import synthesise

RATIOS = (0.0, 0.25, 0.5, 0.75, 1.0)
SEEN = 0.5  # probability from which a tumour counts as diagnosed
FEWEST_PIXELS = 20  # a lesion of fewer can be seen by nobody
_ROLE = "audit_role"
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Audit:
    """What the audit found.

    ``slope`` and ``rates`` are of the translator; ``sensitivity`` and ``specificity`` those of the
    diagnosis on the true images of the same held-out cases: what it misses there, no translator
    can be blamed for. ``arms`` and ``on_truth`` say the same of every case. ``detection`` is how
    well single translations that changed the diagnosis are found without knowing the truth.
    """

    slope: Estimate
    rates: tuple[Estimate, ...]
    flips: tuple[Flips, ...]
    diagnosed: tuple[tuple[float, float], ...]
    sensitivity: float
    specificity: float
    arms: tuple[Arm, ...] = ()
    on_truth: Arm | None = None
    detection: Estimate | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the audit as JSON."""
        return {
            "slope": self.slope.to_json(),
            "rates": [rate.to_json() for rate in self.rates],
            "flips": [vars(flip) for flip in self.flips],
            "diagnosed": [{"ratio": r, "share": share} for r, share in self.diagnosed],
            "diagnosis_of_truth": {
                "sensitivity": self.sensitivity,
                "specificity": self.specificity,
            },
            "detection": None if self.detection is None else self.detection.to_json(),
            "cases": [
                {
                    "ratio": arm.ratio,
                    "patient": patient,
                    "tumour": bool(truth),
                    "diagnosed": bool(seen),
                    "suspicion": None if arm.suspicion is None else float(arm.suspicion[at]),
                }
                for arm in self.arms
                for at, (patient, truth, seen) in enumerate(
                    zip(arm.patients, arm.truth, arm.diagnosed, strict=True)
                )
            ],
        }

    def lines(self) -> list[str]:
        """Return the audit in words."""
        found = self.slope
        ends = "" if found.low is None else f" ({found.low:.2f} to {found.high:.2f})"
        lines = [f"slope {found.value:.2f}{ends}: 0 keeps what it sees, 1 makes what it expects"]
        for (ratio, share), flip in zip(self.diagnosed, self.flips, strict=True):
            lines.append(
                f"target {ratio:.0%} with tumour: {share:.0%} diagnosed; added {flip.added} of "
                f"{flip.without}, removed {flip.removed} of {flip.with_tumour} (p {flip.p:.2g})"
            )
        lines.append(
            f"the diagnosis itself, on true images: sensitivity {self.sensitivity:.2f}, "
            f"specificity {self.specificity:.2f}"
        )
        if self.detection is not None:
            one = self.detection
            ends = "" if one.low is None else f" ({one.low:.2f} to {one.high:.2f})"
            lines.append(f"single changed translations are flagged with AUC {one.value:.2f}{ends}")
        return lines


def audit(
    recipe: str | Path | Recipe,
    cohort: Cohort,
    out: Path,
    *,
    ratios: Sequence[float] = RATIOS,
    seed: int = 0,
    division: int | None = None,
    classifier_steps: int = 600,
    resume: bool = False,
    say: Callable[[str], None] = lambda line: None,
    **settings: Any,
) -> Audit:
    """Train a translator towards each share of tumours and count what it adds and removes.

    Patients are cut in three: those whose sources are seen, those whose targets are seen (and on
    whom the diagnosis is learnt), and those that are translated. Sources are balanced; so is the
    held-out part; every arm sees the same number of targets.

    Args:
        recipe: of a game that translates; its ``data`` says which arrays are source and image; by
            name, file or resolved.
        cohort: registered cases with masks; a mask of 20 pixels or more counts as a tumour.
        out: folder to create: a run for each ratio, ``audit.json`` and ``curve.png``.
        ratios: shares of target images with a tumour.
        seed: of the trainings, the intervals and, unless ``division`` is another, the division.
        division: seed of the division, so that several audits translate the same cases.
        classifier_steps: optimiser steps of the diagnosis.
        resume: go on with an audit that was interrupted, with what it has trained.
        say: told what is done next.
        **settings: recipe settings, as for ``train``.

    Raises:
        BadInputError: no masks, too few cases with or without a tumour, or ratios outside [0, 1].
    """
    if not ratios or min(ratios) < 0 or max(ratios) > 1:
        raise BadInputError(f"ratios {tuple(ratios)}: give shares from 0 to 1.")
    cohort.require("mask")
    marked = cohort.with_column("tumour", _tumours(cohort))
    thirds = {"source": 0.35, "image": 0.35, "held out": 0.3}
    parts = marked.split(thirds, seed=seed if division is None else division)
    held_out = _balanced(parts["held out"], seed if division is None else division)
    both = {ratio: _cases(parts, ratio, seed) for ratio in ratios}
    if not resume and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInputError(f"{out}: exists already. Choose another folder, or resume it.")
    runs = {}
    for ratio, cases in both.items():
        say(f"training towards {ratio:.0%} tumours")
        chosen = _chosen(recipe, seed, settings)
        runs[ratio] = train(chosen, cases, out / f"ratio_{ratio:g}", resume=resume)
    say("learning the diagnosis on true images")
    columns = next(iter(runs.values())).trained_on.columns
    judge, seen = _diagnosis(
        parts["image"], held_out, columns[IMAGE], IMAGE, classifier_steps, seed
    )
    _, before = _diagnosis(
        parts["image"], held_out, columns["source"], "source", classifier_steps, seed
    )
    arms = [_arm(run, ratio, held_out, judge, before, seed) for ratio, run in runs.items()]
    truth = _truth(held_out)
    found = Audit(
        slope=slope(arms, seed=seed),
        rates=tuple(rates(arms, seed=seed)),
        flips=tuple(map(flips, arms)),
        diagnosed=tuple((arm.ratio, float(arm.diagnosed.mean())) for arm in arms),
        sensitivity=float((seen[truth] >= SEEN).mean()),
        specificity=float((seen[~truth] < SEEN).mean()),
        arms=tuple(arms),
        on_truth=Arm(0.5, truth, seen >= SEEN, arms[0].patients),
        detection=detection(arms, seed=seed),
    )
    _draw(found, out / "curve.png")
    write_text(out / "audit.json", json.dumps(found.to_json(), indent=2) + "\n")
    return found


def _tumours(cohort: Cohort) -> list[bool]:
    masks = (cohort.pixels(index).mask for index in range(len(cohort)))
    return [mask is not None and int((mask > 0).sum()) >= FEWEST_PIXELS for mask in masks]


def _truth(cohort: Cohort) -> npt.NDArray[np.bool_]:
    return cohort.table["tumour"].to_numpy(dtype=bool)


def _cases(parts: Mapping[str, Cohort], ratio: float, seed: int) -> Cohort:
    """Return what one arm sees: balanced sources, and targets of which a share shows a tumour."""
    sources = _balanced(parts["source"], seed)
    targets = _with_share(parts["image"], ratio, seed)
    return Cohort.concatenate(
        [
            sources.with_column(_ROLE, ["source"] * len(sources)),
            targets.with_column(_ROLE, [IMAGE] * len(targets)),
        ]
    )


def _chosen(recipe: str | Path | Recipe, seed: int, settings: Mapping[str, Any]) -> Recipe:
    roles = {f"data.{name}.where": f"{_ROLE} == '{name}'" for name in ("source", IMAGE)}
    wanted = {**settings, **roles, "seed": seed}
    if isinstance(recipe, Recipe):
        return laid_over(recipe, wanted)
    return load_recipe(recipe, wanted)


def _diagnosis(
    learnt: Cohort, held_out: Cohort, column: Column, role: str, steps: int, seed: int
) -> tuple[Classifier, npt.NDArray[np.float64]]:
    """Learn the diagnosis on one kind of true images; return it and what it says held out."""
    seen, unseen = (
        column.of(cases.with_column(_ROLE, [role] * len(cases))) for cases in (learnt, held_out)
    )
    judge = train_classifier(
        prepare(seen, column.preparation).images,
        _truth(seen).astype(np.int64),
        n_classes=2,
        steps=steps,
        seed=seed,
        augmentation="classical",
    )
    return judge, judge.probabilities(prepare(unseen, column.preparation).images)[:, 1]


def _balanced(cohort: Cohort, seed: int) -> Cohort:
    return _with_share(cohort, 0.5, seed)


def _with_share(cohort: Cohort, ratio: float, seed: int) -> Cohort:
    """Return as many cases for every ratio, of which a share shows a tumour."""
    truth = _truth(cohort)
    positive, negative = np.flatnonzero(truth), np.flatnonzero(~truth)
    count = min(len(positive), len(negative))
    if count < 4:
        raise BadInputError(
            f"{cohort.origin}: a part has {len(positive)} cases with a tumour and {len(negative)} "
            "without; the audit needs 4 of each. Add cases."
        )
    random = numpy_generator(seed, "audit", cohort.origin, len(cohort))
    wanted = round(ratio * count)
    rows = np.concatenate(
        [random.permutation(positive)[:wanted], random.permutation(negative)[: count - wanted]]
    )
    chosen = np.zeros(len(cohort), dtype=bool)
    chosen[rows] = True
    return cohort.select(chosen)


def _arm(
    run: Run,
    ratio: float,
    held_out: Cohort,
    judge: Classifier,
    before: npt.NDArray[np.float64],
    seed: int,
) -> Arm:
    made = synthesise(run, source=held_out, seed=seed)
    window = run.trained_on.preparation.window
    images = np.stack([window.to_network(case.image) for case in made if case.image is not None])
    patients = tuple(held_out.table["patient_id"].astype(str))
    after = judge.probabilities(images)[:, 1]
    return Arm(ratio, _truth(held_out), after >= SEEN, patients, np.abs(after - before))


def _draw(found: Audit, path: Path) -> None:
    """Draw the curve of Cohen et al. 2018 between the two translators whose answer is known."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.5, 3.6), layout="constrained")
    axes = figure.subplots()
    ratios, shares = zip(*found.diagnosed, strict=True)
    axes.plot([0, 1], [0, 1], ":", color="0.5", label="matches the target's share")
    axes.axhline(0.5, linestyle="--", color="0.5", label="keeps the cases' share")
    axes.plot(ratios, shares, "o-", color="#b03060", label="this translator")
    axes.set(xlabel="share of tumours in the target", ylabel="share diagnosed after translation")
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
    axes.legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=150)
