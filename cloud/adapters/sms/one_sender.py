"""Only one sender works at a time: two at once would take each other's claims for those of a dead one."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cloud.errors import ServiceUnavailableError

LOCK_NAME: Final = "sending.lock"


@contextmanager
def one_sender(folder: Path) -> Iterator[bool]:
    """Whether this process is the one that sends; the system gives the place free when a process dies."""
    try:
        lock = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ServiceUnavailableError(
            f"{folder / LOCK_NAME}: expected a file that can be written, got {error.strerror}; correct its permissions"
        ) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(lock)
