"""Raw bytes come back as they went in, whatever their size."""

from __future__ import annotations

import os

import pytest

from postdesk.mailroom import blobs

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("size", [0, 1, blobs.SLICE - 1, blobs.SLICE, blobs.SLICE + 1, 3 * blobs.SLICE])
def test_bytes_come_back_as_they_went_in(size: int) -> None:
    content = os.urandom(size)

    (pk,) = blobs.store([content])

    assert blobs.read([pk]) == {pk: content}


def test_many_are_stored_in_order_and_what_is_not_there_is_left_out() -> None:
    ids = blobs.store([b"first", b"", b"\x00\r\n third"])

    assert blobs.read([*ids, 999_999_999]) == dict(zip(ids, [b"first", b"", b"\x00\r\n third"], strict=True))
    assert blobs.store([]) == []
