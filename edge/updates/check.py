"""One look at the repository: what is new is fetched, verified, tried out, and put in place on trial."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from tuf.api._payload import TargetFile

from edge.card import packaged_models
from edge.config import GatewayConfig
from edge.errors import (
    ConfigurationError,
    EdgeError,
    RepositoryUnavailableError,
    StoreUnavailableError,
    UpdateRefusedError,
)
from edge.settings.updates import UpdatesConfig
from edge.updates.bundle import KINDS, Kind, Manifest, read_manifest
from edge.updates.download import BlockStore, Fetched, assemble, fetch, room_for
from edge.updates.durable import Disk
from edge.updates.journal import heard_lately, read_journal, write_journal
from edge.updates.launcher import LAUNCHED
from edge.updates.repository import Repository, digest_of_target
from edge.updates.requirements import must_have
from edge.updates.slots import UPDATES_FOLDER, Refusal, Slots
from edge.updates.transport import Wire

LOCK_FILE: Final = "lock"
STAGING_FOLDER: Final = "staging"
State = Literal["none", "newest", "placed", "waits", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one kind came out of a look at the repository."""

    kind: Kind
    state: State
    text: str
    release: str | None = None
    fetched: Fetched | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a look needs of the world around it."""

    now: datetime
    """A time that is not too early: the clock's where it can be believed, else all that is surely past."""
    try_out: Callable[[Slots, Path], None]
    """Let a staged slot show that it works; UpdateRefusedError when it does not."""
    disk: Disk
    silence_s: float = 30.0
    again: bool = False
    """Whether refused releases are tried again, and the day's budget is passed over."""
    version_of: Callable[[str], str | None] | None = None


