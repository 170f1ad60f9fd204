"""What a synthetic cohort is good for, and what not: findings turned into plain sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from cancergan.assessment.alarms import indistinguishable
from cancergan.assessment.figures import interval
from cancergan.assessment.findings import Findings
from cancergan.core.estimates import Estimate

State = Literal["good", "bad", "unclear", "unmeasured"]

# How far from its reference a figure may lie and still count as good: a reading aid for people.
# A decision belongs into a policy file, which the gate applies.
AUC_MARGIN = 0.05
CHANCE = 0.5
EASY_TASK = 0.98  # AUC of real training above which a task cannot tell good data from crude
ACCURACY_MARGIN = 0.10
WEAKEST_JUDGE = 0.70
FRECHET_FLOORS = 3.0
COVERAGE_MARGIN = 0.25
SCORES = {
    "auc": "the area under the ROC curve",
    "dice": "the Dice coefficient",
    "cpm": "the mean sensitivity",
}
JOBS = {"auc": "classification", "dice": "segmentation", "cpm": "detection"}
NETWORKS = {"auc": "classifier", "dice": "segmenter", "cpm": "detector"}
NEARER_MARGIN = 0.05
# Shares of cases, and how wide an interval of one may be before nothing can be told by it.
SHARES, WIDE = ("precision", "recall", "coverage"), 0.5


@dataclass(frozen=True)
class Purpose:
    """One use of the cohort: whether the findings support it, and the sentence that says so."""

    use: str
    state: State
    sentence: str


def purposes(report: Findings) -> tuple[Purpose, ...]:
    """Return every use that the library knows, judged by the report's findings."""
    judges: dict[str, Callable[[Findings], tuple[State, str]]] = {
        "showing the class that was asked for": _condition,
        "adding to a real training set": _adding,
        "replacing a real training set": _replacing,
        "standing in for the real population": _population,
        "being shown to people who may not see the training cases": _privacy,
    }
    return tuple(Purpose(use, *judge(report)) for use, judge in judges.items())


def headline(report: Findings) -> str:
    """Return the verdict of the findings in one sentence.

    It begins with whether anything tells the synthetic cases from unseen real ones (``alarms``).

    >>> headline(Findings())
    'Nothing was measured that says what these images are good for.'
    """
    uses: dict[State, list[str]] = {}
    for purpose in purposes(report):
        uses.setdefault(purpose.state, []).append(purpose.use)
    parts = [
        f"{words} {_listed(uses[state])}"
        for state, words in {"good": "good for", "bad": "not for"}.items()
        if state in uses
    ]
    if indistinguishable(report):
        parts.insert(0, _alike(report))
    if parts:
        undecided = ["undecided on the rest"] if "bad" not in uses and "unclear" in uses else []
        sentence = "; ".join([*parts, *undecided])
        return f"{sentence[0].upper()}{sentence[1:]}."
    if "unclear" in uses:
        return f"Undecided with this many cases: {_listed(uses['unclear'])}."
    return "Nothing was measured that says what these images are good for."


def _alike(report: Findings) -> str:
    """Say that nothing tells the sides apart, and whether much could have."""
    shares = [found for found in report.findings if found.name in SHARES]
    if any((found.high or 0.0) - (found.low or 0.0) > WIDE for found in shares):
        return "not told from unseen real cases, but there are too few of those to tell much"
    sizes = report.findings[0]
    return (
        f"indistinguishable from unseen real cases, as far as {sizes.n_real} real and "
        f"{sizes.n_synthetic} synthetic ones can tell"
    )


def _listed(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} or {items[-1]}"


def _percent(finding: Estimate) -> str:
    """Return "69 % (61 to 77 %)", or the share alone where there is no interval."""
    share = f"{100 * finding.value:.0f} %"
    if finding.low is None or finding.high is None:
        return share
    return f"{share} ({100 * finding.low:.0f} to {100 * finding.high:.0f} %)"


def _state(finding: Estimate, *, bound: float) -> State:
    """Return good above ``bound``, bad below, unclear where the interval holds it."""
    if finding.low is None or finding.high is None:
        return "unclear"
    if finding.low >= bound:
        return "good"
    return "bad" if finding.high < bound else "unclear"


def _unmeasured(report: Findings, family: str) -> tuple[State, str]:
    reason = next((item.reason for item in report.skipped if item.family == family), "")
    return "unmeasured", f"Not measured. {reason}".strip()


def _condition(report: Findings) -> tuple[State, str]:
    found = report.find("condition", "balanced_accuracy")
    if found is None:
        return _unmeasured(report, "condition")
    reference = found.floor or 0.0
    sentence = (
        f"A classifier trained on real cases sees the requested class in {_percent(found)} of the "
        f"synthetic images; on unseen real patients it is right in {100 * reference:.0f} %"
    )
    if reference < WEAKEST_JUDGE:
        return "unclear", f"{sentence}, too seldom to be the judge of others."
    return _state(found, bound=reference - ACCURACY_MARGIN), f"{sentence}."


