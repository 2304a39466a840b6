"""All cameras of a gateway, asked in turn: one that fails is told once and asked again later, the others go on."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from edge.clock import Clock
from edge.config import GatewayConfig
from edge.database import Database
from edge.errors import CaptureError, ConfigurationError, StoreUnavailableError
from edge.heartbeat import CameraState
from edge.logbook import FileStamp
from edge.settings.camera import CaptureConfig
from edge.settings.watch import WatchConfig
from edge.sources.band_card import BandCardCamera
from edge.sources.card import CardCamera
from edge.sources.multispectral import BANDS_LINE, BandCamera
from edge.sources.shot import ShotCamera
from edge.sources.spool import CAPTURES_FOLDER, Spool, is_picture
from edge.sources.taken_in import TakenIn
from edge.voice import Voice
from edge.watchfulness import Watched

FIRST_RETRY_S: Final = 30.0
LONGEST_RETRY_S: Final = 3600.0
"""A camera that failed is asked again after 30 s, then after twice as long each time, up to an hour."""
GONE_AFTER_S: Final = 86_400.0
_BURIAL_S: Final = 5.0
_STATE_BYTES: Final = 320


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraStation:
    """What cameras work with."""

    database: Database
    clock: Clock
    voice: Voice


Due = Callable[[CaptureConfig, float | None], bool]
"""Whether a camera is to be asked now, by the seconds since it was asked last (None: never since the start)."""
Known = Callable[[FileStamp], bool]


class Camera(Protocol):
    """Whatever fills the spool of one camera."""

    camera: CaptureConfig
    spool: Spool
    wait_s: float | None
    """Seconds after which it wants to be asked again, whatever the schedule; None: the schedule decides."""

    def capture(self, now: datetime) -> Path | None:
        """The newest picture it added to its spool; None when there was none to add; CaptureError when it failed."""


def spool_folder(config: GatewayConfig, camera_id: str) -> Path:
    """Where the pictures of a camera wait."""
    return config.data_dir / CAPTURES_FOLDER / camera_id


def open_camera(config: GatewayConfig, camera: CaptureConfig, station: CameraStation | None = None) -> Camera:
    """The camera of one table of the configuration, with its spool; nothing of it is opened yet.

    A card or a folder of band files needs the station, since what was taken from it is written down.
    """
    cap_bytes = int(camera.spool_cap_mb * 1e6)
    spool = Spool(spool_folder(config, camera.camera_id), cap_bytes=cap_bytes)
    if camera.is_shot:
        return ShotCamera(camera, spool)
    if station is None:
        raise ConfigurationError(
            f"camera {camera.camera_id}: expected a camera that takes a picture when asked, got a {camera.kind};"
            " put pictures there and run the gateway"
        )
    clock, voice = station.clock, station.voice
    book = TakenIn(station.database, camera.camera_id)
    if camera.kind == "bands":
        return BandCamera(camera, spool, book, clock, voice)
    if camera.band_files is None:
        return CardCamera(camera, spool, book, clock, voice)
    sets = Spool(config.data_dir / CAPTURES_FOLDER / f"{camera.camera_id}.sets", cap_bytes=cap_bytes)
    gathered = camera.model_copy(update={"folder": sets.folder})
    bands = BandCamera(gathered, spool, book, clock, voice, discard=True)
    return BandCardCamera(CardCamera(camera, sets, book, clock, voice), bands)


def camera_watches(config: GatewayConfig) -> tuple[WatchConfig, ...]:
    """The spools as watched folders: what was captured is looked at as what was dropped, so that nothing is lost."""
    return tuple(
        WatchConfig(
            folder=spool_folder(config, camera.camera_id),
            parcel_id=camera.parcel_id,
            crop=camera.crop,
            camera_id=camera.camera_id,
            camera_file=camera.camera_file or _own_camera_file(config, camera),
            rejected_folder=config.data_dir / "rejected" / camera.camera_id,
            live=camera.is_shot,  # a card's pictures are older than their arrival
        )
        for camera in config.camera
    )


def _own_camera_file(config: GatewayConfig, camera: CaptureConfig) -> Path | None:
    """What this gateway itself knows of a camera's files; an installer's camera file says it in its place."""
    line = 'temperature_unit = "centi_kelvin"' if camera.kind.startswith("lepton") else None
    if camera.band_files is not None:
        line = BANDS_LINE
    if line is None:
        return None
    path = config.data_dir / CAPTURES_FOLDER / f"{camera.camera_id}.toml"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(line + "\n", encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise StoreUnavailableError(f"{path}: cannot be written ({error.strerror}); free space") from error
    return path


def newest_picture(config: GatewayConfig, camera_id: str) -> Path | None:
    """What a camera showed last; None before its first picture."""
    try:
        pictures = [path for path in spool_folder(config, camera_id).iterdir() if is_picture(path.name)]
        return max(pictures, key=lambda path: path.stat().st_mtime_ns, default=None)
    except OSError:  # no spool yet, or a picture that went away meanwhile
        return None


def daily_cameras(config: GatewayConfig) -> tuple[str, ...]:
    """Names of the cameras that give a picture every day while all is well: not a drone's card, nor an old folder."""
    shot = [camera.camera_id for camera in config.camera if camera.is_shot]
    return (*shot, *(watch.camera_id for watch in config.watch if watch.live and watch.camera_id is not None))


