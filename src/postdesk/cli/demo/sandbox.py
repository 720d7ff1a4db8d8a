"""The sandbox mail server, a process of its own: `python -m postdesk.cli.demo.sandbox --root DIR`.

It prints one line of JSON when it is ready: the ports `imap` and `smtp`, the `users` and their `password`,
and the address `page` of the customers' page. It ends when its standard input does, so it never outlives the
process that started it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import secrets
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from postdesk.cli.demo.customers import AGENTS, CUSTOMERS, DESK, LATER, OPENING
from postdesk.cli.demo.page import serve_page
from postdesk.cli.demo.post import PostOffice
from postdesk.cli.demo.reactions import Reactions, write
from postdesk.cli.demo.servers import listen, serve_imap, serve_smtp, silence


async def serve(root: Path, *, pace: float, letters: int, page_port: int) -> None:
    """Serve until standard input ends.

    The opening mails lie in the desk's mailboxes when it is ready; then one comes every `pace` seconds,
    `letters` in all.
    """
    loop = asyncio.get_running_loop()
    people = (*AGENTS, *(customer.address for customer in CUSTOMERS if customer.has_box))
    post = PostOffice(root / "boxes", desk=DESK, people=people)

    def later(seconds: float, act: Callable[[], None]) -> None:
        loop.call_soon_threadsafe(loop.call_later, seconds, act)

    post.tell(Reactions(post, CUSTOMERS, later).arrived)
    password = secrets.token_urlsafe(18)
    users = {address.partition("@")[0]: post.desk_folder(address) for address in DESK}
    with listen() as imap_door, listen() as smtp_door, serve_page(post, page_port) as page:
        settings = root / "imap"
        settings.mkdir(parents=True, exist_ok=True)
        imap = await serve_imap(settings, users, password, imap_door)
        smtp = await serve_smtp(post, users, password, smtp_door)
        for scripted in OPENING:
            write(post, scripted.by, scripted.to, scripted.compose)
        ready = {
            "imap": imap_door.getsockname()[1],
            "smtp": smtp_door.getsockname()[1],
            "users": sorted(users),
            "password": password,
            "page": page,
        }
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        writing = asyncio.create_task(_trickle(post, pace, letters))
        await _standard_input_ends()
        writing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writing
        imap.close()
        smtp.close()


async def _trickle(post: PostOffice, pace: float, letters: int) -> None:
    for scripted in LATER[:letters]:
        await asyncio.sleep(pace)
        write(post, scripted.by, scripted.to, scripted.compose)


async def _standard_input_ends() -> None:
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()

    class Lifeline(asyncio.Protocol):
        def eof_received(self) -> None:
            self._end()

        def connection_lost(self, exc: Exception | None) -> None:
            self._end()

        def _end(self) -> None:
            if not ended.done():
                ended.set_result(None)

    transport, _ = await loop.connect_read_pipe(Lifeline, sys.stdin)
    try:
        await ended
    finally:
        transport.close()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="sandbox", description="A mail server for the demo, with customers.")
    parser.add_argument("--root", type=Path, required=True, help="the folder that holds the letter boxes")
    parser.add_argument("--pace", type=float, default=17.0, help="seconds between the customers' mails")
    parser.add_argument("--letters", type=int, default=len(LATER), help="how many more mails they write")
    parser.add_argument("--page-port", type=int, default=0, help="the page's port, if it is free (0: any)")
    given = parser.parse_args()
    # Ctrl-C at the terminal is for the process that started this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    silence()
    asyncio.run(serve(given.root, pace=given.pace, letters=given.letters, page_port=given.page_port))


if __name__ == "__main__":
    main()
