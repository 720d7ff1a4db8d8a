"""What holds for every rule and every message (row D4)."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from postdesk.basics.errors import Invalid
from postdesk.judge.bans import Bans, clean_pattern
from postdesk.judge.filters import criteria, operators
from postdesk.judge.filters.compiled import compiled, matching
from postdesk.judge.filters.problems import rule_problems
from postdesk.judge.filters.sight import Sight
from postdesk.judge.filters.values import Action, Filter, Rule
from postdesk.mail.message import Address, Attachment, ParsedMail

#: Everything Python calls a text, halves of surrogate pairs and NULs included.
TEXT = st.text(alphabet=st.characters(codec=None), max_size=40)
ADDRESS = st.builds(Address, TEXT, TEXT)
MAIL = st.builds(
    ParsedMail,
    subject=TEXT,
    text=TEXT,
    from_=ADDRESS,
    to=st.tuples(ADDRESS),
    reply_to=st.lists(ADDRESS, max_size=2).map(tuple),
    delivered_to=st.lists(TEXT, max_size=2).map(tuple),
    headers=st.lists(st.tuples(st.sampled_from(["X-A", "Authentication-Results"]), TEXT), max_size=3).map(tuple),
    attachments=st.lists(st.builds(Attachment, TEXT, TEXT, st.binary(max_size=5)), max_size=2).map(tuple),
)
OPERATOR = st.sampled_from(sorted({one.name for one in operators.OPERATORS}))
RULE = st.builds(
    Rule,
    st.sampled_from(sorted(criteria.BY_NAME)),
    OPERATOR,
    TEXT | st.from_regex(r"\A[a-z.*+?()|\[\]\\]{1,12}\Z"),
    st.just("X-A"),
)


def matches(rule: Rule, mail: ParsedMail) -> bool:
    look = Sight(mail, mail.from_ or Address("", ""), 7, is_ours=lambda address: False)
    one = Filter(1, "F", (rule,), (Action("reject"),))
    return bool(matching(compiled((one,)), look))


@settings(deadline=None, max_examples=400)
@given(RULE, MAIL)
def test_d4_a_rule_that_can_be_saved_can_be_asked_of_any_message(rule: Rule, mail: ParsedMail) -> None:
    if not list(rule_problems([rule])):
        matches(rule, mail)


@settings(deadline=None, max_examples=200)
@given(RULE, MAIL)
def test_d4_a_denial_holds_exactly_where_what_it_denies_does_not(rule: Rule, mail: ParsedMail) -> None:
    denied = {"equal": "not_equal", "contains": "dn_contain", "match": "not_match"}.get(rule.operator)
    if denied and not list(rule_problems([rule])):
        assert matches(rule, mail) is not matches(Rule(rule.criterion, denied, rule.value, rule.header), mail)


@settings(deadline=None, max_examples=300)
@given(TEXT | st.from_regex(r"\A[a-z*?.@]{1,14}\Z"), TEXT | st.from_regex(r"\A[a-z.]{1,5}@[a-z.]{1,8}\Z"))
def test_d2_a_ban_that_can_be_saved_can_be_asked_about_any_address(pattern: str, address: str) -> None:
    try:
        kind, clean = clean_pattern(pattern)
    except Invalid:
        return
    assert clean_pattern(clean) == (kind, clean)
    bans = Bans(wildcards=(clean,)) if kind == "wildcard" else Bans(frozenset({clean}))
    assert bans.hit(address.lower()) in {"", clean}
    if kind == "address":
        assert bans.hit(clean) == clean
