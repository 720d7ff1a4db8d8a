"""The installation's secret keys: from POSTDESK_SECRET_KEYS, else a file in the data folder made once.

The first key signs and encrypts; all of them verify and decrypt, so that keys can be rotated by
putting a new one in front.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def secret_keys(data: Path, given: tuple[str, ...]) -> tuple[str, ...]:
    """The keys, newest first. Makes `data/secret.keys` (mode 600) when neither it nor the setting exists."""
    if given:
        return given
    path = data / "secret.keys"
    data.mkdir(parents=True, exist_ok=True)
    try:
        # O_EXCL: of two processes that start at once, one makes the file and the other reads it.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return _read(path)


def _read(path: Path) -> tuple[str, ...]:
    return tuple(line.strip() for line in path.read_text().splitlines() if line.strip())
