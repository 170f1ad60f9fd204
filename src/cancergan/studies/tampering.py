"""Lesions put in and taken out: who is deceived, who notices, and what readers are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from cancergan.cohort.edits import INJECTED, REMOVED, Edit
from cancergan.cohort.tampering import edited
from cancergan.core.pictures import Picture, captioned, grid, to_picture
from cancergan.downstream.classifier import Classifier, train_classifier
from cancergan.downstream.tampering_detectors import fitted, tampering_detectors
from cancergan.metrics.classification import auc
from cancergan.recipes.schema import Recipe
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.evidence import Evidence, Outcome, Values
from cancergan.studies.tampering_attack import (
    KINDS,
    Targets,
    applied,
    attackers,
    copied_edits,
    edits_by,
    targets_in,
)
from cancergan.training.run import Run

GAME, COPIED, UNTOUCHED = "the game's edits", "copied pixels", "untouched"
_SIMPLEST = "noise residual"
_SHOWN = 6

Crops = npt.NDArray[np.float32]
Scores = dict[str, npt.NDArray[np.float64]]  # by what the crops are


class TamperingSettings(StudySettings):
    """How large the boxes are, and how detectors are judged.

    Attributes:
        crop: pixels along every axis of the box that the attacker cuts out and puts back.
        rate: the share of untouched places that a detector may raise an alarm about; its threshold
            is chosen on validation patients.
        touch_up: add the noise that a network's output lacks.
        steps: optimiser steps of the detecting classifier, and of the one that is to be deceived.
        material: how many edited scans are kept for readers; 0 for none.
    """

    crop: int = Field(default=16, ge=8)
    rate: float = Field(default=0.1, gt=0, lt=1)
    touch_up: bool = True
    steps: int = Field(default=200, ge=1)
    material: int = Field(default=12, ge=0)


@studies.register("tampering")
class TamperingStudy(Study[TamperingSettings]):
    """Attacks by the recipe's game and by copying, on detectors and on a classifier of lesions."""

    schema = TamperingSettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return "image" and "mask"."""
        return ("image", "mask")

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the attacks beside no attack, then the detectors."""
        words = {name: (fit.__doc__ or "").splitlines()[0] for name, fit in self._detectors()}
        return (
            Method(
                GAME, "the recipe's game, one run that puts in and one that takes out", False, 2
            ),
            Method(COPIED, "lesions pasted, or covered by pixels from around", True, 0),
            Method(UNTOUCHED, "the same places without an edit", True, 0),
            *(Method(name, words[name], name == _SIMPLEST, 0) for name, _ in self._detectors()),
        )

    def run(self, bench: Bench) -> Evidence:
        """Train the attackers and the defenders for each seed, and attack the test patients."""
        parts = {"train": bench.train, "validation": bench.validation, "test": bench.test}
        targets = {
            name: targets_in(part, self.settings.crop, known=bench.train, seed=bench.recipe.seed)
            for name, part in parts.items()
        }
        deceived: dict[str, list[Scores]] = {}
        detected: dict[str, list[tuple[float, Scores]]] = {}
        for seed in bench.seeds:
            runs = attackers(bench, targets["train"], seed)
            edits = {name: self._edits(runs, targets, name, seed) for name in ("train", "test")}
            crops = _crops_of(targets["test"], edits["test"])
            for method, scores in self._deceived(targets["train"], crops, seed).items():
                deceived.setdefault(method, []).append(scores)
            learnt = _crops_of(targets["train"], edits["train"])
            calm = np.concatenate([targets["validation"].images(kind) for kind in KINDS])
            for name, found in self._detected(learnt, calm, crops, seed, bench).items():
                detected.setdefault(name, []).append(found)
            if seed == bench.seeds[0]:
                bench.pictures["edits"] = _picture(crops, runs)
                self._keep_material(bench, runs, edits["test"])
        large = float(np.median(targets["train"].sizes(REMOVED)))
        outcomes = _deceptions(deceived, targets["test"])
        outcomes += self._detections(detected, targets["test"], large)
        notes = self._notes(large)
        methods = self.methods(bench.recipe)
        return Evidence.of(methods, outcomes, seed=bench.recipe.seed, notes=notes)

    def _edits(
        self, runs: Mapping[str, Run], targets: Mapping[str, Targets], part: str, seed: int
    ) -> dict[tuple[str, str], list[Edit]]:
        """Return the edits of one part, by attack and kind."""
        found = {}
        for kind in KINDS:
            found[GAME, kind] = edits_by(
                runs[kind], targets[part], kind, seed=seed, touch_up=self.settings.touch_up
            )
            found[COPIED, kind] = copied_edits(targets[part], targets["train"], kind, seed=seed)
        return found

    def _deceived(self, train: Targets, crops: Mapping[tuple[str, str], Crops], seed: int) -> Any:
        """Return whether a classifier of lesions says what the attacker wants, by attack."""
        images = {kind: train.images(kind) for kind in KINDS}
        low, high = np.percentile(np.concatenate(list(images.values())), (1, 99))

        def seen(values: Crops) -> Crops:
            scaled = 2 * (values - low) / max(high - low, 1e-6) - 1
            clipped: Crops = np.clip(scaled, -1, 1).astype(np.float32)
            return clipped

        labels = np.repeat([0, 1], [len(images[kind]) for kind in KINDS])
        network = train_classifier(
            np.concatenate([seen(images[kind]) for kind in KINDS]), labels, n_classes=2,
            steps=self.settings.steps, seed=seed, augmentation="classical",
        )  # fmt: skip
        return {
            method: {kind: _believed(network, seen(crops[method, kind]), kind) for kind in KINDS}
            for method in (GAME, COPIED, UNTOUCHED)
        }

    def _detected(
        self,
        learnt: Mapping[tuple[str, str], Crops],
        calm: Crops,
        crops: Mapping[tuple[str, str], Crops],
        seed: int,
        bench: Bench,
    ) -> dict[str, tuple[float, Scores]]:
        """Return each detector's threshold, and its scores of the test crops."""
        shown = [learnt[method, kind] for method in (UNTOUCHED, GAME) for kind in KINDS]
        known = np.repeat([False, False, True, True], [len(part) for part in shown])
        found = {}
        for name, _ in self._detectors():
            bench.say(f"detector {name}, seed {seed}: {len(known)} crops")
            score = fitted(name, np.concatenate(shown), known, steps=self.settings.steps, seed=seed)
            threshold = float(np.quantile(score(calm), 1 - self.settings.rate, method="higher"))
            scores = {f"{method}, {kind}": score(part) for (method, kind), part in crops.items()}
            found[name] = (threshold, scores)
        return found

    def _detections(
        self, detected: Mapping[str, list[tuple[float, Scores]]], test: Targets, large: float
    ) -> list[Outcome]:
        """Return true positive rates by attack, kind and size, the false one, and the AUC."""
        outcomes = []
        patients = {kind: test.patients(kind) for kind in KINDS}
        calm = [f"{UNTOUCHED}, {kind}" for kind in KINDS]
        calm_patients = [p for kind in KINDS for p in patients[kind]]
        for name, seeds in detected.items():
            alarms = [{what: s > limit for what, s in scores.items()} for limit, scores in seeds]
            for kind in KINDS:
                hits = np.stack([one[f"{GAME}, {kind}"] for one in alarms]).astype(float)
                big = test.sizes(kind) > large
                for size, rows in (("small", ~big), ("large", big)):
                    if rows.any():
                        of = [patients[kind][n] for n in np.flatnonzero(rows)]
                        outcomes.append(_detection(name, hits[:, rows], of, f"{kind}, {size}"))
                hits = np.stack([one[f"{COPIED}, {kind}"] for one in alarms]).astype(float)
                outcomes.append(_detection(name, hits, patients[kind], f"{kind}, {COPIED}"))
            false = np.stack([np.concatenate([one[c] for c in calm]) for one in alarms])
            outcomes.append(
                Outcome(name, "false alarms", false.astype(float), calm_patients, "lower",
                        space=UNTOUCHED)
            )  # fmt: skip
            outcomes.append(_area(name, [scores for _, scores in seeds], patients, calm))
        return outcomes

    def _keep_material(
        self, bench: Bench, runs: Mapping[str, Run], edits: Mapping[tuple[str, str], list[Edit]]
    ) -> None:
        """Keep edited scans, and untouched ones of other patients, for a find-the-edit study."""
        count, out = self.settings.material, bench.folder / "find-the-edit"
        if not count or out.exists():
            return
        patients = bench.test.table["patient_id"].astype(str).to_numpy()
        names = np.unique(patients)
        first = set(names[::2])  # these are edited, each once; the others stay
        chosen: dict[str, Edit] = {}
        pools = [list(edits[GAME, kind]) for kind in KINDS]
        while len(chosen) < count and any(pools):
            pools.append(pools.pop(0))  # kinds take turns
            while pools[-1]:
                edit = pools[-1].pop(0)
                patient = patients[edit.site.row]
                if patient in first and patient not in chosen:
                    chosen[patient] = edit
                    break
        others = bench.test.select(np.array([patient not in first for patient in patients]))
        if not chosen:
            return
        made_by = {"recipe": bench.recipe.name, "runs": [run.path.name for run in runs.values()]}
        edited(bench.test, list(chosen.values()), made_by=made_by).save(out / "edited")
        others.save(out / "untouched")
        bench.say(f"find-the-edit: {len(chosen)} edited and {len(others)} untouched scans in {out}")

    def _notes(self, large: float) -> list[str]:
        return [
            f"Detected: share of edits above the threshold that {self.settings.rate:g} of "
            "untouched places of validation patients exceed; false alarms: that rate in the test. "
            f"Large is more than {large:g} pixels, the median of training lesions.",
            "Detectors are told where to look, and boundary statistics and classifier learnt from "
            "the game's own edits of training patients: a defender who knows the attack. Copied "
            "pixels are an attack that they have not seen.",
            "Deceived: a classifier of lesions says lesion where one was put in, and none where "
            "one was taken out; untouched says how often it is wrong by itself.",
        ]

    def _detectors(self) -> list[tuple[str, Any]]:
        return sorted(tampering_detectors.items(), key=lambda item: item[0] != _SIMPLEST)