def by_interval(camera: CaptureConfig, since_s: float | None) -> bool:
    """Whether a camera's own interval has passed."""
    return since_s is None or since_s >= camera.every_s


class _Turn:
    """When a camera was asked last, and how often it has failed since it gave a picture."""

    def __init__(self, camera: Camera) -> None:
        self.camera = camera
        self.asked_s: float | None = None
        self.failures = 0
        self.trouble: str | None = None
        self.absent_since_s: float | None = None
        self.last_at: datetime | None = None

    def retry_s(self) -> float:
        return float(min(FIRST_RETRY_S * 2 ** min(self.failures - 1, 16), LONGEST_RETRY_S))


class Cameras:
    """A worker that captures: one camera a step, when it is due and its spool has room."""

    def __init__(
        self, cameras: Sequence[Camera], known: Known, *, clock: Clock, voice: Voice, due: Due = by_interval
    ) -> None:
        self._turns = [_Turn(camera) for camera in cameras]
        self._known = known
        self._clock = clock
        self._voice = voice
        self._due = due
        self.turned_at_s = clock.monotonic_s()
        self.longest_turn_s = _BURIAL_S + max((turn.camera.camera.timeout_s for turn in self._turns), default=0.0)
        """How long one step may take while all is well with the worker itself."""

    @property
    def names(self) -> tuple[str, ...]:
        """The cameras of this worker."""
        return tuple(turn.camera.camera.camera_id for turn in self._turns)

    def step(self) -> bool:
        """Ask the camera that waits longest of those that are due; False when none is."""
        self.turned_at_s = self._clock.monotonic_s()
        due = [turn for turn in self._turns if self._is_due(turn)]
        if not due:
            return False
        self._ask(min(due, key=lambda turn: -1.0 if turn.asked_s is None else turn.asked_s))
        self.turned_at_s = self._clock.monotonic_s()
        return True

    def close(self) -> None:
        """Nothing is held open between captures."""

    def states(self, stands: Mapping[str, Watched]) -> tuple[CameraState, ...]:
        """How the cameras are for a heartbeat, those in trouble first; as many as leave it small."""
        own = {turn.camera.camera.camera_id: turn for turn in self._turns}
        states = []
        for name in sorted({*own, *stands}):
            turn, stand = own.get(name), stands.get(name)
            found = (() if turn is None or turn.trouble is None else (turn.trouble,)) + (
                () if stand is None else stand.troubles
            )
            moments = (None if turn is None else turn.last_at, None if stand is None else stand.last_at)
            last_at = max((moment for moment in moments if moment is not None), default=None)
            states.append(CameraState(camera_id=name, last_at=last_at, troubles=found))
        states.sort(key=lambda state: not state.troubles)
        return tuple(_as_many_as_fit(states))

    def _is_due(self, turn: _Turn) -> bool:
        since_s = None if turn.asked_s is None else self._clock.monotonic_s() - turn.asked_s
        if turn.failures and since_s is not None:
            return since_s >= min(turn.retry_s(), max(turn.camera.camera.every_s, FIRST_RETRY_S))
        if turn.camera.wait_s is not None:
            return since_s is None or since_s >= turn.camera.wait_s
        return self._due(turn.camera.camera, since_s)

    def _ask(self, turn: _Turn) -> None:
        turn.asked_s = self._clock.monotonic_s()
        camera, name = turn.camera, f"camera {turn.camera.camera.camera_id}"
        waiting = camera.spool.waiting(self._known)
        if not camera.spool.room():
            self._voice.trouble(
                f"{name} spool",
                f"{name}: expected room for a picture, got a full disk ({waiting} wait); it is asked later",
            )
            return
        self._voice.over(f"{name} spool", f"{name}: there is room again")
        now = self._clock.now()
        try:
            picture = camera.capture(now)
        except CaptureError as error:
            self._failed(turn, name, error)
            return
        turn.failures, turn.trouble, turn.absent_since_s = 0, None, None
        if picture is not None:
            turn.last_at = now
            self._voice.over(name, f"{name}: gives pictures again")
            self._voice.over(f"{name} gone", f"{name}: is there again")

    def _failed(self, turn: _Turn, name: str, error: CaptureError) -> None:
        turn.failures += 1
        turn.trouble = error.trouble
        self._voice.trouble(name, f"{error}; it is asked again, the others go on")
        if error.trouble != "absent":
            turn.absent_since_s = None
            return
        now_s = self._clock.monotonic_s()
        turn.absent_since_s = now_s if turn.absent_since_s is None else turn.absent_since_s
        if now_s - turn.absent_since_s >= GONE_AFTER_S:
            turn.trouble = "gone"
            self._voice.trouble(
                f"{name} gone", f"{name}: not there for a day: unplugged, without power, or taken away; go and see"
            )


def _as_many_as_fit(states: Iterable[CameraState]) -> Iterator[CameraState]:
    room = _STATE_BYTES
    for state in states:
        room -= len(state.model_dump_json(exclude_none=True)) + 1
        if room < 0:
            return
        yield state
