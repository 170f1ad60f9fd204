"""A claimed budget in the report: what was spent, what is proved, and what the gate says."""

from dataclasses import replace

import pytest

from cancergan.assessment.findings import Findings, Skipped
from cancergan.assessment.gate import gate
from cancergan.assessment.policy import Policy, Rule
from cancergan.assessment.protocols.claim import claimed_privacy
from cancergan.core.estimates import Estimate
from tests.assessment.cohorts import changed, context, textures

CLAIM = {
    "epsilon": 1.0,
    "delta": 1e-4,
    "accountant": "rdp",
    "unit": "patient",
    "patients": 60,
    "spent": 0.9,
    "secret_noise": True,
}


REAL, TRAINING, OTHERS = (textures(80, seed=seed) for seed in (2, 1, 3))


def with_claim(claim, *, copies=False):
    synthetic = changed(TRAINING if copies else OTHERS, lambda images: images)
    return replace(context(REAL, synthetic, TRAINING), claim=claim)


def by_name(outcome):
    return {(item.name, item.space): item for item in outcome if isinstance(item, Estimate)}


RULE = Rule(family="privacy", name="epsilon_lower_bound", at_most_times_floor=1, if_measured=True)


@pytest.mark.parametrize("copies", [False, True])
def test_copies_refute_the_claim_and_the_gate_refuses(copies):
    found = claimed_privacy(with_claim(CLAIM, copies=copies))
    spent = by_name(found)["epsilon_spent", "training"]
    assert (spent.value, spent.n_real, spent.unit) == (0.9, 60, "patient")
    bound = by_name(found)["epsilon_lower_bound", "pixels"]
    assert (bound.value > 1) is copies
    assert bound.floor == 1.0
    verdict = gate(Findings(findings=tuple(found)), Policy(name="claim", rules=(RULE,)))
    assert verdict.accepted is not copies


def test_without_a_claim_nothing_is_said_and_the_rule_does_not_bind():
    assert claimed_privacy(with_claim(None, copies=True)) == []
    other = Rule(family="privacy", name="copy_rate", at_most=1.0)
    copy_rate = Estimate(family="privacy", name="copy_rate", space="pixels", value=0, low=0, high=0)
    verdict = gate(Findings(findings=(copy_rate,)), Policy(name="p", rules=(RULE, other)))
    assert verdict.accepted
    assert len(verdict.reasons) == 1


@pytest.mark.parametrize(
    "different", [{"claim": CLAIM | {"secret_noise": False}}, {"generator_saw_learning": False}]
)
def test_a_claim_that_cannot_be_audited_is_refused(different):
    asked = replace(with_claim(CLAIM), **different)
    skipped = [item for item in claimed_privacy(asked) if isinstance(item, Skipped)]
    assert "epsilon_lower_bound" in {item.name for item in skipped}
    verdict = gate(Findings(skipped=tuple(skipped)), Policy(name="claim", rules=(RULE,)))
    assert not verdict.accepted
