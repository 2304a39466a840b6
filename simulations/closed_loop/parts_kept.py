"""Finished parts of a simulation as files, so that a run that was stopped goes on where it stood."""

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from edge.errors import ConfigurationError
from simulations.closed_loop.outcome import Outcome
from simulations.closed_loop.pilot import Pilot
from simulations.closed_loop.runs import Part

PILOT: Final = "pilot.json"
PARTS: Final = "parts"


class KeptParts:
    """The folder of a simulation: which pilot it is of, and the outcomes of each finished part."""

    def __init__(self, folder: Path, pilot: Pilot, *, resume: bool) -> None:
        self._folder = folder / PARTS
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"--out {folder}: expected a folder to write into, got {error.strerror}; choose another"
            ) from error
        self._of(folder / PILOT, pilot, resume=resume)

    def _of(self, file: Path, pilot: Pilot, *, resume: bool) -> None:
        if file.is_file():
            if not resume:
                raise ConfigurationError(
                    f"--out {file.parent}: expected an empty folder, got that of an earlier run; add --resume to go on"
                    " with it, or choose another"
                )
            try:
                kept = json.loads(file.read_text(encoding="utf-8")).get("sha256")
            except (OSError, ValueError, AttributeError) as error:
                raise ConfigurationError(f"{file}: expected the pilot of a run, got {error}; choose --out") from error
            if kept != pilot.digest():
                raise ConfigurationError(
                    f"--out {file.parent}: expected a run of this pilot, got one of another or of an earlier wording;"
                    " choose another folder"
                )
            return
        _write(file, json.dumps({"sha256": pilot.digest(), "pilot": pilot.model_dump(mode="json")}, indent=1))

    def finished(self, part: Part) -> bool:
        """Whether a part was run to its end."""
        return self._file(part).is_file()

    def keep(self, part: Part, outcomes: Iterable[Outcome]) -> None:
        """Write a finished part; a part is there as a whole or not at all."""
        lines = "".join(json.dumps(one.row(), allow_nan=False) + "\n" for one in outcomes)
        _write(self._file(part), lines)

    def outcomes(self, parts: Sequence[Part]) -> list[Outcome]:
        """Outcomes of those parts that are finished."""
        return [one for part in parts if self.finished(part) for one in self._read(self._file(part))]

    def _read(self, file: Path) -> list[Outcome]:
        try:
            rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"{file}: expected outcomes, got {error}; delete the file to run it anew"
            ) from error
        return [Outcome.of_row(row) for row in rows]

    def _file(self, part: Part) -> Path:
        return self._folder / f"{part.name}.jsonl"


def _write(file: Path, content: str) -> None:
    beside = file.with_suffix(f".{os.getpid()}.tmp")
    beside.write_text(content, encoding="utf-8")
    beside.replace(file)
