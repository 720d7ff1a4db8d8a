"""Addresses of the agents' screens: verbs are resources (POST /tickets/7/closure)."""

from __future__ import annotations

from django.urls import URLPattern, path

from postdesk.web.inbox import acts, bans, canned, files, new_ticket, queue, readings, ticket

urlpatterns: list[URLPattern] = [
    path("", queue.show, name="queue"),
    path("queue/changes", queue.changes, name="queue-changes"),
    path("tickets/new", new_ticket.show, name="new-ticket"),
    path("tickets/<int:number>", ticket.show, name="ticket"),
    path("tickets/<int:number>/changes", ticket.changes, name="ticket-changes"),
    path("tickets/<int:number>/replies", acts.reply, name="ticket-replies"),
    path("tickets/<int:number>/notes", acts.note, name="ticket-notes"),
    path("tickets/<int:number>/messages", acts.said, name="ticket-messages"),
    path("tickets/<int:number>/closure", acts.closure, name="ticket-closure"),
    path("tickets/<int:number>/reopening", acts.reopening, name="ticket-reopening"),
    path("tickets/<int:number>/assignee", acts.assignee, name="ticket-assignee"),
    path("tickets/<int:number>/canned", canned.responses, name="ticket-canned"),
    path("tickets/<int:number>/canned/<int:pk>", canned.response, name="ticket-canned-response"),
    path("tickets/<int:number>/department", acts.department, name="ticket-department"),
    path("tickets/<int:number>/ban", bans.ban, name="ticket-ban"),
    path("tickets/<int:number>/ban/lifting", bans.lift, name="ticket-ban-lifting"),
    path("tickets/<int:number>/entries/<int:entry>/mail", files.mail, name="entry-mail"),
    path("tickets/<int:number>/entries/<int:entry>/resendings", acts.resendings, name="entry-resendings"),
    path("tickets/<int:number>/entries/<int:entry>/splitting", acts.splitting, name="entry-splitting"),
    path("tickets/<int:number>/entries/<int:entry>/source", files.source, name="entry-source"),
    path("tickets/<int:number>/entries/<int:entry>/headers", readings.headers, name="entry-headers"),
    path("tickets/<int:number>/entries/<int:entry>/readings", readings.again, name="entry-readings"),
    path("attachments/<int:pk>", files.attachment, name="attachment"),
    path("inline/<str:token>", files.inline, name="inline"),
]
