"""The `postdesk` command: every subcommand with its options, and where it is written. Nothing else is imported here."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from postdesk import __version__
from postdesk.cli.start import run as carry_out

app = typer.Typer(
    name="postdesk",
    help="An e-mail-first help desk: every message that reaches a connected mailbox is accounted for.",
    no_args_is_help=True,
    add_completion=False,
    # Local variables may hold passwords and mail.
    pretty_exceptions_show_locals=False,
)

Json = Annotated[bool, typer.Option("--json", help="JSON on standard output instead of a table.")]
Limit = Annotated[int | None, typer.Option(min=1, help="At most so many, the newest.", show_default=False)]
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")]
OfMailbox = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Only this address.", show_default=False)]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"postdesk {__version__}")
        raise typer.Exit


@app.callback()
def postdesk(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """An e-mail-first help desk: every message that reaches a connected mailbox is accounted for."""


@app.command("run")
def run(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Run everything on one machine: database, web and worker."""
    carry_out("postdesk.cli.serve", "run", database=False, host=host, port=port)


@app.command()
def demo(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    pace: Annotated[float, typer.Option(min=0.1, help="Seconds between the customers' mails.")] = 17.0,
) -> None:
    """Run a throw-away desk beside a sandbox mail server with customers who write by themselves."""
    carry_out("postdesk.cli.demo.command", "demo", database=False, host=host, port=port, pace=pace)


@app.command()
def web(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Run the web half; any number of them may share one DATABASE_URL."""
    carry_out("postdesk.cli.serve", "web", database=False, host=host, port=port)


@app.command()
def worker(
    processes: Annotated[
        int | None,
        typer.Option(min=1, help="Worker processes: 1, or 3 and more [default: 3].", show_default=False),
    ] = None,
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="Fetch all mailboxes, take all in, deliver all that is due, exit.")
    ] = False,
    crew: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Run the half that fetches, takes in and delivers mail."""
    carry_out("postdesk.cli.serve", "worker", database=False, processes=processes, until_idle=until_idle, crew=crew)


@app.command()
def apply(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="The desk file; - for standard input.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
) -> None:
    """Make departments, help topics, emails, agents and settings as a file says."""
    carry_out("postdesk.cli.apply", "apply", database=False, file=file, dry_run=dry_run)


@app.command()
def parse(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Message files; - for standard input.")],
) -> None:
    """Parse messages: one JSON object a line. Needs no database and never fails on content."""
    carry_out("postdesk.cli.parse", "parse_paths", database=False, paths=paths)


@app.command()
def intake(
    mailbox: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="The desk's address it came to.", show_default=False)
    ] = None,
) -> None:
    """Accept one message from standard input, as from a mail server's pipe.

    Exits 0 when it is stored (or was already), 65 not a message, 66 no input, 75 try again later, 77 unknown address.
    """
    carry_out("postdesk.cli.intake", "intake", database=False, mailbox=mailbox)


@app.command()
def judge(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Message files; - for standard input.")],
    mailbox: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="As if fetched for this address.", show_default=False)
    ] = None,
) -> None:
    """Say what would become of messages and why, filters included: one JSON object a line. Nothing is taken in.

    Exits 66 when a file cannot be read.
    """
    carry_out("postdesk.cli.judge", "judge", paths=paths, mailbox=mailbox)


@app.command()
def tickets(as_json: Json = False, limit: Limit = None) -> None:
    """List tickets, the newest first."""
    carry_out("postdesk.cli.tickets", "tickets", as_json=as_json, limit=limit)


@app.command()
def ticket(number: Annotated[int, typer.Argument(help="The ticket's number.")], as_json: Json = False) -> None:
    """Show a ticket with its entries, their delivery, and its events."""
    carry_out("postdesk.cli.ticket", "ticket", number=number, as_json=as_json)


@app.command()
def reply(
    number: Annotated[int, typer.Argument(help="The ticket's number.")],
    agent: Annotated[str, typer.Option("--as", metavar="AGENT", help="The agent's e-mail address.")],
    note: Annotated[bool, typer.Option("--note", help="An internal note instead of a mailed reply.")] = False,
) -> None:
    """Add a reply, which is mailed, or a note; the text comes from standard input."""
    carry_out("postdesk.cli.ticket", "reply", number=number, agent=agent, note=note)


@app.command()
def emails(as_json: Json = False) -> None:
    """List the desk's addresses with their settings and health."""
    carry_out("postdesk.cli.emails", "emails", as_json=as_json)


@app.command()
def outbox(as_json: Json = False, limit: Limit = None) -> None:
    """List outgoing letters, each recipient with what became of it."""
    carry_out("postdesk.cli.letters", "outbox", as_json=as_json, limit=limit)


@app.command()
def ledger(as_json: Json = False, mailbox: OfMailbox = None, limit: Limit = None) -> None:
    """List every message seen with its outcome."""
    carry_out("postdesk.cli.ledger", "ledger", as_json=as_json, mailbox=mailbox, limit=limit)


@app.command()
def held(as_json: Json = False, limit: Limit = None) -> None:
    """List mail held for review, and mail that failed, with the reason."""
    carry_out("postdesk.cli.ledger", "held", as_json=as_json, limit=limit)


@app.command()
def reconcile(mailbox: OfMailbox = None) -> None:
    """Compare the servers with the ledger; exits 1 if anything differs."""
    carry_out("postdesk.cli.reconcile", "reconcile_mailboxes", mailbox=mailbox)


@app.command()
def reparse(
    ticket: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Only this ticket's messages.", show_default=False)
    ] = None,
    since: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Only what came on this day (UTC) or later.", show_default=False),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Read stored messages again, as this version understands them, and mend their entries.

    What people wrote is not touched, and nothing is sent. It may be interrupted and run again.
    """
    carry_out("postdesk.cli.reparse", "reparse", ticket=ticket, since=since, dry_run=dry_run, as_json=as_json)


@app.command()
def doctor() -> None:
    """Check the installation, each finding with its remedy; exits 1 if a check fails."""
    carry_out("postdesk.cli.doctor", "doctor", migrate=False)
