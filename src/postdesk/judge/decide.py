"""Decide what becomes of a message: every check in order, the first action wins."""

from __future__ import annotations

from postdesk.judge.checks import CHECKS
from postdesk.judge.facts import Arrival, Facts
from postdesk.judge.verdict import Finding, Verdict


def decide(arrival: Arrival, facts: Facts) -> Verdict:
    """Run the table of checks. Pure: the same arrival and facts always give the same verdict."""
    findings: list[Finding] = []
    for check, _sentence in CHECKS:
        finding = check(arrival, facts)
        if finding is None:
            continue
        findings.append(finding)
        if finding.action is not None:
            return Verdict(finding.action, tuple(findings))
    return Verdict("accept", tuple(findings))
