"""IMAP folders by the names people write.

Names are Unicode (IMAPClient does the modified UTF-7 of RFC 3501 section 5.1.3). A name is tried as written first; then
as the server would write it: "/" replaced by its own delimiter, its personal namespace in front (RFC 2342).
"""

from __future__ import annotations

import imaplib
from collections.abc import Iterable

from postdesk.wire.imap_link import Client

_NOT_SELECTABLE = frozenset({b"\\NOSELECT", b"\\NONEXISTENT"})


class Folders:
    """The folders of a connection. Raises what imaplib raises; the caller translates and keeps the time."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[str, str] = {}
        self._delimiter: str | None = None
        self._prefix = ""

    def name(self, written: str) -> str:
        """The name to use for a folder; that of an earlier `find` or `create`, else as written."""
        return self._known.get(written, written)

    def find(self, written: str) -> str | None:
        """The server's name of a folder that can be opened; None when there is none."""
        for candidate in self._candidates(written):
            if self._lists(candidate):
                self._known[written] = candidate
                return candidate
        return None

    def names(self) -> list[str]:
        """All folders that can be opened, as the server names them."""
        listed = self._client.list_folders()
        return [str(name) for flags, _, name in listed if _is_selectable(flags)]

    def create(self, written: str) -> None:
        """Make a folder with the folders above it, and subscribe to it; nothing to do when it is there."""
        name = self.find(written) or self._create_first(written)
        self._known[written] = name
        self._subscribe(name)

    def _create_first(self, written: str) -> str:
        failure: imaplib.IMAP4.error | None = None
        for candidate in self._candidates(written):
            try:
                self._create_path(candidate)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error as error:
                failure = failure or error
            else:
                return candidate
        raise failure or imaplib.IMAP4.error("CREATE failed")

    def _create_path(self, name: str) -> None:
        """CREATE makes the folders above as well, says RFC 3501 section 6.3.3 with a *should*; so they are tried."""
        try:
            self._client.create_folder(name)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            if self._lists(name):
                return
            delimiter = self._delimiter or "/"
            parts = name.split(delimiter)
            if len(parts) == 1:
                raise
            for length in range(1, len(parts)):
                above = delimiter.join(parts[:length])
                if not self._lists(above):
                    self._create_quietly(above)
            self._client.create_folder(name)

    def _create_quietly(self, name: str) -> None:
        try:
            self._client.create_folder(name)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            return  # The folder that matters will say why.

    def _subscribe(self, name: str) -> None:
        try:
            self._client.subscribe_folder(name)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            return  # Subscriptions only decide what mail programs show.

    def _lists(self, name: str) -> bool:
        inbox = name.upper() == "INBOX"
        # The name is a pattern to LIST, so what comes back is compared.
        for flags, _, listed in self._client.list_folders("", name):
            same = listed == name or (inbox and str(listed).upper() == "INBOX")
            if same and _is_selectable(flags):
                return True
        return False

    def _candidates(self, written: str) -> list[str]:
        self._learn()
        names = [written]
        if written.upper() == "INBOX":
            return names
        own = written
        if self._delimiter and self._delimiter not in own:
            own = own.replace("/", self._delimiter)
        if not own.startswith(self._prefix):
            own = self._prefix + own
        return names if own == written else [written, own]

    def _learn(self) -> None:
        """Ask once for the delimiter (LIST "" "") and for the prefix of the user's own folders."""
        if self._delimiter is not None:
            return
        root = self._client.list_folders("", "")
        self._delimiter = (root[0][1] or b"").decode("ascii", "replace") if root else ""
        if "NAMESPACE" in self._client.capability_names():
            personal = self._client.namespace().personal
            self._prefix = str(personal[0][0]) if personal else ""


def _is_selectable(flags: Iterable[bytes]) -> bool:
    return not _NOT_SELECTABLE.intersection(flag.upper() for flag in flags)
