"""Open a mailbox's server with what its row says: one interface for IMAP and POP3 (wire.source)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from postdesk.flow.tokens import access
from postdesk.grants.providers import AUTH
from postdesk.mailroom.logins import ca_of, secret_of, username_of
from postdesk.mailroom.models import Protocol, RemoteMailbox
from postdesk.mailroom.models.connections import Fetched
from postdesk.wire.endpoint import Endpoint, WireProtocol, read_endpoint
from postdesk.wire.imap import ImapSource, open_imap
from postdesk.wire.login import Login
from postdesk.wire.pop3 import Pop3Source, open_pop3

T = TypeVar("T")

#: Seconds a server may take for one answer, and the connections one process keeps to one host for fetching.
TIMEOUT, PER_HOST = 30.0, 6

_slots: dict[str, threading.BoundedSemaphore] = {}
_slots_lock = threading.Lock()


def endpoint_of(mailbox: RemoteMailbox) -> Endpoint:
    """Where the mailbox is. Raises Invalid or BrokenSetup when the row is wrong."""
    protocol: WireProtocol = "pop3" if mailbox.protocol == Protocol.POP3 else "imap"
    return read_endpoint(mailbox.host, mailbox.port, protocol, verify_tls=mailbox.verify_tls, ca_pem=ca_of(mailbox))


def login_of(mailbox: RemoteMailbox) -> Login:
    """Who signs in, with a token that is good now where it is OAuth2. Raises BrokenSetup, and WireError for a token."""
    if mailbox.auth in AUTH:
        return access.login(mailbox)
    return Login(username_of(mailbox), secret_of(mailbox))


@contextmanager
def slot(host: str) -> Iterator[bool]:
    """A place among the connections to one host; yields False when all are taken: a dead host holds few threads."""
    with _slots_lock:
        semaphore = _slots.setdefault(host, threading.BoundedSemaphore(PER_HOST))
    free = semaphore.acquire(blocking=False)
    try:
        yield free
    finally:
        if free:
            semaphore.release()


def open_imap_of(mailbox: RemoteMailbox) -> ImapSource:
    """A connection with the mailbox's folder selected: read-only when its mail is to be left as it is."""
    source = _signed_in(mailbox, open_imap)
    try:
        source.select(mailbox.folder_name, readonly=mailbox.fetched == Fetched.NOTHING)
    except BaseException:
        source.close()
        raise
    return source


def open_source(mailbox: RemoteMailbox) -> ImapSource | Pop3Source:
    """An open connection ready to list. Raises WireError in the server's words."""
    if mailbox.protocol == Protocol.POP3:
        return _signed_in(mailbox, open_pop3)
    return open_imap_of(mailbox)


def _signed_in(mailbox: RemoteMailbox, open_: Callable[..., T]) -> T:
    """Signed in; a token that the server refuses is replaced once."""
    endpoint, login = endpoint_of(mailbox), login_of(mailbox)
    if login.mechanism == "basic":
        return open_(endpoint, login, timeout=TIMEOUT)
    return access.signed_in(mailbox, lambda known: open_(endpoint, known, timeout=TIMEOUT), login)
