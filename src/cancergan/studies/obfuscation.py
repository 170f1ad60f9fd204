"""What hiding the patient costs a segmenter, over the weight of hiding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from pydantic import Field

from cancergan.cohort import Cohort
from cancergan.cohort.prepared import prepare
from cancergan.core.pictures import captioned, grid, to_picture
from cancergan.metrics.segmentation import dice
from cancergan.recipes.schema import Recipe
from cancergan.split_deployment.codes import encoded
from cancergan.split_deployment.probe import matched, probed
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.drawings import line_plot
from cancergan.studies.evidence import Evidence, Outcome
from cancergan.training.run import Run
from cancergan.training.synthesis import synthesise

_SHOWN = 6
UNPROTECTED, OUTLINE = "unprotected", "true outlines alone"
Floats = npt.NDArray[np.float32]


class ObfuscationSettings(StudySettings):
    """``weights`` of hiding, beside an encoder that neither hides nor adds noise.

    ``probe_steps`` is how long each attacker learns.
    """

    weights: tuple[float, ...] = Field(default=(0.0, 0.3, 1.0, 3.0), min_length=2)
    probe_steps: int = Field(default=300, ge=1)


def named(weight: float) -> str:
    """Return a method's name."""
    return f"hiding x {weight:g}"


@dataclass(frozen=True, eq=False)
class _People:
    """Cases whose patients an attacker looks for, and others of whom it knows everything."""

    known: Cohort
    unseen: Cohort

    @property
    def truth(self) -> npt.NDArray[np.int64]:
        return np.unique(_patients(self.unseen), return_inverse=True)[1]


