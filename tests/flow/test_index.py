"""The search index: an entry whose words do not fit stops nobody else's, and is found by what fits."""

from __future__ import annotations

import random

import pytest
from django.contrib.postgres.search import SearchQuery
from django.db import OperationalError

from postdesk.flow import index
from postdesk.tickets.models import Entry, SearchText
from tests.support import builders

pytestmark = pytest.mark.django_db


def found(word: str) -> list[int]:
    rows = SearchText.objects.filter(words=SearchQuery(word, config="simple"))
    return [*rows.order_by("entry_id").values_list("entry_id", flat=True)]


def test_words_that_overflow_a_tsvector_stop_nobody_and_are_indexed_by_what_fits() -> None:
    ticket = builders.a_ticket()
    first = builders.an_entry(ticket, text="before anchovy")
    culprit = builders.an_entry(ticket, text="marmalade " + too_many_words())
    last = builders.an_entry(ticket, text="after anchovy")
    Entry.objects.update(is_indexed=False)
    SearchText.objects.all().delete()

    with pytest.raises(OperationalError, match="too long for tsvector"):
        index._index(index.BATCH, index.LONGEST)
    index.index()

    assert not Entry.objects.filter(is_indexed=False).exists()
    assert found("anchovy") == [first.pk, last.pk]
    assert found("marmalade") == [culprit.pk]


def too_many_words() -> str:
    """Different long words in three-byte letters: under 400,000 characters, over a megabyte of lexemes."""
    dice = random.Random(11)
    letters = [chr(code) for code in range(0x30A1, 0x30F0)]
    return " ".join("".join(dice.choices(letters, k=60)) for _ in range(6_000))


def test_long_text_is_indexed_far_beyond_its_beginning() -> None:
    entry = builders.an_entry(builders.a_ticket(), text="la " * 100_000 + "needle")
    Entry.objects.update(is_indexed=False)

    index.index()

    assert found("needle") == [entry.pk]
