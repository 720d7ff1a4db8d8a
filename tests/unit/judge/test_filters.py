"""Ticket filters without a database: every criterion, every operator, the actions and their order (rows D3 to D5)."""

from __future__ import annotations

import time

import pytest

from postdesk.basics.errors import Invalid
from postdesk.judge.filters import actions, criteria, operators
from postdesk.judge.filters.compiled import compiled, matching
from postdesk.judge.filters.problems import rule_problems
from postdesk.judge.filters.run import Chosen, run
from postdesk.judge.filters.sight import Sight
from postdesk.judge.filters.values import Action, Filter, Mail, Rule
from postdesk.mail.message import Address, Attachment, ParsedMail

CAROL = Address("Carol Lind", "Carol@Example.com")
LETTER = ParsedMail(
    from_=CAROL,
    reply_to=(Address("The Office", "office@example.com"),),
    to=(Address("", "support@desk.test"), Address("Dan", "dan@example.net")),
    cc=(Address("", "support+vip@desk.test"),),
    delivered_to=("inbox@desk.test",),
    subject="Refund for order #5",
    text="Please send my money back.\nThanks",
    attachments=(Attachment("invoice.PDF", "application/pdf", b"x" * 600_000), Attachment("a.png", "image/png", b"y")),
    kind="mail",
    headers=(
        ("X-Spam-Flag", "YES"),
        ("X-Spam-Flag", "no"),
        (
            "Authentication-Results",
            "mx.desk.test; spf=pass smtp.mailfrom=example.com; dkim=fail (body hash; broken) header.d=a; "
            "dkim=pass header.d=b; dmarc=fail",
        ),
        ("Authentication-Results", "elsewhere.test; dmarc=pass"),
    ),
)


def sight(mail: ParsedMail = LETTER, **more) -> Sight:
    given = {
        "author": mail.from_ or Address("", ""),
        "size": 820_000,
        "is_ours": lambda address: address.endswith("@desk.test"),
        "email": 1,
        "department": "Support",
        "help_topic": "Billing",
        "priority": "high",
    }
    return Sight(mail=mail, **{**given, **more})


def holds(criterion: str, operator: str, value: str, header: str = "", **more) -> bool:
    rule = Rule(criterion, operator, value, header)
    assert not list(rule_problems([rule]))
    return bool(matching(compiled((a_filter(rules=(rule,)),)), sight(**more)))


def a_filter(name: str = "Refunds", *acts: Action, pk: int = 1, **more) -> Filter:
    given = {"rules": (Rule("subject", "contains", "refund"),), "order": pk, **more}
    return Filter(id=pk, name=name, actions=acts or (Action("reject"),), **given)


def ran(*filters: Filter, alive=lambda kind, pk: True, **more) -> Chosen:
    chosen = Chosen()
    run(compiled(filters), sight(**more), chosen, alive)
    return chosen


@pytest.mark.parametrize(
    ("criterion", "value"),
    [
        ("email", "carol@example.COM"),
        ("name", "carol lind"),
        ("reply_to", "office@example.com"),
        ("reply_to_name", "the office"),
        ("addressee", "Dan <dan@example.net>"),
        ("recipient", "support+vip@desk.test"),
        ("recipient", "inbox@desk.test"),
        ("kind", "mail"),
        ("subject", "refund for order #5"),
        ("body", "please send my money back.\nthanks"),
        ("priority", "high"),
        ("help_topic", "billing"),
        ("department", "support"),
        ("attachment_name", "invoice.pdf"),
        ("attachment_type", "image/png"),
        ("attachment_count", "2"),
        ("attachment_size", "600001"),
        ("size", "820 kB"),
        ("spf", "pass"),
        ("dkim", "pass"),
        ("dmarc", "fail"),
        ("auth_server", "mx.desk.test"),
    ],
)
def test_d4_each_criterion_compares_its_own_part_of_the_message(criterion, value):
    assert holds(criterion, "equal", value)
    assert not holds(criterion, "not_equal", value)


def test_d4_every_criterion_of_the_table_is_tried_above_or_here():
    assert holds("header", "equal", "yes", "x-spam-flag")
    assert not holds("header", "equal", "yes", "X-Spam-Score")
    tried = {mark.args[1][n][0] for mark in [_each()] for n in range(len(mark.args[1]))} | {"header"}
    assert tried == {criterion.name for criterion in criteria.CRITERIA}


def _each() -> pytest.MarkDecorator:
    marks = test_d4_each_criterion_compares_its_own_part_of_the_message.pytestmark
    return next(mark for mark in marks if mark.name == "parametrize")


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("equal", "Refund for ORDER #5", True),
        ("equal", "Refund", False),
        ("not_equal", "Refund", True),
        ("contains", "ORDER", True),
        ("contains", "parcel", False),
        ("dn_contain", "parcel", True),
        ("dn_contain", "order", False),
        ("starts", "refund", True),
        ("starts", "order", False),
        ("ends", "#5", True),
        ("ends", "refund", False),
        ("match", r"order #\d+$", True),
        ("match", "/REFUND/", False),
        ("match", "/REFUND/i", True),
        ("not_match", r"^order", True),
        ("not_match", r"#\d", False),
    ],
)
def test_d4_each_text_operator(operator, value, expected):
    assert holds("subject", operator, value) is expected


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("more", "500 kB", True),
        ("more", "0.82 MB", False),
        ("less", "1 MB", True),
        ("less", "820000", False),
        ("equal", "820 k", True),
        ("not_equal", "820 k", False),
    ],
)
def test_d4_each_operator_of_numbers(operator, value, expected):
    assert holds("size", operator, value) is expected