class Check:
    """One look, for one gateway."""

    def __init__(self, config: GatewayConfig, tools: Tools) -> None:
        if config.updates is None:
            raise ConfigurationError("updates: expected a table [updates] in the configuration, got none; add it")
        self._config: GatewayConfig = config
        self._settings: UpdatesConfig = config.updates
        self._tools = tools
        self.updates = config.data_dir / UPDATES_FOLDER
        self._slots = {kind: Slots(self.updates, kind, tools.disk) for kind in KINDS if kind in self._kinds()}
        self.spent = 0

    def _kinds(self) -> tuple[Kind, ...]:
        """Kinds that are taken: models not where the operator named a folder of them, code only where it would run."""
        named = self._config.models_dir is not None and self.updates not in self._config.models_dir.parents
        idle = {"models": named, "code": not (self.updates / "code" / LAUNCHED).exists()}
        return tuple(kind for kind in self._settings.kinds if not idle.get(kind))

    def run(self) -> tuple[Outcome, ...]:
        """Look, and put at most one release in place; the time that was vouched for and the bytes spent are kept."""
        self._tools.disk.make_folder(self.updates)
        with _alone(self.updates / LOCK_FILE):
            journal = read_journal(self.updates)
            now = max(self._tools.now, journal.floor() or self._tools.now)
            budget = int(self._settings.daily_budget_kb * 1000) - journal.spent_on(now.date())
            allowed = 1 << 40 if self._tools.again else max(0, budget)
            wire = Wire(self._settings.ca_file, allowed=allowed, silence_s=self._tools.silence_s)
            outcome = ""
            try:
                repository = Repository(self.updates, self._settings, wire, now, self._tools.disk)
                journal = journal.vouched(repository.refresh())
                outcomes = tuple(self._each(repository, wire))
                outcome = "; ".join(f"{each.kind}: {each.text}" for each in outcomes)
            except EdgeError as error:
                outcome = str(error)
                raise
            finally:
                wire.close()
                self.spent = wire.spent
                done = replace(journal.spend(now.date(), wire.spent), checked_at=now.isoformat(timespec="seconds"))
                write_journal(self.updates, replace(done, outcome=outcome[:400]), self._tools.disk)
        return outcomes

    def _each(self, repository: Repository, wire: Wire) -> Iterator[Outcome]:
        """Every kind in its order; once one is on trial the others wait, so that it is known what did harm."""
        on_trial = next((kind for kind, slots in self._slots.items() if slots.trial() is not None), None)
        for kind, slots in self._slots.items():
            target = repository.listed(kind, f"{self._config.organisation}.{self._config.gateway_id}")
            if target is None:
                yield Outcome(kind=kind, state="none", text="nothing is published")
                continue
            digest = digest_of_target(target)
            if slots.digest(slots.current) == digest:
                release = getattr(slots.manifest(slots.current), "release", None)
                yield Outcome(kind=kind, state="newest", text=f"{release} runs, the newest", release=release)
                continue
            refusal = next((each for each in slots.refused() if each.digest == digest), None)
            if refusal is not None and not self._tools.again:
                text = f"{refusal.release} stays refused: {refusal.why}"
                yield Outcome(kind=kind, state="refused", text=text, release=refusal.release)
            elif on_trial is not None:
                yield Outcome(kind=kind, state="waits", text=f"waits for the trial of {on_trial} to end")
            else:
                outcome = self._take(slots, repository, target, wire)
                on_trial = kind if outcome.state == "placed" else None
                yield outcome

    def _take(self, slots: Slots, repository: Repository, target: TargetFile, wire: Wire) -> Outcome:
        try:
            manifest, fetched = self._stage(slots, repository, target, wire)
        except UpdateRefusedError as error:
            # Whoever stands between may spoil bytes: that must not keep this gateway from the release for good.
            return Outcome(kind=slots.kind, state="refused", text=str(error))
        try:
            self._tools.disk.at(f"try out {slots.kind}")
            self._tools.try_out(slots, slots.folder / slots.spare)
        except UpdateRefusedError as error:
            slots.refuse(Refusal(digest=digest_of_target(target), release=manifest.release, why=str(error)))
            return Outcome(kind=slots.kind, state="refused", text=str(error), release=manifest.release)
        slots.put_on_trial(slots.spare, heard_before=heard_lately(self.updates, self._tools.now.date()))
        self._tools.disk.clear(self.updates / STAGING_FOLDER / slots.kind)
        text = f"{manifest.release} is in place, on trial for {self._settings.trial_minutes} minutes"
        return Outcome(kind=slots.kind, state="placed", text=text, release=manifest.release, fetched=fetched)

    def _stage(
        self, slots: Slots, repository: Repository, target: TargetFile, wire: Wire
    ) -> tuple[Manifest, Fetched | None]:
        """The release whole in the spare slot; what an earlier look left of it is used."""
        spare = slots.spare
        digest = digest_of_target(target)
        if slots.digest(spare) == digest and (whole := slots.manifest(spare)) is not None:
            self._must_have(whole)
            return whole, None
        staging = self.updates / STAGING_FOLDER / slots.kind
        blocks = staging / "blocks"
        self._tools.disk.make_folder(blocks)
        self._tools.disk.at(f"list {slots.kind}")
        listed = repository.list_of(target, staging)
        manifest = read_manifest(listed, slots.kind)
        self._must_have(manifest)
        room_for(manifest, self.updates, self._settings.size_limit_mb)
        store = BlockStore(blocks, self._tools.disk)
        url = repository.pack_url(slots.kind, manifest.pack)
        fetched = fetch(manifest, url, store, wire, self._here(slots))
        assemble(manifest, listed, store, slots.folder / spare, self._tools.disk)
        return manifest, fetched

    def _must_have(self, manifest: Manifest) -> None:
        must_have(manifest, *(() if self._tools.version_of is None else (self._tools.version_of,)))

    def _here(self, slots: Slots) -> Iterator[Path]:
        """Folders whose files may hold blocks of the next release: both slots, and what came with the device."""
        for name in (slots.current, slots.spare):
            if name is not None and (slots.folder / name).is_dir():
                yield slots.folder / name
        if slots.kind == "models":
            yield packaged_models()
        elif slots.kind == "code":
            yield packaged_models()
            yield packaged_models().parent / "edge"


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the updates folder; a second look at the same time is refused, and one that was killed holds nothing."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreUnavailableError(f"{path}: cannot be written ({error.strerror}); check the folder") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RepositoryUnavailableError(
                f"{path}: another look at the repository is under way; let it end"
            ) from None
        yield
    finally:
        os.close(descriptor)
