"""What is wrong with an Email's three tabs and with Emails > Settings, by their values alone: for file and forms."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from postdesk.basics.errors import Invalid
from postdesk.judge import file_limits
from postdesk.judge.trust_policy import server_problems
from postdesk.mailroom import first_fetch
from postdesk.mailroom.connect import MailboxSetup, SmtpSetup
from postdesk.mailroom.preferences import MailPreferences
from postdesk.tickets.arrange import NewTicketSetup
from postdesk.wire.endpoint import Endpoint, WireProtocol, read_endpoint

_FOLDERLESS = "POP mail servers do not support folders"
#: Ports that begin with TLS, and ports that begin in clear text: the other scheme cannot work on them.
_TLS_PORTS: Final = frozenset({465, 993, 995})
_CLEAR_PORTS: Final = frozenset({25, 110, 143, 587})


def address_problems(
    address: str, *, others: Collection[str], agents: Collection[str], admin_email: str
) -> Iterator[Invalid]:
    """An address of the desk is nobody else's. Everything in lower case but `address`."""
    same = address.lower()
    if same in others:
        yield Invalid("address", "Email already exists.")
    elif same in agents:
        yield Invalid("address", "Email in use by an agent.")
    elif same == admin_email and same:
        yield Invalid("address", "Email already used as admin email.")


def new_ticket_problems(
    setup: NewTicketSetup, stored: NewTicketSetup | None, *, departments: Collection[str], help_topics: Collection[str]
) -> Iterator[Invalid]:
    """Only what is active can be chosen anew; `departments` and `help_topics` are the active ones' names."""
    if (
        setup.department
        and setup.department not in departments
        and setup.department != getattr(stored, "department", "")
    ):
        yield Invalid("department", "Department selected must be active.")
    if (
        setup.help_topic
        and setup.help_topic not in help_topics
        and setup.help_topic != getattr(stored, "help_topic", "")
    ):
        yield Invalid("help_topic", "Help Topic selected must be active.")


def preference_problems(
    wanted: MailPreferences, *, addresses: Collection[str], senders: Collection[str]
) -> Iterator[Invalid]:
    """`addresses`: those of the desk and their aliases; `senders`: those with SMTP switched on. In lower case."""
    for name in ("default_email", "alert_email"):
        chosen = str(getattr(wanted, name))
        if chosen and chosen.lower() not in addresses:
            yield Invalid(name, f"{chosen} is not an address of the desk.")
    if wanted.admin_email and wanted.admin_email.lower() in addresses:
        yield Invalid("admin_email", "Email already setup as system email.")
    if wanted.default_mta and wanted.default_mta.lower() not in senders:
        yield Invalid("default_mta", f"{wanted.default_mta} has no Outgoing (SMTP) that is enabled.")
    yield from separator_problems(wanted)
    yield from file_type_problems(wanted)
    for words in server_problems(wanted.trusted_servers):
        yield Invalid("trusted_servers", words)


def separator_problems(wanted: MailPreferences) -> Iterator[Invalid]:
    """Without a separator nothing can be stripped at it."""
    if wanted.strip_quoted_reply and not wanted.reply_separator.strip():
        yield Invalid("reply_separator", "Reply separator is required while quoted replies are stripped.")


def file_type_problems(wanted: MailPreferences) -> Iterator[Invalid]:
    """Each word is an ending or a media type."""
    for name in ("accepted_file_types", "refused_file_types"):
        bad = file_limits.types(str(getattr(wanted, name)))[1]
        if bad:
            yield Invalid(name, f"{bad[0][:60]} is neither an ending like .pdf nor a media type like image/*.")


def mailbox_problems(setup: MailboxSetup, *, has_password: bool) -> Iterator[Invalid]:
    """Each problem with the field it belongs to. `has_password`: given now, or stored already."""
    yield from _endpoint_problems(setup, "pop3" if setup.protocol == "pop3" else "imap")
    yield from _folder_problems(setup)
    yield from first_fetch.problems(setup.first_fetch, setup.first_fetch_since)
    if setup.auth == "basic" and setup.status and not has_password:
        yield Invalid("password", "Password required: Basic Authentication signs in with it.")


def smtp_problems(
    setup: SmtpSetup, *, mailbox: MailboxSetup | None, has_password: bool, given: frozenset[str] = frozenset()
) -> Iterator[Invalid]:
    """As above. `mailbox`: the address's own, whose login *Same As Remote Mailbox* uses; `given`: set keys."""
    yield from _endpoint_problems(setup, "smtp")
    if setup.auth == "mailbox" and mailbox is None:
        yield Invalid(
            "auth", "Configure Mailbox Authentication: this address has no remote mailbox whose login to use."
        )
    elif setup.auth == "basic" and setup.status and not has_password:
        yield Invalid("password", "Password required: Basic Authentication signs in with it.")
    if setup.auth in {"mailbox", "none"}:
        for name in sorted(given & {"username", "password"}):
            yield Invalid(name, f'is not used with auth = "{setup.auth}": say auth = "basic", or leave it out')


def _endpoint_problems(setup: MailboxSetup | SmtpSetup, protocol: WireProtocol) -> Iterator[Invalid]:
    if not setup.host.strip():
        yield Invalid("host", "Host name required.")
        return
    try:
        endpoint = read_endpoint(setup.host, setup.port, protocol)
    except Invalid as problem:
        yield problem
    else:
        yield from _scheme_problems(endpoint)


def _scheme_problems(endpoint: Endpoint) -> Iterator[Invalid]:
    """A scheme that the port contradicts; other ports may be anything."""
    if endpoint.security == "tls" and endpoint.port in _CLEAR_PORTS:
        yield Invalid(
            "port", f"Port {endpoint.port} begins in clear text and ssl:// with TLS: use tls://, or a TLS port."
        )
    elif endpoint.security == "starttls" and endpoint.port in _TLS_PORTS:
        yield Invalid(
            "port", f"Port {endpoint.port} begins with TLS and tls:// in clear text: use ssl://, or another port."
        )


def _folder_problems(setup: MailboxSetup) -> Iterator[Invalid]:
    if setup.protocol == "pop3":
        if setup.folder:
            yield Invalid("folder", f"{_FOLDERLESS}: leave it empty.")
        if setup.fetched == "move":
            yield Invalid("fetched", f"{_FOLDERLESS}: choose to delete emails, or to do nothing.")
        return
    if setup.fetched == "move" and not setup.archive_folder:
        yield Invalid("archive_folder", "Valid folder required: where fetched emails are moved to.")
    # Names are compared without case, as INBOX always is (RFC 3501 section 5.1): a server may take them for one.
    folder = setup.folder or "INBOX"
    if setup.archive_folder.casefold() == folder.casefold():
        yield Invalid("archive_folder", f"Archive folder cannot be same as fetched folder ({folder}).")