def test_d4_of_several_values_one_is_enough_and_denials_want_none():
    assert holds("attachment_type", "equal", "application/pdf")
    assert not holds("attachment_type", "not_equal", "application/pdf")
    assert holds("attachment_type", "not_equal", "text/plain")
    assert holds("header", "dn_contain", "maybe", "X-Spam-Flag")
    assert holds("attachment_type", "not_equal", "text/plain", mail=ParsedMail())


def test_d4_the_addressees_are_without_the_desks_own_addresses():
    assert not holds("addressee", "contains", "desk.test")


def test_d4_without_authentication_results_the_result_is_missing_and_a_better_source_wins():
    from postdesk.judge.filters.authentication import Authentication

    assert holds("spf", "equal", "missing", mail=ParsedMail())
    assert holds("spf", "equal", "fail", authentication=Authentication("ours", {"spf": "fail"}))


@pytest.mark.parametrize(
    ("rule", "field", "sentence"),
    [
        (Rule("colour", "equal", "x"), "criterion", "Invalid match selection"),
        (Rule("", "equal", "x"), "criterion", "Incomplete selection"),
        (Rule("subject", "sounds_like", "x"), "operator", "Invalid match type selection"),
        (Rule("subject", "", "x"), "operator", "Incomplete selection"),
        (Rule("size", "contains", "1"), "operator", "Invalid match type selection"),
        (Rule("subject", "ends", "  "), "value", "Value required"),
        (Rule("email", "equal", "nobody"), "value", "Valid email required for the match type"),
        (Rule("header", "equal", "x"), "header", "Write the name of the header field, like X-Spam-Flag."),
        (Rule("size", "more", "much"), "value", "must be a number, or a size like 500 kB or 10 MB"),
        (Rule("spf", "equal", "good"), "value", "must be one of pass, fail"),
        (Rule("subject", "match", "(unclosed"), "value", "Regex compile error: missing ): (unclosed"),
        (Rule("subject", "match", r"(?=ahead)"), "value", "Regex compile error: invalid perl operator: (?="),
        (Rule("subject", "match", "a{1,9999}"), "value", "Regex compile error: invalid repetition size: {1,9999}"),
        (Rule("subject", "match", "/x/q"), "value", "Regex compile error: unknown flag 'q'"),
        (Rule("subject", "contains", "x" * 1001), "value", "A value has 1000 characters at most."),
    ],
)
def test_d4_a_bad_rule_is_refused_beside_the_field_it_is_bad_in(rule, field, sentence):
    (problem,) = rule_problems([rule])
    assert problem.field == f"rules.0.{field}"
    assert problem.message.startswith(sentence)


def test_d4_a_filter_has_rules_and_none_of_them_twice():
    assert [str(one) for one in rule_problems([])] == ["rules: You must set at least one rule."]
    same = [Rule("subject", "contains", "Refund"), Rule("subject", "contains", "refund ")]
    assert [one.field for one in rule_problems(same)] == ["rules.1.value"]


def test_d4_a_pattern_that_would_hang_other_engines_takes_no_time():
    words = "x" * 1_000_000 + "!"
    began = time.monotonic()
    assert not holds("body", "match", "(x+x+)+y", mail=ParsedMail(text=words))
    assert not holds("body", "match", r"(a|a|x)*(.{0,200}){0,5}z$", mail=ParsedMail(text=words))
    assert time.monotonic() - began < 5


def test_d4_a_pattern_takes_characters_that_cannot_be_encoded():
    assert holds("subject", "match", "order", mail=ParsedMail(subject="order \ud800 5"))


@pytest.mark.parametrize(
    ("target", "origin", "email", "expected"),
    [
        ("any", "web", 7, True),
        ("web", "web", None, True),
        ("web", "email", 1, False),
        ("api", "api", None, True),
        ("email", "email", 1, True),
        ("email", "api", 1, False),
        ("address", "email", 7, True),
        ("address", "email", 1, False),
        ("address", "web", 7, False),
    ],
)
def test_d3_a_target_says_which_tickets_a_filter_looks_at(target, origin, email, expected):
    one = a_filter(target=target, email=7)
    assert bool(matching(compiled((one,)), sight(origin=origin, email=email))) is expected


def test_d3_match_all_wants_every_rule_and_match_any_one_of_them():
    rules = (Rule("subject", "contains", "refund"), Rule("subject", "contains", "parcel"))
    assert not matching(compiled((a_filter(rules=rules),)), sight())
    ((_, why),) = matching(compiled((a_filter(rules=rules, match_all=False),)), sight())
    assert why == "Subject contains “refund”"


