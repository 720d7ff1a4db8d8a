"""Serve the provider on a port of 127.0.0.1 (0: any) until SIGTERM; the port on standard output says it listens."""

from __future__ import annotations

import os
import signal
import sys
from socketserver import ThreadingMixIn
from types import FrameType
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128

    def server_bind(self) -> None:
        super().server_bind()
        # Not what a resolver makes of the address: issuer and endpoints are written with it.
        self.server_name = "127.0.0.1"
        self.setup_environ()


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        """Tests read what the toolkit logs, not every request."""


def _leave(number: int, frame: FrameType | None) -> None:
    os._exit(0)


def main() -> None:
    """Bind first: the settings name the port."""
    signal.signal(signal.SIGTERM, _leave)
    with _Server(("127.0.0.1", int(sys.argv[1])), _Quiet) as server:
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.support.provider_site.settings"
        os.environ["PROVIDER_URL"] = f"http://127.0.0.1:{server.server_port}"

        import django
        from django.core.management import call_command
        from django.core.wsgi import get_wsgi_application

        django.setup()
        call_command("migrate", run_syncdb=True, verbosity=0)
        server.set_app(get_wsgi_application())
        print(server.server_port, flush=True)
        server.serve_forever(poll_interval=30)


if __name__ == "__main__":
    main()
