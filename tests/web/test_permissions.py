"""Who may open and do what: every URL of the program is in the matrix below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from postdesk.basics import clock
from postdesk.flow import consents, filter_trial
from postdesk.judge.filters.values import Rule
from postdesk.mailroom import authorisations, errands
from postdesk.mailroom.authorisations import OAuth2Setup
from postdesk.mailroom.bans import BanSetup, save_ban
from postdesk.mailroom.models import Authorisation, RemoteMailbox
from postdesk.people.models import Organisation, Role, Team
from postdesk.tickets.filter_setup import ActionSetup, FilterSetup
from postdesk.tickets.filters import save_filter
from postdesk.tickets.models import AllowedSender, CannedResponse, HelpTopic, PriorityLevel, Schedule, SlaPlan
from postdesk.tickets.wording import TemplateSetSetup, save_template_set
from tests.support import builders
from tests.web.conftest import signed_in


@dataclass(frozen=True)
class Row:
    """Method, and the status for nobody, charlie (other department), bob (same department), alice (admin)."""

    method: str
    nobody: int
    charlie: int
    bob: int
    alice: int
    data: dict[str, Any] | None = None


#: 302 for nobody is the way to the sign-in; 302 for agents is "done, look here".
MATRIX: dict[str, Row] = {
    "sign-in": Row("get", 200, 302, 302, 302),
    "sign-out": Row("post", 302, 302, 302, 302),
    # Nobody needs an account to consent; what a browser may see is what it began itself.
    "oauth2-callback": Row("get", 409, 409, 409, 409),
    "consent": Row("get", 404, 404, 404, 404),
    "consent-link": Row("get", 200, 200, 200, 200),
    "style-guide": Row("get", 302, 403, 403, 200),
    "queue": Row("get", 302, 200, 200, 200),
    "queue-changes": Row("get", 302, 200, 200, 200),
    "ticket": Row("get", 302, 404, 200, 200),
    "ticket-changes": Row("get", 302, 404, 200, 200),
    "ticket-replies": Row("post", 302, 404, 302, 302, {"text": "Water is on its way."}),
    "ticket-notes": Row("post", 302, 404, 302, 302, {"text": "Known problem."}),
    "ticket-messages": Row("post", 302, 404, 302, 302, {"text": "It still burns."}),
    "entry-resendings": Row("post", 302, 404, 409, 409),
    "new-ticket": Row("get", 302, 200, 200, 200),
    "ticket-closure": Row("post", 302, 404, 302, 302),
    "ticket-reopening": Row("post", 302, 404, 409, 409),
    "ticket-assignee": Row("post", 302, 404, 302, 302, {"agent": ""}),
    "ticket-department": Row("post", 302, 404, 409, 409, {"department": "0"}),
    "ticket-ban": Row("post", 302, 403, 403, 302),
    "ticket-ban-lifting": Row("post", 302, 403, 403, 409),
    "ticket-canned": Row("get", 302, 404, 200, 200),
    "ticket-canned-response": Row("get", 302, 404, 200, 200),
    "entry-splitting": Row("post", 302, 404, 409, 409),
    "entry-mail": Row("get", 302, 404, 200, 200),
    "entry-source": Row("get", 302, 404, 200, 200),
    "entry-headers": Row("get", 302, 404, 200, 200),
    "entry-readings": Row("post", 302, 404, 302, 302),
    "attachment": Row("get", 302, 404, 200, 200),
    "inline": Row("get", 200, 200, 200, 200),
    "panel": Row("get", 302, 403, 403, 302),
    "dashboard": Row("get", 302, 403, 403, 200),
    "diagnostic": Row("get", 302, 403, 403, 200),
    "diagnostic-tests": Row("post", 302, 403, 403, 422),
    "diagnostic-round-trips": Row("post", 302, 403, 403, 422),
    "errand": Row("get", 302, 403, 403, 200),
    "templates": Row("get", 302, 403, 403, 200),
    "template-set-new": Row("get", 302, 403, 403, 200),
    "template-set-acts": Row("post", 302, 403, 403, 409),
    "template-set": Row("get", 302, 403, 403, 200),
    "template-set-settings": Row("get", 302, 403, 403, 200),
    "template": Row("get", 302, 403, 403, 200),
    "template-preview": Row("post", 302, 403, 403, 200),
    "template-tests": Row("post", 302, 403, 403, 422),
    "template-reversion": Row("post", 302, 403, 403, 302),
    "autoresponder-settings": Row("get", 302, 403, 403, 200),
    "alert-settings": Row("get", 302, 403, 403, 200),
    "banlist": Row("get", 302, 403, 403, 200),
    "ban-acts": Row("post", 302, 403, 403, 409),
    "ban-new": Row("get", 302, 403, 403, 200),
    "ban-import": Row("get", 302, 403, 403, 200),
    "ban-export": Row("get", 302, 403, 403, 200),
    "ban": Row("get", 302, 403, 403, 200),
    "filters": Row("get", 302, 403, 403, 200),
    "filter-acts": Row("post", 302, 403, 403, 409),
    "filter-new": Row("get", 302, 403, 403, 200),
    "filter": Row("get", 302, 403, 403, 200),
    "filter-place": Row("post", 302, 403, 403, 302),
    "filter-trial": Row("get", 302, 403, 403, 200),
    "emails": Row("get", 302, 403, 403, 200),
    "email-new": Row("get", 302, 403, 403, 200),
    "email-acts": Row("post", 302, 403, 403, 302),
    "email": Row("get", 302, 403, 403, 200),
    "email-proposals": Row("post", 302, 403, 403, 200),
    "email-proposal": Row("get", 302, 403, 403, 200),
    "email-check": Row("get", 302, 403, 403, 200),
    "email-checks": Row("post", 302, 403, 403, 200),
    "authorization": Row("get", 302, 403, 403, 200),
    "authorization-consents": Row("post", 302, 403, 403, 302),
    "authorization-links": Row("post", 302, 403, 403, 200),
    "authorization-refreshes": Row("post", 302, 403, 403, 302),
    "authorization-deletion": Row("get", 302, 403, 403, 200),
    "credentials": Row("get", 302, 403, 403, 200),
    "email-settings": Row("get", 302, 403, 403, 200),
    "trace": Row("get", 302, 403, 403, 200),
    "agents": Row("get", 302, 403, 403, 200),
    "agent": Row("get", 302, 403, 403, 200),
    "agent-new": Row("get", 302, 403, 403, 200),
    "agent-acts": Row("post", 302, 403, 403, 302),
    "teams": Row("get", 302, 403, 403, 200),
    "team": Row("get", 302, 403, 403, 200),
    "team-new": Row("get", 302, 403, 403, 200),
    "team-acts": Row("post", 302, 403, 403, 302),
    "organisations": Row("get", 302, 403, 403, 200),
    "organisation": Row("get", 302, 403, 403, 200),
    "organisation-new": Row("get", 302, 403, 403, 200),
    "organisation-acts": Row("post", 302, 403, 403, 302),
    "roles": Row("get", 302, 403, 403, 200),
    "role": Row("get", 302, 403, 403, 200),
    "role-new": Row("get", 302, 403, 403, 200),
    "role-acts": Row("post", 302, 403, 403, 302),
    "departments": Row("get", 302, 403, 403, 200),
    "department": Row("get", 302, 403, 403, 200),
    "department-new": Row("get", 302, 403, 403, 200),
    "department-acts": Row("post", 302, 403, 403, 302),
    "help-topics": Row("get", 302, 403, 403, 200),
    "help-topic": Row("get", 302, 403, 403, 200),
    "help-topic-new": Row("get", 302, 403, 403, 200),
    "help-topic-acts": Row("post", 302, 403, 403, 302),
    "sla-plans": Row("get", 302, 403, 403, 200),
    "sla-plan": Row("get", 302, 403, 403, 200),
    "sla-plan-new": Row("get", 302, 403, 403, 200),
    "sla-plan-acts": Row("post", 302, 403, 403, 302),
    "schedules": Row("get", 302, 403, 403, 200),
    "schedule": Row("get", 302, 403, 403, 200),
    "schedule-new": Row("get", 302, 403, 403, 200),
    "schedule-acts": Row("post", 302, 403, 403, 302),
    "canned-responses": Row("get", 302, 403, 403, 200),
    "canned-response": Row("get", 302, 403, 403, 200),
    "canned-response-new": Row("get", 302, 403, 403, 200),
    "canned-response-acts": Row("post", 302, 403, 403, 302),
    "priorities": Row("get", 302, 403, 403, 200),
    "priority": Row("get", 302, 403, 403, 200),
    "audit-log": Row("get", 302, 403, 403, 200),
    "role-permissions": Row("post", 302, 403, 403, 302),
    "mailboxes": Row("get", 302, 403, 403, 200),
    "mailbox-fetches": Row("post", 302, 403, 403, 302),
    "mailbox-pause": Row("post", 302, 403, 403, 302),
    "mailbox-resumption": Row("post", 302, 403, 403, 409),
    "held": Row("get", 302, 200, 200, 200),
    "held-mail": Row("get", 302, 404, 200, 200),
    "held-source": Row("get", 302, 404, 200, 200),
    "held-retries": Row("post", 302, 403, 403, 302),
    "held-tickets": Row("post", 302, 403, 403, 302),
    "held-discarding": Row("post", 302, 403, 403, 302),
    "held-joins": Row("post", 302, 403, 403, 200),
    "held-allowances": Row("post", 302, 403, 403, 302),
    "held-acts": Row("post", 302, 403, 403, 302),
    "held-allowed": Row("get", 302, 403, 403, 200),
    "held-allowed-removal": Row("post", 302, 403, 403, 302),
    "outbox": Row("get", 302, 200, 200, 200),
    "letter-retries": Row("post", 302, 403, 403, 302),
    "letter-cancellation": Row("post", 302, 403, 403, 302),
    "letter-delivery": Row("post", 302, 403, 403, 409),
    "letter-sendings": Row("post", 302, 403, 403, 409),
}


def named(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from named(pattern.url_patterns)
        else:
            yield pattern.name or str(pattern.pattern)


def test_every_url_of_the_program_is_in_the_matrix() -> None:
    assert set(named(get_resolver().url_patterns)) == set(MATRIX)


@pytest.fixture
def addresses(db: None) -> dict[str, str]:
    """A ticket of Support with all that hangs on it, and the address of everything."""
    builders.a_department("Support", is_default=True)
    builders.a_desk_that_can_send()
    mailbox: RemoteMailbox = builders.a_mailbox()
    ticket = builders.a_ticket()
    spooled = builders.a_spooled_mail(outcome="ticket")
    entry = builders.an_entry(ticket, html="<p>It burns.</p>", spooled=spooled)
    picture = builders.an_attachment(entry, b"GIF89a", "fire.gif", "image/gif")
    held = builders.a_spooled_mail(mailbox=mailbox, uid=7)
    letter = builders.a_letter(ticket=ticket)
    arguments: dict[str, list[Any]] = {
        "attachment": [picture.pk],
        "inline": [signing.dumps(picture.pk, salt="postdesk.inline-image")],
        "entry-mail": [ticket.number, entry.pk],
        "entry-headers": [ticket.number, entry.pk],
        "entry-readings": [ticket.number, entry.pk],
        "entry-resendings": [ticket.number, entry.pk],
        "entry-source": [ticket.number, entry.pk],
        "entry-splitting": [ticket.number, entry.pk],
    }
    errand = errands.ask("check", {}, by=builders.alice(), at=builders.NOON)
    families = {
        "errand": errand.pk,
        "ticket": ticket.number,
        "mailbox": mailbox.pk,
        "held": held.pk,
        "letter": letter.pk,
    }
    arguments |= panel_arguments() | template_arguments() | consent_arguments(mailbox)
    arguments["ticket-canned-response"] = [ticket.number, arguments["canned-response"][0]]
    families["email"] = mailbox.email.pk
    arguments["email-check"] = arguments["email-proposal"] = [mailbox.email.pk, errand.pk]
    allowed = AllowedSender.objects.create(address="carol@example.com", allowed_at=builders.NOON)
    arguments["held-allowed-removal"] = [allowed.pk]
    whole = {"held", "held-acts", "held-allowed", "mailboxes", "emails", "email-new", "email-acts", "email-settings"}
    for name in MATRIX:
        family = families.get(name.split("-")[0])
        if name not in whole and family is not None:
            arguments.setdefault(name, [family])
    return {name: reverse(name, args=arguments.get(name)) for name in MATRIX}


def panel_arguments() -> dict[str, list[Any]]:
    """A ban, a filter and a trial of it."""
    ban, _ = save_ban(None, BanSetup("mallory@evil.example"), by="test", at=builders.NOON)
    setup = FilterSetup("Refunds", rules=(Rule("subject", "contains", "refund"),), actions=(ActionSetup("reject"),))
    one, _ = save_filter(None, setup, by="test", at=builders.NOON)
    trial = filter_trial.begin(setup, one, messages=1, by=builders.alice(), at=builders.NOON)
    return staff_arguments() | {
        "ban": [ban.pk],
        "filter": [one.pk],
        "filter-place": [one.pk],
        "filter-trial": [trial.pk],
    }


def consent_arguments(mailbox: RemoteMailbox) -> dict[str, list[Any]]:
    """An authorisation of the mailbox, somebody's consent to it, and a link for its owner."""
    mailbox.auth = "oauth2-google"
    mailbox.save()
    authorisations.save(mailbox, mailbox.auth, OAuth2Setup(client_id="desk"), by="test", at=builders.NOON)
    row = Authorisation.objects.get()
    begun = consents.begin(row, redirect_uri="http://desk.example.test/back", by=None, at=clock.now())
    word = consents.invite(row, by=builders.alice(), at=clock.now())
    pages = ("authorization", *(f"authorization-{act}" for act in ("consents", "links", "refreshes", "deletion")))
    where = {page: [mailbox.email.pk, "mailbox"] for page in pages}
    return {**where, "consent": [begun.consent.pk], "consent-link": [word]}


