"""Answers of weather services kept on disk, and the calls of the day: for replay without a network, and for quotas."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from cloud.errors import ServiceUnavailableError

_CALLS: Final = "calls.json"
_NOTHING: Final = (ValueError, KeyError, TypeError)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """One answer as it came, and when."""

    key: str
    fetched_at: datetime
    body: bytes


class AnswerShelf:
    """A folder with one file for each answer: a line of JSON that names it, then the answer itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> KeptAnswer | None:
        """The kept answer; None when there is none or its file is damaged."""
        try:
            head, _, body = self._path(key).read_bytes().partition(b"\n")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable(error) from error
        try:
            told = json.loads(head)
            fetched_at = datetime.fromisoformat(told["fetched_at"])
            whole = told["key"] == key and told["sha256"] == hashlib.sha256(body).hexdigest()
        except _NOTHING:
            return None
        if not whole or fetched_at.tzinfo is None:
            return None
        return KeptAnswer(key=key, fetched_at=fetched_at, body=body)

    def put(self, answer: KeptAnswer) -> None:
        """Keep an answer in place of the one before; a crash leaves one of the two whole."""
        head = {
            "key": answer.key,
            "fetched_at": answer.fetched_at.astimezone(UTC).isoformat(),
            "sha256": hashlib.sha256(answer.body).hexdigest(),
        }
        self._replace(self._path(answer.key), json.dumps(head).encode() + b"\n" + answer.body)

    def spend(self, host: str, day: date, calls: int, limit: int) -> bool:
        """Count calls to a host on a day; False, and nothing counted, when they would exceed the limit."""
        with self._alone():
            counts = self._counts(day)
            if counts.get(host, 0) + calls > limit:
                return False
            counts[host] = counts.get(host, 0) + calls
            content = json.dumps({"day": day.isoformat(), "calls": counts})
            self._replace(self._folder / _CALLS, content.encode())
            return True

    def spent(self, day: date) -> dict[str, int]:
        """Calls of a day by host."""
        return self._counts(day)

    def _counts(self, day: date) -> dict[str, int]:
        try:
            content = json.loads((self._folder / _CALLS).read_bytes())
            known = content["calls"] if content["day"] == day.isoformat() else {}
            return {str(host): int(count) for host, count in known.items()}
        except (FileNotFoundError, AttributeError, *_NOTHING):
            return {}
        except OSError as error:
            raise self._unusable(error) from error

    def _path(self, key: str) -> Path:
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.answer"

    def _replace(self, path: Path, content: bytes) -> None:
        half = path.with_suffix(f".{os.getpid()}.half")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            half.write_bytes(content)
            half.replace(path)
        except OSError as error:
            raise self._unusable(error) from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = (self._folder / "calls.lock").open("w")
        except OSError as error:
            raise self._unusable(error) from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _unusable(self, error: OSError) -> ServiceUnavailableError:
        return ServiceUnavailableError(
            f"{self._folder}: kept weather answers cannot be used ({error.strerror}); check the folder"
        )
