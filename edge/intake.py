"""From a dropped file to queued messages: looked at once, queued and remembered in one commit."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol

from edge.clock import Clock
from edge.contract import Detection
from edge.errors import EdgeError, StoreUnavailableError
from edge.evidence import Sighting, evidence_of
from edge.frame import MAX_FILE_BYTES, content_sha256
from edge.logbook import Logbook
from edge.metadata import FrameMetadata
from edge.outbox import Hold, Outbox, Priority, QueueId
from edge.progress import Progress
from edge.settings.delivery import EvidenceConfig
from edge.shelf import Shelf
from edge.sources.folder import Drop, FolderSource
from edge.voice import Voice
from edge.wire import encode_detection, encode_evidence

Outcome = Literal["queued", "known", "rejected"]
INFERENCE: Final = "looking at photos"
_MAX_ATTEMPTS: Final = 6
"""A weak battery also stops a gateway while it looks at a photo: six times over the same one is the photo's fault."""


class Looker(Protocol):
    """Whoever turns a dropped file into an opinion; UnreadableFrameError when the file cannot be used."""

    def __call__(self, drop: Drop, metadata: FrameMetadata | None, /) -> Sighting:
        """What one photo says about its parcel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeTools:
    """What the intake works with."""

    outbox: Outbox
    look: Looker
    clock: Clock
    voice: Voice
    progress: Progress | None = None
    shelf: Shelf | None = None
    """Where pictures are kept that are not sent unasked."""
    saw: Callable[[Sighting], None] | None = None
    """Told of each photo once it is queued; None where nobody asks."""


def stress_of(detection: Detection, levels: EvidenceConfig) -> bool | None:
    """Whether an opinion says stressed, by the best quantity it gives; None when it gives none."""
    measures = (
        (detection.stress_index, levels.onset_stress_index),
        (detection.cwsi, levels.onset_cwsi),
        (detection.wilting_probability, levels.onset_wilting_probability),
    )
    if not detection.opinion:
        return None
    return next((value >= level for value, level in measures if value is not None), None)


class Intake:
    """Takes the files of all watched folders in."""

    def __init__(self, sources: Sequence[FolderSource], levels: EvidenceConfig, tools: IntakeTools) -> None:
        self._sources = sources
        self._levels = levels
        self._tools = tools
        self._logbook = Logbook(tools.outbox.database)
        self._begun: set[str] = set()
        """Files this process began to look at and was kept from finishing, by a full disk: not their fault."""

    @property
    def unsettled(self) -> int:
        """Files that were still being written at the last look."""
        return sum(source.unsettled for source in self._sources)

    def ready(self) -> Iterator[tuple[FolderSource, Drop]]:
        """Complete files that were not dealt with yet; those at which the gateway stopped before come last."""
        suspects = self._logbook.suspects()
        later: list[tuple[FolderSource, Drop]] = []
        for source in self._sources:
            for drop in source.ready(self._logbook.knows_stamp):
                if drop.stamp.path in suspects:
                    later.append((source, drop))
                else:
                    yield source, drop
        yield from later

    def take(self, source: FolderSource, drop: Drop) -> Outcome:
        """Deal with one file, for good: queued, known already, or set aside with its reason told."""
        # A file may claim a size that takes hours to read.
        sha256 = content_sha256(drop.path) if drop.stamp.size <= MAX_FILE_BYTES else None
        if sha256 is None:
            wanted = f"{drop.path}: expected a readable file of at most {MAX_FILE_BYTES} bytes"
            return self._reject(source, drop, "", f"{wanted}, got one that cannot be opened or is larger")
        if self._logbook.knows_content(drop.stamp.path, sha256):
            self._logbook.restamp(drop.stamp, sha256)
            return "known"
        if self._begin(drop.stamp.path) > _MAX_ATTEMPTS:
            reason = f"{drop.path}: the gateway stopped {_MAX_ATTEMPTS} times while looking at this file"
            return self._reject(source, drop, sha256, reason)
        outcome = self._look_and_queue(source, drop, sha256)
        self._begun.discard(drop.stamp.path)
        return outcome

    def _look_and_queue(self, source: FolderSource, drop: Drop, sha256: str) -> Outcome:
        before_s = self._tools.clock.processor_s()
        try:
            sighting = self._sighting(source, drop)
            hold = self._hold(source, drop, sighting.detection)
            self._queue(drop, sha256, sighting, self._tools.clock.processor_s() - before_s, hold)
            self._looked(well=True)
        except StoreUnavailableError:
            raise
        except EdgeError as error:
            self._looked(well=True)
            return self._reject(source, drop, sha256, str(error))
        except Exception as error:  # noqa: BLE001 -- the loop's one net: the file is set aside, the others go on
            self._looked(well=False)
            return self._reject(source, drop, sha256, f"{drop.path}: {type(error).__name__}: {error}")
        if self._tools.saw is not None:
            self._tools.saw(sighting)
        return "queued"

    def _begin(self, path: str) -> int:
        """How many processes began to look at a file without an end, this one included; 0 when this one did before."""
        if path in self._begun:
            return 0
        count = self._logbook.begin(path)
        self._begun.add(path)
        return count

    def _looked(self, *, well: bool) -> None:
        if self._tools.progress is None:
            return
        if well:
            self._tools.progress.made(INFERENCE)
        else:
            self._tools.progress.failed(INFERENCE)

    def _sighting(self, source: FolderSource, drop: Drop) -> Sighting:
        sighting = self._tools.look(drop, source.metadata_of(drop.path))
        named = sighting.detection.model_copy(
            update={
                "parcel_id": sighting.detection.parcel_id or drop.watch.parcel_id,
                "camera_id": sighting.detection.camera_id or drop.watch.camera_id,
            }
        )
        return replace(sighting, detection=named)

    def _hold(self, source: FolderSource, drop: Drop, detection: Detection) -> Hold | None:
        """Why a detection waits for a date: its photo came while the clock was wrong."""
        uptime_s = source.arrived_uptime_s(drop.path)
        boot = self._tools.clock.boot()
        if detection.taken_at is not None or uptime_s is None or not boot:
            return None
        return Hold(boot=boot, uptime_s=uptime_s)

    def _queue(self, drop: Drop, sha256: str, sighting: Sighting, processor_s: float, hold: Hold | None) -> None:
        detection = sighting.detection
        parcel_id = detection.parcel_id or drop.watch.parcel_id
        stressed = stress_of(detection, self._levels)
        outbox = self._tools.outbox
        with outbox.database.transaction():
            onset = stressed is True and not self._logbook.was_stressed(parcel_id)
            name = outbox.put(
                "detection",
                lambda boot, sequence: encode_detection(detection, boot, sequence),
                Priority.ONSET if onset else Priority.DETECTION,
                parcel_id,
                hold=hold,
            )
            evidence = self._put_evidence(sighting, parcel_id, name, onset=onset)
            if stressed is not None:
                self._logbook.set_stressed(parcel_id, stressed=stressed)
            self._logbook.remember(drop.stamp, sha256, "queued")
            self._logbook.count(
                frames_queued=1,
                frames_without_opinion=int(not detection.opinion),
                stress_onsets=int(onset),
                evidence_queued=int(evidence),
                frame_processor_s=processor_s,
            )

    def _put_evidence(self, sighting: Sighting, parcel_id: str, name: QueueId, *, onset: bool) -> bool:
        """Queue the picture where the policy asks for it, else keep it for who may ask later; whether it was queued."""
        policy, shelf = self._levels.policy, self._tools.shelf
        wanted = policy == "always" or (policy == "onset" and onset)
        kept = shelf is not None and shelf.open
        evidence = evidence_of(sighting, parcel_id, name.boot, name.sequence) if wanted or kept else None
        if evidence is None:
            return False
        if not wanted:
            assert shelf is not None
            shelf.keep(name, evidence)
            return False
        self._tools.outbox.put(
            "evidence",
            lambda boot, sequence: encode_evidence(evidence, boot, sequence),
            Priority.EVIDENCE,
            parcel_id,
            lifetime=None if shelf is None else shelf.lifetime,
        )
        return True

    def _reject(self, source: FolderSource, drop: Drop, sha256: str, reason: str) -> Outcome:
        kept = source.set_aside(drop.path, reason)
        with self._tools.outbox.database.transaction():
            if kept is None:
                self._logbook.remember(drop.stamp, sha256, "rejected", reason)
            else:
                # Dropped again, with the cause corrected, it deserves another look.
                self._logbook.forget(drop.stamp.path)
            self._logbook.count(frames_rejected=1)
        where = f"set aside as {kept}" if kept is not None else "left where it is, and not looked at again"
        self._tools.voice.tell(f"{reason}; {where}")
        return "rejected"
