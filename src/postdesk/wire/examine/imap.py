"""Examine an IMAP mailbox: from the name of its host to the number of messages in the folder (RFC 3501)."""

from __future__ import annotations

import datetime as dt
import ssl
from typing import Final

from postdesk.basics.errors import Rejected, WireError
from postdesk.wire.endpoint import Endpoint
from postdesk.wire.errors import words
from postdesk.wire.examine import reach
from postdesk.wire.examine.counting import MOST_DATED, counted
from postdesk.wire.examine.reach import NetworkVisit
from postdesk.wire.examine.visit import STEP, WHOLE, Found, Step
from postdesk.wire.imap import ImapSource
from postdesk.wire.imap_link import Client, greeted, hang_up, log_in, upgraded
from postdesk.wire.imap_talk import Talk
from postdesk.wire.login import Login

_MOST_FOLDERS = 12


class ImapVisit(NetworkVisit):
    """`archive_folder`: where fetched mail moves to, "" when none is used; `taken_from`: older mail would be left."""

    protocol = "imap"

    def __init__(
        self,
        endpoint: Endpoint,
        login: Login,
        *,
        folder: str = "",
        archive_folder: str = "",
        taken_from: dt.datetime | None = None,
        step: float = STEP,
        whole: float = WHOLE,
    ) -> None:
        super().__init__(endpoint, step=step, whole=whole)
        self.login, self.folder, self.archive_folder = login, folder or "INBOX", archive_folder
        self.taken_from = taken_from
        self._client: Client | None = None
        self._talk: Talk | None = None
        self._source: ImapSource | None = None

    @property
    def client(self) -> Client:
        """The connection, in the steps after the greeting."""
        assert self._client is not None
        return self._client

    @client.setter
    def client(self, client: Client) -> None:
        self._client = client

    @property
    def source(self) -> ImapSource:
        """The mailbox, in the steps after the login; each step's time is what is left."""
        if self._talk is None or self._source is None:
            self._talk = Talk(self.client, self.endpoint.host, self.patience())
            self._source = ImapSource(self._talk)
        self._talk.timeout = self.patience()
        return self._source

    def leave(self) -> None:
        """Log out, or hang up when it did not come so far."""
        if self._source is not None:
            self._source.close()
        elif self._client is not None:
            hang_up(self._client.link)
        super().leave()

    def forget(self) -> None:
        """As before the first step."""
        super().forget()
        self._client = self._talk = self._source = None


def _greeting(visit: ImapVisit) -> Found:
    visit.client = greeted(visit.connected, visit.endpoint, visit.patience())
    able = ", ".join(sorted(visit.client.link.capabilities))
    return Found(f"Before the login it can do: {words(able)}.", said=words(visit.client.link.welcome))


def _starttls(visit: ImapVisit) -> Found:
    if not upgraded(visit.client, visit.endpoint, visit.patience()):
        return reach.not_encrypted(visit.endpoint)
    visit.sock = visit.client.link.sock
    return reach.encrypted(visit.endpoint, visit.sock)


def _login(visit: ImapVisit) -> Found:
    encrypted = isinstance(visit.client.link.sock, ssl.SSLSocket)
    done = log_in(visit.client, visit.endpoint, visit.login, visit.patience(), encrypted=encrypted)
    return Found(f"Signed in as {visit.login.username} by {done.mechanism}.", said=done.said)


def _folder(visit: ImapVisit) -> Found:
    try:
        visit.source.select(visit.folder, readonly=True)
    except Rejected as error:
        raise Rejected(f"{error.text} (there are: {_names(visit)})", blames="mailbox") from error
    return Found(f"{visit.folder} can be opened.")


def _count(visit: ImapVisit) -> Found:
    number = visit.source.message_count
    keys = [one.key for one in visit.source.listing()] if 0 < number <= MOST_DATED else []
    return counted(number, visit.source.received(keys) if keys else {}, visit.taken_from)


def _archive(visit: ImapVisit) -> Found:
    if not visit.archive_folder:
        return Found("Fetched mail is not moved.", state="skipped")
    if visit.source.folder_exists(visit.archive_folder):
        return Found(f"{visit.archive_folder} is there.")
    visit.source.create_folder(visit.archive_folder)
    return Found(f"{visit.archive_folder} was not there and has been created.")


def _push(visit: ImapVisit) -> Found:
    able = visit.source.capabilities
    if "IDLE" in able:
        return Found("The server tells of new mail by itself (IDLE).")
    return Found("The server does not tell of new mail (IDLE); it is asked every few minutes.", state="skipped")


def _names(visit: ImapVisit) -> str:
    try:
        names = visit.source.folder_names()
    except WireError:
        return "no list of folders"
    more = ", …" if len(names) > _MOST_FOLDERS else ""
    return words(", ".join(names[:_MOST_FOLDERS])) + more


_FIND: Final[Step[ImapVisit]] = Step("name", "Find the address of the server", reach.find)
_REACH: Final[Step[ImapVisit]] = Step("tcp", "Reach the server", reach.reach)
_GREETING: Final[Step[ImapVisit]] = Step("greeting", "Hear the server's greeting", _greeting)
_MAILBOX: Final[tuple[Step[ImapVisit], ...]] = (
    Step("login", "Sign in", _login),
    Step("folder", "Open the mail folder", _folder),
    Step("count", "Count the messages", _count, bars=False),
    Step("archive", "Find or create the folder for fetched mail", _archive, bars=False),
    Step("push", "Ask whether the server tells of new mail", _push, bars=False),
)
#: In the order in which things happen on the wire: TLS from the first byte comes before the greeting, STARTTLS after.
IMPLICIT_TLS: Final[tuple[Step[ImapVisit], ...]] = (
    _FIND,
    _REACH,
    Step("tls", "Encrypt the connection", reach.encrypt),
    _GREETING,
    *_MAILBOX,
)
UPGRADED: Final[tuple[Step[ImapVisit], ...]] = (
    _FIND,
    _REACH,
    _GREETING,
    Step("tls", "Encrypt the connection (STARTTLS)", _starttls),
    *_MAILBOX,
)
