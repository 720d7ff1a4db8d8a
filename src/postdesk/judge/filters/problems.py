"""What can be wrong with the rules of a filter, said beside the field it is wrong in (osticket.md 3.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from postdesk.basics.errors import Invalid
from postdesk.judge.filters import criteria, operators
from postdesk.judge.filters.criteria import Criterion
from postdesk.judge.filters.values import Rule

MOST_RULES: Final = 50
LONGEST_VALUE: Final = 1000
_HEADER = re.compile(r"[!-9;-~]{1,76}\Z")
_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+\Z")


def rule_problems(rules: Sequence[Rule]) -> Iterator[Invalid]:
    """Each problem, its field "rules.0.value" and so on; "rules" when there are none or too many."""
    if not rules:
        yield Invalid("rules", "You must set at least one rule.")
    if len(rules) > MOST_RULES:
        yield Invalid("rules", f"A filter has {MOST_RULES} rules at most.")
    seen: set[tuple[str, str, str, str]] = set()
    for place, rule in enumerate(rules):
        yield from (Invalid(f"rules.{place}.{one.field}", one.message) for one in _problems(rule))
        same = (rule.criterion, rule.header.strip().lower(), rule.operator, operators.folded(rule.value))
        if same in seen:
            yield Invalid(f"rules.{place}.value", "The same rule stands above.")
        seen.add(same)


def _problems(rule: Rule) -> Iterator[Invalid]:
    criterion = criteria.BY_NAME.get(rule.criterion)
    if criterion is None:
        yield Invalid("criterion", "Invalid match selection" if rule.criterion else "Incomplete selection")
        return
    if (rule.operator, criterion.holds) not in operators.BY_NAME:
        yield Invalid("operator", "Invalid match type selection" if rule.operator else "Incomplete selection")
        return
    if criterion.is_header and not _HEADER.match(rule.header.strip()):
        yield Invalid("header", "Write the name of the header field, like X-Spam-Flag.")
    if not rule.value.strip():
        yield Invalid("value", "Value required")
    elif len(rule.value) > LONGEST_VALUE:
        yield Invalid("value", f"A value has {LONGEST_VALUE} characters at most.")
    elif "\x00" in rule.value:
        yield Invalid("value", "A value cannot hold a NUL character.")
    else:
        yield from _value_problems(criterion, rule)


def _value_problems(criterion: Criterion, rule: Rule) -> Iterator[Invalid]:
    try:
        if criterion.holds == "number":
            operators.amount(rule.value)
        elif rule.operator in {"match", "not_match"}:
            operators.pattern(rule.value)
        elif (
            criterion.is_address and rule.operator in {"equal", "not_equal"} and not _ADDRESS.match(rule.value.strip())
        ):
            yield Invalid("value", "Valid email required for the match type")
        elif criterion.choices and rule.operator in {"equal", "not_equal"} and not _offered(criterion, rule):
            yield Invalid("value", f"must be one of {', '.join(criterion.choices)}")
    except Invalid as problem:
        yield problem


def _offered(criterion: Criterion, rule: Rule) -> bool:
    return operators.folded(rule.value) in criterion.choices
