"""A backup brought back into an empty place, and proven there before anybody works with it."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import pyrage

from cloud.adapters.backup.archive import unpack
from cloud.adapters.backup.databases import COPY_NAMES, bring_back
from cloud.adapters.backup.emptying import emptied_on_failure
from cloud.adapters.backup.manifest import Manifest
from cloud.adapters.backup.pieces import DATA
from cloud.adapters.backup.seal import opening
from cloud.adapters.ledger import LedgerReport
from cloud.adapters.ledger import verify as verify_ledger
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.config import FILE_NAME, CloudConfig, read_config
from cloud.errors import ConfigurationError, IntegrityError, ServiceUnavailableError

_DATABASE: Final = "seguia.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """An installation that stands again."""

    folder: Path
    manifest: Manifest
    ledger: LedgerReport
    doubted: int
    """Messages that waited: the lost installation may have sent them after the backup."""


def restore(
    backup: Path,
    identity: pyrage.x25519.Identity,
    folder: Path,
    *,
    database_url: str | None,
    now: Callable[[], datetime],
    head: str | None = None,
) -> Restored:
    """Bring an installation back into a folder that does not exist yet, and check its ledger against the manifest's.

    ``head`` is what the making of the backup printed, kept elsewhere: whoever may write backups can seal one of their
    own to the same public key, but cannot make its ledger end so.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(
            f"{folder}: expected a new or empty folder, got one in use; a restore never writes over anything"
        )
    _named(backup)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as room:
            manifest = _unsealed(backup, identity, Path(room))
            if head is not None and manifest.head != head:
                raise IntegrityError(
                    f"{backup}: expected a ledger that ends in {head[:12]}, got {manifest.head[:12]}: another backup"
                    " than the one that was written down"
                )
            place = Path(room) / DATA
            config = _configuration(place)  # before the database is filled
            url = database_url or f"sqlite:///{place / _DATABASE}"
            bring_back(Path(room) / COPY_NAMES[manifest.database], manifest.database, url)
            with emptied_on_failure(url):
                ledger, doubted = _proven(config, url, manifest, now)
                if folder.exists():
                    folder.rmdir()
                place.rename(folder)
    except OSError as error:
        raise ServiceUnavailableError(
            f"{folder}: cannot be written ({error.strerror}); free space, check it"
        ) from error
    return Restored(folder=folder, manifest=manifest, ledger=ledger, doubted=doubted)


def look_into(backup: Path, identity: pyrage.x25519.Identity, room: Path) -> Restored:
    """A restore drill: everything is brought back beside, proven and thrown away; SQLite only, told otherwise."""
    _named(backup)
    with tempfile.TemporaryDirectory(prefix=".seguia-drill-", dir=room) as drill:
        manifest = _unsealed(backup, identity, Path(drill))
        if manifest.database != "sqlite":
            raise ConfigurationError(
                f"{backup}: to try a backup of {manifest.database} takes a server: restore it into an empty database,"
                " seguia cloud restore --database-url"
            )
        place = Path(drill) / DATA
        url = f"sqlite:///{place / _DATABASE}"
        bring_back(Path(drill) / COPY_NAMES["sqlite"], "sqlite", url)
        ledger, doubted = _proven(_configuration(place), url, manifest, None)
    return Restored(folder=backup.parent, manifest=manifest, ledger=ledger, doubted=doubted)


def _named(backup: Path) -> None:
    if not backup.is_file():
        raise ConfigurationError(f"{backup}: no such backup; see seguia cloud backup list")


def _unsealed(backup: Path, identity: pyrage.x25519.Identity, room: Path) -> Manifest:
    with opening(backup, identity) as stream:
        manifest = unpack(stream, room, subject=str(backup))
    (room / DATA).chmod(0o700)
    return manifest


def _proven(
    config: CloudConfig, url: str, manifest: Manifest, now: Callable[[], datetime] | None
) -> tuple[LedgerReport, int]:
    """Whether the ledger is whole and ends where the manifest says; then what waits to be sent is doubted."""
    keys = PersonalKeys.read(config.keys_file)
    # A backup of an earlier version is brought up to date, as an upgrade would.
    with Store.open(url, keys, create=True) as store:
        report = verify_ledger(store, expected=manifest.head if manifest.entries else None)
        if not report.intact or report.entries != manifest.entries:
            raise IntegrityError(
                f"ledger: expected {manifest.entries} entries ending in {manifest.head[:12]}, got {report.entries}"
                f" with {len(report.problems)} problems; nothing was restored, take another backup"
            )
        if now is None:
            return report, 0
        reason = f"restored from a backup of {manifest.made_at:%Y-%m-%d %H:%M} UTC: it may have been sent since"
        return report, store.doubt_waiting(now(), reason)


def _configuration(place: Path) -> CloudConfig:
    config = read_config(place / FILE_NAME)
    if not config.keys_file.exists():
        raise ConfigurationError(
            f"{config.keys_file}: the keys of personal data stood outside the data folder and are not in the backup;"
            " bring that file back to its place first"
        )
    return config
