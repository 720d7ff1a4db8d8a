"""Filters made ready to run: every pattern compiled, every value folded, once for all messages of a chunk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from postdesk.judge.filters import criteria, operators
from postdesk.judge.filters.criteria import Criterion
from postdesk.judge.filters.sight import Sight
from postdesk.judge.filters.values import Filter, Rule

Test = Callable[[Sight], bool]


@dataclass(frozen=True, slots=True)
class Ready:
    """One filter with its rules as tests, each with its sentence."""

    filter: Filter
    tests: tuple[tuple[Test, str], ...]

    def looks_at(self, sight: Sight) -> bool:
        """Whether the message is of the kind this filter is for."""
        target = self.filter.target
        if target == "any":
            return True
        if target == "address":
            return sight.origin == "email" and sight.email == self.filter.email
        return sight.origin == target

    def why(self, sight: Sight) -> str:
        """The rules that hold, in words; "" when the filter does not match."""
        held: list[str] = []
        for test, sentence in self.tests:
            holds = test(sight)
            if holds and not self.filter.match_all:
                return sentence
            if not holds and self.filter.match_all:
                return ""
            if holds:
                held.append(sentence)
        return " and ".join(held)


Compiled = tuple[Ready, ...]
NONE: Final[Compiled] = ()


@lru_cache(maxsize=8)
def compiled(filters: tuple[Filter, ...]) -> Compiled:
    """Filters in the order they run. Remembered by what they are: unchanged ones are not compiled again.

    Raises Invalid for a rule that could not have been saved.
    """
    in_order = sorted(filters, key=lambda one: (one.order, one.id))
    return tuple(Ready(one, tuple((_test(rule), sentence(rule)) for rule in one.rules)) for one in in_order)


def sentence(rule: Rule) -> str:
    """ "Subject contains “refund”"."""
    criterion = criteria.BY_NAME[rule.criterion]
    operator = operators.BY_NAME[rule.operator, criterion.holds]
    label = f"{criterion.label} {rule.header}" if criterion.is_header else criterion.label
    shown = rule.value if len(rule.value) <= 80 else f"{rule.value[:79]}\N{HORIZONTAL ELLIPSIS}"
    return f"{label} {operator.label} “{shown}”"


def _test(rule: Rule) -> Test:
    criterion = criteria.BY_NAME[rule.criterion]
    operator = operators.BY_NAME[rule.operator, criterion.holds]
    if criterion.number is not None:
        read, compare = criterion.number, operators.number_test(rule.operator, rule.value)
        return lambda sight: compare(read(sight)) is not operator.denies
    return _text_test(criterion, rule, denies=operator.denies)


def _text_test(criterion: Criterion, rule: Rule, *, denies: bool) -> Test:
    texts, key = criterion.texts, (rule.criterion, rule.header.strip().lower())
    assert texts is not None
    if rule.operator in {"match", "not_match"}:
        search = operators.pattern_test(rule.value)
        return lambda sight: any(map(search, sight.texts(key, texts))) is not denies
    compare = operators.text_test(rule.operator, rule.value)
    return lambda sight: any(map(compare, sight.folded(key, texts))) is not denies


def matching(filters: Sequence[Ready], sight: Sight) -> list[tuple[Ready, str]]:
    """The filters that match, with why, in order. Nothing a filter does changes what others match."""
    found = ((ready, ready.why(sight)) for ready in filters if ready.looks_at(sight))
    return [(ready, why) for ready, why in found if why]