def staff_arguments() -> dict[str, list[Any]]:
    """One of each thing that has a page of its own."""
    schedule = Schedule.objects.create(name="Office", spans=[[0, "09:00", "17:00"]])
    things = {
        "agent": builders.bob(),
        "team": Team.objects.create(name="Night shift"),
        "organisation": Organisation.objects.create(name="Acme", created_at=builders.NOON),
        "role": Role.objects.get(name="View only"),
        "department": builders.a_department("Support"),
        "help-topic": HelpTopic.objects.create(name="Outage"),
        "sla-plan": SlaPlan.objects.create(name="Gold", grace_hours=4),
        "schedule": schedule,
        "canned-response": CannedResponse.objects.create(title="Thanks", text="Thank you.", updated_at=builders.NOON),
        "priority": PriorityLevel.objects.get(key="high"),
    }
    return {name: [row.pk] for name, row in things.items()}


def template_arguments() -> dict[str, list[Any]]:
    """A template set, and a message of it."""
    words, _ = save_template_set(None, TemplateSetSetup("Bikes"), by="test", at=builders.NOON)
    message = [words.pk, "ticket.reply"]
    editor = dict.fromkeys(("template", "template-preview", "template-tests", "template-reversion"), message)
    sets = {name: [words.pk] for name in ("template-set", "template-set-settings")}
    return {**editor, **sets}


