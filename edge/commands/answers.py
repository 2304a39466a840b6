"""Where the lines of ``seguia detect`` go: standard output, or a file that a later run can go on with."""

import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

from edge.errors import ConfigurationError

_SYNC_EVERY: Final = 50


def line_of(content: Mapping[str, Any]) -> str:
    """One JSON line; a path may hold what no terminal should obey, or what is no text at all."""
    line = json.dumps(content, ensure_ascii=False)
    return line if line.isprintable() else json.dumps(content)


class StandardOutput:
    """Lines for a person or a pipe."""

    def write(self, line: str) -> None:
        """Hand a line on at once."""
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


class AnswersFile:
    """Lines in a file, kept through a power cut; with ``resume`` those of an earlier run are answers already.

    A line that was cut short is dropped. When a run ends, the lines stand in the order of its inputs.
    """

    def __init__(self, path: Path, *, resume: bool) -> None:
        self.path = path
        self._kept: dict[tuple[str, str], str] = {}
        self._written: list[str] = []
        if path.exists() and not resume:
            raise ConfigurationError(
                f"{path}: expected no file there, got one; add --resume to go on with it, or name another --out"
            )
        lines = self._earlier() if resume else []
        self._rewrite(lines)
        self._stream: IO[str] = path.open("a", encoding="utf-8")

    def __enter__(self) -> Self:
        """The file, open for more lines."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Make the lines durable; a finished run leaves exactly its own lines, in its order."""
        try:
            with self._stream:
                self._sync()
        except OSError as trouble:
            if kind is None:  # else what ended the run is told already
                raise self._cut_short(trouble) from trouble
        if kind is None:
            self._rewrite(self._written)

    def known(self, path: Path, sha256: str | None) -> str | None:
        """Line an earlier run wrote for a file of this name and content; None when it has to be looked at."""
        return self._kept.get((str(path), sha256)) if sha256 else None

    def write(self, line: str) -> None:
        """Add a line."""
        self._written.append(line)
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
            if len(self._written) % _SYNC_EVERY == 0:
                self._sync()
        except OSError as error:
            raise self._cut_short(error) from error

    def keep(self, line: str) -> None:
        """Take over a line that stands in the file already."""
        self._written.append(line)

    def _cut_short(self, error: OSError) -> ConfigurationError:
        return ConfigurationError(
            f"{self.path}: expected a file that can be written, got {error.strerror}; free space, then run the same"
            " command with --resume"
        )

    def _sync(self) -> None:
        self._stream.flush()
        os.fsync(self._stream.fileno())

    def _earlier(self) -> list[str]:
        try:
            texts = self.path.read_text(encoding="utf-8", errors="replace").split("\n") if self.path.exists() else []
        except OSError as error:
            raise ConfigurationError(f"{self.path}: expected a readable file, got {error.strerror}") from error
        lines = []
        for number, text in enumerate(texts, start=1):
            content = _content(text)
            if content is None:
                if text.strip() and number < len(texts):
                    raise ConfigurationError(
                        f"{self.path}: line {number}: expected what seguia detect writes, got {text[:40]!r};"
                        " name the file of the earlier run, or another one without --resume"
                    )
                continue
            lines.append(text)
            if content["model"] is not None:  # a file that could not be read is tried again
                self._kept[content["path"], content["sha256"]] = text
        return lines

    def _rewrite(self, lines: Iterable[str]) -> None:
        part = self.path.with_name(f"{self.path.name}.part")
        try:
            with part.open("w", encoding="utf-8") as stream:
                stream.writelines(f"{line}\n" for line in lines)
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(self.path)
        except OSError as error:
            raise ConfigurationError(
                f"{self.path}: expected a file that can be written, got {error.strerror}; name another with --out"
            ) from error


def _content(text: str) -> dict[str, Any] | None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or "model" not in content or not isinstance(content.get("path"), str):
        return None
    return content if isinstance(content.get("sha256", 0), str | None) else None
