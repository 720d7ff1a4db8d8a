"""The provider's addresses: the toolkit's under /o/, a login page, and what the tests say under /control/."""

from __future__ import annotations

from django.contrib.auth.views import LoginView
from django.urls import include, path

from tests.support.provider_site import control, introspection, profile

urlpatterns = [
    path("o/introspect/", introspection.Introspection.as_view()),
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("gmail/v1/users/me/profile", profile.Profile.as_view()),
    path("login/", LoginView.as_view(template_name="registration/login.html"), name="login"),
    path("control/<slug:verb>/", control.obey),
]
