"""Secrets at rest: Fernet tokens (AES-128-CBC and HMAC), keys derived from the installation's secret keys.

The newest key encrypts; every key decrypts, so that keys rotate without losing a password.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from postdesk.basics.errors import BrokenSetup


def seal(secret: str) -> bytes:
    """Encrypt a password or token for storing."""
    return _box(tuple(settings.SECRET_KEYS)).encrypt(secret.encode())


def unseal(sealed: bytes) -> str:
    """The secret again. Raises BrokenSetup when no current key opens it."""
    try:
        return _box(tuple(settings.SECRET_KEYS)).decrypt(bytes(sealed)).decode()
    except InvalidToken as error:
        raise BrokenSetup(
            "A stored password cannot be opened: the secret key it was stored under is gone. Enter it again."
        ) from error


def signing_keys() -> list[bytes]:
    """Keys for the ids in our letters (mail.token), newest first; different from those of `seal`."""
    return [hashlib.sha256(b"postdesk message ids\0" + key.encode()).digest() for key in settings.SECRET_KEYS]


@lru_cache(maxsize=4)
def _box(keys: Sequence[str]) -> MultiFernet:
    derived = (hashlib.sha256(b"postdesk secrets at rest\0" + key.encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])
