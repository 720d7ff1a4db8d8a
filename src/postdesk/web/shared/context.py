"""What every template may use."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from postdesk import __version__


def desk(request: HttpRequest) -> dict[str, Any]:
    return {"desk_version": __version__}
