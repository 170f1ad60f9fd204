"""A claimed privacy budget beside what an attack proves was spent."""

from __future__ import annotations

import numpy as np

from cancergan.assessment.context import Context, Integers, SideName
from cancergan.assessment.findings import Skipped
from cancergan.assessment.protocols.registry import Outcome
from cancergan.cohort.case import Float64
from cancergan.core.estimates import Estimate
from cancergan.core.provenance import fingerprint
from cancergan.core.seeds import numpy_generator
from cancergan.privacy.attacks import distance_scores
from cancergan.privacy.audit import audited

_AUDIT = "epsilon_lower_bound"
_SIDES: tuple[SideName, ...] = ("learning", "real", "synthetic")


def claimed_privacy(context: Context) -> Outcome:
    """Return the epsilon spent by the record, and the least that attacks prove; else nothing.

    As many training patients are chosen at random as there are unseen ones, one case of each, and
    the attack says of each whether it was trained on, by its distance to the synthetic cases. The
    bound takes membership for coin tosses; a cohort that was split at random is near to that.
    """
    claim = context.claim
    if claim is None:
        return []
    if not claim.get("secret_noise", False):
        reason = "The noise of this training can be drawn again from its recipe: it is not private."
        return [Skipped("privacy", "epsilon_spent", reason), Skipped("privacy", _AUDIT, reason)]
    return [_spent(context), *_attacks(context)]


def _spent(context: Context) -> Estimate:
    claim = context.claim
    assert claim is not None
    spent = float(claim.get("spent", claim["epsilon"]))
    return Estimate(
        family="privacy",
        name="epsilon_spent",
        space="training",
        value=spent,
        low=spent,
        high=spent,
        n_real=int(claim["patients"]),
        unit=str(claim["unit"]),
        direction="lower",
        floor=None,
        fingerprint=fingerprint("epsilon", claim["delta"], claim["unit"], claim["accountant"]),
        note=f"At delta {claim['delta']:g}, for one {claim['unit']} more or less; budget "
        f"{claim['epsilon']:g}. Drawn by a generator that is not cryptographic.",
    )


def _attacks(context: Context) -> Outcome:
    assert context.claim is not None
    if not context.generator_saw_learning:
        return [Skipped("privacy", _AUDIT, "Needs the training cases: give them as training.")]
    random = numpy_generator(context.seed_for("claim"), "patients")
    chosen = [_one_of_each(context.side(name).units, random) for name in ("learning", "real")]
    n = min(map(len, chosen))
    members, others = (random.permutation(rows)[:n] for rows in chosen)
    inside = np.arange(2 * n) < n
    found: Outcome = []
    for space in ("encoder", "pixels"):
        cases, synthetic = _in_space(context, space, members, others)
        audit = audited(
            space,
            distance_scores(cases, synthetic),
            inside,
            claim=float(context.claim["epsilon"]),
            delta=float(context.claim["delta"]),
            confidence=context.settings.confidence,
        )
        found.append(audit.estimate())
    return found


def _one_of_each(units: tuple[str, ...], random: np.random.Generator) -> Integers:
    """Return one row of each patient."""
    names = np.asarray(units)
    rows = [random.choice(np.flatnonzero(names == name)) for name in np.unique(names)]
    return np.array(rows, np.int64)


def _in_space(
    context: Context, space: str, members: Integers, others: Integers
) -> tuple[Float64, Float64]:
    """Return the features of the examples, members first, and of the synthetic cases."""
    learning, real, synthetic = (_features(context, space, name) for name in _SIDES)
    return np.concatenate([learning[members], real[others]]), synthetic


def _features(context: Context, space: str, name: SideName) -> Float64:
    if space == "encoder":
        return context.features(context.encoder, name)
    images = context.side(name).images
    return images.reshape(len(images), -1).astype(np.float64)
