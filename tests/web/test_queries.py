"""The reads behind the queue, the search and the thread."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from postdesk.basics import clock
from postdesk.people.models import Agent
from postdesk.tickets import queries
from postdesk.tickets.models import Membership, Ticket
from postdesk.tickets.queries import Order, Shelf
from tests.support import builders
from tests.support.builders import NOON

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def subjects(tickets: tuple[Ticket, ...]) -> list[str]:
    return [ticket.subject for ticket in tickets]


def pages(agent: Agent, shelf: Shelf, order: Order, limit: int) -> list[list[str]]:
    """All pages of a shelf, walked by their cursors."""
    walked, after = [], ""
    while True:
        page = queries.queue(agent, shelf, order=order, after=after, limit=limit)
        walked.append(subjects(page.tickets))
        after = page.next
        if not after:
            return walked


def test_each_ticket_stands_on_its_shelf() -> None:
    agent = builders.alice()
    builders.a_ticket("waits")
    builders.a_ticket("is answered", is_answered=True)
    builders.a_ticket("is closed", status="closed")
    builders.a_ticket("is mine", is_answered=True, assignee=agent)
    builders.a_ticket("was mine", status="closed", assignee=agent)
    builders.a_ticket("is overdue", due_at=clock.now() - HOUR)
    builders.a_ticket("is due", due_at=clock.now() + HOUR)
    builders.a_ticket("was overdue", due_at=clock.now() - HOUR, is_answered=True)
    builders.a_ticket("was overdue, is closed", due_at=clock.now() - HOUR, status="closed")
    shelves = {shelf: set(subjects(queries.queue(agent, shelf).tickets)) for shelf in queries.SHELVES}
    assert shelves == {
        "open": {"waits", "is overdue", "is due"},
        "overdue": {"is overdue"},
        "answered": {"is answered", "is mine", "was overdue"},
        "closed": {"is closed", "was mine", "was overdue, is closed"},
        "mine": {"is mine"},
    }


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("newest", [["d", "c"], ["b", "a"], ["e"]]),
        ("oldest", [["e", "a"], ["b", "c"], ["d"]]),
    ],
)
def test_pages_meet_without_a_gap_even_where_instants_are_equal(order: Order, expected: list[list[str]]) -> None:
    for subject in "abcd":
        builders.a_ticket(subject, at=NOON)
    builders.a_ticket("e", at=NOON - HOUR)
    assert pages(builders.alice(), "open", order, limit=2) == expected


@pytest.mark.parametrize("cursor", ["", "nonsense", "2026-11-23_1", "_", "2026-11-23T12:00:00+00:00_x"])
def test_a_cursor_that_is_nonsense_begins_at_the_top(cursor: str) -> None:
    builders.a_ticket("waits")
    assert subjects(queries.queue(builders.alice(), after=cursor).tickets) == ["waits"]


def test_an_agent_sees_their_departments_and_what_they_were_given() -> None:
    billing = builders.a_department("Billing")
    charlie = builders.charlie()
    builders.a_ticket("of Support")
    builders.a_ticket("of Billing", department=billing)
    builders.a_ticket("of Support, given to Charlie", assignee=charlie)
    seen = set(queries.visible_to(charlie).values_list("subject", flat=True))
    assert seen == {"of Billing", "of Support, given to Charlie"}
    assert queries.visible_to(builders.alice()).count() == 3


def test_a_ticket_is_seen_once_by_an_agent_of_several_departments() -> None:
    agent = builders.bob()
    Membership.objects.create(agent=agent, department=builders.a_department("Billing"))
    builders.a_ticket("given and of Support", assignee=agent)
    assert subjects(queries.queue(agent).tickets) == ["given and of Support"]


def test_what_is_overdue_is_counted_for_those_who_may_see_it_and_stands_by_when_it_was_due() -> None:
    billing, charlie = builders.a_department("Billing"), builders.charlie()
    for late in (1, 3, 2):
        builders.a_ticket(f"{late} hours late", due_at=clock.now() - late * HOUR)
    builders.a_ticket("of Billing", department=billing, due_at=clock.now() - HOUR)
    assert (queries.counts(builders.alice())["overdue"], queries.counts(charlie)["overdue"]) == (4, 1)
    assert subjects(queries.queue(charlie, "overdue").tickets) == ["of Billing"]
    oldest = [one for page in pages(builders.alice(), "overdue", "oldest", limit=2) for one in page]
    assert oldest[:2] == ["3 hours late", "2 hours late"]
    assert len(oldest) == 4


def test_the_overdue_shelf_is_one_query_however_many_stand_there(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    agent = builders.charlie()
    for late in range(1, 4):
        builders.a_ticket(assignee=agent, due_at=clock.now() - late * HOUR)
    with django_assert_num_queries(1):
        page = queries.queue(agent, "overdue")
        assert [ticket.user.name for ticket in page.tickets] == ["Carol Lind"] * 3


def test_counts_stop_at_the_cap_and_are_one_query(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr(queries, "COUNT_CAP", 2)
    agent = builders.alice()
    for _ in range(5):
        builders.a_ticket()
    builders.a_ticket(is_answered=True, assignee=agent)
    with django_assert_num_queries(1):
        assert queries.counts(agent) == {"open": 3, "overdue": 0, "mine": 1, "answered": 1}


@pytest.mark.parametrize(
    "change",
    [
        lambda ticket: Ticket.objects.filter(pk=ticket.pk).update(updated_at=NOON + HOUR),
        lambda ticket: Ticket.objects.filter(pk=ticket.pk).update(assignee=builders.bob()),
        lambda ticket: builders.a_ticket("another", at=NOON - HOUR),
        lambda ticket: builders.a_ticket("another, elsewhere", is_answered=True),
    ],
    ids=["an update", "an assignment", "an older arrival", "a count"],
)
def test_the_version_of_the_queue_changes_with(change: Callable[[Ticket], Any]) -> None:
    agent = builders.alice()
    ticket = builders.a_ticket()

    def version() -> str:
        return queries.version(queries.queue(agent).tickets, queries.counts(agent))

    before = version()
    assert version() == before
    change(ticket)
    assert version() != before


@pytest.fixture
def library() -> dict[str, Ticket]:
    """Three tickets with words in the index."""
    fire = builders.a_ticket("The printer is on fire", number=777001)
    water = builders.a_ticket("Wet carpet", user=builders.mallory(), number=777002)
    late = builders.a_ticket("Where is my parcel", status="closed", number=777003)
    entries = [
        builders.an_entry(fire, "It burns since this morning."),
        builders.an_entry(water, "The printer was put out with water."),
        builders.an_entry(late, "Order 777001 has not come."),
    ]
    builders.indexed(entries)
    return {"fire": fire, "water": water, "late": late}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("#777001", {"fire"}),
        ("777001", {"fire", "late"}),
        ("carpet", {"water"}),
        ("printer", {"fire", "water"}),
        ("printer -water", {"fire"}),
        ('"put out"', {"water"}),
        ("mallory@elsewhere.example", {"water"}),
        ("mallory@", {"water"}),
        ("CAROL", {"fire", "late"}),
        ("burns morning", {"fire"}),
        ("nothing like this", set()),
        ("   ", set()),
        ("#99999999999999999999999999", set()),
        ("'); drop table --", set()),
    ],
)
def test_search_finds(words: str, found: set[str], library: dict[str, Ticket]) -> None:
    numbers = {name: ticket.number for name, ticket in library.items()}
    assert {ticket.number for ticket in queries.search(builders.alice(), words)} == {numbers[name] for name in found}


@pytest.mark.parametrize("words", ["#777001", "printer", "carol@customer.example"])
def test_search_never_shows_another_departments_tickets(words: str, library: dict[str, Ticket]) -> None:
    assert queries.search(builders.charlie(), words) == ()


def test_the_thread_loads_the_newest_entries_in_order_and_leaves_the_html_where_it_is() -> None:
    ticket = builders.a_ticket()
    for text in ("one", "two", "three"):
        builders.an_entry(ticket, text, html="<table><tr><td>x</td></tr></table>")
    entries = queries.entries_of(ticket, limit=2)
    assert [entry.text for entry in entries] == ["two", "three"]
    assert all("html" in entry.get_deferred_fields() and entry.is_rich for entry in entries)


@pytest.mark.parametrize(
    ("html", "is_rich", "is_remote"),
    [
        ("", False, False),
        ("<div dir='ltr'>Hi<br></div>", False, False),
        ('<p>Hi <IMG alt=x src="https://a.example/p.gif"></p>', True, True),
        ('<p><img src="cid:1"></p>', True, False),
        ("<img src=//a.example/p>", True, True),
    ],
)
def test_what_html_adds_to_text_is_told_by_the_database(html: str, is_rich: bool, is_remote: bool) -> None:
    ticket = builders.a_ticket()
    builders.an_entry(ticket, "Hi", html=html)
    (entry,) = queries.entries_of(ticket)
    assert (entry.has_html, entry.is_rich, entry.has_remote_images) == (bool(html), is_rich, is_remote)


def test_the_version_of_a_thread_changes_when_a_letters_fate_does() -> None:
    ticket = builders.a_ticket()
    letter = builders.a_letter(ticket=ticket)
    before = queries.thread_version(ticket)
    assert queries.thread_version(ticket) == before
    letter.recipients.update(state="sent")
    assert queries.thread_version(ticket) != before


def test_tickets_can_be_given_to_the_department_and_to_admins() -> None:
    builders.charlie()
    colleagues = {builders.alice(), builders.bob()}
    assert set(queries.assignable_to(builders.a_ticket())) == colleagues
