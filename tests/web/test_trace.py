"""Logs > Message trace."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from tests.support import builders


def test_a_trace_is_asked_for_and_shown(alice: Client) -> None:
    assert "Address or Message-ID" in alice.get(reverse("trace")).content.decode()
    spooled = builders.a_spooled_mail(reason="<b>The sender</b> could not be told.", message_id="m1@customer.example")
    page = alice.get(reverse("trace"), {"q": "<m1@customer.example>"}).content.decode()
    assert "Held for review" in page
    assert "&lt;b&gt;The sender&lt;/b&gt; could not be told." in page
    assert reverse("held-mail", args=[spooled.pk]) in page


def test_what_is_not_known_is_said(alice: Client) -> None:
    page = alice.get(reverse("trace"), {"q": "nobody@nowhere.example\x00<script>"}).content.decode()
    assert "Nothing is known of “nobody@nowhere.example&lt;script&gt;”" in page
