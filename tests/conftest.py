"""One throw-away data folder, and so one embedded PostgreSQL, for a whole test run."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

# Set before Django's settings are imported. A DATABASE_URL given from outside is used instead of the embedded server.
_DATA = tempfile.mkdtemp(prefix="postdesk-test-")
os.chmod(_DATA, 0o755)
os.environ["POSTDESK_DATA"] = _DATA
os.environ.setdefault("POSTDESK_BASE_URL", "http://desk.example.test")
atexit.register(shutil.rmtree, _DATA, ignore_errors=True)

pytest_plugins = ["tests.support.fixtures", "tests.support.installation"]
