"""The command as a process of its own, and what it may say when something is bad."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How a command ended and what it said."""

    code: int
    lines: tuple[str, ...]
    errors: tuple[str, ...]

    def about(self, subject: str) -> str:
        """The one line of stderr about a subject."""
        found = [line for line in self.errors if subject in line]
        assert len(found) == 1, (subject, self.errors)
        return found[0]


def seguia(*arguments: object, **environment: str) -> Told:
    """Run ``python -m seguia``; whatever happens, no traceback reaches the user."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SEGUIA_", "COV_"))}
    done = subprocess.run(
        [sys.executable, "-m", "seguia", *map(str, arguments)],
        cwd=REPOSITORY,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return Told(code=done.returncode, lines=tuple(done.stdout.splitlines()), errors=tuple(done.stderr.splitlines()))