def _crops_of(
    targets: Targets, edits: Mapping[tuple[str, str], list[Edit]]
) -> dict[tuple[str, str], Crops]:
    """Return crops by attack and kind, the untouched ones among them."""
    found = {what: applied(targets, some) for what, some in edits.items()}
    return found | {(UNTOUCHED, kind): targets.images(kind) for kind in KINDS}


def _believed(network: Classifier, crops: Crops, kind: str) -> npt.NDArray[np.float64]:
    right: npt.NDArray[np.bool_] = (network.probabilities(crops)[:, 1] > 0.5) == (kind == INJECTED)
    return right.astype(np.float64)


def _deceptions(deceived: Mapping[str, list[Scores]], test: Targets) -> list[Outcome]:
    return [
        Outcome(method, "deceived", np.stack([seed[kind] for seed in seeds]), test.patients(kind),
                "higher", space=kind)
        for method, seeds in deceived.items()
        for kind in KINDS
    ]  # fmt: skip


def _detection(name: str, hits: Values, of: list[str], space: str) -> Outcome:
    return Outcome(name, "detected", hits, of, "higher", space=space)


def _area(
    name: str, seeds: list[Scores], patients: Mapping[str, list[str]], calm: list[str]
) -> Outcome:
    """Return the AUC of the game's edits against the same places untouched."""
    order = [f"{GAME}, {kind}" for kind in KINDS] + calm
    values = np.stack([np.concatenate([scores[what] for what in order]) for scores in seeds])
    counts = [len(seeds[0][what]) for what in order]
    truth = np.repeat([1.0, 1.0, 0.0, 0.0], counts)
    units = 2 * [p for kind in KINDS for p in patients[kind]]
    rows = np.stack([values, np.broadcast_to(truth, values.shape)], axis=2)
    return Outcome(name, "auc", rows, units, "higher", statistic=_auc, space=GAME)


def _auc(rows: Values) -> float:
    return auc(rows[:, 1].astype(int), rows[:, 0])


def _picture(crops: Mapping[tuple[str, str], Crops], runs: Mapping[str, Run]) -> Picture:
    """Return crops by kind, untouched above edited; volumes by their middle slice."""
    rows = {}
    for kind in KINDS:
        window = runs[kind].trained_on.columns["image"].preparation.window
        for method in (UNTOUCHED, GAME, COPIED):
            chosen = crops[method, kind]
            some = range(0, len(chosen), max(1, len(chosen) // _SHOWN))[:_SHOWN]
            shown = [to_picture(window.to_network(chosen[n]), at_least=96) for n in some]
            rows[f"{kind}: {method}"] = grid(shown, columns=_SHOWN)
    return captioned(rows, width=210)
