"""Addresses of the administrators' screens; navigation.py says in which order they are shown."""

from __future__ import annotations

from django.urls import URLPattern, path

from postdesk.web.panel import (
    audit_log,
    bans,
    diagnostic,
    email,
    email_checks,
    email_proposals,
    email_settings,
    emails,
    errands,
    filters,
    held,
    mailboxes,
    outbox,
    roles,
    start,
    trace,
)
from postdesk.web.panel.agent_things import AGENTS
from postdesk.web.panel.desk_things import THINGS as DESK
from postdesk.web.panel.service_things import THINGS as SERVICE
from postdesk.web.panel.staff_things import THINGS as STAFF
from postdesk.web.panel.things import addresses

urlpatterns: list[URLPattern] = [
    path("panel", start.show, name="panel"),
    path("panel/emails", emails.show, name="emails"),
    path("panel/emails/new", email.new, name="email-new"),
    path("panel/emails/acts", emails.acts, name="email-acts"),
    path("panel/emails/<int:pk>", email.one, name="email"),
    path("panel/emails/<int:pk>/proposals", email_proposals.ask, name="email-proposals"),
    path("panel/emails/<int:pk>/proposals/<int:errand>", email_proposals.show, name="email-proposal"),
    path("panel/emails/<int:pk>/checks", email_checks.ask, name="email-checks"),
    path("panel/diagnostic", diagnostic.show, name="diagnostic"),
    path("panel/diagnostic/tests", diagnostic.tests, name="diagnostic-tests"),
    path("panel/diagnostic/round-trips", diagnostic.round_trips, name="diagnostic-round-trips"),
    path("panel/errands/<int:pk>", errands.show, name="errand"),
    path("panel/banlist", bans.show, name="banlist"),
    path("panel/banlist/acts", bans.acts, name="ban-acts"),
    path("panel/banlist/new", bans.new, name="ban-new"),
    path("panel/banlist/import", bans.imports, name="ban-import"),
    path("panel/banlist/export", bans.export, name="ban-export"),
    path("panel/banlist/<int:pk>", bans.one, name="ban"),
    path("panel/filters", filters.show, name="filters"),
    path("panel/filters/acts", filters.acts, name="filter-acts"),
    path("panel/filters/new", filters.new, name="filter-new"),
    path("panel/filters/<int:pk>", filters.one, name="filter"),
    path("panel/filters/<int:pk>/place", filters.place, name="filter-place"),
    path("panel/filters/trials/<int:pk>", filters.trial, name="filter-trial"),
    path("panel/email-settings", email_settings.show, name="email-settings"),
    path("panel/trace", trace.show, name="trace"),
    path("panel/roles/permissions", roles.permissions, name="role-permissions"),
    *(one for thing in (AGENTS, *STAFF, *DESK, *SERVICE) for one in addresses(thing)),
    path("panel/audit-log", audit_log.show, name="audit-log"),
    path("panel/mailboxes", mailboxes.show, name="mailboxes"),
    path("panel/mailboxes/<int:pk>/fetches", mailboxes.fetches, name="mailbox-fetches"),
    path("panel/mailboxes/<int:pk>/pause", mailboxes.pause, name="mailbox-pause"),
    path("panel/mailboxes/<int:pk>/resumption", mailboxes.resumption, name="mailbox-resumption"),
    path("panel/held", held.show, name="held"),
    path("panel/held/<int:pk>", held.one, name="held-mail"),
    path("panel/held/<int:pk>/source", held.source, name="held-source"),
    path("panel/held/<int:pk>/retries", held.retries, name="held-retries"),
    path("panel/held/<int:pk>/tickets", held.tickets, name="held-tickets"),
    path("panel/held/<int:pk>/discarding", held.discarding, name="held-discarding"),
    path("panel/outbox", outbox.show, name="outbox"),
    path("panel/outbox/<int:pk>/retries", outbox.retries, name="letter-retries"),
    path("panel/outbox/<int:pk>/cancellation", outbox.cancellation, name="letter-cancellation"),
    path("panel/outbox/<int:pk>/delivery", outbox.delivery, name="letter-delivery"),
    path("panel/outbox/<int:pk>/sendings", outbox.sendings, name="letter-sendings"),
]
