"""A desk file for system tests: one or two addresses at the tests' own servers."""

from __future__ import annotations


def desk_file(
    *,
    port: int,
    smtp_port: int,
    host: str = "plain://127.0.0.1",
    protocol: str = "imap",
    fetched: str = "move",
    username: str = "support",
    ca_file: str | None = None,
    push: bool = True,
    per_fetch: int = 30,
    folder: str = "",
) -> str:
    """support@desk.test, fetched from `host`:`port`, sending by the SMTP server at `smtp_port`."""
    archive = 'archive_folder = "Processed"' if fetched == "move" else ""
    authority = f'ca_file = "{ca_file}"' if ca_file else ""
    return f"""
[settings]
fetching = true
default_email = "support@desk.test"
alert_email = "support@desk.test"
admin_email = "admin@example.net"
default_mta = "support@desk.test"

[[department]]
name = "Support"
outgoing_email = "support@desk.test"
autoresponse_email = "support@desk.test"

[[agent]]
email = "alice@example.net"
name = "Alice"
password = "correct horse battery"
admin = true
departments = ["Support"]

[[email]]
address = "support@desk.test"
name = "Example Support"
department = "Support"
  [email.mailbox]
  host = "{host}"
  port = {port}
  protocol = "{protocol}"
  folder = "{folder}"
  username = "{username}"
  password = "secret"
  fetched = "{fetched}"
  {archive}
  {authority}
  per_fetch = {per_fetch}
  push = {str(push).lower()}
  [email.smtp]
  status = true
  host = "plain://127.0.0.1"
  port = {smtp_port}
  auth = "none"
"""
