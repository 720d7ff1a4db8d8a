"""The dry run of a filter: what it would have changed about stored mail, and that it changes nothing (row D7)."""

from __future__ import annotations

import pytest

from postdesk.basics.errors import Problems
from postdesk.flow import filter_trial, upkeep
from postdesk.judge.filters.values import Rule
from postdesk.mailroom.models import Blob, Letter, SpooledMail
from postdesk.people.models import Agent
from postdesk.tickets import filters
from postdesk.tickets.filter_setup import ActionSetup, FilterSetup
from postdesk.tickets.models import Event, FilterTrial, Ticket, TicketFilter
from tests.support.desk import AT, a_desk, arrives, mail

pytestmark = pytest.mark.django_db

FIRES = FilterSetup(
    name="Fires",
    rules=(Rule("subject", "contains", "fire"),),
    actions=(ActionSetup("department", "Accounts"), ActionSetup("priority", "high")),
)


@pytest.fixture
def desk():
    desk = a_desk()
    arrives(
        desk.mailbox,
        mail(message_id="1@x.example", sender="Carol <carol@example.com>"),
        mail(message_id="2@x.example", subject="Smoke"),
        mail(message_id="3@x.example", subject="Fire again"),
        mail(message_id="4@x.example", headers="In-Reply-To: <3@x.example>\r\n"),
    )
    return desk


@pytest.fixture
def alice():
    return Agent.objects.hire(email="alice@example.net", name="Alice", password=None, at=AT, is_admin=True)


def tried(setup: FilterSetup, by: Agent, *, instead_of: TicketFilter | None = None, messages: int = 50) -> FilterTrial:
    trial = filter_trial.begin(setup, instead_of, messages=messages, by=by, at=AT)
    filter_trial.try_filter(trial.pk)
    trial.refresh_from_db()
    assert not trial.problem
    return trial


def test_d7_a_trial_shows_what_each_message_would_have_become_and_changes_nothing(desk, alice):
    before = list(Ticket.objects.values()), Event.objects.count(), Letter.objects.count(), SpooledMail.objects.count()

    trial = tried(FIRES, alice)

    assert (trial.found, trial.done, trial.differing) == (3, 3, 2)
    newest, oldest = trial.lines
    assert (newest["subject"], oldest["subject"]) == ("Fire again", "Printer on fire")
    assert oldest["ticket"] == Ticket.objects.order_by("id").first().number
    assert oldest["changes"] == [
        {"what": "Department", "now": desk.department.name, "then": "Accounts"},
        {"what": "Priority", "now": "normal", "then": "high"},
    ]
    assert oldest["why"] == ["Fires: Subject contains “fire”"]
    after = list(Ticket.objects.values()), Event.objects.count(), Letter.objects.count(), SpooledMail.objects.count()
    assert after == before
    assert not TicketFilter.objects.exists()


def test_d7_a_trial_shows_what_would_have_been_rejected_and_what_no_longer_is(desk, alice):
    reject = FilterSetup(name="No", rules=FIRES.rules, actions=(ActionSetup("reject"),))
    trial = tried(reject, alice)
    assert trial.lines[0]["changes"] == [
        {"what": "Outcome", "now": "A ticket", "then": "Rejected by Ticket Filter “No”."}
    ]

    row, _ = filters.save_filter(None, reject, by=alice, at=AT)
    arrives(desk.mailbox, mail(message_id="5@x.example", subject="Wildfire"))
    milder = FilterSetup(name="No", rules=FIRES.rules, actions=(ActionSetup("priority", "low"),))
    line = tried(milder, alice, instead_of=row, messages=1).lines[0]
    assert (line["subject"], line["ticket"]) == ("Wildfire", None)
    assert line["changes"] == [{"what": "Outcome", "now": "Rejected by Ticket Filter “No”.", "then": "A ticket"}]


def test_d7_only_as_many_messages_as_asked_for_are_looked_at_the_newest_first(desk, alice):
    trial = tried(FIRES, alice, messages=1)
    assert [line["subject"] for line in trial.lines] == ["Fire again"]
    assert filter_trial.begin(FIRES, None, messages=10_000_000, by=alice, at=AT).asked == filter_trial.MOST


def test_d7_a_filter_that_could_not_be_saved_is_not_tried(desk, alice):
    with pytest.raises(Problems) as refusal:
        filter_trial.begin(FilterSetup(name="x"), None, messages=5, by=alice, at=AT)
    assert [problem.field for problem in refusal.value.problems] == ["rules", "actions"]
    assert not FilterTrial.objects.exists()


def test_d7_a_trial_that_a_worker_left_is_found_again_and_one_that_breaks_says_so(desk, alice):
    trial = filter_trial.begin(FIRES, None, messages=5, by=alice, at=AT)
    assert filter_trial.unfinished() == [trial.pk]
    upkeep.wake_lanes()

    FilterTrial.objects.update(setup={**trial.setup, "rules": [{"criterion": "subject"}]})
    filter_trial.try_filter(trial.pk)
    trial.refresh_from_db()
    assert trial.problem.startswith("TypeError")
    assert filter_trial.unfinished() == []


def test_d7_mail_whose_bytes_are_gone_is_left_out(desk, alice):
    SpooledMail.objects.filter(message_id="3@x.example").update(blob=None)
    assert tried(FIRES, alice).found == 2
    assert Blob.objects.count() == 4
