"""The one question, answered by one command: does synthetic data help me?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from cancergan.assessment.context import fingerprint_of
from cancergan.assessment.division import Division, divide
from cancergan.assessment.figures import number
from cancergan.assessment.findings import Curve, Point
from cancergan.assessment.protocols.utility import ARMS, DIFFERENCES
from cancergan.assessment.report import Report
from cancergan.assessment.sides import class_codes, classes_of, preparation_of
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.preparation import Preparation
from cancergan.cohort.prepared import prepare
from cancergan.core.errors import BadInputError, unknown
from cancergan.core.estimates import Estimate
from cancergan.core.provenance import environment
from cancergan.downstream.tasks import Classification, Detection, Examples, Segmentation, Task
from cancergan.downstream.utility import (
    BASELINE,
    Arm,
    Trial,
    Utility,
    ratio_curve,
    size_curve,
    utility,
)

TaskName = Literal["classification", "segmentation", "detection"]
ROWS = {
    "real": ("real", ""),
    "real_augmented": ("real + classical augmentation (baseline)", ""),
    "synthetic": ("synthetic alone", ""),
    "real_plus_synthetic": ("real + synthetic, augmented", "gain_of_adding"),
    "pretrained": ("synthetic first, then real, augmented", "gain_of_pretraining"),
}


@dataclass(frozen=True, kw_only=True)
class StudySettings:
    """How utility is studied.

    Attributes:
        task: classification (needs labels), segmentation or detection (need masks).
        image_size: sides of the images; those of the synthetic cohort where None.
        steps: optimiser steps of every training, whatever it is trained on.
        seeds: how often each arm is trained anew.
        ratios: synthetic cases as multiples of the real ones, for the ratio curve.
        sizes: shares of the real training patients, for the size curve.
        replicates, confidence: of the bootstrap by patient.
        seed: of everything drawn.
    """

    task: TaskName = "classification"
    image_size: int | None = None
    steps: int = 300
    seeds: int = 3
    ratios: Sequence[float] = ()
    sizes: Sequence[float] = ()
    replicates: int = 1000
    confidence: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if self.task not in get_args(TaskName):
            raise unknown("task", self.task, get_args(TaskName))
        for name in ("steps", "seeds", "replicates"):
            if getattr(self, name) < 1:
                raise BadInputError(f"{name} is {getattr(self, name)}, must be 1 or more.")


def study(
    *,
    real: Cohort,
    training: Cohort,
    synthetic: Cohort,
    settings: StudySettings | None = None,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Train in five ways, at several ratios and sizes, and report what synthetic data is worth.

    Args:
        real: test cases at their natural prevalence, of patients that nothing was trained on.
        training: real training cases.
        synthetic: cases of a generator that was trained on (some of) the training cases.
        settings: task and effort.
        progress: called with what is trained next.

    Raises:
        BadInputError: patients on both sides, no labels or no masks where the task needs them, a
            class or a lesion missing in the test set, or impossible ratios or sizes.
    """
    settings = settings or StudySettings()
    tell = progress or (lambda what: None)
    division = divide(real=real, synthetic=synthetic, training=training, seed=settings.seed)
    preparation = preparation_of(division, image_size=settings.image_size)
    task, sides = _examples(division, preparation, settings)
    test, made, learning = (sides[name] for name in ("real", "synthetic", "learning"))
    trial = Trial(
        task, test, division.real.table["patient_id"].astype(str).tolist(), settings.steps,
        settings.seed, tuple(range(settings.seeds)), settings.replicates, settings.confidence,
    )  # fmt: skip
    tell("five arms")
    arms = utility(trial, learning, made)
    curves = []
    if settings.ratios:
        tell("ratios")
        found = ratio_curve(trial, learning, made, settings.ratios)
        curves.append(_of_ratios(task, arms.arms[BASELINE], found))
    if settings.sizes:
        tell("sizes")
        units = division.learning.table["patient_id"].astype(str).tolist()
        curves.append(_of_sizes(task, size_curve(trial, learning, units, made, settings.sizes)))
    counts = {"real": len(test), "training": len(learning), "synthetic": len(made)}
    return Report(
        findings=_findings(arms, task, preparation, settings, counts),
        curves=tuple(curves),
        provenance=_provenance(division, preparation, settings, counts),
    )


def table(report: Report) -> str:
    """Return the arms as a Markdown table: score, interval, spread of seeds, and the gain."""
    lines = ["| trained on | score | gain over the baseline |", "|---|---|---|"]
    found = {finding.name.partition("_")[2]: finding for finding in report.findings}
    for name, (words, gain) in ROWS.items():
        change = _figure(found[gain]) if gain else ""
        lines.append(f"| {words} | {_figure(found[name])}; {found[name].note} | {change} |")
    return "\n".join(lines) + "\n"


