"""A backup made: the database and the files of one moment, sealed, and old ones let go."""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.engine import make_url

from cloud.adapters.backup.archive import Piece, total_bytes, writing
from cloud.adapters.backup.databases import Copy, copy_database
from cloud.adapters.backup.manifest import Held, Manifest
from cloud.adapters.backup.pieces import elsewhere, pieces_of
from cloud.adapters.backup.seal import read_recipients, sealing
from cloud.backup_config import BackupConfig
from cloud.config import CloudConfig
from cloud.errors import ConfigurationError, ServiceUnavailableError

SUFFIX: Final = ".seguia-backup"
ROOM: Final = "backup-room"
_LOCK: Final = "backup.lock"
_STAMP: Final = "%Y%m%dT%H%M%SZ"
_NAME: Final = re.compile(rf"(?P<organisation>.+)-(?P<stamp>\d{{8}}T\d{{6}}Z){re.escape(SUFFIX)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What is backed up: its configuration and the file of it, its database's address, and this software."""

    config: CloudConfig
    file: Path
    database_url: str
    software: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A finished backup."""

    path: Path
    manifest: Manifest
    plain_bytes: int
    sealed_bytes: int
    gone: tuple[str, ...]
    """Files that went away while the backup was made: they are not in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A backup in the folder."""

    path: Path
    made_at: datetime


def make_backup(installation: Installation, folder: Path, now: datetime) -> Made:
    """Copy, pack and seal a whole installation while it works; nothing half made keeps its name."""
    config = installation.config
    recipients = read_recipients(config.backup.recipients)
    if not recipients:
        raise ConfigurationError(
            "backup.recipients: expected the public key of who may open backups, got none;"
            " make one with: seguia cloud backup key --out FILE, keep FILE off this machine"
        )
    path = folder / f"{config.organisation}-{now.astimezone(UTC).strftime(_STAMP)}{SUFFIX}"
    part = path.with_name(path.name + ".part")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _room(config.data_dir, folder) as room:
            if path.exists():
                raise ConfigurationError(f"{path}: exists already; wait a second")
            copy = copy_database(installation.database_url, room)
            with sealing(part, recipients) as stream, writing(stream) as archive:
                archive.took(Piece(name=copy.path.name, path=copy.path))
                pieces = pieces_of(config, installation.file, left_out=_apart(installation, folder))
                gone = [one.name for one in pieces if not archive.took(one)]
                manifest = _manifest(installation, copy, archive.held, now)
                archive.finish(manifest)
        part.replace(path)
        _sync(folder)
    except OSError as error:
        raise ServiceUnavailableError(f"{folder}: a backup cannot be written there ({error.strerror})") from error
    plain_bytes = total_bytes(manifest.files)
    sealed_bytes = path.stat().st_size
    return Made(path=path, manifest=manifest, plain_bytes=plain_bytes, sealed_bytes=sealed_bytes, gone=tuple(gone))


@contextmanager
def _room(data_dir: Path, folder: Path) -> Iterator[Path]:
    """A folder for the plain copy, on the disk that holds the original: it never lies where backups are carried from.

    What an earlier backup left when it was killed goes first; two at once are refused.
    """
    room = data_dir / ROOM
    lock = os.open(data_dir / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ServiceUnavailableError(f"{data_dir}: another backup is being made; wait until it ends") from None
        shutil.rmtree(room, ignore_errors=True)
        for broken in folder.glob(f"*{SUFFIX}.part"):
            broken.unlink()
        room.mkdir(mode=0o700)
        try:
            yield room
        finally:
            shutil.rmtree(room, ignore_errors=True)
    finally:
        os.close(lock)


def _apart(installation: Installation, folder: Path) -> frozenset[Path]:
    """What must not be read as a plain file: the live database, and the backups themselves."""
    url = make_url(installation.database_url)
    apart = {folder.resolve(), (installation.config.data_dir / ROOM).resolve()}
    if url.get_backend_name() == "sqlite":
        apart.add(Path(url.database or "").resolve())
    return frozenset(apart)


def _manifest(installation: Installation, copy: Copy, held: Sequence[Held], now: datetime) -> Manifest:
    return Manifest(
        made_at=now.astimezone(UTC),
        organisation=installation.config.organisation,
        software=installation.software,
        database=copy.kind,
        entries=copy.entries,
        head=copy.head,
        files=tuple(held),
        elsewhere=elsewhere(installation.config),
    )


def kept_in(folder: Path) -> tuple[Kept, ...]:
    """The backups of a folder, newest first."""
    found = []
    for path in folder.glob(f"*{SUFFIX}"):
        named = _NAME.fullmatch(path.name)
        if named is not None:
            found.append(Kept(path=path, made_at=datetime.strptime(named["stamp"], _STAMP).replace(tzinfo=UTC)))
    return tuple(sorted(found, key=lambda one: one.made_at, reverse=True))


def let_go(folder: Path, settings: BackupConfig, now: datetime) -> tuple[Path, ...]:
    """Delete the backups that are too old, so that nothing erased lives on in them; the newest few stay."""
    oldest = now - timedelta(days=settings.keep_days)
    old = [one.path for one in kept_in(folder)[settings.keep_least :] if one.made_at < oldest]
    for path in old:
        path.unlink()
    return tuple(old)


def _sync(folder: Path) -> None:
    """Make a renaming last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
