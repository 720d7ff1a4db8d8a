"""What must not lie in the repository, and what must stand in its documents."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.repository import files, text_of

ENVIRONMENT = Path("src/postdesk/project/environment.py")
SETTINGS = Path("docs/reference/settings.md")
FOREIGN_LOCKS = {"uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "package-lock.json", "yarn.lock"}
# Put together here, so that this file does not name them itself.
REGISTRIES = re.compile(
    "|".join(["py" + r"pi\.org", "python" + r"hosted\.org", "npm" + r"js\.(org|com)", "--" + "index-url"])
)
MACHINES = re.compile(
    r"(?<![\w.~-])/(?:" + "|".join(["wo" + "rk", "tmp/" + "spike", "home/" + r"\w+", "ro" + "ot"]) + ")/"
)
#: A stored message begins with one of these fields.
BEGINS_LIKE_MAIL = re.compile(
    r"(From [^\n]+\d{4}\n|(Return-Path|Received|Delivered-To|X-[\w-]+|Message-ID|DKIM-Signature): )"
)
READS = {"env.get", "os.environ.get", "os.getenv"}


def found(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path}:{number}"
        for path in files()
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if pattern.search(line)
    ]


def variables_read() -> set[str]:
    """Names of the environment variables that project.environment asks for."""
    calls = [node for node in ast.walk(ast.parse(text_of(ENVIRONMENT))) if isinstance(node, ast.Call)]
    asked = [call.args[0] for call in calls if ast.unparse(call.func) in READS]
    return {node.value for node in asked if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_dependencies_are_locked_in_requirements_and_nowhere_else() -> None:
    assert [path for path in files() if path.name in FOREIGN_LOCKS] == []
    assert {Path("requirements/run.txt"), Path("requirements/dev.txt")} <= set(files())


def test_no_file_names_a_package_registry() -> None:
    assert found(REGISTRIES) == []


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    assert found(MACHINES) == []


@pytest.mark.parametrize("pattern", [REGISTRIES, MACHINES])
def test_the_patterns_find_what_they_are_for(pattern: re.Pattern[str]) -> None:
    planted = ["https://files.python" + "hosted.org/x", "see /wo" + "rk/main/README.md"]

    assert sum(bool(pattern.search(line)) for line in planted) == 1
    assert not pattern.search("src/postdesk/flow/intake.py and https://desk.example.org/home/")


def test_no_mail_lies_in_the_repository() -> None:
    by_name = [path for path in files() if path.suffix.lower() in {".eml", ".mbox", ".mbx", ".msg", ".maildir"}]
    by_content = [path for path in files() if BEGINS_LIKE_MAIL.match(text_of(path))]

    assert by_name + by_content == []


def test_the_environment_is_read_in_one_place() -> None:
    reads = re.compile(r"os\.environ(\.get|\[[^]]+\](?! =))|getenv")
    others = [path for path in files() if path.suffix == ".py" and path.parts[0] == "src" and path != ENVIRONMENT]

    assert [str(path) for path in others if reads.search(text_of(path))] == []


def test_every_setting_that_is_read_is_documented_and_no_other() -> None:
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", text_of(SETTINGS), re.MULTILINE))

    assert variables_read() == documented
