"""Aliases of an Email: other addresses that its mail is written to. None may be somebody else's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from postdesk.basics.errors import Invalid
from postdesk.mailroom.connect import EmailSetup
from postdesk.mailroom.models import Email, MailSettings
from postdesk.people.models import Agent


def alias_problems(setup: EmailSetup, taken: Mapping[str, str]) -> Iterator[Invalid]:
    """What is wrong with the aliases. `taken`: addresses that are somebody's, lower case, and the words for it."""
    for alias in setup.aliases:
        if alias == setup.address.lower():
            yield Invalid("aliases", f"{alias} is the address itself")
        elif alias in taken:
            yield Invalid("aliases", f"{alias} {taken[alias]}")
    if setup.address.lower() in taken and taken[setup.address.lower()].startswith("is an alias"):
        yield Invalid("address", f"{setup.address} {taken[setup.address.lower()]}")


def taken_addresses(*, apart_from: Email | None) -> dict[str, str]:
    """Every address that is somebody's, but for those of the Email given."""
    settings = MailSettings.objects.filter(pk=1).first()
    others = Email.objects.exclude(pk=apart_from.pk) if apart_from else Email.objects.all()
    taken = {settings.admin_email.lower(): "is the admin email"} if settings and settings.admin_email else {}
    taken |= {agent.lower(): "is an agent's own address" for agent in Agent.objects.values_list("email", flat=True)}
    for address, aliases in others.values_list("address", "aliases"):
        taken |= dict.fromkeys(aliases, f"is an alias of {address}")
        taken[address.lower()] = "is an address of the desk"
    return taken
