"""Servers that repeat what they were told: no secret comes back in an error, a field or the words of a login."""

from __future__ import annotations

import base64

import pytest

from postdesk.basics.errors import LoginRefused
from postdesk.wire.endpoint import Endpoint, read_endpoint
from postdesk.wire.imap import open_imap
from postdesk.wire.login import BLOT, Login, discreet
from postdesk.wire.pop3 import open_pop3
from postdesk.wire.smtp import open_smtp
from tests.support import peers
from tests.support.dialogues import Protocol

ADA = Login("ada", "hunter2secret")
FORMS = {
    "plain": "hunter2secret",
    "LOGIN": base64.b64encode(b"hunter2secret").decode(),
    "PLAIN": base64.b64encode(b"\0ada\0hunter2secret").decode(),
    "without padding": base64.b64encode(b"\0ada\0hunter2secret").decode().rstrip("="),
    "XOAUTH2": base64.b64encode(b"user=ada\x01auth=Bearer hunter2secret\x01\x01").decode(),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("protocol", ["imap", "pop3", "smtp"])
def test_a_refusal_that_repeats_the_secret_is_told_without_it(protocol: Protocol, form: str) -> None:
    with peers.refuses_login(protocol, f"I know no {form} here") as peer:
        endpoint = read_endpoint("plain://127.0.0.1", peer.port, protocol)
        with pytest.raises(LoginRefused, match=f"I know no {BLOT} here") as caught:
            _open(protocol, endpoint)
    told = f"{caught.value} {caught.value!r} {caught.value.message} {caught.value.fields}"
    assert form not in told


def _open(protocol: Protocol, endpoint: Endpoint) -> None:
    if protocol == "smtp":
        open_smtp(endpoint, ADA, ehlo_name="desk.example", timeout=5)
    else:
        {"imap": open_imap, "pop3": open_pop3}[protocol](endpoint, ADA, timeout=5)


def test_a_welcome_that_repeats_the_secret_is_told_without_it() -> None:
    with discreet(ADA) as signed_in:
        assert signed_in("PLAIN", "ada:hunter2secret is welcome").said == f"ada:{BLOT} is welcome"


def test_other_words_stay_as_the_server_said_them() -> None:
    said = "5.7.8 Authentication failed: UGFzc3dvcmQ6 (AbCdEf/+ id=8C1E2F0A1B2C3D4E5F)"
    assert ADA.blotted(said) == said
    assert Login("ada", "a").blotted("no mail at all") == "no mail at all"
