"""Two slots of one kind of release: one in use, one to write the next into, and a trial between them."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from edge.errors import UpdateRefusedError
from edge.updates import launcher
from edge.updates.bundle import Kind, Manifest, digest_of, read_manifest
from edge.updates.durable import Disk
from edge.updates.trial import Trial

UPDATES_FOLDER: Final = "updates"
"""Folder inside the data folder that holds all that updates need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A release that was tried and is not tried again."""

    digest: str
    release: str
    why: str


class Slots:
    """The slots of one kind below a gateway's updates folder; without one in use, what was installed is."""

    def __init__(self, updates: Path, kind: Kind, disk: Disk | None = None) -> None:
        self.kind: Kind = kind
        self.folder = updates / kind
        self.disk = disk or Disk()

    @property
    def current(self) -> str | None:
        """Name of the slot in use."""
        return launcher.current_slot(self.folder)

    @property
    def active(self) -> Path | None:
        """Folder of the slot in use; None where what was installed is."""
        return None if (slot := self.current) is None else self.folder / slot

    @property
    def spare(self) -> str:
        """Name of the slot that the next release is written into: never the one in use, nor the one to go back to."""
        # A link to a slot that is not whole is no slot in use, yet the other one is what is left.
        try:
            used = str((self.folder / launcher.CURRENT).readlink())
        except OSError:
            used = ""
        return "b" if used == "a" else "a"

    def digest(self, slot: str | None) -> str | None:
        """Hash of the list of the release in a slot; None where it holds none that is whole."""
        listed = self._listed(slot)
        return None if listed is None else digest_of(listed)

    def manifest(self, slot: str | None) -> Manifest | None:
        """List of the release in a slot; None where it holds none that is whole."""
        listed = self._listed(slot)
        try:
            return None if listed is None else read_manifest(listed, self.kind)
        except UpdateRefusedError:  # rotted: the next look fetches it again, since its hash is another
            return None

    def _listed(self, slot: str | None) -> bytes | None:
        if slot is None:
            return None
        try:
            return (self.folder / slot / launcher.COMPLETE).read_bytes()
        except OSError:
            return None

    def trial(self) -> Trial | None:
        """The trial that the slot in use is on."""
        found = launcher.trial_of(self.folder)
        if found is None:
            return None
        known = {field.name for field in fields(Trial)}
        try:
            return Trial(**{name: value for name, value in found.items() if name in known})
        except TypeError:  # of another version of this software, with fields that this one does not have
            return None

    def put_on_trial(self, slot: str, *, heard_before: bool) -> Trial:
        """Take a whole slot into use, on trial: the trial is written first, so that no start is without it."""
        manifest = self.manifest(slot)
        assert manifest is not None, "a slot that is not whole is never taken into use"
        trial = Trial(
            slot=slot,
            before=self.current,
            release=manifest.release,
            digest=self.digest(slot) or "",
            heard_before=heard_before,
        )
        self.note(trial)
        self.disk.remove(self.folder / launcher.STARTS)
        self.disk.point(self.folder / launcher.CURRENT, slot)
        return trial

    def note(self, trial: Trial) -> None:
        """Write down how a trial goes."""
        self.disk.write(self.folder / launcher.TRIAL, json.dumps(asdict(trial)).encode())

    def keep(self) -> None:
        """The slot in use stays: its trial is over."""
        self.disk.remove(self.folder / launcher.TRIAL)

    def roll_back(self, why: str) -> None:
        """What ran before the trial comes back."""
        trial = self.trial()
        if trial is not None:
            launcher.roll_back(self.folder, asdict(trial), why, self.disk.at)

    def refused(self) -> tuple[Refusal, ...]:
        """Releases that are not tried again, the latest last."""
        found: Any = launcher.read_json(self.folder / launcher.REFUSED)
        if not isinstance(found, list):
            return ()
        return tuple(
            Refusal(digest=str(each.get("digest")), release=str(each.get("release")), why=str(each.get("why")))
            for each in found
            if isinstance(each, dict)
        )

    def refuse(self, refusal: Refusal) -> None:
        """Write down that a release is not tried again."""
        kept = [each for each in self.refused() if each.digest != refusal.digest]
        told = [asdict(each) for each in (*kept, refusal)][-launcher.REFUSED_KEPT :]
        self.disk.make_folder(self.folder)
        self.disk.write(self.folder / launcher.REFUSED, json.dumps(told).encode())

    def started_well(self) -> None:
        """The code in use was well for a minute: the count of its starts begins anew."""
        if (self.folder / launcher.STARTS).exists():
            self.disk.remove(self.folder / launcher.STARTS)
