"""Fixtures of all tests come from tests.support."""

from __future__ import annotations

pytest_plugins = ["tests.support.browser", "tests.support.fixtures", "tests.support.installation"]
