"""Move or delete messages of the selected IMAP folder, and never any others.

    the server has    move                              delete
    MOVE              UID MOVE                          \\Deleted + UID EXPUNGE
    UIDPLUS only      COPY, \\Deleted + UID EXPUNGE      \\Deleted + UID EXPUNGE
    neither           COPY, \\Deleted + EXPUNGE*         \\Deleted + EXPUNGE*

(RFC 6851, RFC 4315.) * A plain EXPUNGE removes whatever is flagged \\Deleted. So the flags that others set are taken
off just before and put back just after. What somebody flags in the milliseconds between that look and the EXPUNGE
goes with it: such a server offers no way around.
"""

from __future__ import annotations

from imapclient import DELETED

from postdesk.basics.errors import Rejected
from postdesk.wire.imap_folders import Folders
from postdesk.wire.imap_talk import Talk, uids_in


def move(talk: Talk, folders: Folders, uid_set: str, folder: str) -> None:
    """Move to a folder, which is made when it is missing.

    Without MOVE it is a copy and a deletion; when the connection breaks in between, both are there and the next try
    copies again. Better twice than not at all.
    """
    try:
        gone = _carry(talk, uid_set, folders.name(folder))
    except Rejected:
        with talk("list"):
            found = folders.find(folder)
        if found == folder:
            raise
        with talk("create"):
            folders.create(folder)
        gone = _carry(talk, uid_set, folders.name(folder))
    if not gone:
        remove(talk, uid_set)


def _carry(talk: Talk, uid_set: str, target: str) -> bool:
    """Move, or copy where the server cannot move; whether the messages have left this folder."""
    with talk("move"):
        if talk.client.has_capability("MOVE"):
            talk.client.move(uid_set, target)
            return True
        talk.client.copy(uid_set, target)
        return False


def remove(talk: Talk, uid_set: str) -> None:
    """Delete."""
    client = talk.client
    with talk("delete"):
        client.add_flags(uid_set, [DELETED], silent=True)
        if client.has_capability("UIDPLUS"):
            client.uid_expunge(uid_set)
            return
        ours = uids_in(uid_set)
        others = [uid for uid in client.search("DELETED") if uid not in ours]
        if others:
            client.remove_flags(others, [DELETED], silent=True)
        try:
            client.expunge()
        finally:
            if others:
                client.add_flags(others, [DELETED], silent=True)