def _scored(report: Findings, name: str) -> tuple[Estimate, str, str] | None:
    """Return the finding ``name`` of whichever score was used, the score, and its words."""
    for score, words in SCORES.items():
        found = report.find("utility", f"{score}_{name}")
        if found is not None:
            return found, score, words
    return None


def _adding(report: Findings) -> tuple[State, str]:
    scored = _scored(report, "gain_of_adding")
    if scored is None:
        return _unmeasured(report, "utility")
    found, score, measure = scored
    state = _state(found, bound=0.0)
    names = (f"{score}_real", f"{score}_real_plus_synthetic")
    plain, both = (report.find("utility", name) for name in names)
    if state == "good" and plain is not None and both is not None and plain.value >= both.value:
        return "unclear", (
            f"Adding the synthetic cases changed {measure} by {interval(found)} "
            f"against real cases with classical augmentation, but real cases without it do as well "
            f"({plain.value:.2f} against {both.value:.2f}): it made good what augmentation cost."
        )
    words: dict[State, str] = {
        "good": "Adding the synthetic cases improved",
        "bad": "Adding the synthetic cases harmed",
        "unclear": "Adding the synthetic cases made no difference that this test could show in",
    }
    return state, (
        f"{words[state]} the {JOBS[score]} of unseen real patients: {measure} "
        f"changed by {interval(found)} against real cases with classical augmentation."
    )


def _replacing(report: Findings) -> tuple[State, str]:
    scored = _scored(report, "loss_of_replacing")
    if scored is None:
        return _unmeasured(report, "utility")
    found, score, measure = scored
    real = report.find("utility", f"{score}_real")
    if real is not None and real.value > EASY_TASK:
        return "unclear", (
            f"The task tells nothing: a {NETWORKS[score]} trained on real cases reaches {measure} "
            f"of {real.value:.3f}, so crude images would do as well. Ask a harder one."
        )
    chance = CHANCE if score == "auc" else 0.0
    if real is not None and real.low is not None and real.low <= chance:
        return "unclear", (
            f"The task tells nothing: a {NETWORKS[score]} trained on real cases is not shown to be "
            f"better than chance, with {measure} of {interval(real)}. Nothing was "
            "learnt that could be replaced."
        )
    return _state(found, bound=-AUC_MARGIN), (
        f"A {NETWORKS[score]} trained on synthetic instead of real cases changed by "
        f"{interval(found)} in {measure.removeprefix('the ').removeprefix('a ')}; a loss up to "
        f"{AUC_MARGIN} would pass as equal."
    )


def _population(report: Findings) -> tuple[State, str]:
    distances = report.select("fidelity", "frechet_distance")
    covered = report.select("diversity", "coverage")
    if not distances or not covered:
        return _unmeasured(report, "fidelity")
    states = [_near(finding) for finding in distances]
    states += [_state(f, bound=(f.floor or 1.0) - COVERAGE_MARGIN) for f in covered]
    state: State = "bad" if "bad" in states else "unclear" if "unclear" in states else "good"
    ratios = " and ".join(
        f"{finding.value / finding.floor:.1f}" for finding in distances if finding.floor
    )
    shares = " and ".join(f"{100 * finding.value:.0f} %" for finding in covered)
    return state, (
        f"The distance between real and synthetic images is {ratios} times what two real samples "
        f"would show, and {shares} of the real images have a synthetic counterpart "
        "(one figure for each feature space)."
    )


def _near(distance: Estimate) -> State:
    if distance.low is None or distance.high is None or not distance.floor:
        return "unclear"
    if distance.high <= FRECHET_FLOORS * distance.floor:
        return "good"
    return "bad" if distance.low > FRECHET_FLOORS * distance.floor else "unclear"


def _privacy(report: Findings) -> tuple[State, str]:
    nearer = report.select("privacy", "data_copying_statistic")
    copies = report.select("privacy", "copy_rate")
    if not nearer or not copies:
        return _unmeasured(report, "privacy")
    worst = max(copies, key=lambda finding: finding.value)
    copied = any((f.low or 0.0) > (f.floor or 0.0) for f in copies)
    nearest = max(nearer, key=lambda finding: finding.low or 0.0)
    rate = (
        f"{_percent(worst)} of the synthetic images lie nearer to a training case than nearly all "
        f"unseen patients do, where {100 * (worst.floor or 0.0):.1f} % is expected"
    )
    if copied:
        return "bad", f"Training cases shine through: {rate}."
    if (nearest.low or 0.0) > 0.5 + NEARER_MARGIN:
        # Blurred or average images lie near everything: that few are near-copies has to be said.
        return "bad", (
            "As a whole the synthetic images lie nearer to training cases than unseen patients "
            f"do: in {_percent(nearest)} of pairs, where 50 % is no nearer. Few of them are "
            f"near-copies ({rate}), so look whether they are blurred or learnt by heart."
        )
    return "unclear", f"No sign of copied training cases ({rate}); that is no proof of privacy."
