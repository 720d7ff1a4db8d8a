"""A Dovecot whose users sign in with tokens of the provider: IMAP, POP3 and submission by XOAUTH2 and OAUTHBEARER.

Dovecot asks the provider about every token (introspection, RFC 7662). Its own check is that the token's owner is the
mailbox asked for; a shared mailbox opens because the answer names it in a further member, with a passdb for each.
Passwords work as on `Dovecot`. What is submitted is relayed to the SMTP server on `relay`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.dovecot import Dovecot
from tests.support.provider import Provider
from tests.support.provider_site.terms import MEMBERS

_PASSDB = """\
introspection_url = {url}
introspection_mode = post
force_introspection = yes
username_attribute = {member}
active_attribute = active
active_value = true
scope = {scope}
"""
_EXTRA = """\
protocols = imap pop3 lmtp submission
auth_mechanisms = plain login {mechanisms}
{passdbs}
hostname = mail.example
submission_relay_host = 127.0.0.1
submission_relay_port = {relay}
submission_relay_trusted = yes
service submission-login {{
  chroot =
  inet_listener submission {{
    port = {submission}
  }}
  service_count = 0
  process_min_avail = 1
  process_limit = 2
}}
service submission {{
  service_count = 200
  process_limit = 2048
}}
"""


def installed() -> bool:
    """Whether Dovecot's submission service is there."""
    return Path("/usr/lib/dovecot/submission-login").exists()


class OAuth2Dovecot(Dovecot):
    """`Dovecot` with tokens, and a submission service on `submission`.

    `scope` is what a token must have; `mechanisms` are those offered beside passwords.
    """

    def __init__(
        self,
        provider: Provider,
        *,
        relay: int,
        scope: str = "mail",
        mechanisms: str = "xoauth2 oauthbearer",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.submission = 0
        self._provider, self._relay, self._scope = provider, relay, scope
        self._mechanisms = mechanisms
        self._asking = provider.client(grant="client-credentials", name="Dovecot")
        self.ports = (*self.ports, "submission")

    def extra(self) -> str:
        """The passdbs ask the provider; their files stand beside the configuration."""
        url = self._provider.introspection_url(self._asking)
        passdbs = ""
        for member in ("username", *MEMBERS):
            file = self.root / "etc" / f"oauth2-{member}.conf"
            file.write_text(_PASSDB.format(url=url, member=member, scope=self._scope))
            passdbs += f"passdb {{\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = {file}\n}}\n"
        return super().extra() + _EXTRA.format(
            passdbs=passdbs, mechanisms=self._mechanisms, relay=self._relay, submission=self.submission
        )

    def greeting_ports(self) -> tuple[int, ...]:
        return *super().greeting_ports(), self.submission
