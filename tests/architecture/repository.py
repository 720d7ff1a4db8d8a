"""The files of the repository as they lie in the working tree, without what .gitignore leaves out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: What .gitignore leaves out, by the names of folders.
LEFT_OUT = {
    ".git", ".venv", "var", "out", "shots", "dist", "build", "__pycache__",
    ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache",
}  # fmt: skip


@lru_cache(maxsize=1)
def files() -> tuple[Path, ...]:
    """Every file, relative to the root, in order."""
    return tuple(sorted(_walk()))


def _walk() -> Iterator[Path]:
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in LEFT_OUT and not name.endswith(".egg-info")]
        # In a second working tree of the same clone `.git` is a file.
        for name in sorted(set(names) - LEFT_OUT):
            yield (Path(folder) / name).relative_to(ROOT)


def text_of(path: Path) -> str:
    """The file's text; bytes that are no UTF-8 stand as question marks."""
    return (ROOT / path).read_text(errors="replace")
