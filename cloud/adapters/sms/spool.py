"""A carrier that writes each message to a folder: for rehearsals, and for machines without an account."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cloud.dispatch.carrier import Outcome
from cloud.errors import ServiceUnavailableError
from cloud.messages import QueuedMessage
from cloud.people.masks import masked_number


class SpoolCarrier:
    """One JSON file a message, its telephone number masked; a message already written is accepted again unchanged."""

    name: Final = "spool"
    live: Final = False
    takes_once: Final = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def check(self) -> None:
        """Raise when the folder cannot be written."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(self._folder, error) from error
        if not os.access(self._folder, os.W_OK):
            raise _unwritable(self._folder, PermissionError("no permission to write"))

    def send(self, batch: Sequence[QueuedMessage]) -> tuple[Outcome, ...]:
        """Write each message; all are accepted, or the channel halts when the disk refuses."""
        outcomes: list[Outcome] = []
        for queued in batch:
            try:
                self._write(queued)
            except OSError as error:
                outcomes.append(Outcome(kind="halt", reason=f"spool {self._folder}: {error.strerror or error}"))
            else:
                outcomes.append(Outcome(kind="accepted", carrier_id=f"spool-{queued.message_id}"))
        return tuple(outcomes)

    def _write(self, queued: QueuedMessage) -> None:
        path = self._folder / f"{_file_stem(queued.message_id)}.json"
        if path.exists():
            return
        content = {"to": masked_number(queued.phone_number), **queued.message.model_dump(mode="json")}
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        partial.replace(path)


def _file_stem(message_id: str) -> str:
    return "".join(character if character.isalnum() or character in "-_" else "_" for character in message_id)


def _unwritable(folder: Path, error: OSError) -> ServiceUnavailableError:
    return ServiceUnavailableError(
        f"spool folder {folder}: expected a folder that can be written, got {error.strerror or error};"
        " correct its permissions or choose another"
    )
