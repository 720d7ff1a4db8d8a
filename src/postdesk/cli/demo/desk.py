"""The demo's desk. Imported once Django is set up on the throw-away data folder (command.py)."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping

from django.db import connection

from postdesk.basics import clock
from postdesk.cli.demo.companion import Sandbox
from postdesk.cli.demo.customers import AGENTS, BILLING, SUPPORT
from postdesk.flow.desk_file import apply_file
from postdesk.tickets.models import Ticket

#: (department, address, sender's name)
DEPARTMENTS = (("Support", SUPPORT, "Lantern Support"), ("Billing", BILLING, "Lantern Billing"))

_SETTINGS = """\
[settings]
fetching = true
default_email = {support}
alert_email = {support}
admin_email = {admin}
default_mta = {support}
"""

_DEPARTMENT = """
[[department]]
name = {name}
outgoing_email = {address}
autoresponse_email = {address}
new_ticket_autoresponse = true
"""

#: By when people are answered, who may be given a ticket together, and what is answered every day.
_STAFF = """
[[schedule]]
name = "Shop hours"
time_zone = "Europe/London"
hours = ["Mon-Fri 09:00-18:00", "Sat 10:00-16:00"]
holidays = ["2026-12-25 yearly Christmas Day", "2026-12-26 yearly Boxing Day"]

[[sla]]
name = "Next working day"
grace_hours = 8
schedule = "Shop hours"
default = true

[[team]]
name = "Returns"
lead = {lead}
members = {members}

[[canned_response]]
title = "Where to send a return"
text = '''Dear %{{ticket.name.first}},

please send it back within thirty days, with #%{{ticket.number}} on the parcel. We refund it the day it arrives.'''

[[canned_response]]
title = "We are looking into it"
text = '''Dear %{{ticket.name.first}},

thank you for telling us. We are looking into it and come back to you today.'''
"""

_AGENT = """
[[agent]]
email = {address}
name = {name}
password = {password}
admin = {admin}
departments = ["Support", "Billing"]
"""

_EMAIL = """
[[email]]
address = {address}
name = {name}
department = {department}
autoresponse = true
  [email.mailbox]
  host = "plain://127.0.0.1"
  port = {imap}
  protocol = "imap"
  auth = "basic"
  username = {user}
  password = {password}
  status = true
  frequency = 1
  per_fetch = 50
  fetched = "move"
  archive_folder = "Processed"
  push = true
  [email.smtp]
  status = true
  host = "plain://127.0.0.1"
  port = {smtp}
  auth = "mailbox"
"""


def desk_file(sandbox: Sandbox, passwords: Mapping[str, str]) -> str:
    """The demo's desk as an apply file; `passwords` by the agents' addresses, the first agent is the administrator."""
    administrator = next(iter(AGENTS))
    parts = [_filled(_SETTINGS, support=SUPPORT, admin=administrator)]
    parts += [_filled(_DEPARTMENT, name=name, address=address) for name, address, _ in DEPARTMENTS]
    parts += [
        _filled(_AGENT, address=address, name=name, password=passwords[address], admin=address == administrator)
        for address, name in AGENTS.items()
    ]
    parts.append(_filled(_STAFF, lead=administrator, members=list(AGENTS)))
    parts += [
        _filled(
            _EMAIL,
            address=address,
            name=name,
            department=department,
            user=address.partition("@")[0],
            password=sandbox.password,
            imap=sandbox.imap,
            smtp=sandbox.smtp,
        )
        for department, address, name in DEPARTMENTS
    ]
    return "".join(parts)


def _filled(template: str, **values: str | int | list[str]) -> str:
    # A JSON string, number, boolean or list of strings is a TOML one as well (TOML 1.0, basic strings).
    return template.format(**{name: json.dumps(value) for name, value in values.items()})


def furnish(text: str) -> None:
    """Make the departments, agents and addresses of the apply file `text`."""
    apply_file(text, dry_run=False, at=clock.now())


def tell_first_ticket(told: Callable[[bool], None], *, give_up: threading.Event, seconds: float) -> threading.Thread:
    """Watch for the first ticket in a thread and call `told(True)`, or `told(False)` after `seconds` without one."""

    def watch() -> None:
        deadline = clock.monotonic() + seconds
        try:
            while not Ticket.objects.exists():
                if give_up.wait(0.2):
                    return
                if clock.monotonic() > deadline:
                    told(False)
                    return
            told(True)
        finally:
            connection.close()

    thread = threading.Thread(target=watch, name="first ticket", daemon=True)
    thread.start()
    return thread
