"""A real OAuth2 provider on a free port of 127.0.0.1: django-oauth-toolkit in a process of its own.

`with Provider() as provider`: users (`provider.user`) sign in on its pages and consent there; clients
(`provider.client`) get codes, tokens, refreshes under the terms a test sets. See `tests.support.provider_site`.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

PASSWORD = "a provider's password"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
_ROOT = Path(__file__).parents[2]
Grant = Literal["authorization-code", "client-credentials", "urn:ietf:params:oauth:grant-type:device_code"]


class Hold:
    """A token request that the provider holds: wait until it is there, do something, let it go on."""

    def __init__(self, provider: Provider, number: int) -> None:
        self._provider, self._number = provider, number

    def wait(self, timeout: float = 15.0) -> None:
        """Until the request is held; TimeoutError after `timeout` seconds."""
        if not self._provider._tell("held", number=self._number, timeout=timeout)["held"]:
            raise TimeoutError(f"no token request within {timeout} s")

    def release(self) -> None:
        """Let it go on."""
        self._provider._tell("release", number=self._number)


@dataclass(frozen=True)
class Client:
    """A client registered at the provider, and what a test can do to it there."""

    provider: Provider
    id: str
    secret: str

    def set(self, **terms: Any) -> None:
        """Change its terms (`provider_site.terms.Terms`): life, tells_life, refresh, rotate, granted, size, ..."""
        self.provider._tell("set", client_id=self.id, terms=terms)

    def replace_secret(self, secret: str) -> None:
        """From now on only this secret proves the client."""
        self.provider._tell("secret", client_id=self.id, secret=secret)

    def expire(self) -> int:
        """End its access tokens, not its refresh tokens; how many."""
        return int(self.provider._tell("expire", client_id=self.id)["number"])

    def revoke(self, user: str) -> int:
        """The user takes the consent back: refresh and access tokens are over; how many refresh tokens."""
        return int(self.provider._tell("revoke", client_id=self.id, user=user)["number"])

    def token(self, user: str = "", *, scopes: Sequence[str] = ("mail",), size: int = 43, life: int = 3600) -> str:
        """An access token without a consent; without a user it is the client's own (app-only)."""
        said = self.provider._tell("token", client_id=self.id, user=user, scopes=[*scopes], size=size, life=life)
        return str(said["token"])

    def fails(
        self,
        status: int = 500,
        body: str = "",
        content_type: str = "application/json",
        *,
        after: bool = False,
        times: int = 1,
    ) -> None:
        """Its next token requests are answered so; `after` they were carried out nevertheless."""
        kind = {"kind": "status", "status": status, "body": body, "content_type": content_type}
        self.provider._tell("fault", client_id=self.id, after=after, times=times, **kind)

    def loses_answer(self, times: int = 1) -> None:
        """Its next token requests are carried out, and the answer ends in the middle."""
        self.provider._tell("fault", client_id=self.id, kind="cut", after=True, times=times)

    def holds(self, *, after: bool) -> Hold:
        """Its next token request is held: before it is carried out, or after, with the answer not yet sent."""
        said = self.provider._tell("fault", client_id=self.id, kind="hold", after=after, times=1)
        return Hold(self.provider, said["number"])

    def requests(self, grant_type: str = "") -> list[dict[str, Any]]:
        """The token requests that were carried out, oldest first: grant_type, status."""
        seen = self.provider._tell("seen", client_id=self.id)["requests"]
        return [request for request in seen if grant_type in ("", request["grant_type"])]

    def refreshable(self) -> int:
        """How many of its refresh tokens are good."""
        return int(self.provider._tell("seen", client_id=self.id)["refreshable"])


class Provider:
    """The provider's process. `stop` and `start` keep address and data: so a test has it down for a while."""

    def __init__(self) -> None:
        self.port = 0
        self._root = Path()
        self._word = secrets.token_urlsafe()
        self._process: subprocess.Popen[str] | None = None

    # --- addresses

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def authorize_url(self) -> str:
        return f"{self.url}/o/authorize/"

    @property
    def token_url(self) -> str:
        return f"{self.url}/o/token/"

    @property
    def device_url(self) -> str:
        """Where device codes are given out (RFC 8628)."""
        return f"{self.url}/o/device-authorization/"

    @property
    def revoke_url(self) -> str:
        return f"{self.url}/o/revoke_token/"

    @property
    def userinfo_url(self) -> str:
        return f"{self.url}/o/userinfo/"

    @property
    def profile_url(self) -> str:
        """Who a token belongs to without OpenID; the address is its `emailAddress`, as Gmail has it."""
        return f"{self.url}/gmail/v1/users/me/profile"

    @property
    def discovery_url(self) -> str:
        """The OpenID configuration."""
        return f"{self.url}/o/.well-known/openid-configuration"

    def introspection_url(self, client: Client) -> str:
        """With the credentials of the client that asks, as Dovecot wants it."""
        return f"http://{client.id}:{client.secret}@127.0.0.1:{self.port}/o/introspect/"

    # --- users and clients

    def user(self, address: str, *, password: str = PASSWORD, delegated: Sequence[str] = ()) -> str:
        """A person with an account, who may also open the mailboxes `delegated`; the address."""
        self._tell("user", email=address, password=password, delegated=[*delegated])
        return address

    def client(
        self,
        *redirect_uris: str,
        grant: Grant = "authorization-code",
        secret: str | None = None,
        public: bool = False,
        name: str = "postdesk",
        **terms: Any,
    ) -> Client:
        """Register a client for one grant. `terms` are those of `provider_site.terms.Terms`."""
        secret = secrets.token_urlsafe() if secret is None else secret
        said = self._tell(
            "client",
            redirect_uris=redirect_uris, grant=grant, secret=secret, public=public, name=name, terms=terms,
        )  # fmt: skip
        return Client(self, said["client_id"], secret)

    def _tell(self, verb: str, **said: Any) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.url}/control/{verb}/", json.dumps(said).encode(), {"X-Word": self._word}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            told: dict[str, Any] = json.load(answer)
        return told

    # --- start and stop

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start it and wait until it listens. Raises RuntimeError with what it wrote when it does not."""
        if not self._root.name:
            self._root = Path(tempfile.mkdtemp(prefix="provider-"))
            (self._root / "oidc.pem").write_text(private_key())
        env = {**os.environ, "PROVIDER_ROOT": str(self._root), "PROVIDER_WORD": self._word}
        env.pop("DJANGO_SETTINGS_MODULE", None)
        with (self._root / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.provider_site", str(self.port)],
                cwd=_ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.stop()
            raise RuntimeError(f"the provider did not start:\n{self.log()}")
        self.port = int(line)

    def stop(self) -> None:
        """End it; its data stay, and what its clients and users were told is forgotten with the process."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait(20)
            if process.stdout is not None:
                process.stdout.close()

    def close(self) -> None:
        """End it and remove what it had."""
        try:
            self.stop()
        finally:
            if self._root.name:
                shutil.rmtree(self._root, ignore_errors=True)
                self._root = Path()

    def log(self) -> str:
        """What it wrote to standard error."""
        file = self._root / "log"
        return file.read_text(errors="replace") if file.exists() else ""


def private_key() -> str:
    """A new RSA key as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
