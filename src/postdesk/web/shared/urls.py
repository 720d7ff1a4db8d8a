"""Addresses every visitor needs: signing in and out, and the style guide."""

from __future__ import annotations

from django.urls import URLPattern, path

from postdesk.web.shared import consenting, views

urlpatterns: list[URLPattern] = [
    path("sign-in", views.SignIn.as_view(), name="sign-in"),
    path("sign-out", views.SignOut.as_view(), name="sign-out"),
    path("oauth2/callback", consenting.callback, name="oauth2-callback"),
    path("consents/<int:pk>", consenting.show, name="consent"),
    path("consents/links/<str:word>", consenting.link, name="consent-link"),
    path("style-guide", views.style_guide, name="style-guide"),
]
