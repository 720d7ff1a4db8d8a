"""Moving and deleting on servers with and without MOVE and UIDPLUS: these messages, and never any others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from postdesk.basics.errors import Rejected
from postdesk.wire.endpoint import Endpoint
from postdesk.wire.imap import ImapSource, open_imap
from postdesk.wire.login import Login
from tests.support.certificates import Certificates
from tests.support.dovecot import PASSWORD, Dovecot

ARCHIVE = "Bearbeitet/Büro"
CAPABILITIES = {"move": None, "uidplus": "IMAP4rev1 LITERAL+ UIDPLUS", "bare": "IMAP4rev1"}


def mail(number: int) -> bytes:
    return b"Subject: %d\r\n\r\nText.\r\n" % number


@pytest.fixture(scope="module", params=list(CAPABILITIES))
def server(request: pytest.FixtureRequest, dovecot: Dovecot, certificates: Certificates) -> Iterator[Dovecot]:
    """A server with MOVE, one with UIDPLUS only, one with neither."""
    capability = CAPABILITIES[request.param]
    if capability is None:
        yield dovecot
        return
    with Dovecot(certificates=certificates, capability=capability) as limited:
        yield limited


def opened(server: Dovecot, user: str, *, readonly: bool = False) -> ImapSource:
    source = open_imap(Endpoint("127.0.0.1", server.imap, "plain"), Login(user, PASSWORD), timeout=10)
    source.select("INBOX", readonly=readonly)
    return source


def raws(server: Dovecot, user: str, folder: str = "INBOX") -> list[bytes]:
    return [one.raw for one in server.mails(user, folder)]


def test_s9_moved_messages_are_in_the_archive_folder_and_nowhere_else(server: Dovecot) -> None:
    for number in range(1, 6):
        server.drop("mover", mail(number), flags="F" if number == 2 else "")
    with opened(server, "mover") as source:
        source.settle([2, 3, 5], "move", ARCHIVE)
        assert [one.key for one in source.listing()] == [1, 4]
    assert raws(server, "mover") == [mail(1), mail(4)]
    archived = server.mails("mover", ARCHIVE)
    assert [one.raw for one in archived] == [mail(2), mail(3), mail(5)]
    assert [sorted(one.flags - {"\\Recent"}) for one in archived] == [["\\Flagged"], [], []]


@pytest.mark.parametrize("how", ["move", "delete"])
def test_mail_that_others_flagged_as_deleted_stays_and_stays_flagged(server: Dovecot, how: str) -> None:
    user = f"others-{how}"
    for number in range(1, 6):
        server.drop(user, mail(number), flags="T" if number in (1, 4) else "")
    with opened(server, user) as source:
        source.settle([2, 5], how, ARCHIVE)  # type: ignore[arg-type]
    left = server.mails(user)
    assert [(one.raw, "\\Deleted" in one.flags) for one in left] == [
        (mail(1), True),
        (mail(3), False),
        (mail(4), True),
    ]


def test_a_message_others_flagged_is_settled_when_it_is_one_of_ours(server: Dovecot) -> None:
    server.drop("both", mail(1), flags="T")
    server.drop("both", mail(2), flags="T")
    with opened(server, "both") as source:
        source.settle([1], "delete")
    assert raws(server, "both") == [mail(2)]


def test_settling_what_is_gone_already_is_no_error(server: Dovecot) -> None:
    server.drop("settled-again", mail(1))
    with opened(server, "settled-again") as source:
        source.settle([1], "delete")
        source.settle([1, 99], "delete")
        source.settle([1, 99], "move", ARCHIVE)
    assert raws(server, "settled-again") == []
    assert raws(server, "settled-again", ARCHIVE) == []


def test_a_folder_opened_readonly_is_reopened_when_mail_has_to_be_moved(server: Dovecot) -> None:
    server.drop("reopened", mail(1))
    with opened(server, "reopened", readonly=True) as source:
        source.settle([one.key for one in source.listing()], "move", ARCHIVE)
    assert raws(server, "reopened", ARCHIVE) == [mail(1)]


def test_a_move_needs_a_folder_and_one_that_can_be_made(dovecot: Dovecot) -> None:
    dovecot.drop("nowhere", mail(1))
    with opened(dovecot, "nowhere") as source:
        with pytest.raises(Rejected, match="no archive folder"):
            source.settle([1], "move", None)
        with pytest.raises(Rejected):
            source.settle([1], "move", "a//b")
        assert [one.key for one in source.listing()] == [1]
    assert raws(dovecot, "nowhere") == [mail(1)]


def test_a_thousand_messages_with_gaps_are_deleted_and_the_rest_stays(dovecot: Dovecot) -> None:
    for number in range(1, 1201):
        dovecot.drop("many", mail(number))
    with opened(dovecot, "many") as source:
        source.settle([n for n in range(1, 1201) if n % 6], "delete")
        assert [one.key for one in source.listing()] == list(range(6, 1201, 6))