def test_d3_filters_run_in_order_a_later_one_overwrites_and_stop_ends_it():
    low, high = Action("priority", value="low"), Action("priority", value="high")
    first, second = a_filter("First", low, pk=8, order=1), a_filter("Second", high, pk=3, order=2)

    assert ran(second, first).priority == "high"
    assert [step.filter for step in ran(second, first).steps] == ["First", "Second"]
    stopping = a_filter("First", low, pk=8, order=1, stop=True)
    assert ran(second, stopping).priority == "low"


def test_d3_filters_match_the_message_as_it_came_not_what_others_made_of_it():
    first = a_filter("First", Action("priority", value="low"), pk=1)
    second = a_filter("Second", Action("department", 4, "Accounts"), pk=2, rules=(Rule("priority", "equal", "low"),))
    assert ran(first, second).department is None


def test_d5_every_action_does_its_part_and_says_so():
    every = a_filter(
        "All",
        Action("no_autoresponse"),
        Action("canned", 11, "Thanks"),
        Action("department", 4, "Accounts"),
        Action("priority", value="emergency"),
        Action("sla", 5, "Gold"),
        Action("team", 6, "Night"),
        Action("agent", 7, "Alice"),
        Action("help_topic", 8, "Billing"),
        Action("status", value="closed"),
        Action("mail", mail=Mail(1, "boss@example.org", "Look", "At this")),
        Action("reply_to"),
    )
    assert {action.kind for action in every.actions} | {"reject"} == {kind.name for kind in actions.ACTIONS}

    chosen = ran(every)

    assert (chosen.canned, chosen.department, chosen.sla, chosen.team, chosen.agent, chosen.help_topic) == (
        11,
        4,
        5,
        6,
        7,
        8,
    )
    assert (chosen.priority, chosen.status, chosen.author) == (
        "emergency",
        "closed",
        Address("The Office", "office@example.com"),
    )
    assert chosen.silence == "Ticket Filter “All” disables the auto-response."
    assert [ordered.mail.recipients for ordered in chosen.mails] == ["boss@example.org"]
    assert chosen.steps[0].did == (
        "disabled the auto-response",
        "attached the canned response Thanks",
        "set department to Accounts",
        "set priority to emergency",
        "set SLA plan to Gold",
        "assigned it to the team Night",
        "assigned it to Alice",
        "set help topic to Billing",
        "set status to closed",
        "sends an email to boss@example.org",
        "used the Reply-To office@example.com as the sender",
    )


def test_d5_reject_comes_first_and_ends_it():
    one = a_filter("No", Action("department", 4, "Accounts"), Action("reject"), pk=1)
    later = a_filter("Later", Action("priority", value="low"), pk=2)
    chosen = ran(one, later)
    assert (chosen.rejected_by, chosen.department, chosen.priority) == ("No", None, "")


def test_d5_reply_to_restarts_once_with_the_new_sender_and_each_filter_acts_once():
    form = a_filter("Form", Action("reply_to"), Action("priority", value="low"), pk=1)
    again = a_filter("Again", Action("reply_to"), pk=2)
    office = a_filter(
        "Office", Action("agent", 7, "Alice"), pk=3, rules=(Rule("email", "equal", "office@example.com"),)
    )
    filters, chosen, look = compiled((form, again, office)), Chosen(), sight()

    assert run(filters, look, chosen, lambda kind, pk: True)
    assert chosen.author is not None
    assert not run(filters, sight(author=chosen.author), chosen, lambda kind, pk: True)

    assert (chosen.agent, chosen.priority) == (7, "low")
    assert [step.filter for step in chosen.steps] == ["Form", "Again", "Office"]
    assert chosen.steps[1].did == ("found no other Reply-To to use",)


def test_d5_a_reply_to_of_the_desk_itself_is_not_used():
    ours = ParsedMail(from_=CAROL, subject="refund", reply_to=(Address("", "billing@desk.test"),))
    chosen = ran(a_filter("Form", Action("reply_to")), mail=ours)
    assert chosen.author is None


def test_d6_an_action_whose_target_is_not_active_is_left_out_and_says_so():
    chosen = ran(a_filter("Old", Action("department", 4, "Accounts")), alive=lambda kind, pk: False)
    assert chosen.department is None
    assert chosen.steps[0].did == ("could not set department to Accounts, which is not active",)


def test_filters_that_did_not_change_are_not_compiled_again():
    one = compiled((a_filter(),))
    assert compiled((a_filter(),)) is one


def test_every_operator_of_the_table_has_a_test_above():
    text = {case[0] for case in test_d4_each_text_operator.pytestmark[0].args[1]}
    numbers = {case[0] for case in test_d4_each_operator_of_numbers.pytestmark[0].args[1]}
    assert text == {one.name for one in operators.OPERATORS if one.holds == "text"}
    assert numbers == {one.name for one in operators.OPERATORS if one.holds == "number"}


def test_a_rule_that_could_not_be_saved_does_not_compile():
    with pytest.raises(Invalid):
        compiled((a_filter(rules=(Rule("subject", "match", "("),)),))
