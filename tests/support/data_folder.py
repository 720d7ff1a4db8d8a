"""One throw-away data folder, and so one embedded PostgreSQL, for a whole test run.

A pytest plugin (`-p` in pyproject.toml) and not a conftest: Django's settings are imported before any conftest is.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_DATA = Path(tempfile.mkdtemp(prefix="postdesk-test-"))
# The embedded server's own user must get in.
_DATA.chmod(0o755)
os.environ["POSTDESK_DATA"] = str(_DATA)
os.environ.setdefault("POSTDESK_BASE_URL", "http://desk.example.test")
# Registered before Django's settings register the database's end, so it runs after that.
atexit.register(shutil.rmtree, _DATA, ignore_errors=True)
