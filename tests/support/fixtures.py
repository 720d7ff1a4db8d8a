"""Fixtures that start the test mail servers; `tests/conftest.py` names this module in `pytest_plugins`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import dovecot as dovecot_server
from tests.support.certificates import Certificates
from tests.support.dovecot import Dovecot


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
