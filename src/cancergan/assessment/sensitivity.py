"""Would this assessment notice? Real cases, spoilt on purpose, judged as if they were synthetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from cancergan.assessment.alarms import Alarm, alarms
from cancergan.assessment.context import Context
from cancergan.assessment.corruptions import CORRUPTIONS
from cancergan.assessment.division import Division
from cancergan.assessment.figures import interval, number
from cancergan.assessment.findings import Findings
from cancergan.assessment.protocols import PROTOCOLS
from cancergan.assessment.settings import AssessmentSettings
from cancergan.assessment.sides import context_of
from cancergan.assessment.vocabulary import term
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.preparation import Preparation
from cancergan.core.errors import BadInputError
from cancergan.core.estimates import Estimate
from cancergan.core.seeds import numpy_generator

FAMILIES = ("fidelity", "diversity", "condition", "privacy")
PARTS = {"training": 0.4, "reference": 0.3, "stand-in": 0.3}

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Trial:
    """What one corruption, in one grade, did to the figures.

    Attributes:
        corruption, grade, unit: what was done; "none" is real cases as they are.
        expected: the family that should notice; empty for "none".
        alarms: what gave the cases away, the plainest first.
    """

    corruption: str
    grade: float
    unit: str
    expected: str
    alarms: tuple[Alarm, ...]

    @property
    def families(self) -> tuple[str, ...]:
        """The families that noticed."""
        found = {alarm.finding.family for alarm in self.alarms}
        return tuple(family for family in FAMILIES if family in found)

    @property
    def caught(self) -> bool:
        """Whether the family noticed that should; for "none", whether nothing did."""
        return self.expected in self.families if self.expected else not self.alarms


def sensitivity(
    real: Cohort,
    *,
    image_size: int | None = None,
    order: str = "random",
    seed: int = 0,
    settings: AssessmentSettings | None = None,
    progress: Progress | None = None,
) -> tuple[Trial, ...]:
    """Spoil real cases in five ways and three grades, and return who noticed.

    The cohort is cut by patient into training cases, a reference, and cases that stand in for
    synthetic ones: first as they are, which nothing should tell from real, then spoilt.

    Args:
        real: 48 cases or more; without labels "wrong condition" is left out.
        image_size: sides of the images; their own where None.
        order: "contiguous" keeps neighbours in one part, for data with near-duplicates.
        seed: of everything drawn.
        settings: the effort.
        progress: called with what is tried next.

    Raises:
        BadInputError: too few cases, or no images.
    """
    real.require("image")
    if len(real) < 48:
        raise BadInputError(f"{real.origin}: {len(real)} cases, needs 48 to be cut in three parts.")
    context = _context(real, image_size, order, seed, settings or AssessmentSettings())
    report_progress = progress or (lambda what: None)
    report_progress("none")
    trials = [Trial("none", 0.0, "", "", alarms(_measured(context)))]
    for name, corruption in CORRUPTIONS.items():
        if corruption.family == "condition" and len(context.classes) < 2:
            continue
        for grade in corruption.grades:
            report_progress(f"{name} {grade:g}")
            generator = numpy_generator(seed, "sensitivity", name, grade)
            spoilt = corruption.spoil(context, context.synthetic, grade, generator)
            found = alarms(_measured(context.with_synthetic(spoilt)))
            trials.append(Trial(name, grade, corruption.unit, corruption.family, found))
    return tuple(trials)


def table(trials: tuple[Trial, ...]) -> str:
    """Return the trials as a Markdown table."""
    lines = [
        "| spoilt by | grade | should notice | noticed | plainest sign |",
        "|---|---|---|---|---|",
    ]
    for trial in trials:
        grade = f"{trial.grade:g} ({trial.unit})" if trial.expected else "as they are"
        noticed = ", ".join(
            f"**{family}**" if family == trial.expected else family for family in trial.families
        )
        lines.append(
            f"| {trial.corruption} | {grade} | {trial.expected or 'none'} | {noticed or 'none'} | "
            f"{_plainest(trial)} |"
        )
    return "\n".join(lines) + "\n"


def _plainest(trial: Trial) -> str:
    """Return the plainest alarm of the family that should notice, or of any."""
    own = [alarm for alarm in trial.alarms if alarm.finding.family == trial.expected]
    for alarm in (*own, *trial.alarms):
        found = alarm.finding
        return (
            f"{term(found.name).title} [{found.space}] {interval(found)}, "
            f"real {number(alarm.reference)}"
        )
    return "indistinguishable"


def _context(
    real: Cohort, image_size: int | None, order: str, seed: int, settings: AssessmentSettings
) -> Context:
    parts = real.split(PARTS, seed=seed, order=order)
    names: Mapping[str, Cohort] = parts
    division = Division(
        real=names["reference"],
        synthetic=names["stand-in"],
        learning=names["training"],
        generator_saw_learning=True,
        account="Real cases, some of them spoilt on purpose, stand in for synthetic ones.",
    )
    preparation = Preparation.plan(names["training"], image_size=image_size)
    chosen = replace(settings, families=FAMILIES)
    return context_of(division, chosen, seed, preparation=preparation)


def _measured(context: Context) -> Findings:
    outcomes = [item for family in FAMILIES for item in PROTOCOLS[family](context)]
    return Findings(tuple(item for item in outcomes if isinstance(item, Estimate)))