def _figure(found: Estimate) -> str:
    if found.low is None or found.high is None:
        return f"{found.value:.3f}"
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


def _examples(
    division: Division, preparation: Preparation, settings: StudySettings
) -> tuple[Task, dict[str, Examples]]:
    cohorts = {
        "real": division.real,
        "synthetic": division.synthetic,
        "learning": division.learning,
    }
    if settings.task == "classification":
        classes = classes_of(division)
        if len(classes) < 2:
            raise BadInputError("classification needs a label with two classes in every cohort.")
        task: Task = Classification(len(classes))
        targets: dict[str, npt.NDArray[np.generic]] = {
            name: class_codes(cohort, classes) for name, cohort in cohorts.items()
        }
        images = {name: prepare(cohort, preparation).images for name, cohort in cohorts.items()}
    else:
        task = Segmentation() if settings.task == "segmentation" else Detection()
        prepared = {
            name: prepare(cohort, preparation, columns=("image", "mask"))
            for name, cohort in cohorts.items()
        }
        images = {name: side.images for name, side in prepared.items()}
        targets = {name: np.asarray(side.masks) for name, side in prepared.items()}
    return task, {name: task.examples(images[name], targets[name]) for name in cohorts}


def _findings(
    result: Utility,
    task: Task,
    preparation: Preparation,
    settings: StudySettings,
    counts: dict[str, int],
) -> tuple[Estimate, ...]:
    measured_in = [task.name, settings.steps, settings.seeds, settings.seed]

    def estimate(
        name: str,
        value: float,
        interval: tuple[float, float] | None,
        floor: float | None,
        note: str,
    ) -> Estimate:
        low, high = interval or (None, None)
        return Estimate(
            family="utility", name=f"{task.score.lower()}_{name}", space="task", value=value,
            low=low, high=high, n_real=counts["real"], n_synthetic=counts["synthetic"],
            direction="higher", fingerprint=fingerprint_of(preparation, name, measured_in),
            floor=floor, confidence=settings.confidence, note=note,
        )  # fmt: skip

    baseline = result.arms[BASELINE].score
    arms = [
        estimate(
            name,
            result.arms[arm].score,
            result.arms[arm].interval,
            baseline if arm != BASELINE else None,
            f"standard deviation over {settings.seeds} trainings {number(result.arms[arm].spread)}",
        )
        for name, arm in ARMS.items()
    ]  # fmt: skip
    gains = [
        estimate(name, gap.value, gap.interval, None, f"{settings.steps} steps in every arm")
        for name, gap in ((name, result.differences[key]) for name, key in DIFFERENCES.items())
    ]
    return (*arms, *gains)


def _point(x: float, arm: Arm) -> Point:
    low, high = arm.interval or (None, None)
    return Point(x, arm.score, low, high)


def _of_ratios(task: Task, baseline: Arm, found: dict[float, Arm]) -> Curve:
    return Curve(
        title=f"{task.score} by number of synthetic cases",
        text="Real cases plus so many synthetic ones for each of them, at equal optimiser steps. "
        "The dashed line is real cases with classical augmentation.",
        x="synthetic cases for each real one",
        y=task.score,
        lines={"real + synthetic": tuple(_point(ratio, arm) for ratio, arm in found.items())},
        level=baseline.score,
        level_name="real, augmented",
    )


def _of_sizes(task: Task, found: dict[int, tuple[Arm, Arm]]) -> Curve:
    lines = {
        "real, augmented": tuple(_point(size, pair[0]) for size, pair in found.items()),
        "real + synthetic": tuple(_point(size, pair[1]) for size, pair in found.items()),
    }
    return Curve(
        title=f"{task.score} by number of real training cases",
        text="The generator may have seen all real training patients, so the curve tells what its "
        "images are worth where labels are scarce, not where patients are.",
        x="real training cases",
        y=task.score,
        lines=lines,
    )


def _provenance(
    division: Division, preparation: Preparation, settings: StudySettings, counts: dict[str, int]
) -> dict[str, object]:
    return {
        "format": "cancergan-report/1",
        "purpose": f"What synthetic cases are worth for {settings.task}",
        "cases": counts,
        "fingerprints": {
            "real": division.real.fingerprint,
            "training": division.learning.fingerprint,
            "synthetic": division.synthetic.fingerprint,
        },
        "preparation": preparation.to_json(),
        "settings": {
            key: list(value) if isinstance(value, tuple | list) else value
            for key, value in vars(settings).items()
        },
        "environment": environment(),
    }
