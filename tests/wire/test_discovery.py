"""From an address alone: the table, the DNS, autoconfig and guesses, each on servers of our own."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from postdesk.basics.errors import BadProtocol, Refused, Unreachable, WireError
from postdesk.basics.proposals import Proposal
from postdesk.basics.stages import Stage
from postdesk.wire.discovery import autoconfig, fetching, guesses, providers
from postdesk.wire.discovery.names import SystemResolver
from postdesk.wire.discovery.ways import WAYS, World, discover
from postdesk.wire.endpoint import Endpoint, read_endpoint
from postdesk.wire.examine import greets
from tests.support import peers
from tests.support.certificates import Certificates
from tests.support.dovecot import Dovecot
from tests.support.names import Names
from tests.support.sink import Sink

ADA = "ada@example.org"
FILE = b"""<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1"><emailProvider id="example.org"><domain>example.org</domain>
  <!-- the old one --><incomingServer type="exchange"><hostname>x</hostname></incomingServer>
  <incomingServer type="imap"><hostname>in.%EMAILDOMAIN%</hostname><port>993</port><socketType>SSL</socketType>
    <authentication>password-cleartext</authentication><username>%EMAILLOCALPART%</username></incomingServer>
  <incomingServer type="pop3"><hostname>bad host</hostname><port>995</port><socketType>SSL</socketType></incomingServer>
  <outgoingServer type="smtp"><hostname>out.example.org</hostname><port>587</port><socketType>STARTTLS</socketType>
    <authentication>OAuth2</authentication></outgoingServer>
