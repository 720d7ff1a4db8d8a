"""Manage > Ticket Filters: the list, the editor with and without scripts, the dry run (rows D3 to D7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from postdesk.flow import filter_trial
from postdesk.judge.filters.values import Rule
from postdesk.tickets import filters
from postdesk.tickets.filter_setup import ActionSetup, FilterSetup, filter_setup
from postdesk.tickets.models import Department, FilterTrial, HelpTopic, TicketFilter
from tests.support import builders
from tests.support.builders import NOON
from tests.web.conftest import accessible, sign_in

#: A filter as the editor posts it.
TYPED: dict[str, Any] = {
    "name": "Refunds",
    "target": "any",
    "match": "all",
    "active": "on",
    "rules": "2",
    "rule-0-criterion": "subject",
    "rule-0-operator": "contains",
    "rule-0-value": "refund",
    "rule-1-criterion": "header",
    "rule-1-header": "X-Shop",
    "rule-1-operator": "match",
    "rule-1-value": "^order",
    "actions": "2",
    "action-0-kind": "priority",
    "action-0-priority": "high",
    "action-1-kind": "mail",
    "action-1-recipients": "boss@example.org",
    "action-1-subject": "A refund",
    "action-1-text": "Look.",
}


def a_filter(name: str, *actions: ActionSetup) -> TicketFilter:
    setup = FilterSetup(name, rules=(Rule("subject", "contains", name),), actions=actions or (ActionSetup("reject"),))
    return filters.save_filter(None, setup, by="test", at=NOON)[0]


def test_d4_d5_a_filter_is_made_and_changed(alice: Client) -> None:
    assert alice.post(reverse("filter-new"), TYPED).headers["Location"] == reverse("filters")
    row = filters.stored().get()
    assert filter_setup(row).rules == (
        Rule("subject", "contains", "refund"),
        Rule("header", "match", "^order", "X-Shop"),
    )
    assert filter_setup(row).actions == (
        ActionSetup("priority", "high"),
        ActionSetup("mail", "", "", "boss@example.org", "A refund", "Look."),
    )

    page = alice.get(reverse("filter", args=[row.pk])).content.decode()
    assert 'value="^order"' in page
    assert 'value="boss@example.org"' in page
    alice.post(reverse("filter", args=[row.pk]), {**TYPED, "name": "Money back", "match": "any", "stop": "on"})
    row = filters.stored().get()
    assert (row.name, row.match_all, row.stop, row.position) == ("Money back", False, True, 1)


def test_d4_what_is_wrong_stands_beside_its_line_and_nothing_that_was_typed_is_lost(alice: Client) -> None:
    wrong = {
        **TYPED,
        "rules": "3",
        "rule-0-value": "",
        "rule-2-criterion": "body",
        "rule-2-operator": "match",
        "rule-2-value": "(",
        "action-0-priority": "",
    }
    # An empty line before it does not move the complaint to another line.
    wrong |= {"rule-1-criterion": "", "rule-1-operator": "", "rule-1-value": "", "rule-1-header": ""}
    response = alice.post(reverse("filter-new"), wrong)
    page = response.content.decode()
    assert response.status_code == 422
    assert page.index("Value required") < page.index("Regex compile error: missing ): (")
    for field, sentence in (("rule-2-value", "Regex compile error"), ("action-0-priority", "Please insert a value")):
        error = page.index(f'id="id_{field}_error"')
        assert sentence in page[error : error + 400]
    assert 'value="boss@example.org"' in page
    assert not TicketFilter.objects.exists()


def test_d4_a_filter_without_rules_and_actions_is_told_beside_the_first_lines(alice: Client) -> None:
    nothing = {"name": "Refunds", "rules": "1", "actions": "1"}

    page = alice.post(reverse("filter-new"), nothing).content.decode()

    assert 'href="#id_rule-0-criterion"' in page
    assert 'href="#id_action-0-kind"' in page
    assert page.count("You must set at least one rule.") == page.count("You must set at least one action.") == 2


def test_d4_lines_are_added_and_taken_away_without_scripts(alice: Client) -> None:
    page = alice.post(reverse("filter-new"), {**TYPED, "part": "add-rule"}).content.decode()
    assert 'name="rule-2-criterion"' in page
    assert 'value="^order"' in page

    page = alice.post(reverse("filter-new"), {**TYPED, "part": "drop-rule-0"}).content.decode()
    assert 'name="rule-1-criterion"' not in page
    assert 'name="rule-0-value" value="^order"' in page
    assert 'name="rules" value="1"' in page

    page = alice.post(reverse("filter-new"), {**TYPED, "part": "drop-action-0"}).content.decode()
    assert 'name="action-0-subject" value="A refund"' in page
    page = alice.post(reverse("filter-new"), {**TYPED, "part": "drop-action-99"}).content.decode()
    assert 'name="action-1-subject" value="A refund"' in page
    assert not TicketFilter.objects.exists()


@pytest.mark.parametrize(
    "odd", [{"rules": "x"}, {"rules": "-1"}, {"rules": "999999999"}, {"rule-0-criterion": "colour"}]
)
def test_d4_forms_nobody_would_send_are_refused_calmly(alice: Client, odd: dict[str, str]) -> None:
    assert alice.post(reverse("filter-new"), {**TYPED, **odd}).status_code in {302, 422}


def test_d3_the_list_shows_the_order_and_changes_it(alice: Client) -> None:
    first, second = a_filter("First"), a_filter("Second", ActionSetup("priority", "high"))
    page = alice.get(reverse("filters")).content.decode()
    assert page.index("First") < page.index("Second")
    assert "Subject contains “First”" in page
    assert "Set priority: high" in page

    alice.post(reverse("filter-place", args=[second.pk]), {"move": "up"})
    assert [row.name for row in filters.stored()] == ["Second", "First"]
    alice.post(reverse("filter-place", args=[second.pk]), {"move": "down"})
    assert [row.name for row in filters.stored()] == ["First", "Second"]

    alice.post(reverse("filter-acts"), {"row": [first.pk], "act": "disable"})
    assert not TicketFilter.objects.get(pk=first.pk).is_active
    assert (
        "Delete 1 filter" in alice.post(reverse("filter-acts"), {"row": [first.pk], "act": "delete"}).content.decode()
    )
    alice.post(reverse("filter-acts"), {"row": [first.pk], "act": "delete", "confirmed": "yes"})
    assert TicketFilter.objects.get() == second
    assert alice.post(reverse("filter-acts"), {"act": "delete"}).status_code == 409


def test_d6_a_filter_that_names_something_gone_is_flagged_and_can_be_mended(alice: Client) -> None:
    gone = Department.objects.create(name="Warehouse")
    HelpTopic.objects.create(name="Old")
    row = a_filter("Parcels", ActionSetup("department", "Warehouse"), ActionSetup("help_topic", "Old"))
    gone.delete()
    HelpTopic.objects.update(is_active=False)

    listed = alice.get(reverse("filters")).content.decode()
    assert "Set department: “Warehouse” was deleted, so the filter does not run." in listed
    assert "Does not run" in listed
    edited = alice.get(reverse("filter", args=[row.pk])).content.decode()
    assert "Warehouse (not available any more)" in edited
    assert "Old (not available any more)" in edited


def test_d7_a_filter_is_tried_from_the_editor_and_comes_back_as_it_was_typed(alice: Client) -> None:
    builders.a_spooled_mail(builders.a_mail("Refund please"), outcome="ticket")
    response = alice.post(reverse("filter-new"), {**TYPED, "rules": "1", "act": "try"})
    trial = FilterTrial.objects.get()
    assert response.headers["Location"] == reverse("filter-trial", args=[trial.pk])
    waiting = alice.get(response.headers["Location"])
    assert "Waiting for a worker" in waiting.content.decode()
    assert waiting.headers["Refresh"] == "3"

    filter_trial.try_filter(trial.pk)
    done = alice.get(response.headers["Location"])
    page = done.content.decode()
    assert "Refresh" not in done.headers
    assert "<strong>1 of 1</strong>" in page
    assert "Refund please" in page
    assert not TicketFilter.objects.exists()

    back = alice.get(reverse("filter-new"), {"trial": trial.pk}).content.decode()
    assert 'value="A refund"' in back
    assert "data-unsaved" in back


def test_d7_a_filter_that_is_wrong_is_not_tried(alice: Client) -> None:
    response = alice.post(reverse("filter-new"), {**TYPED, "name": "", "act": "try"})
    assert response.status_code == 422
    assert not FilterTrial.objects.exists()


def test_d7_the_ticket_tells_what_a_filter_did(alice: Client) -> None:
    ticket = builders.a_ticket()
    data = {"filter": "Refunds", "why": "Subject contains “refund”", "did": ["set priority to high"]}
    builders.an_event(ticket, "ticket.filtered", data=data)
    page = alice.get(reverse("ticket", args=[ticket.number])).content.decode()
    assert "Ticket Filter “Refunds” set priority to high" in page
    assert "Subject contains “refund”" in page


def test_d5_an_administrator_writes_a_filter_by_keyboard_and_mouse(open_page: Callable[..., Page]) -> None:
    builders.a_department("Support", is_default=True)
    alice = builders.alice()
    page = open_page()
    sign_in(page, alice)
    page.goto("/panel/filters")
    page.get_by_role("link", name="Add filter").first.click()
    page.get_by_label("Name").fill("Refunds")
    first = page.get_by_role("group", name="Rule 1")
    first.get_by_label("What").select_option("header")
    expect(first.get_by_label("Header field")).to_be_visible()
    first.get_by_label("What").select_option("subject")
    expect(first.get_by_label("Header field")).to_be_hidden()
    first.get_by_label("How").select_option("contains")
    first.get_by_label("Value").fill("refund")
    page.get_by_role("button", name="Add a rule").click()
    second = page.get_by_role("group", name="Rule 2")
    expect(second.get_by_label("What")).to_be_focused()
    expect(second.get_by_label("Header field")).to_be_hidden()
    second.get_by_role("button", name="Take rule 2 away").click()
    expect(second).to_have_count(0)
    expect(first.get_by_label("Value")).to_have_value("refund")
    action = page.get_by_role("group", name="Action 1")
    action.get_by_label("What it does").select_option("priority")
    action.get_by_label("Set priority").select_option("high")
    accessible(page)
    page.get_by_label("Set priority").press("Tab")
    page.get_by_role("button", name="Save", exact=True).last.click()
    page.wait_for_url("**/panel/filters")
    expect(page.get_by_text("The filter “Refunds” is saved.")).to_be_visible()
    accessible(page)
    assert filter_setup(filters.stored().get()).actions == (ActionSetup("priority", "high"),)
