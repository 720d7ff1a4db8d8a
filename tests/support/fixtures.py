"""Fixtures that start the test servers; `tests/conftest.py` names this module in `pytest_plugins`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support import dovecot as dovecot_server
from tests.support import dovecot_oauth2
from tests.support.certificates import Certificates
from tests.support.dovecot import Dovecot
from tests.support.dovecot_oauth2 import OAuth2Dovecot
from tests.support.provider import Provider
from tests.support.sink import Sink


@pytest.fixture(scope="session")
def certificates() -> Certificates:
    """The authority that every server of the run shares."""
    return Certificates()


@pytest.fixture(scope="session")
def dovecot(certificates: Certificates) -> Iterator[Dovecot]:
    """One Dovecot for the whole run; take a user name of your own for each test."""
    if dovecot_server.binary() is None:
        pytest.skip("Dovecot is not installed")
    with Dovecot(certificates=certificates) as server:
        yield server


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    """One OAuth2 provider for the whole run; take users and clients of your own for each test."""
    with Provider() as server:
        yield server


@dataclass(frozen=True)
class TokenMail:
    """Mail that opens with the provider's tokens: `dovecot` relays what is submitted to `sink`."""

    provider: Provider
    dovecot: OAuth2Dovecot
    sink: Sink


@pytest.fixture(scope="session")
def token_mail(provider: Provider, certificates: Certificates) -> Iterator[TokenMail]:
    """One Dovecot that asks the provider about tokens, for the whole run; take user names of your own."""
    if not dovecot_oauth2.installed():
        pytest.skip("Dovecot's submission service is not installed")
    with Sink() as sink, OAuth2Dovecot(provider, relay=sink.port, certificates=certificates) as server:
        yield TokenMail(provider, server, sink)
