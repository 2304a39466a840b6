"""The repository as a gateway sees it: The Update Framework's client, its clock floored and its files durable.

The framework refuses what is unsigned, older than what was seen, expired, mixed or too long. Two things it leaves to
its user: which time it is, on a machine whose clock may wake up in the past, and that what it wrote survives a power
cut, without which an attacker could offer old metadata again.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

from tuf.api import exceptions
from tuf.api._payload import TargetFile
from tuf.ngclient.config import UpdaterConfig
from tuf.ngclient.updater import Updater

from edge.errors import (
    ConfigurationError,
    EdgeError,
    RepositoryUnavailableError,
    StoreUnavailableError,
    UpdateRefusedError,
)
from edge.settings.updates import UpdatesConfig
from edge.updates.bundle import MANIFEST_MAX_BYTES, Kind
from edge.updates.durable import Disk
from edge.updates.transport import Wire

METADATA_FOLDER: Final = "metadata"
SIGNED_AT: Final = "x-seguia-signed-at"
"""Field of a timestamp: when it was signed. No honest clock of a gateway that verified it shows an earlier time."""
_Answer = TypeVar("_Answer")


class _FieldUpdater(Updater):
    """The framework's client with our clock and our disk."""

    def __init__(self, folder: Path, config: UpdatesConfig, wire: Wire, now: datetime, disk: Disk) -> None:
        self._disk = disk
        base = config.url.rstrip("/")
        super().__init__(
            metadata_dir=str(folder),
            metadata_base_url=f"{base}/metadata/",
            target_dir=None,
            target_base_url=f"{base}/targets/",
            fetcher=wire,
            config=UpdaterConfig(max_root_rotations=64, snapshot_max_length=200_000, targets_max_length=200_000),
            bootstrap=_trusted_root(config.root_file),
        )
        self._trusted_set.reference_time = now

    def _persist_file(self, filename: str, data: bytes) -> None:
        path = Path(filename)
        # The same bytes again are not worth a write: flash wears.
        if not path.is_file() or path.read_bytes() != data:
            self._disk.write(path, data)

    def _update_root_symlink(self) -> None:
        """Nothing: every start begins at the root that came with the device, so that no link can be lost."""

    def signed_at(self) -> datetime | None:
        """When the verified timestamp was signed, where it says so."""
        said = self._trusted_set.timestamp.unrecognized_fields.get(SIGNED_AT)
        try:
            moment = datetime.fromisoformat(str(said))
        except ValueError:
            return None
        return moment.astimezone(UTC) if moment.tzinfo is not None else None


class Repository:
    """One look at the repository, its metadata verified; closed by who made the wire."""

    def __init__(self, updates: Path, config: UpdatesConfig, wire: Wire, now: datetime, disk: Disk) -> None:
        """``now`` is a time that is not too early: the later one of the clock and of all that is known."""
        self._config = config
        self._base = config.url.rstrip("/")
        folder = updates / METADATA_FOLDER
        disk.make_folder(folder)
        self._updater = _verified(lambda: _FieldUpdater(folder, config, wire, now, disk), self._base)

    def refresh(self) -> datetime | None:
        """Fetch and verify what is new; when it was signed, where that is told."""
        _verified(self._updater.refresh, self._base)
        return self._updater.signed_at()

    def listed(self, kind: Kind, gateway: str) -> TargetFile | None:
        """The newest release of a kind that is meant for this gateway: its own configuration, else the channel's."""
        return _verified(
            lambda: self._updater.get_targetinfo(f"{kind}/{gateway}") if kind == "config" else None, self._base
        ) or _verified(lambda: self._updater.get_targetinfo(f"{kind}/{self._config.channel}"), self._base)

    def list_of(self, target: TargetFile, into: Path) -> bytes:
        """The list of a release, verified; ``into`` is a folder for it while it arrives."""
        if target.length > MANIFEST_MAX_BYTES:
            raise UpdateRefusedError(f"{target.path}: expected a list of at most {MANIFEST_MAX_BYTES} bytes, got more")
        path = _verified(lambda: self._updater.download_target(target, str(into / "list")), self._base)
        return Path(path).read_bytes()

    def pack_url(self, kind: Kind, pack: str) -> str:
        """Where the pack of a release lies."""
        return f"{self._base}/targets/{kind}/{pack}.pack"


def digest_of_target(target: TargetFile) -> str:
    """The hash by which a listed release is known."""
    return target.hashes.get("sha256", "")


def _trusted_root(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"{path}: expected the trusted root of the repository, got {error.strerror};"
            " copy metadata/1.root.json of the repository there by hand, or correct updates.root_file"
        ) from error


_Refusal = tuple[type[Exception], str]
_REFUSALS: Final[tuple[_Refusal, ...]] = (
    (exceptions.ExpiredMetadataError, "is out of date: whoever answers holds news back, or nobody renews it"),
    (exceptions.UnsignedMetadataError, "is not signed by enough of the keys that this gateway trusts"),
    (exceptions.BadVersionNumberError, "is older than, or belongs to another state than, what this gateway has seen"),
    (exceptions.LengthOrHashMismatchError, "is not what its signed description says"),
    (exceptions.RepositoryError, "is not sound"),
)


def _verified(ask: Callable[[], _Answer], base: str) -> _Answer:
    """What the framework answers; its refusals and failures in our words."""
    try:
        return ask()
    except EdgeError:
        raise
    except exceptions.DownloadLengthMismatchError as error:
        raise UpdateRefusedError(
            f"{base}: refused: it gave more bytes than its description allows ({error})"
        ) from error
    except exceptions.DownloadError as error:
        cause = error.__cause__ or error
        raise RepositoryUnavailableError(f"{base}: cannot be reached ({cause}); it is tried again later") from error
    except exceptions.RepositoryError as error:
        said = next(text for kind, text in _REFUSALS if isinstance(error, kind))
        raise UpdateRefusedError(f"{base}: refused: its metadata {said} ({error})") from error
    except OSError as error:
        raise StoreUnavailableError(f"{base}: metadata cannot be kept ({error}); free space") from error
