"""The folder of recordings: which clips each tongue has, and whether somebody listened to them and signed.

``<tongue>/<clip>.mp3`` or ``.wav``; ``recordings.toml`` holds a table for each tongue with ``reviewed_by``,
``reviewed_on`` and ``sha256`` of what was heard, so that a clip put in another's place has to be heard again.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Final, get_args

from pydantic import Field, TypeAdapter, ValidationError

from cloud.errors import ConfigurationError
from cloud.messages import Spoken
from cloud.records import Record
from cloud.telephone.clips import needed_clips

TONGUES: Final[tuple[Spoken, ...]] = get_args(Spoken)
KINDS: Final = (".mp3", ".wav")
SIGNATURES: Final = "recordings.toml"


class Heard(Record):
    """Who listened to the recordings of a tongue, and which these were."""

    reviewed_by: str
    reviewed_on: date
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recordings:
    """The clips of one tongue: file by name, digest of all, and whether these very files were signed."""

    tongue: Spoken
    files: Mapping[str, Path]
    sha256: str
    signed: bool

    @property
    def missing(self) -> tuple[str, ...]:
        """Clips that some advice needs and that are not there."""
        return tuple(clip for clip in needed_clips() if clip not in self.files)


def read_recordings(folder: Path) -> tuple[Recordings, ...]:
    """Recordings of every tongue that has any."""
    signatures = _signatures(folder / SIGNATURES)
    return tuple(found for tongue in TONGUES if (found := _tongue(folder, tongue, signatures)) is not None)


def _tongue(folder: Path, tongue: Spoken, signatures: Mapping[Spoken, Heard]) -> Recordings | None:
    try:
        files = {
            path.stem: path
            for path in sorted((folder / tongue).iterdir())
            if path.suffix in KINDS and path.is_file() and path.stat().st_size > 0
        }
        contents = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(
            f"telephone.audio_dir {folder / tongue}: cannot be read ({error.strerror}); check its permissions"
        ) from error
    digest = hashlib.sha256("".join(f"{name} {content}\n" for name, content in contents.items()).encode()).hexdigest()
    heard = signatures.get(tongue)
    signed = heard is not None and heard.sha256 == digest
    return Recordings(tongue=tongue, files=files, sha256=digest, signed=signed) if files else None


def _signatures(path: Path) -> Mapping[Spoken, Heard]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return TypeAdapter(dict[Spoken, Heard]).validate_python(content)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise ConfigurationError(
            f"{path}: expected a table with reviewed_by, reviewed_on and sha256 for each tongue, got another text"
            f" ({type(error).__name__}); correct it"
        ) from error
