"""Addresses every visitor needs: signing in and out, and the style guide."""

from __future__ import annotations

from django.urls import URLPattern, path

from postdesk.web.shared import views

urlpatterns: list[URLPattern] = [
    path("sign-in", views.SignIn.as_view(), name="sign-in"),
    path("sign-out", views.SignOut.as_view(), name="sign-out"),
    path("style-guide", views.style_guide, name="style-guide"),
]