@pytest.mark.parametrize("name", MATRIX)
@pytest.mark.parametrize("who", ["nobody", "charlie", "bob", "alice"])
def test_each_url_answers_each_person_as_the_matrix_says(name: str, who: str, addresses: dict[str, str]) -> None:
    client = Client() if who == "nobody" else signed_in(getattr(builders, who)())
    row = MATRIX[name]
    response = getattr(client, row.method)(addresses[name], row.data or {})
    assert response.status_code == getattr(row, who)
    if who == "nobody" and response.status_code == 302 and name != "sign-out":
        assert response.headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize("name", [name for name, row in MATRIX.items() if row.method == "post"])
def test_nothing_that_changes_something_can_be_done_by_following_a_link(name: str, addresses: dict[str, str]) -> None:
    assert signed_in(builders.alice()).get(addresses[name]).status_code == 405


@pytest.mark.parametrize("name", [name for name, row in MATRIX.items() if row.method == "post"])
def test_a_form_of_another_site_is_refused(name: str, addresses: dict[str, str]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(builders.alice())
    assert client.post(addresses[name]).status_code == 403


def test_an_agent_who_was_switched_off_is_asked_to_sign_in(addresses: dict[str, str]) -> None:
    agent = builders.bob()
    client = signed_in(agent)
    agent.is_active = False
    agent.save()
    assert client.get(addresses["queue"]).status_code == 302


def test_a_live_part_of_an_ended_session_is_told_to_sign_in(addresses: dict[str, str]) -> None:
    response = Client().get(addresses["queue-changes"], headers={"HX-Request": "true"})
    assert (response.status_code, response.headers["HX-Redirect"]) == (401, "/sign-in")
