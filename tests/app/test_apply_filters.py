"""Filters, bans and aliases in the desk file: made, kept, and refused with the key that is wrong (D, C3, C7)."""

from __future__ import annotations

import pytest

from postdesk.basics.errors import Refused
from postdesk.flow.desk_file import apply_file
from postdesk.mailroom.models import Ban, Email, MailSettings
from postdesk.people.models import AuditEntry
from postdesk.tickets import filters
from postdesk.tickets.filter_setup import filter_setup
from postdesk.tickets.models import TicketFilter
from tests.support.builders import NOON

pytestmark = pytest.mark.django_db

FILE = """
[settings]
max_open_tickets = 5
bans_cover_replies = false

[[department]]
name = "Accounts"

[[email]]
address = "support@desk.test"
name = "Support"
aliases = ["Help@desk.test", "info@desk.test"]

[[filter]]
name = "Refunds"
target = "address"
email = "support@desk.test"
match = "any"
stop = true
  [[filter.rule]]
  criterion = "subject"
  operator = "contains"
  value = "refund"
  [[filter.rule]]
  criterion = "header"
  header = "X-Shop"
  operator = "match"
  value = "^order"
  [[filter.action]]
  kind = "department"
  target = "Accounts"
  [[filter.action]]
  kind = "mail"
  sender = "support@desk.test"
  recipients = "boss@example.org"
  subject = "A refund"
  text = "%{message}"

[[ban]]
pattern = "*@spam.example"
notes = "Spam"
"""


def applied(text: str) -> tuple[str, ...]:
    return apply_file(text, at=NOON)


def problems_of(text: str) -> tuple[str, ...]:
    with pytest.raises(Refused) as refusal:
        applied(text)
    return refusal.value.fields["problems"]


def test_a_file_makes_filters_bans_and_aliases_and_a_second_run_changes_nothing():
    lines = applied(FILE)
    assert "filter Refunds: created" in lines
    assert "ban @spam.example: created" in lines
    assert applied(FILE) == ()
    setup = filter_setup(filters.stored().get())
    assert (setup.target, setup.email, setup.match, setup.stop) == ("address", "support@desk.test", "any", True)
    assert [rule.header for rule in setup.rules] == ["", "X-Shop"]
    assert [action.kind for action in setup.actions] == ["department", "mail"]
    assert Email.objects.get().aliases == ["help@desk.test", "info@desk.test"]
    settings = MailSettings.objects.get()
    assert (settings.max_open_tickets, settings.bans_cover_replies) == (5, False)
    assert AuditEntry.objects.filter(kind="ticket filter", actor="postdesk apply").exists()


def test_a_change_is_said_and_lists_that_are_not_given_are_kept():
    applied(FILE)
    lines = applied(
        '[[filter]]\nname = "Refunds"\nactive = false\n\n[[ban]]\npattern = "@spam.example"\nactive = false\n'
    )
    assert lines == ("filter Refunds: active true -> false", "ban @spam.example: active true -> false")
    assert len(filters.stored().get().rules.all()) == 2


def test_everything_wrong_with_filters_and_bans_is_said_with_its_key_and_nothing_is_kept():
    text = FILE.replace('"^order"', '"("').replace('target = "Accounts"', 'target = "Nowhere"')
    text += '\n[[ban]]\npattern = "nobody"\n'
    assert problems_of(text) == (
        "filter[1].rule[2].value: Regex compile error: missing ): (",
        "filter[1].action[1].target: Unable to save: Please choose an active Department",
        "ban[2].pattern: Valid email address is required, or a domain like @example.org, or *@*.example.org",
    )
    assert not TicketFilter.objects.exists()
    assert not Ban.objects.exists()
    assert not Email.objects.exists()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[[filter]]\nname = "x"\nrule = 1\n', "filter[1].rule: must be written as [[filter.rule]]"),
        ('[[filter]]\nname = "x"\n', "filter[1].rule: You must set at least one rule."),
        ("[[filter]]\norder = 1\n", "filter[1].name: is required"),
        ('[[filter]]\nname = "x"\ncolour = 1\n', "filter[1].colour: is not known;"),
        ('[[ban]]\nnotes = "x"\n', "ban[1].pattern: is required"),
        (
            '[[ban]]\npattern = "a@b.example"\n[[ban]]\npattern = "a@b.example"\n',
            "ban[2].pattern: a@b.example stands in the file already, as ban[1]",
        ),
        (
            '[[email]]\naddress = "a@desk.test"\nname = "A"\naliases = ["b@desk.test"]\n'
            '[[email]]\naddress = "b@desk.test"\nname = "B"\n',
            "email[1].aliases: b@desk.test is an address of the desk",
        ),
        (
            '[[email]]\naddress = "a@desk.test"\nname = "A"\naliases = ["x@desk.test"]\n'
            '[[email]]\naddress = "b@desk.test"\nname = "B"\naliases = ["x@desk.test"]\n',
            "email[1].aliases: x@desk.test is an alias of b@desk.test",
        ),
        (
            '[[email]]\naddress = "a@desk.test"\nname = "A"\naliases = ["nobody"]\n',
            "email[1].aliases: must be one e-mail address, like support@example.org",
        ),
        ("[settings]\nmax_open_tickets = -1\n", "settings.max_open_tickets: must be between 0 and 10000"),
    ],
)
def test_a_bad_value_names_its_key(text, problem):
    assert any(said.startswith(problem) for said in problems_of(text)), problems_of(text)
