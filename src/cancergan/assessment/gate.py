"""The gate: a report against a policy, rule by rule; whatever is not shown is refused."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from cancergan.assessment.findings import Findings
from cancergan.assessment.policy import Policy, Rule
from cancergan.core.estimates import Estimate


@dataclass(frozen=True)
class RuleVerdict:
    """What became of one rule at one finding; ``finding`` is None where none was measured."""

    rule: Rule
    finding: Estimate | None
    passed: bool
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """The answer of the gate, with a reason for every rule."""

    policy: str
    reasons: tuple[RuleVerdict, ...]

    @property
    def accepted(self) -> bool:
        """Whether there are rules and all of them hold."""
        return bool(self.reasons) and all(reason.passed for reason in self.reasons)

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as a JSON object."""
        return {
            "policy": self.policy,
            "accepted": self.accepted,
            "reasons": [
                {
                    "rule": reason.rule.model_dump(exclude_none=True),
                    "finding": reason.finding.to_json() if reason.finding else None,
                    "passed": reason.passed,
                    "sentence": reason.sentence,
                }
                for reason in self.reasons
            ],
        }

    def __str__(self) -> str:
        head = f"{'accepted' if self.accepted else 'refused'} by policy {self.policy!r}"
        if not self.reasons:
            return f"{head}: it has no rules, and nothing shown is nothing trusted."
        lines = [
            f"  {'pass' if reason.passed else 'FAIL'}  {reason.sentence}" for reason in self.reasons
        ]
        return "\n".join([f"{head}:", *lines])


def gate(report: Findings, policy: Policy) -> Verdict:
    """Judge every rule of ``policy`` by the bad end of the interval of each finding it names.

    Fails closed: an empty policy, a finding that is missing, has no interval, lacks the floor that
    the rule refers to, or is not a finite number, is a refusal.
    """
    reasons: list[RuleVerdict] = []
    for rule in policy.rules:
        findings = report.select(rule.family, rule.name, rule.space)
        if rule.if_measured and not findings and not _skipped(report, rule):
            continue
        reasons += [_judge(rule, finding) for finding in findings] or [_missing(report, rule)]
    return Verdict(policy.name, tuple(reasons))


def _missing(report: Findings, rule: Rule) -> RuleVerdict:
    reasons = [
        skipped.reason
        for skipped in report.skipped
        if skipped.family == rule.family and skipped.name in (rule.name, "*")
    ]
    sentence = " ".join([f"{rule.subject}: not measured, must be {rule.bound}.", *reasons[:1]])
    return RuleVerdict(rule, None, False, sentence)


def _skipped(report: Findings, rule: Rule) -> bool:
    """Say whether the report names the finding as one that it could not measure."""
    return any(s.family == rule.family and s.name == rule.name for s in report.skipped)


def _judge(rule: Rule, finding: Estimate) -> RuleVerdict:
    end, which = (finding.low, "low") if rule.at_least is not None else (finding.high, "high")
    bound = _bound(rule, finding)
    where = f"{finding.family} {finding.name} in {finding.space}: {finding.value:.4g}"

    def verdict(passed: bool, reason: str) -> RuleVerdict:
        return RuleVerdict(rule, finding, passed, f"{where}, {reason}; must be {rule.bound}.")

    if end is None:
        return verdict(False, "without an interval")
    if bound is None:
        return verdict(False, "without a floor")
    if not all(map(math.isfinite, (end, bound, finding.value))):
        return verdict(False, "not a number")
    passed = end >= bound if rule.at_least is not None else end <= bound
    return verdict(passed, f"{which} end {end:.4g}")


def _bound(rule: Rule, finding: Estimate) -> float | None:
    if rule.at_most_times_floor is None:
        return rule.at_least if rule.at_least is not None else rule.at_most
    return None if finding.floor is None else rule.at_most_times_floor * finding.floor
