"""How a connection signs in with OAuth2: the desk's client at the provider, the tokens, and consents under way."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from postdesk.mailroom.models.connections import RemoteMailbox, SmtpAccount
from postdesk.people.models import Agent


class ProviderKind(models.TextChoices):
    GOOGLE = "google", "Google"
    MICROSOFT = "microsoft", "Microsoft"
    OTHER = "other", "Other Provider"


class GrantKind(models.TextChoices):
    CODE = "authorization-code", "Somebody signs in and consents (recommended)"
    DEVICE = "device-code", "Somebody types a code on another device"
    CLIENT = "client-credentials", "The desk signs in by itself (client credentials)"
    SERVICE = "service-account", "The desk signs in by itself (service account with delegation)"


class ClientAuthentication(models.TextChoices):
    POST = "post", "In the request's body (usual)"
    BASIC = "basic", "In the Authorization header"


class Standing(models.TextChoices):
    """Where an authorisation stands. Only `ok` gives tokens, and `new` where no person is needed."""

    NEW = "new", "never authorized"
    OK = "ok", "authorized"
    NEEDED = "needed", "needs authorization again"
    REFUSED = "refused", "refused: the client must be mended"


class Authorisation(models.Model):
    """The OAuth2 side of one connection: exactly one of `mailbox` and `smtp`.

    Everything secret is sealed (mailroom.secrets) and write-only. A blank endpoint is the template's, or the one that
    discovery found. `engine` and `flow.tokens` are the only ones who open a token.
    """

    mailbox = models.OneToOneField(
        RemoteMailbox, null=True, blank=True, on_delete=models.CASCADE, related_name="authorisation"
    )
    smtp = models.OneToOneField(
        SmtpAccount, null=True, blank=True, on_delete=models.CASCADE, related_name="authorisation"
    )

    kind = models.CharField(max_length=10, choices=ProviderKind.choices)
    grant = models.CharField(max_length=20, choices=GrantKind.choices, default=GrantKind.CODE)
    tenant = models.CharField(max_length=255, blank=True, default="")
    client_id = models.CharField(max_length=255)
    client_auth = models.CharField(
        max_length=5, choices=ClientAuthentication.choices, default=ClientAuthentication.POST
    )
    client_secret = models.BinaryField(null=True, blank=True)
    #: A private key (with its certificate) as PEM, or a service account's JSON.
    client_key = models.BinaryField(null=True, blank=True)
    secret_changed_at = models.DateTimeField(null=True, blank=True)
    #: The day a client secret or certificate expires, "2027-11-01"; "" when nobody said.
    secret_expires_on = models.CharField(max_length=10, blank=True, default="")
    discovery_url = models.CharField(max_length=1024, blank=True, default="")
    #: Endpoints that discovery found, by the names of the columns below.
    discovered = models.JSONField(default=dict, blank=True)
    authorize_url = models.CharField(max_length=1024, blank=True, default="")
    token_url = models.CharField(max_length=1024, blank=True, default="")
    revoke_url = models.CharField(max_length=1024, blank=True, default="")
    device_url = models.CharField(max_length=1024, blank=True, default="")
    userinfo_url = models.CharField(max_length=1024, blank=True, default="")
    scopes = models.TextField(blank=True, default="")
    email_attribute = models.CharField(max_length=255, blank=True, default="")
    strict = models.BooleanField(default=True)

    standing = models.CharField(max_length=8, choices=Standing.choices, default=Standing.NEW)
    #: What the tokens were granted to (grants.Registration.signature); "" without tokens.
    signature = models.CharField(max_length=64, blank=True, default="")
    #: The account that consented, lower case; "" where the provider does not say, or no person did.
    identity = models.CharField(max_length=254, blank=True, default="")
    granted_scopes = models.TextField(blank=True, default="")
    access_token = models.BinaryField(null=True, blank=True)
    access_expires_at = models.DateTimeField(null=True, blank=True)
    #: When the access token came; a token that is refused right after that is not to blame.
    access_since = models.DateTimeField(null=True, blank=True)
    refresh_token = models.BinaryField(null=True, blank=True)
    #: The refresh token before this one, until this one has worked.
    previous_refresh_token = models.BinaryField(null=True, blank=True)
    refresh_expires_at = models.DateTimeField(null=True, blank=True)

    authorised_at = models.DateTimeField(null=True, blank=True)
    #: The last time the provider gave a token.
    proven_at = models.DateTimeField(null=True, blank=True)
    #: A refresh began then and its end is not known (yet): written before the provider is asked.
    attempt_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    #: In the provider's words, with what to do; "" after a success.
    failure = models.TextField(blank=True, default="")
    failure_code = models.CharField(max_length=60, blank=True, default="")
    failed_at = models.DateTimeField(null=True, blank=True)
    #: Not asked before this instant, after a passing failure.
    retry_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
        verbose_name = "OAuth2 authorization"
        constraints = (
            models.CheckConstraint(
                name="authorisation_of_one",
                condition=Q(mailbox__isnull=False, smtp__isnull=True) | Q(mailbox__isnull=True, smtp__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} for {self.connection.email.address}"

    @property
    def connection(self) -> RemoteMailbox | SmtpAccount:
        """Whose it is."""
        owner = self.mailbox or self.smtp
        assert owner is not None, "the constraint of the table"
        return owner

    @property
    def by_person(self) -> bool:
        return self.grant in (GrantKind.CODE, GrantKind.DEVICE)


class Stage(models.TextChoices):
    """How far a consent has come."""

    LINK = "link", "a link waits for the mailbox's owner"
    PREPARING = "preparing", "a worker finds the provider's addresses"
    READY = "ready", "somebody is on the way to the provider, or there"
    ANSWERED = "answered", "a worker fetches the tokens"
    ENDED = "ended", "over"


class Consent(models.Model):
    """One try to have somebody consent, from the button to the tokens. Used once; nothing secret outlives its end."""

    authorisation = models.ForeignKey(Authorisation, on_delete=models.CASCADE, related_name="consents")
    #: Who began it, or sent the link.
    asked_by = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    stage = models.CharField(max_length=9, choices=Stage.choices)
    #: Digest of the configuration it is for: tokens of another one are not stored.
    signature = models.CharField(max_length=64)
    #: Digest of the link for the mailbox's owner; "" when an administrator consents.
    link_digest = models.CharField(max_length=64, blank=True, default="")
    #: Digest of `state`, which only the browser session that began it has; "" before, and for devices.
    state_digest = models.CharField(max_length=64, blank=True, default="")
    redirect_uri = models.CharField(max_length=1024, blank=True, default="")
    #: Sealed: the PKCE verifier, then the code, then nothing.
    verifier = models.BinaryField(null=True, blank=True)
    code = models.BinaryField(null=True, blank=True)
    #: RFC 8628: sealed device code; what a person types and where; when the provider may be asked again.
    device_code = models.BinaryField(null=True, blank=True)
    user_code = models.CharField(max_length=64, blank=True, default="")
    verification_url = models.CharField(max_length=1024, blank=True, default="")
    complete_url = models.CharField(max_length=1024, blank=True, default="")
    interval = models.PositiveIntegerField(default=5)
    next_poll_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    authorised = models.BooleanField(default=False)
    #: How it ended, for a person.
    sentence = models.TextField(blank=True, default="")

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("state_digest",), condition=~Q(state_digest=""), name="consent_state_once"),
            models.UniqueConstraint(fields=("link_digest",), condition=~Q(link_digest=""), name="consent_link_once"),
        )

    def __str__(self) -> str:
        return f"consent {self.pk} ({self.stage})"
