"""Signing in and out, and the page that shows every component."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from postdesk.basics import clock
from postdesk.web.shared.doors import AgentRequest, door
from postdesk.web.shared.samples import components, samples


class SignInForm(AuthenticationForm):
    """Address and password. The same words for a wrong address and a wrong password."""

    error_messages = {
        "invalid_login": "This address and password do not belong together. Check both and try again.",
        "inactive": "This agent is not active any more.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        address = self.fields["username"]
        address.label = "Email address"
        address.widget = forms.EmailInput(
            attrs={"autocomplete": "username", "autofocus": True, "placeholder": "you@example.org"}
        )
        self.fields["password"].widget.attrs["placeholder"] = "Your password"


@method_decorator(never_cache, name="dispatch")
class SignIn(LoginView):
    template_name = "shared/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True


class SignOut(LogoutView):
    http_method_names = ["post", "options"]


@door("panel")
def style_guide(request: AgentRequest) -> HttpResponseBase:
    """Every component once, so that a change to one can be seen."""
    return render(request, "shared/style_guide.html", {**samples(at=clock.now()), **components(request)})
