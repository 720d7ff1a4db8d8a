"""Every page of the desk. Filled by the screens' own `urls` modules."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("postdesk.web.inbox.urls")),
    path("", include("postdesk.web.panel.urls")),
    path("", include("postdesk.web.shared.urls")),
]
