"""The OAuth2 part of the tabs Remote Mailbox and Outgoing (SMTP). What its values mean is decided in mailroom."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django import forms

from postdesk.flow.desk_file import keys
from postdesk.grants.providers import AUTH, PROVIDERS, Provider
from postdesk.mailroom.authorisations import OAuth2Setup
from postdesk.mailroom.models import Authorisation
from postdesk.mailroom.models.authorisations import ClientAuthentication, GrantKind
from postdesk.web.shared.forms import Note, SecretField, Section
from postdesk.web.shared.keyed import KeyedForm

#: What `auth` is while the part matters; written as in `shown_when`.
OAUTH2: Final = "|".join(AUTH)
#: Stands below the choice itself, since the fields come last.
BELOW: Final = Note(f"auth={OAUTH2}", "Client, endpoints and the authorization stand at the end of this tab.", "info")
_MEDIUM: Final = {"data-width": "medium"}
_CODE: Final = {"spellcheck": "false", "autocapitalize": "none", "autocomplete": "off"}


def _url(label: str, help_text: str) -> forms.CharField:
    return forms.CharField(label=label, required=False, widget=forms.TextInput(attrs=_CODE), help_text=help_text)


class _KeyField(SecretField):
    """A private key: several lines, write-only as every secret."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.widget = forms.Textarea(attrs={**_CODE, "rows": 4})
        self.widget.is_required = False

    def prepare_value(self, value: Any) -> Any:
        """Never sent back."""
        return ""


class OAuth2Form(KeyedForm):
    desk_section = keys.MAILBOX_OAUTH2
    sections: ClassVar[tuple[Section, ...]] = (
        Section(
            "OAuth2",
            ("grant", ("client_id", "tenant"), ("client_secret", "secret_expires_on"), "client_key", "client_auth"),
            "The desk's own registration at the provider. A change of client, secret or endpoints asks for "
            "authorization again.",
        ),
        Section("Who may consent", ("strict", "email_attribute")),
        Section(
            "Endpoints and scopes",
            ("discovery_url", "authorize_url", "token_url", "scopes", "userinfo_url", ("revoke_url", "device_url")),
            "Empty fields use what the provider publishes, shown below.",
        ),
    )
    shown_when = {
        "client_secret": "grant=authorization-code|device-code|client-credentials",
        "client_id": "grant=authorization-code|device-code|client-credentials",
        "client_auth": "grant=authorization-code|device-code|client-credentials",
        "strict": "grant=authorization-code|device-code",
        "email_attribute": "grant=authorization-code|device-code",
        "authorize_url": "grant=authorization-code",
        "userinfo_url": "grant=authorization-code|device-code",
        "device_url": "grant=device-code",
    }
    field_notes = {
        "strict": Note(
            "strict=on",
            "For a shared mailbox switch it off: its Username above is the mailbox, and somebody with rights on it "
            "signs in.",
            "info",
        ),
    }

    grant = forms.ChoiceField(
        label="How to get tokens",
        choices=GrantKind.choices,
        help_text="By itself: client credentials at Microsoft (one organisation's own app), or a Google service "
        "account with domain-wide delegation.",
    )
    client_id = forms.CharField(
        label="Client Id", required=False, widget=forms.TextInput(attrs=_CODE), help_text="The provider gives it."
    )
    tenant = forms.CharField(
        label="Tenant",
        required=False,
        widget=forms.TextInput(attrs={**_CODE, "placeholder": "common"}),
        help_text="Microsoft only: Directory (tenant) ID. Single-tenant apps need it.",
    )
    client_secret = SecretField(label="Client Secret")
    secret_expires_on = forms.CharField(
        label="Secret or certificate expires on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "data-width": "medium"}),
        help_text="You are told 30, 14, 7 and 1 days before.",
    )
    client_key = _KeyField(
        label="Certificate or key file",
        help_text="Instead of a secret: private key and certificate in PEM form, one below the other. For a service "
        "account: its JSON key file.",
    )
    client_auth = forms.ChoiceField(
        label="The secret is sent",
        choices=ClientAuthentication.choices,
        widget=forms.Select(attrs=_MEDIUM),
        help_text="Few providers insist on the header.",
    )
    strict = forms.BooleanField(
        label="Strict Matching",
        required=False,
        help_text="Only the account of this very address may consent; tokens of any other are not stored.",
    )
    email_attribute = forms.CharField(
        label="Email Address Attribute",
        required=False,
        widget=forms.TextInput(attrs={**_CODE, **_MEDIUM}),
        help_text="What holds the account's address in the resource details or the ID token. Empty: the usual one.",
    )
    discovery_url = _url(
        "Discovery address", "OpenID configuration (.well-known/openid-configuration) that fills the endpoints."
    )
    authorize_url = _url("Authorization Endpoint", "Where people are sent to consent.")
    token_url = _url("Token Endpoint", "Where the desk gets and refreshes tokens.")
    scopes = forms.CharField(
        label="Scopes",
        required=False,
        widget=forms.Textarea(attrs={**_CODE, "rows": 2}),
        help_text="Separated by blanks, commas or lines.",
    )
    userinfo_url = _url("Resource Details Endpoint", "Says which account consented.")
    revoke_url = _url("Revocation Endpoint", "Where Delete token gives it back.")
    device_url = _url("Device Endpoint", "Where codes for other devices are given out.")

    def __init__(self, *args: Any, row: Authorisation | None = None, of: str = "mailbox", **options: Any) -> None:
        super().__init__(*args, **options)
        self.of, self.row = of, row
        for name, stored in (("client_secret", row and row.client_secret), ("client_key", row and row.client_key)):
            secret = self.fields[name]
            if isinstance(secret, SecretField) and row is not None and stored:
                secret.set_at = row.secret_changed_at

    @property
    def when(self) -> str:
        """While it is shown at all: by the tab's own `auth`."""
        return f"{self.of}-auth={OAUTH2}"

    @property
    def templates(self) -> list[tuple[str, Provider]]:
        """What each provider publishes, and while it is shown."""
        return [(f"{self.of}-auth={auth}", PROVIDERS[kind]) for auth, kind in AUTH.items() if kind != "other"]

    def clean_scopes(self) -> str:
        return " ".join(str(self.cleaned_data["scopes"]).split())

    def setup(self) -> OAuth2Setup:
        """What was typed. An empty secret is the stored one."""
        values = {**self.cleaned_data}
        for name in ("client_secret", "client_key"):
            values[name] = values[name] or None
        return OAuth2Setup(**values)
