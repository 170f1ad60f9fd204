"""The audit beside a claim: how much epsilon an attack proves, at the least, that a run spent.

An attacker guesses of examples whether they were trained on. Whoever may say so better than a
(claimed) private mechanism allows has refuted the claim. A bound below the claim proves nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from cancergan.core.errors import BadInputError
from cancergan.core.estimates import Estimate
from cancergan.core.provenance import fingerprint
from cancergan.metrics.resampling import binomial_interval

_LARGEST = 30.0  # epsilon beyond which no number of examples says anything


def epsilon_lower_bound(
    true_positives: int,
    members: int,
    false_positives: int,
    others: int,
    *,
    delta: float = 0.0,
    confidence: float = 0.95,
) -> float:
    """Return the least epsilon that an attack's hits are compatible with, at least 0.

    ln((TPR - delta) / FPR) with the Clopper-Pearson ends of both rates, and the same of the rates
    of rejection (Jagielski et al. 2020, section 4; Nasr et al. 2021). The threshold must have been
    chosen on other examples.

    >>> round(epsilon_lower_bound(500, 500, 0, 500), 6)
    4.905594
    """
    hit = binomial_interval(true_positives / members, members, confidence)
    false = binomial_interval(false_positives / others, others, confidence)
    ways = ((hit[0], false[1]), (1 - false[1], 1 - hit[0]))
    return max(0.0, *(math.log(max(up - delta, 1e-300) / down) for up, down in ways))


def one_run_lower_bound(
    examples: int,
    guesses: int,
    correct: int,
    *,
    delta: float = 0.0,
    confidence: float = 0.95,
) -> float:
    """Return the least epsilon compatible with so many right guesses in one training, at least 0.

    Each of ``examples`` was trained on or not by its own fair coin; the attacker guessed of
    ``guesses`` of them and may abstain from the rest.

    Source: Steinke, Nasr and Jagielski 2023, theorem 5.2 and appendix D.
    """
    if not 0 <= correct <= guesses <= examples:
        raise BadInputError(
            f"{correct} of {guesses} guesses about {examples} examples: must not exceed each other."
        )

    def refuted(epsilon: float) -> bool:
        return _chance(examples, guesses, correct, epsilon, delta) < 1 - confidence

    low, high = 0.0, _LARGEST
    if not refuted(low):
        return 0.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if refuted(middle) else (low, middle)
    return low


def _chance(examples: int, guesses: int, correct: int, epsilon: float, delta: float) -> float:
    """Return how likely so many right guesses are, at most, under (epsilon, delta)."""
    share = 1 / (1 + math.exp(-epsilon))  # of right guesses under pure epsilon
    chance = float(binom.sf(correct - 1, guesses, share))
    steps = np.arange(1, correct + 1)
    below = np.cumsum(binom.pmf(correct - steps, guesses, share)) / steps
    return chance + 2 * examples * delta * float(below.max(initial=0.0))


@dataclass(frozen=True)
class Audit:
    """An attack on one training, and what it proves.

    Attributes:
        attack: what told members from others.
        examples, guesses, correct: examples with a coin each, guesses made, and those right.
        lower_bound: what is proved to be spent, with ``confidence``.
        most: what an attack on so many examples could prove at best.
        claim, delta: the budget that was claimed.
    """

    attack: str
    examples: int
    guesses: int
    correct: int
    lower_bound: float
    most: float
    claim: float
    delta: float
    confidence: float = 0.95

    @property
    def refutes(self) -> bool:
        """Whether the claim is false: more is proved to be spent than was claimed."""
        return self.lower_bound > self.claim

    def estimate(self) -> Estimate:
        """Return the finding; its floor is the claim, which the bound must not exceed."""
        verdict = "refutes" if self.refutes else "does not refute"
        return Estimate(
            family="privacy",
            name="epsilon_lower_bound",
            space=self.attack,
            value=self.lower_bound,
            low=0.0,
            high=self.lower_bound,
            n_real=self.examples,
            direction="lower",
            floor=self.claim,
            confidence=self.confidence,
            fingerprint=fingerprint("one run", self.examples, self.delta),
            note=f"{self.correct} of {self.guesses} guesses right: {verdict} the claimed epsilon "
            f"{self.claim:g}. At best {self.most:.2f} could be proved from {self.examples} cases.",
        )

    def line(self) -> str:
        """Return the audit in one sentence."""
        return (
            f"audit by {self.attack}: {self.correct} of {self.guesses} guesses right, epsilon is "
            f"at least {self.lower_bound:.2f} ({self.confidence:.0%}; {self.most:.2f} could be "
            f"shown at best) against the claim of {self.claim:g}: "
            + ("REFUTED" if self.refutes else "not refuted")
        )


def audited(
    attack: str,
    scores: npt.ArrayLike,
    members: npt.ArrayLike,
    *,
    claim: float,
    delta: float,
    guesses: int | None = None,
    confidence: float = 0.95,
) -> Audit:
    """Return what an attack proves that scores examples (n,), higher for likely members.

    ``members`` (n,) says which were trained on, each by its own fair coin. The attacker calls the
    ``guesses`` / 2 highest members and as many lowest others; one third of all by default, and this
    number must not be chosen by the outcome.
    """
    values, inside = np.asarray(scores, float), np.asarray(members, bool)
    if values.shape != inside.shape or values.ndim != 1 or len(values) < 2:
        raise BadInputError("an audit needs one score and one membership for each of 2 or more.")
    half = max(1, (len(values) // 3 if guesses is None else guesses) // 2)
    # Ties are broken by order of the examples, which knows nothing of membership.
    order = np.argsort(np.nan_to_num(values), kind="stable")
    correct = int((~inside[order[:half]]).sum() + inside[order[-half:]].sum())
    made, n = 2 * half, len(values)
    bound = one_run_lower_bound(n, made, correct, delta=delta, confidence=confidence)
    most = one_run_lower_bound(n, made, made, delta=delta, confidence=confidence)
    return Audit(attack, n, made, correct, bound, most, claim, delta, confidence)
