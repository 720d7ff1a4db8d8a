"""Servers that misbehave in every way we know, all at once, beside one that works."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tests.support import peers
from tests.support.certificates import Certificates, Kind
from tests.support.desk import mail
from tests.support.desk_file import desk_file
from tests.support.dovecot import Dovecot
from tests.support.installation import Installation, wait_until
from tests.support.peers import Peer
from tests.support.sink import Sink


@dataclass(frozen=True)
class Bad:
    """A server, and what its mailbox's page must say. `hangs`: that takes our time-out of 30 seconds."""

    peer: Peer
    says: str
    hangs: bool = False


def bad_peers() -> dict[str, Bad]:
    """One of each."""
    return {
        "silent": Bad(peers.silent(), "no answer from the server within 30 s", hangs=True),
        "drips": Bad(peers.drips(), "no answer from the server within 30 s", hangs=True),
        "greets": Bad(peers.greets_then_silent("imap"), "no answer from the server within 30 s", hangs=True),
        "longer": Bad(peers.lies_about_size(1000), "no answer from the server within 30 s", hangs=True),
        "shorter": Bad(peers.lies_about_size(-10), "the messages arrived broken and none was taken"),
        "nonsense": Bad(peers.speaks_nonsense(), "the server breaks the protocol; it says: "),
        "locked": Bad(peers.refuses_login("imap"), "[AUTHENTICATIONFAILED] Authentication failed."),
        "locked-pop": Bad(peers.refuses_login("pop3"), "[AUTH] Authentication failed."),
        "resets": Bad(peers.resets(), "Connection reset by peer"),
        "resets-later": Bad(peers.resets("imap"), "Connection reset by peer"),
        "cuts": Bad(peers.cuts_mid_literal(), "the connection ended after 100 of "),
        "cuts-pop": Bad(peers.cuts_mid_literal("pop3"), "127.0.0.1 closed the connection"),
        "gone": Bad(peers.loses_the_folder("select"), "[NONEXISTENT] Mailbox doesn't exist: Support"),
        "going": Bad(peers.loses_the_folder("fetch"), "[NONEXISTENT] Mailbox doesn't exist: Support"),
    }


CERTIFICATES: dict[Kind, str] = {
    "expired": "certificate has expired",
    "untrusted": "local issuer certificate",
    "wrong_name": "not valid for '127.0.0.1'",
}


@contextmanager
def bad_dovecots(certificates: Certificates) -> Iterator[dict[Kind, Dovecot]]:
    """Working servers, each with a message for us and a certificate that does not hold."""
    with ExitStack() as stack:
        servers = {
            kind: stack.enter_context(Dovecot(certificate=kind, certificates=certificates)) for kind in CERTIFICATES
        }
        for kind, server in servers.items():
            server.drop(kind, mail(message_id=f"{kind}@example.com"))
        yield servers


def address(name: str, *, host: str, port: int, ca_file: str = "", push: bool = True) -> str:
    """An address of a desk file, with its mailbox."""
    return f"""
[[email]]
address = "{name}@desk.test"
name = "{name}"
department = "Support"
  [email.mailbox]
  host = "{host}"
  port = {port}
  protocol = "{"pop3" if name.endswith("-pop") else "imap"}"
  username = "{name}"
  password = "secret"
  fetched = "delete"
  ca_file = "{ca_file}"
  push = {str(push).lower()}
"""


def errors(installation: Installation) -> dict[str, tuple[str, int]]:
    """Last error and failures in a row of every mailbox that has failed, by the address's local part."""
    rows = installation.query(
        "SELECT split_part(address, '@', 1), last_error, failures FROM mailroom_remotemailbox AS box"
        " JOIN mailroom_email AS email ON email.id = box.email_id WHERE last_error <> ''"
    )
    return {name: (error, failures) for name, error, failures in rows}


def test_every_bad_server_is_named_in_its_own_words_and_delays_nobody_else(
    installation: Installation, dovecot: Dovecot, certificates: Certificates
):
    bad = bad_peers()
    expected = {name: one.says for name, one in bad.items()} | CERTIFICATES
    hanging = {name for name, one in bad.items() if one.hangs}
    with ExitStack() as stack:
        sink = stack.enter_context(Sink())
        servers = stack.enter_context(bad_dovecots(certificates))
        text = desk_file(port=dovecot.imap, smtp_port=sink.port, username="among-the-bad")
        for name, one in bad.items():
            port = stack.enter_context(one.peer).port
            # Within a message the poll and the watching connection would take turns at hanging.
            text += address(name, host="plain://127.0.0.1", port=port, push=name not in {"longer", "shorter", "cuts"})
        for kind, server in servers.items():
            text += address(kind, host="ssl://127.0.0.1", port=server.imaps, ca_file=str(server.ca_file))
        installation.apply(text)
        dovecot.drop("among-the-bad", mail(message_id="good@example.com"))

        installation.start("worker")
        for name in hanging:
            bad[name].peer.wait_for_connections(1, timeout=30)
        # All of them have us hanging, and the good mailbox is served and its customer answered.
        assert sink.wait_for(1, timeout=10)[0].recipients == ("carol@example.com",)
        assert installation.count("tickets_ticket") == 1
        assert not hanging & set(errors(installation))
        # A message that comes while they hang is a ticket within seconds, too.
        dovecot.drop("among-the-bad", mail(sender="dave@example.com", message_id="good2@example.com"))
        assert sink.wait_for(2, timeout=10)[1].recipients == ("dave@example.com",)
        assert not hanging & set(errors(installation))

        # Looked at all the time: a mailbox with one broken message is well again once that is left alone.
        found: dict[str, tuple[str, int]] = {}

        def all_named() -> bool:
            found.update(errors(installation))
            return found.keys() >= expected.keys()

        wait_until(all_named, seconds=38, what="each bad server is named")
        assert found.keys() == expected.keys()
        wrong = {name: found[name][0] for name, words in expected.items() if words not in found[name][0]}
        assert wrong == {}
        assert all(failures >= 1 for _error, failures in found.values())
        assert installation.count("mailroom_alert") == 0
        # Nothing of theirs is lost: it lies where it lay, and what broke within a message is in the ledger.
        assert {kind: len(server.mails(kind)) for kind, server in servers.items()} == dict.fromkeys(CERTIFICATES, 1)
        unfetched = installation.query(
            "SELECT split_part(via, '@', 1) AS box, reason FROM mailroom_spooledmail WHERE outcome = 'unfetched'"
        )
        assert {box for box, _reason in unfetched} >= {"cuts", "cuts-pop", "longer", "shorter"}
        assert all(reason for _box, reason in unfetched)
        assert installation.count("tickets_ticket") == 2
