"""The documents speak of what exists: links, files, tests, commands and make targets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from postdesk.basics import clock
from postdesk.cli.main import app
from postdesk.flow.desk_file import apply_file
from tests.architecture.repository import ROOT, files, text_of

DOCUMENTS = [path for path in files() if path.suffix == ".md"]
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
#: `flow/intake.py`, `tests/flow`, `docs/how-to/back-up.md`: a path with a slash, of plain letters.
_PATH = re.compile(r"(?:[\w.-]+/)+[\w.-]*\Z")
_SUFFIX = re.compile(r"\.(py|md|toml|html|css|js|txt)\Z")
#: Folders of which paths in the documents are told.
_HOMES = [ROOT, ROOT / "src" / "postdesk"]
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)

EXAMPLES = [
    (path, block) for path in DOCUMENTS for block in re.findall(r"^```toml\n(.*?)^```", text_of(path), re.M | re.S)
]


def prose(path: Path) -> str:
    """The document without its fenced blocks."""
    return _FENCE.sub("", text_of(path))


def anchors(path: Path) -> set[str]:
    """The names headings can be linked by, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_every_link_leads_somewhere(path: Path) -> None:
    broken = []
    for target in _LINK.findall(prose(path)):
        if re.match(r"\w+:", target):
            continue
        file, _hash, anchor = target.partition("#")
        leads_to = ((ROOT / path).parent / file).resolve() if file else ROOT / path
        if not leads_to.exists() or (anchor and anchor not in anchors(leads_to.relative_to(ROOT))):
            broken.append(target)

    assert broken == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_every_file_that_is_named_exists(path: Path) -> None:
    named = {
        word for word in _CODE.findall(prose(path)) if _PATH.match(word) and (_SUFFIX.search(word) or word[-1] == "/")
    }
    homes = [*_HOMES, (ROOT / path).parent]

    assert [word for word in sorted(named) if not any((home / word).exists() for home in homes)] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_every_test_that_is_named_exists(path: Path) -> None:
    tests = [file for file in files() if file.parts[0] == "tests" and file.suffix == ".py"]
    here = {name for file in tests for name in re.findall(r"\bdef (test_\w+)", text_of(file))}
    modules = {file.stem for file in tests}

    # STYLE.md shows bad names as well.
    text = re.sub(r"^ +bad .*$", "", text_of(path), flags=re.MULTILINE)

    assert set(re.findall(r"\btest_\w+", text)) - here - modules == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_every_command_and_make_target_that_is_named_exists(path: Path) -> None:
    text = text_of(path)
    commands = {
        command.name or (command.callback.__name__ if command.callback else "") for command in app.registered_commands
    }
    targets = set(re.findall(r"^([a-z-]+):", text_of(Path("Makefile")), re.MULTILINE))

    assert set(re.findall(r"`(?:\$ )?postdesk ([a-z]+)\b", text)) <= commands
    assert set(re.findall(r"^ {4,}postdesk ([a-z]+)\b", text, re.MULTILINE)) <= commands
    assert set(re.findall(r"(?:`|^\s*)make ([a-z-]+)", text, re.MULTILINE)) <= targets


def test_every_decision_is_in_the_list() -> None:
    decisions = {path.name for path in DOCUMENTS if path.parent == Path("docs/decisions") and path.name != "README.md"}
    listed = set(_LINK.findall(text_of(Path("docs/decisions/README.md"))))

    assert decisions == listed
    assert decisions


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "example"), EXAMPLES, ids=[f"{path}-{n}" for n, (path, _) in enumerate(EXAMPLES)])
def test_every_desk_file_in_the_documents_can_be_applied(path: Path, example: str) -> None:
    lines = apply_file(example, at=clock.now(), dry_run=True, env=lambda name: "a long enough password", folder=ROOT)

    assert lines
