"""A maker of releases with all keys, and gateways that follow them: small files in the place of models."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from securesystemslib.signer._crypto_signer import CryptoSigner

from edge.config import GatewayConfig
from edge.errors import UpdateRefusedError
from edge.updates.bundle import Bundle, Kind, bundle_of
from edge.updates.check import Check, Outcome, Tools
from edge.updates.durable import Disk
from edge.updates.launcher import LAUNCHED
from edge.updates.slots import Slots
from models.release.repository import ReleaseRepository, RoleName, Terms

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
GATEWAY = "demo.gw-01"
THRESHOLDS: dict[RoleName, int] = {"root": 2, "targets": 1}
COUNTS: dict[RoleName, int] = {"root": 3, "targets": 1, "snapshot": 1, "timestamp": 1}


def new_keys() -> dict[RoleName, list[CryptoSigner]]:
    return {role: [CryptoSigner.generate_ed25519() for _ in range(count)] for role, count in COUNTS.items()}


def configuration(text: str, release: str = "1") -> Bundle:
    return bundle_of("config", release, {"gateway.toml": text.encode()})


@dataclass
class Maker:
    """Whoever makes and signs releases."""

    folder: Path
    keys: dict[RoleName, list[CryptoSigner]] = field(default_factory=new_keys)
    now: datetime = NOON

    @property
    def repository(self) -> ReleaseRepository:
        return ReleaseRepository(self.folder, self.now, Terms())

    @property
    def public(self) -> Path:
        return self.folder / "public"

    def begin(self) -> "Maker":
        self.repository.create({role: tuple(keys) for role, keys in self.keys.items()}, THRESHOLDS)
        return self

    def publish(self, bundle: Bundle | None = None, name: str = "stable") -> None:
        if bundle is not None:
            self.repository.add(bundle, name)
        self.sign()
        self.repository.publish(self.keys["snapshot"], self.keys["timestamp"])

    def sign(self) -> None:
        for signer in (*self.keys["root"], *self.keys["targets"]):
            self.repository.sign(signer)

    def metadata(self, name: str) -> Path:
        return self.public / "metadata" / name


def never(_slots: Slots, _staged: Path) -> None:
    raise UpdateRefusedError("release: did not pass its trial run: it shall not")


@dataclass
class Follower:
    """A gateway that follows the releases of a maker."""

    folder: Path
    url: str
    root: Path
    now: datetime = NOON + timedelta(hours=1)
    settings: dict[str, object] = field(default_factory=dict)
    silence_s: float = 5.0
    version_of: Callable[[str], str | None] = lambda _: "1.0"

    @property
    def config(self) -> GatewayConfig:
        return GatewayConfig.model_validate(
            {
                "organisation": "demo",
                "gateway_id": "gw-01",
                "data_dir": self.folder / "data",
                "updates": {"url": self.url, "root_file": self.root, **self.settings},
            }
        )

    def __post_init__(self) -> None:
        launched = self.updates / "code" / LAUNCHED
        launched.parent.mkdir(parents=True, exist_ok=True)
        launched.touch()

    @property
    def updates(self) -> Path:
        return self.folder / "data" / "updates"

    def slots(self, kind: Kind = "config") -> Slots:
        return Slots(self.updates, kind)

    def check(
        self,
        try_out: Callable[[Slots, Path], None] = lambda _slots, _staged: None,
        *,
        at: Callable[[str], None] = lambda _: None,
        again: bool = False,
    ) -> Check:
        tools = Tools(
            now=self.now,
            try_out=try_out,
            disk=Disk(at),
            silence_s=self.silence_s,
            again=again,
            version_of=self.version_of,
        )
        return Check(self.config, tools)

    def look(self, *, again: bool = False) -> dict[str, Outcome]:
        return {outcome.kind: outcome for outcome in self.check(again=again).run()}

    def content(self, kind: Kind = "config", file: str = "gateway.toml") -> str | None:
        """What runs: the content of a file of the slot in use."""
        active = self.slots(kind).active
        return None if active is None else (active / file).read_text(encoding="utf-8")

    def settle(self) -> None:
        """End the trials well."""
        for kind in ("code", "config", "models"):
            self.slots(kind).keep() if self.slots(kind).trial() else None