@studies.register("obfuscation")
class ObfuscationStudy(Study[ObfuscationSettings]):
    """Dice of held-out patients, and what fresh attackers make of their codes."""

    schema = ObfuscationSettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return the column that says who a case is of."""
        return ("mask",)

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the unprotected encoder, one for each weight, and what outlines say anyway."""
        noise = recipe.game.get("code_noise", 0.0)
        return (
            Method(UNPROTECTED, "the same encoder and segmenter, no adversary and no noise", True),
            *(Method(named(weight),
                     f"noise {noise:g} on codes, confusion of the adversary weighs {weight:g}")
              for weight in self.settings.weights),
            Method(OUTLINE, "no codes: what the attackers make of the true masks", trainings=0),
        )  # fmt: skip

    def run(self, bench: Bench) -> Evidence:
        """Train an encoder for each weight; segment and re-identify patients it has not seen.

        Nothing is chosen on validation patients here, so both held-out parts are measured on: few
        patients make it easy to be right by chance.
        """
        people = _People(bench.train, Cohort.concatenate([bench.test, bench.validation]))
        marked = [case.mask is not None and bool(case.mask.any()) for case in people.unseen]
        tumours = people.unseen.select(np.array(marked))
        outcomes: list[Outcome] = []
        settings = {UNPROTECTED: {"weight": 0.0, "code_noise": 0.0}} | {
            named(weight): {"weight": float(weight)} for weight in self.settings.weights
        }
        for name, game in settings.items():
            runs = [bench.trained(name, seed, settings={"game": game}) for seed in bench.seeds]
            found = np.stack([self._dice(run, tumours) for run in runs])
            outcomes.append(Outcome(name, "dice", found, _patients(tumours), "higher"))
            outcomes += self._attacked(name, people, bench, partial(_codes, people, runs, bench))
            bench.pictures[f"codes {name}".replace(" ", "_")] = self._picture(runs[0], tumours)
        column = runs[0].trained_on.columns["image"]
        known, unseen = (
            np.asarray(prepare(column.of(part), column.preparation).images)
            for part in (people.known, people.unseen)
        )
        outcomes += self._attacked(OUTLINE, people, bench, lambda seed: (known, unseen))
        evidence = Evidence.of(
            self.methods(bench.recipe), outcomes, seed=bench.recipe.seed,
            notes=_notes(people.truth),
        )  # fmt: skip
        bench.pictures["trade_off"] = self._curve(evidence)
        return evidence

    def _attacked(
        self,
        name: str,
        people: _People,
        bench: Bench,
        shown: Callable[[int], tuple[Floats, Floats]],
    ) -> list[Outcome]:
        """Return how often unseen patients are named, and how well they are matched.

        ``shown`` gives what the attackers of a seed see of known and of unseen cases. What they
        found is kept, so that an interrupted study need not train them again.
        """
        steps = self.settings.probe_steps

        def found(seed: int) -> list[list[float | None]]:
            known, unseen = shown(seed)
            guess = probed(unseen, people.truth, steps=steps, seed=seed).argmax(axis=1)
            pairs = matched(known, _patients(people.known), unseen, _patients(people.unseen),
                            steps=steps, seed=seed)  # fmt: skip
            figures = [None if np.isnan(pair) else float(pair) for pair in pairs]
            return [(guess == people.truth).astype(float).tolist(), figures]

        kept = [bench.kept(f"attack {name} {seed}", partial(found, seed)) for seed in bench.seeds]
        right, pairs = np.array(kept, np.float64).swapaxes(0, 1)
        whose = _patients(people.unseen)
        return [
            Outcome(name, figure, values, whose, "lower", space="codes")
            for figure, values in (("reidentification", right), ("matching", pairs))
        ]

    def _dice(self, run: Run, test: Cohort) -> npt.NDArray[np.float64]:
        made = synthesise(run, source=test)
        column = run.trained_on.columns["source"]
        true = prepare(column.of(test), column.preparation, columns=("image", "mask")).masks
        assert true is not None
        scores = []
        for case, mask in zip(made, true, strict=True):
            assert case.mask is not None
            scores.append(dice(case.mask > 0, mask > 0) if mask.any() else np.nan)
        return np.array(scores)

    def _picture(self, run: Run, test: Cohort) -> npt.NDArray[np.uint8]:
        """Return pictures, their codes channel by channel, and what the segmenter marks."""
        step = max(1, len(test) // _SHOWN)
        shown = test.select(np.isin(np.arange(len(test)), np.arange(0, len(test), step)[:_SHOWN]))
        codes, column = encoded(run, shown).codes, run.trained_on.columns["source"]
        pictures = prepare(column.of(shown), column.preparation).images
        made = synthesise(run, source=shown)
        masks = [case.mask for case in made if case.mask is not None]
        rows = {"picture": list(pictures)}
        for channel in range(codes.shape[1]):
            rows[f"code {channel + 1}"] = [code[channel : channel + 1] for code in codes]
        rows["marked"] = [mask[None].astype(np.float32) * 2 - 1 for mask in masks]
        return captioned({
            name: grid([to_picture(image, at_least=96) for image in images], columns=len(images))
            for name, images in rows.items()
        })  # fmt: skip

    def _curve(self, evidence: Evidence) -> npt.NDArray[np.uint8]:
        """Return the trade-off; flat lines are what no weight changes."""
        weights = {named(weight): weight for weight in self.settings.weights}
        ends = (min(self.settings.weights), max(self.settings.weights))
        words = {"dice": "Dice", "reidentification": "re-identified", "matching": "matched (AUC)"}
        lines: dict[str, list[tuple[float, float, float, float]]] = {}
        for figure in evidence.figures:
            found, word = figure.estimate, words[figure.estimate.name]
            low = found.value if found.low is None else found.low
            high = found.value if found.high is None else found.high
            if figure.method in weights:
                point = (weights[figure.method], found.value, low, high)
                lines.setdefault(word, []).append(point)
            elif (figure.method, found.name) in (
                (UNPROTECTED, "dice"),
                (OUTLINE, "reidentification"),
            ):
                flat = [(end, found.value, found.value, found.value) for end in ends]
                lines[f"{word}, {figure.method}"] = flat
        return line_plot(lines, x="weight of hiding", y="Dice, and share re-identified")


def _codes(people: _People, runs: Sequence[Run], bench: Bench, seed: int) -> tuple[Floats, Floats]:
    run = runs[bench.seeds.index(seed)]
    known, unseen = (encoded(run, part, seed=seed).codes for part in (people.known, people.unseen))
    return known, unseen


def _notes(truth: npt.NDArray[np.int64]) -> tuple[str, ...]:
    counts = np.bincount(truth)
    return (
        f"Re-identification: a fresh classifier says which of {len(counts)} unseen patients a code "
        f"is of. It is right in {counts.max() / len(truth):.3f} of cases by naming always the one "
        f"with most images, and in {1 / len(counts):.3f} by lot. It learns from neighbouring "
        "slices of the same scans, the strongest attack that the data allow.",
        "Matching: a siamese network that has learnt on codes of training patients alone; how "
        "often another code of the patient comes out nearer than somebody else's, 0.5 by chance.",
        f"{OUTLINE}: whoever gets the masks back learns so much; no code that a segmenter can read "
        "well says less.",
    )


def _patients(cohort: Cohort) -> list[str]:
    return [str(patient) for patient in cohort.table["patient_id"]]
