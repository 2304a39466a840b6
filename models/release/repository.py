"""The repository of releases on the maker's side: folders of files, signed by few, served by any web server.

``public`` is what gateways see; ``staged`` is what still lacks signatures. Root and targets are signed by people, on
machines without a network if they like: the folder travels to them. Snapshot and timestamp are signed by the machine
that publishes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

from securesystemslib.exceptions import StorageError
from securesystemslib.signer._key import Key
from securesystemslib.signer._signer import Signer
from tuf.api import exceptions
from tuf.api._payload import MetaFile, Role, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.metadata import Metadata
from tuf.api.serialization.json import JSONSerializer

from edge.errors import ConfigurationError, UpdateRefusedError
from edge.updates.bundle import Bundle
from edge.updates.launcher import put
from edge.updates.repository import SIGNED_AT

RoleName = Literal["root", "targets", "snapshot", "timestamp"]
ROLES: Final[tuple[RoleName, ...]] = ("root", "targets", "snapshot", "timestamp")
_OFFLINE: Final = ("root", "targets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How long each kind of metadata holds [days]: the timestamp's is how long a gateway may be kept from news."""

    root: int = 365
    targets: int = 180
    snapshot: int = 30
    timestamp: int = 7


class ReleaseRepository:
    """A repository in a folder; ``now`` is when what is made here is signed."""

    def __init__(self, folder: Path, now: datetime, terms: Terms | None = None) -> None:
        self.public, self.staged = folder / "public", folder / "staged"
        self._now = now.replace(microsecond=0)
        self._terms = terms or Terms()

    def create(self, signers: dict[RoleName, Sequence[Signer]], thresholds: dict[RoleName, int]) -> None:
        """Begin a repository: the first root, no releases yet; everything signed and published."""
        if self._path("timestamp").exists() or self._latest("root") is not None:
            raise ConfigurationError(f"{self.public}: expected no repository yet, got one; choose another folder")
        keys = {key.keyid: key for each in signers.values() for key in (signer.public_key for signer in each)}
        roles: dict[str, Role] = {
            name: Role([signer.public_key.keyid for signer in signers[name]], thresholds.get(name, 1)) for name in ROLES
        }
        root = Root(version=1, expires=self._expiry("root"), keys=keys, roles=roles, consistent_snapshot=True)
        self._write(self.staged / "root.json", Metadata(root))
        self._write(self.staged / "targets.json", Metadata(Targets(version=1, expires=self._expiry("targets"))))
        for signer in (*signers["root"], *signers["targets"]):
            self.sign(signer)
        self.publish(signers["snapshot"], signers["timestamp"])

    def root(self, *, staged: bool = True) -> Root:
        """The root in force, or the staged one that follows it."""
        found: Root = self._load("root", staged=staged).signed
        return found

    def targets(self, *, staged: bool = True) -> Targets:
        """The list of releases in force, or the staged one that follows it."""
        found: Targets = self._load("targets", staged=staged).signed
        return found

    def add(self, bundle: Bundle, name: str) -> str:
        """Lay a release beside the others and stage a list that names it: ``models/stable``; its path in the list."""
        path = f"{bundle.manifest.kind}/{name}"
        target = TargetFile.from_data(path, bundle.listed, ["sha256"])
        folder = self.public / "targets" / bundle.manifest.kind
        self._put(folder / f"{bundle.manifest.pack}.pack", bundle.pack)
        self._put(folder / f"{target.hashes['sha256']}.{name}", bundle.listed)
        self._restage_targets({**self.targets().targets, path: target})
        return path

    def withdraw(self, path: str) -> None:
        """Stage a list without a release: gateways keep what runs, and no other takes it."""
        left = dict(self.targets().targets)
        if left.pop(path, None) is None:
            raise ConfigurationError(f"{path}: expected one of {', '.join(sorted(left)) or 'no'} releases, got another")
        self._restage_targets(left)

    def rotate(self, role: RoleName, add: Sequence[Key], remove: Sequence[str], threshold: int | None) -> None:
        """Stage a root in which a role has other keys; the old root's keys must sign it, and the new root's."""
        root = self._next_root()
        for keyid in remove:
            if keyid not in root.roles[role].keyids:
                raise ConfigurationError(f"rotate {role}: expected a key of this role, got {keyid[:12]}; see status")
            root.revoke_key(keyid, role)
        for key in add:
            root.add_key(key, role)
        root.roles[role].threshold = threshold or root.roles[role].threshold
        if len(root.roles[role].keyids) < root.roles[role].threshold:
            raise ConfigurationError(
                f"rotate {role}: expected at least {root.roles[role].threshold} keys, got"
                f" {len(root.roles[role].keyids)}; add keys, or lower --threshold"
            )
        self._write(self.staged / "root.json", Metadata(root))
        if role == "targets":
            self._restage_targets(dict(self.targets().targets))

    def renew(self, role: Literal["root", "targets"]) -> None:
        """Stage a role as it is for another term."""
        if role == "root":
            self._write(self.staged / "root.json", Metadata(self._next_root()))
        else:
            self._restage_targets(dict(self.targets().targets))

    def sign(self, signer: Signer) -> tuple[str, ...]:
        """Sign whatever is staged and this key may sign; the roles it signed."""
        signed = []
        keyid = signer.public_key.keyid
        for name in _OFFLINE:
            path = self.staged / f"{name}.json"
            if path.exists() and any(keyid in root.roles[name].keyids for root in self._trusting(name)):
                metadata: Metadata[Any] = Metadata.from_file(str(path))
                metadata.sign(signer, append=True)
                self._write(path, metadata)
                signed.append(name)
        return tuple(signed)

    def lacking(self) -> tuple[str, ...]:
        """What is staged and lacks signatures, one line each."""
        lines = []
        for name in _OFFLINE:
            path = self.staged / f"{name}.json"
            if not path.exists():
                continue
            metadata: Metadata[Any] = Metadata.from_file(str(path))
            for root in self._trusting(name):
                result = root.get_verification_result(name, metadata.signed_bytes, metadata.signatures)
                if not result:
                    had, wanted = len(result.signed), result.threshold
                    lines.append(
                        f"{name} {metadata.signed.version}: {had} of {wanted} signatures by root {root.version}"
                    )
        return tuple(lines)

    def publish(self, snapshot: Sequence[Signer], timestamp: Sequence[Signer]) -> None:
        """Make what is staged public, and sign anew what says so; nothing is public before all of it may be."""
        lacking = self.lacking()
        if lacking:
            raise UpdateRefusedError(f"publish: expected enough signatures, got {'; '.join(lacking)}; see release sign")
        self._may_sign("snapshot", snapshot)
        self._may_sign("timestamp", timestamp)
        for name in _OFFLINE:
            path = self.staged / f"{name}.json"
            if path.exists():
                metadata: Metadata[Any] = Metadata.from_file(str(path))
                self._put(self._path(name, metadata.signed.version), path.read_bytes())
        self._publish_snapshot(snapshot)
        self._publish_timestamp(timestamp)
        for name in _OFFLINE:
            (self.staged / f"{name}.json").unlink(missing_ok=True)

    def _publish_snapshot(self, signers: Sequence[Signer]) -> None:
        before = self._latest("snapshot")
        version = 1 if before is None else before + 1
        meta = {"targets.json": MetaFile(self.targets(staged=False).version)}
        signed: Metadata[Any] = Metadata(Snapshot(version=version, expires=self._expiry("snapshot"), meta=meta))
        for signer in signers:
            signed.sign(signer, append=True)
        self._write(self._path("snapshot", version), signed)

    def _publish_timestamp(self, signers: Sequence[Signer]) -> None:
        path = self._path("timestamp")
        version = Metadata.from_file(str(path)).signed.version + 1 if path.exists() else 1
        snapshot = self._latest("snapshot")
        assert snapshot is not None
        content = self._path("snapshot", snapshot).read_bytes()
        meta = MetaFile.from_data(snapshot, content, ["sha256"])
        said = {SIGNED_AT: self._now.isoformat()}
        stamp = Timestamp(version, None, self._expiry("timestamp"), meta, unrecognized_fields=said)
        signed: Metadata[Any] = Metadata(stamp)
        for signer in signers:
            signed.sign(signer, append=True)
        self._write(path, signed)

    def _may_sign(self, role: RoleName, signers: Sequence[Signer]) -> None:
        known = set(self.root().roles[role].keyids)
        held = {signer.public_key.keyid for signer in signers} & known
        if len(held) < self.root().roles[role].threshold:
            raise ConfigurationError(f"publish: expected the key of {role}, got another; name its folder with --keys")

    def _trusting(self, name: str) -> tuple[Root, ...]:
        """Roots whose keys a staged role must be signed by."""
        staged = self.root()
        if name != "root" or self._latest("root") is None:
            return (staged,)
        before = self.root(staged=False)
        return (staged,) if before.version == staged.version else (before, staged)

    def _next_root(self) -> Root:
        root = self.root()
        published = self._latest("root") or 0
        root.version, root.expires = published + 1, self._expiry("root")
        return root

    def _restage_targets(self, targets: dict[str, TargetFile]) -> None:
        version = (self._latest("targets") or 0) + 1
        fresh = Targets(version=version, expires=self._expiry("targets"), targets=targets)
        self._write(self.staged / "targets.json", Metadata(fresh))

    def _load(self, name: RoleName, *, staged: bool) -> Metadata[Any]:
        path = self.staged / f"{name}.json"
        if not staged or not path.exists():
            path = self._path(name, self._latest(name) or 0)
        try:
            return Metadata.from_file(str(path))
        except (exceptions.RepositoryError, OSError, StorageError) as error:
            raise ConfigurationError(
                f"{path}: expected metadata of a repository, got {error}; begin one with release init"
            ) from error

    def _latest(self, name: str) -> int | None:
        found = [int(path.name.partition(".")[0]) for path in (self.public / "metadata").glob(f"*.{name}.json")]
        return max(found, default=None)

    def _path(self, name: str, version: int | None = None) -> Path:
        return self.public / "metadata" / (f"{name}.json" if version is None else f"{version}.{name}.json")

    def _expiry(self, role: RoleName) -> datetime:
        return self._now + timedelta(days=int(getattr(self._terms, role)))

    def _write(self, path: Path, metadata: Metadata[Any]) -> None:
        self._put(path, metadata.to_bytes(JSONSerializer(compact=True)))

    def _put(self, path: Path, content: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            put(path, content)
        except OSError as error:
            raise ConfigurationError(f"{path}: cannot be written ({error.strerror}); correct the folder") from error
