"""Score `postdesk parse` on a corpus with its own scorer: `make score CORPORA=folder`. Prints; asserts nothing."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path


def main(folder: str) -> int:
    """The folder holds messages (*.eml), expect.jsonl and score.py. Returns the scorer's exit code."""
    corpora = Path(folder).resolve()
    paths = sorted(str(path.relative_to(corpora)) for path in corpora.rglob("*.eml"))
    with tempfile.NamedTemporaryFile("wb", suffix=".jsonl") as actual:
        for start in range(0, len(paths), 500):
            command = [sys.executable, "-m", "postdesk", "parse", *paths[start : start + 500]]
            actual.write(subprocess.run(command, cwd=corpora, stdout=subprocess.PIPE, check=False).stdout)
        actual.flush()
        scorer = [sys.executable, str(corpora / "score.py"), "expect.jsonl", actual.name, "--root", "."]
        return subprocess.run(scorer, cwd=corpora, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
