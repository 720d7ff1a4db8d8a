"""What waits for a person's decision, as far as an agent may see it."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from postdesk.mailroom.models import Letter, RemoteMailbox, SpooledMail
from postdesk.mailroom.models.outbox import State
from postdesk.mailroom.models.spool import Outcome
from postdesk.people.models import Agent
from postdesk.people.permissions import may, rights
from postdesk.tickets.models import Department, KnownMessageId, NewTicketSettings
from postdesk.tickets.queries import bounds


def held_mail(agent: Agent) -> QuerySet[SpooledMail]:
    """Held and shunted mail, newest first, of the addresses that write to the agent's departments."""
    held = SpooledMail.objects.filter(outcome__in=(Outcome.HELD, Outcome.SHUNTED)).order_by("-id")
    if agent.is_admin:
        return held
    allowed = rights(agent)
    theirs = [pk for pk in allowed.departments if allowed.allow("held.read", pk)]
    directly = Q(mailbox__email__new_tickets__department__in=theirs)
    if Department.objects.filter(is_default=True, pk__in=theirs).exists():
        directly |= Q(mailbox__isnull=True) | Q(mailbox__email__new_tickets__department__isnull=True)
    return held.filter(directly)


def department_of(mail: SpooledMail) -> int | None:
    """The department whose mail it would be, by the address whose mailbox it was in; else the default one."""
    news = NewTicketSettings.objects.filter(email__mailbox=mail.mailbox_id, department__isnull=False)
    found = news.values_list("department", flat=True).first() if mail.mailbox_id else None
    return found or Department.objects.filter(is_default=True).values_list("pk", flat=True).first()


def may_steer(agent: Agent, letter: Letter) -> bool:
    """Whether the agent's role says so in the department of a ticket it is about."""
    allowed = rights(agent)
    about = KnownMessageId.objects.filter(letter=letter).values_list("ticket__department", flat=True)
    return agent.is_admin or any(allowed.allow("outbox.steer", department) for department in about)


def letters_of(agent: Agent) -> QuerySet[Letter]:
    """The letters about tickets the agent may see, newest first, without their bytes."""
    letters = Letter.objects.defer("raw").order_by("-id")
    if agent.is_admin:
        return letters
    about = KnownMessageId.objects.filter(bounds(agent, "ticket__"), letter=OuterRef("pk"))
    return letters.filter(Exists(about))


def unsettled_letters(agent: Agent) -> QuerySet[Letter]:
    """Letters somebody should look at: perhaps sent, or without a way out."""
    stuck = Q(state=State.UNCERTAIN) | Q(state__in=(State.QUEUED, State.DEFERRED), account__isnull=True)
    return letters_of(agent).filter(stuck)


def failing_mailboxes(agent: Agent) -> QuerySet[RemoteMailbox]:
    """Mailboxes whose last fetch failed; only those who may read them see any."""
    if not may(agent, "mailbox.read"):
        return RemoteMailbox.objects.none()
    return RemoteMailbox.objects.filter(status=True, paused_at__isnull=True, failures__gt=0)
