"""What the environment says: the only module that reads it. docs/reference/settings.md lists every name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Environment:
    """The settings of one installation, as given from outside."""

    data: Path
    database_url: str | None
    secret_keys: tuple[str, ...]
    base_url: str
    hosts: tuple[str, ...]
    debug: bool
    log_level: str


def read() -> Environment:
    """Read the environment; missing values get their documented defaults."""
    env = os.environ
    keys = tuple(key.strip() for key in env.get("POSTDESK_SECRET_KEYS", "").split(",") if key.strip())
    return Environment(
        data=Path(env.get("POSTDESK_DATA", "var")).expanduser().resolve(),
        database_url=env.get("DATABASE_URL") or None,
        secret_keys=keys,
        base_url=env.get("POSTDESK_BASE_URL", "http://127.0.0.1:8000").rstrip("/"),
        hosts=tuple(host.strip() for host in env.get("POSTDESK_HOSTS", "*").split(",") if host.strip()),
        debug=env.get("POSTDESK_DEBUG", "") == "1",
        log_level=env.get("POSTDESK_LOG_LEVEL", "info").lower(),
    )


def secret_from(name: str) -> str | None:
    """The value of one variable that an apply file names by `..._env`."""
    return os.environ.get(name)


def use_data_folder(data: Path, *, base_url: str) -> None:
    """From now on this process and its children use `data` and nothing of another installation.

    The embedded PostgreSQL and keys of its own, whatever DATABASE_URL and POSTDESK_SECRET_KEYS say. Takes
    effect when called before Django's settings are imported.
    """
    for name in ("DATABASE_URL", "POSTDESK_SECRET_KEYS", "POSTDESK_HOSTS"):
        os.environ.pop(name, None)
    os.environ["POSTDESK_DATA"] = str(data)
    os.environ["POSTDESK_BASE_URL"] = base_url
    os.environ["DJANGO_SETTINGS_MODULE"] = "postdesk.project.settings"
    os.environ.setdefault("POSTDESK_LOG_LEVEL", "warning")
