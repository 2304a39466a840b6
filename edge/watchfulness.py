"""The supervision of all cameras at work: what each photo adds is kept, what is wrong is told while it lasts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from pydantic import ValidationError

from edge.clock import Clock, clock_doubt, is_ahead
from edge.database import Database
from edge.displacement import light_of
from edge.evidence import Sighting
from edge.sun import Place, elevation_deg
from edge.supervision import CameraLook, CameraTrouble, CameraWatch, HomeView, accepted, troubles_of, watched
from edge.timekeeper import Timekeeper
from edge.views import at_most, view_signature
from edge.voice import Voice

SUN_UP_DEG: Final = 10.0
"""Above it a field is light whatever the sky."""
SILENT_AFTER: Final = timedelta(hours=48)
_WIDTH_PX: Final = 768
_TROUBLES: Final[tuple[CameraTrouble, ...]] = (
    "frozen",
    "tilted",
    "turned",
    "dirty",
    "dark",
    "overexposed",
    "blurred",
    "drifted",
)
# Made beside the queue's own tables, which a gateway in the field may have had before.
_SCHEMA: Final = "CREATE TABLE IF NOT EXISTS camera_watch (camera_id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """How one camera stands."""

    last_at: datetime | None
    troubles: tuple[CameraTrouble, ...]


class Watchfulness:
    """Looks at every photo of a camera with a name, whether a camera of its own or a folder's."""

    def __init__(self, database: Database, clock: Clock, voice: Voice, place: Place | None = None) -> None:
        self._database, self._voice, self._place = database, voice, place
        self._timekeeper = Timekeeper(database, clock)
        self._stands: dict[str, Watched] = {}
        with database.transaction(durable=False) as connection:
            connection.execute(_SCHEMA)
        for camera_id, body in database.rows("SELECT camera_id, body FROM camera_watch ORDER BY camera_id"):
            self._tell(self._read(camera_id, body))

    @property
    def stands(self) -> Mapping[str, Watched]:
        """How each camera that ever gave a photo stands, by its name."""
        return dict(self._stands)

    def saw(self, sighting: Sighting) -> None:
        """Take note of one photo; a photo without a camera or a moment to believe says nothing of a camera."""
        detection = sighting.detection
        camera_id, taken_at = detection.camera_id, detection.taken_at
        if camera_id is None or taken_at is None or clock_doubt(taken_at) is not None:
            return
        now, quality = self._timekeeper.believed_now()
        if quality != "floor" and is_ahead(taken_at, now):
            return
        look = CameraLook(
            taken_at=taken_at,
            day=self._day(taken_at),
            sun_up=None if self._place is None else elevation_deg(taken_at, self._place) >= SUN_UP_DEG,
            detection=detection,
            view=_view_of(sighting, taken_at),
        )
        self._keep(watched(self._watch(camera_id), look))

    def miss(self, camera_ids: Iterable[str]) -> None:
        """Tell which of these cameras, which give pictures every day, gave none for two."""
        now, quality = self._timekeeper.believed_now()
        if quality == "floor":
            return
        for camera_id in camera_ids:
            stand = self._stands.get(camera_id)
            subject = f"camera {camera_id} silent"
            if stand is None or stand.last_at is None or clock_doubt(now, stand.last_at) is not None:
                continue
            if now - stand.last_at > SILENT_AFTER:
                self._voice.trouble(
                    subject, f"camera {camera_id}: no picture since {stand.last_at:%Y-%m-%d %H:%M} UTC; go and see"
                )
            else:
                self._voice.over(subject, f"camera {camera_id}: pictures come again")

    def accept(self, camera_id: str) -> None:
        """Take a camera's newest views for its own: an installer says that it stands as it should."""
        self._keep(accepted(self._watch(camera_id)))

    def _day(self, taken_at: datetime) -> date:
        """Day by the sun where the gateway stands, else of UTC: a day's looks belong together."""
        east_deg = 0.0 if self._place is None else self._place.longitude
        return (taken_at.astimezone(UTC) + timedelta(hours=east_deg / 15.0)).date()

    def _watch(self, camera_id: str) -> CameraWatch:
        rows = self._database.rows("SELECT body FROM camera_watch WHERE camera_id = ?", camera_id)
        return self._read(camera_id, rows[0][0]) if rows else CameraWatch(camera_id=camera_id)

    def _read(self, camera_id: str, body: str) -> CameraWatch:
        try:
            return CameraWatch.model_validate_json(body)
        except ValidationError as error:
            what = error.errors()[0]["msg"]
            self._voice.tell(f"camera {camera_id}: its supervision is begun anew, what was kept is damaged ({what})")
            return CameraWatch(camera_id=camera_id)

    def _keep(self, watch: CameraWatch) -> None:
        # Not durable: a power cut may forget a photo's findings, and the next photo makes them again.
        with self._database.transaction(durable=False) as connection:
            connection.execute(
                "INSERT OR REPLACE INTO camera_watch VALUES (?, ?)", (watch.camera_id, watch.model_dump_json())
            )
        self._tell(watch)

    def _tell(self, watch: CameraWatch) -> None:
        found = troubles_of(watch)
        self._stands[watch.camera_id] = Watched(last_at=watch.last_at, troubles=tuple(found))
        for trouble in _TROUBLES:
            subject = f"camera {watch.camera_id} {trouble}"
            if trouble in found:
                self._voice.trouble(subject, f"camera {watch.camera_id}: {found[trouble]}")
            else:
                self._voice.over(subject, f"camera {watch.camera_id}: no longer {trouble}")


def _view_of(sighting: Sighting, taken_at: datetime) -> HomeView | None:
    if sighting.picture is None or "rgb" not in sighting.detection.basis:
        return None
    small = at_most(sighting.picture, _WIDTH_PX)
    return HomeView(hour=taken_at.astimezone(UTC).hour, signature=view_signature(small), light=light_of(small))
