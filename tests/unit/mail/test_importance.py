"""Priority from winmail.dat (row C5)."""

from __future__ import annotations

import base64
import struct

import pytest

from postdesk.mail.parse import parse


def winmail(priority: int) -> bytes:
    """A TNEF stream with nothing but attPriority (MS-OXTNEF section 2.1.3.3): 1 high, 2 normal, 3 low."""
    data = struct.pack("<H", priority)
    attribute = struct.pack("<BHHI", 1, 0x800D, 0x0004, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)
    return struct.pack("<IH", 0x223E9F78, 1) + attribute


def letter(content: bytes, more: str = "") -> bytes:
    packed = base64.b64encode(content).decode()
    return (
        f"From: a@b.example\r\nSubject: x\r\n{more}MIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n'
        '--b\r\nContent-Type: application/ms-tnef; name="winmail.dat"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        f"{packed}\r\n--b--\r\n"
    ).encode()


@pytest.mark.parametrize(("stated", "priority"), [(1, "high"), (2, "normal"), (3, "low"), (9, None)])
def test_c5_the_importance_in_a_winmail_dat_is_the_priority(stated, priority):
    assert parse(letter(winmail(stated))).priority == priority


def test_c5_a_header_comes_before_it():
    assert parse(letter(winmail(1), "X-Priority: 5\r\n")).priority == "low"


def test_c5_a_broken_winmail_dat_says_nothing():
    assert parse(letter(winmail(1)[:9])).priority is None
