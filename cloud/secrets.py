"""Secret files: readable by their owner only, written once, never shown."""

import os
import stat
from pathlib import Path

from cloud.errors import ConfigurationError, ServiceUnavailableError


def write_secret(path: Path, text: str) -> None:
    """Write a new file readable by its owner only; an existing file is refused."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ConfigurationError(f"{path}: exists already; it is never overwritten, move it away first") from error
    except OSError as error:
        raise ServiceUnavailableError(f"{path}: cannot be written ({error.strerror}); check the folder") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def read_secret(path: Path, subject: str) -> str:
    """Text of a secret file; ConfigurationError when it is absent or others than its owner may read it."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise ConfigurationError(f"{subject}: {path} has mode {mode:04o}, expected 0600; run: chmod 600 {path}")
        return path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{subject}: {path}: expected text, got other bytes; restore the file") from error
    except OSError as error:
        raise ConfigurationError(
            f"{subject}: {path} cannot be read ({error.strerror}); create it, or correct the path"
        ) from error