</emailProvider></clientConfig>"""


def nowhere(url: str) -> bytes:
    raise LookupError(url)


def silent(endpoint: Endpoint, protocol: str, patience: float) -> None:
    return None


def asked(address: str, world: World) -> tuple[list[Proposal], dict[str, Stage]]:
    found: list[Proposal] = []
    stages = {stage.key: stage for stage in discover(address, world, found)}
    assert list(stages) == [way.key for way in WAYS]
    assert [Proposal.from_json(one.as_json()) for one in found] == found
    return found, stages


def places(found: list[Proposal]) -> list[tuple[str, str, int, str]]:
    return [(one.protocol, one.hostname, one.port, one.source) for one in found]


def test_a_well_known_domain_is_in_the_table_and_nobody_is_asked() -> None:
    with Names({}) as names:
        world = World(SystemResolver(["127.0.0.1"], port=names.port), nowhere, silent)
        found, stages = asked("ada@gmail.com", world)
        assert names.asked == []

    assert places(found) == [
        ("imap", "ssl://imap.gmail.com", 993, "table"),
        ("smtp", "ssl://smtp.gmail.com", 465, "table"),
    ]
    assert found[0].auth == "oauth2-google"
    assert "app password" in found[0].note
    assert stages["srv"].note == "Not needed."


def test_a_domain_hosted_at_a_provider_is_known_by_its_mx() -> None:
    records = {("example.org", "MX"): ["10 example-org.mail.protection.outlook.com."]}
    with Names(records) as names:
        found, _ = asked(ADA, World(SystemResolver(["127.0.0.1"], port=names.port), nowhere, silent))

    assert places(found)[1] == ("smtp", "tls://smtp.office365.com", 587, "mx")
    assert found[0].auth == "oauth2-microsoft"


def test_the_domains_own_srv_records_are_followed_the_best_first() -> None:
    records = {
        ("example.org", "MX"): ["10 mx.example.org."],
        ("_imaps._tcp.example.org", "SRV"): [
            "20 1 993 b.example.org.",
            "10 1 993 c.example.org.",
            "10 9 994 a.example.org.",
        ],
        ("_pop3s._tcp.example.org", "SRV"): ["0 0 0 ."],
        ("_submission._tcp.example.org", "SRV"): ["0 1 587 mail.hoster.example."],
    }
    with Names(records) as names:
        found, stages = asked(ADA, World(SystemResolver(["127.0.0.1"], port=names.port), nowhere, silent))

    assert places(found) == [
        ("imap", "ssl://a.example.org", 994, "srv"),
        ("smtp", "tls://mail.hoster.example", 587, "srv"),
    ]
    assert "another domain" in found[1].note
    assert stages["autoconfig"].note == "Not needed."


def test_a_silent_dns_is_told_and_the_other_ways_are_still_asked() -> None:
    with Names({}, silent=True) as names:
        resolver = SystemResolver(["127.0.0.1"], port=names.port, patience=0.2)
        began = time.monotonic()
        found, stages = asked(ADA, World(resolver, lambda url: FILE, silent))

    assert time.monotonic() - began < 5
    assert "no answer from the DNS" in stages["mx"].note
    assert [one.source for one in found] == ["autoconfig", "autoconfig"]


def test_an_autoconfig_file_is_read_and_what_is_odd_in_it_is_passed_over() -> None:
    found = autoconfig.read(FILE, ADA)

    assert [(one.protocol, one.hostname, one.port, one.username, one.auth) for one in found] == [
        ("imap", "ssl://in.example.org", 993, "ada", "basic"),
        ("smtp", "tls://out.example.org", 587, ADA, "oauth2-other"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"<html",
        b"",
        b'<!DOCTYPE x [<!ENTITY a "b">]><clientConfig>&a;</clientConfig>',
        b"<?xml version='1.0'?><!DOCTYPE x><x/>",
    ],
)
def test_an_autoconfig_file_that_is_none_or_defines_entities_is_refused(body: bytes) -> None:
    with pytest.raises(BadProtocol):
        autoconfig.read(body, ADA)


def test_the_places_of_the_file_are_asked_in_turn() -> None:
    urls: list[str] = []

    def opener(url: str) -> bytes:
        urls.append(url)
        if "well-known" in url:
            return FILE
        raise LookupError(url)

    found = autoconfig.proposals("ada+x@Example.org", opener)

    assert len(found) == 2
    assert urls == [
        "https://autoconfig.example.org/mail/config-v1.1.xml?emailaddress=ada%2Bx%40Example.org",
        "https://example.org/.well-known/autoconfig/mail/config-v1.1.xml",
    ]


# --- the opener


@contextmanager
def web(answer: Callable[[http.server.BaseHTTPRequestHandler], None]) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def page(status: int, body: bytes = b"", **headers: str) -> Callable[[http.server.BaseHTTPRequestHandler], None]:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        try:
            handler.wfile.write(body)
        except OSError:
            return

    return answer


def fetch(url: str, trust: fetching.Trust = lambda address: True) -> bytes:
    return fetching.fetch(url, trust=trust, schemes=("http", "https"), patience=2)


def test_a_page_is_fetched_and_a_missing_one_is_a_lookup_error() -> None:
    with web(page(200, FILE)) as url:
        assert fetch(url) == FILE
    with web(page(404)) as url, pytest.raises(LookupError):
        fetch(url)


def test_addresses_that_are_not_public_are_not_asked_by_name_number_or_redirect() -> None:
    with web(page(200, b"secret")) as inside, web(page(302, Location=inside)) as outside:
        with pytest.raises(Refused):
            fetching.fetch(inside, schemes=("http",))
        first = iter([True, False])
        with pytest.raises(Refused):
            fetch(outside, lambda address: next(first))
    with pytest.raises(Refused):
        fetching.fetch("http://example.org/")
    inner = [
        "10.0.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "::1",
        "fe80::1%eth0",
        "::ffff:10.0.0.1",
        "224.0.0.1",
    ]
    assert [address for address in inner if fetching.is_public(address)] == []
    assert fetching.is_public("9.9.9.9")


def test_endless_redirects_big_files_and_slow_servers_are_given_up() -> None:
    with web(page(302, Location="/again")) as url, pytest.raises(BadProtocol):
        fetch(url)
    with web(page(200, b"x" * (fetching.MOST_BYTES + 1))) as url, pytest.raises(BadProtocol):
        fetch(url)
    began = time.monotonic()
    with peers.silent() as peer, pytest.raises(WireError):
        fetching.fetch(f"http://127.0.0.1:{peer.port}/", trust=lambda address: True, schemes=("http",), patience=0.3)
    assert time.monotonic() - began < 2


# --- guesses


def test_guesses_are_tried_live_and_a_believable_certificate_outranks_the_order() -> None:
    def answers(endpoint: Endpoint, protocol: str, patience: float) -> str | None:
        return {("imap.example.org", 993): "expired", ("mail.example.org", 993): "", ("mail.example.org", 587): ""}.get(
            (endpoint.host, endpoint.port)
        )

    with Names({}) as names:
        found, stages = asked(ADA, World(SystemResolver(["127.0.0.1"], port=names.port), nowhere, answers))

    assert places(found) == [
        ("imap", "ssl://mail.example.org", 993, "guess"),
        ("smtp", "tls://mail.example.org", 587, "guess"),
    ]
    assert stages["guess"].state == "ok"


def test_when_nobody_answers_nothing_is_proposed() -> None:
    with Names({}) as names:
        found, stages = asked(ADA, World(SystemResolver(["127.0.0.1"], port=names.port), nowhere, silent))

    assert found == []
    assert {stage.state for stage in stages.values()} == {"skipped"}


def test_a_server_greets_or_does_not(dovecot: Dovecot, certificates: Certificates) -> None:
    good = read_endpoint("ssl://localhost", dovecot.imaps, "imap", ca_pem=certificates.ca_pem)
    doubtful = read_endpoint("ssl://localhost", dovecot.imaps, "imap")
    wrong = read_endpoint("ssl://localhost", dovecot.imap, "imap")

    assert greets(good, "imap", 5) == ""
    assert "certificate" in (greets(doubtful, "imap", 5) or "")
    assert greets(wrong, "imap", 5) is None
    with Sink(tls=certificates.server_context()) as sink:
        endpoint = read_endpoint("tls://localhost", sink.port, "smtp", ca_pem=certificates.ca_pem)
        assert greets(endpoint, "smtp", 5) == ""
        assert sink.logins == []
    with Sink() as sink:
        assert greets(read_endpoint("tls://localhost", sink.port, "smtp"), "smtp", 5) is None


def test_no_domain_is_claimed_by_two_providers_and_all_hosts_are_encrypted() -> None:
    domains = [domain for provider in providers.PROVIDERS for domain in provider.domains]

    assert len(domains) == len(set(domains))
    assert {server[2] for one in providers.PROVIDERS for server in (one.imap, one.smtp)} <= {"tls", "starttls"}


def test_silence_is_an_error_of_its_own_and_a_missing_name_is_an_empty_answer() -> None:
    with Names({("example.org", "TXT"): ['"v=spf1 " "-all"']}) as names:
        resolver = SystemResolver(["127.0.0.1"], port=names.port)
        assert resolver.texts("example.org") == ["v=spf1 -all"]
        assert resolver.texts("nothing.example") == []
        assert resolver.exchangers("example.org") == []
    with Names({}, silent=True) as names, pytest.raises(Unreachable):
        SystemResolver(["127.0.0.1"], port=names.port, patience=0.2).texts("example.org")
    assert guesses.proposals(ADA, silent) == []
