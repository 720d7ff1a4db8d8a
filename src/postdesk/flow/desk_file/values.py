"""What is wrong with a remote mailbox or an outgoing account, decided from its values alone: for file and forms."""

from __future__ import annotations

from collections.abc import Iterator

from postdesk.basics.errors import Invalid
from postdesk.mailroom.connect import MailboxSetup, SmtpSetup
from postdesk.wire.endpoint import WireProtocol, read_endpoint

_NOT_YET = "OAuth2 is not available yet"


def mailbox_problems(setup: MailboxSetup, *, has_password: bool) -> Iterator[Invalid]:
    """Each problem with the field it belongs to. `has_password`: given now, or stored already."""
    yield from _endpoint_problems(setup, "pop3" if setup.protocol == "pop3" else "imap")
    yield from _folder_problems(setup)
    if setup.auth != "basic":
        yield Invalid("auth", _NOT_YET)
    elif setup.status and not has_password:
        yield Invalid("password", 'is required (or password_env, or password_file) with auth = "basic"')


def smtp_problems(
    setup: SmtpSetup, *, mailbox: MailboxSetup | None, has_password: bool, given: frozenset[str] = frozenset()
) -> Iterator[Invalid]:
    """As above. `mailbox`: the address's own, whose login *Same As Remote Mailbox* uses; `given`: set keys."""
    yield from _endpoint_problems(setup, "smtp")
    if setup.auth.startswith("oauth2"):
        yield Invalid("auth", _NOT_YET)
    elif setup.auth == "mailbox" and mailbox is None:
        yield Invalid("auth", 'is "mailbox", but the address has no remote mailbox: say "none" or "basic"')
    elif setup.auth == "basic" and setup.status and not has_password:
        yield Invalid("password", 'is required (or password_env, or password_file) with auth = "basic"')
    if setup.auth in {"mailbox", "none"}:
        for name in sorted(given & {"username", "password"}):
            yield Invalid(name, f'is not used with auth = "{setup.auth}": say auth = "basic", or leave it out')


def _endpoint_problems(setup: MailboxSetup | SmtpSetup, protocol: WireProtocol) -> Iterator[Invalid]:
    try:
        read_endpoint(setup.host, setup.port, protocol)
    except Invalid as problem:
        yield problem


def _folder_problems(setup: MailboxSetup) -> Iterator[Invalid]:
    if setup.protocol == "pop3":
        if setup.folder:
            yield Invalid("folder", "POP mail servers do not support folders: leave it empty")
        if setup.fetched == "move":
            yield Invalid("fetched", 'POP mail servers do not support folders: say "delete" or "nothing"')
        return
    if setup.fetched == "move" and not setup.archive_folder:
        yield Invalid("archive_folder", 'is required with fetched = "move"')
    # Names are compared without case, as INBOX always is (RFC 3501 section 5.1): a server may take them for one.
    folder = setup.folder or "INBOX"
    if setup.archive_folder.casefold() == folder.casefold():
        yield Invalid("archive_folder", f"cannot be the same as the fetched folder ({folder})")
