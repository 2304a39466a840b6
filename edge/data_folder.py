"""The folder in which a gateway keeps what must not be lost."""

import fcntl
import os
from pathlib import Path
from typing import Final

from edge.errors import StoreUnavailableError

OUTBOX_FILE: Final = "outbox.sqlite"
LOCK_FILE: Final = "gateway.lock"


class DataFolder:
    """The gateway's data folder, held by one process at a time."""

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreUnavailableError(
                f"{folder}: expected a data folder that can be written, got: {error.strerror};"
                " correct its permissions, or data_dir"
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise StoreUnavailableError(
                f"{folder}: expected to be the only gateway here, got another one at work;"
                " stop it, or choose another data_dir"
            ) from None

    def release(self) -> None:
        """Let another process have it."""
        os.close(self._lock)
