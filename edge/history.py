"""What a gateway remembers of one fixed camera: its views, its colours, its last photo and the dawn of its day.

Pure: a memory and a photo give a new memory. A camera counts as fixed once a few of its photos show one view; until
then, and for a camera that is carried about, nothing is concluded from its view.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

from edge.contract import FieldRecord, HexDigest, Identifier, Utc
from edge.drift import ColourMemory
from edge.views import (
    FROZEN_DIFFERENCE,
    SAME_VIEW,
    SETTLING_VIEW,
    SIGNATURE_BYTES,
    THUMBNAIL_BYTES,
    likeness,
    thumbnail_difference,
)

AGREEING_PHOTOS: Final = 3
"""So many photos of one row, each like another of them, make a view the camera's own."""
MOST_CANDIDATES: Final = 8
CARRIED_ABOUT_PHOTOS: Final = 16
"""So many photos in a row that settle on no view: the camera is not fixed, and its view is no longer judged."""
APART: Final = timedelta(minutes=5)
"""Photos closer than this are one look: a burst by hand does not make a camera fixed."""
STILL: Final = timedelta(seconds=60)
"""Two different files taken closer than this may well look the same."""

Signature = Annotated[bytes, Field(min_length=SIGNATURE_BYTES, max_length=SIGNATURE_BYTES)]
Standing = Literal["new", "in_place", "moved", "settled"]


class MemoryRecord(FieldRecord):
    """A frozen record of a gateway's own memory; its bytes are written in base 64."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")


class KeptView(MemoryRecord):
    """One view at one hour of the day: light and shadow change with it."""

    hour: Annotated[int, Field(ge=0, le=23)]
    signature: Signature


class Place(MemoryRecord):
    """Where a camera looks: its own views, and the row of photos that may become its new view."""

    views: Annotated[tuple[KeptView, ...], Field(max_length=24)] = ()
    candidates: Annotated[tuple[KeptView, ...], Field(max_length=MOST_CANDIDATES)] = ()
    away: Annotated[int, Field(ge=0)] = 0
    """Photos in a row that did not show the camera's own view."""
    counted_at: Utc | None = None
    """When the newest photo of the row was taken."""

    @property
    def settled(self) -> bool:
        """Whether the camera has a view of its own."""
        return bool(self.views)


class LastPhoto(MemoryRecord):
    """The newest photo: when, which, and what it looked like in grey."""

    taken_at: Utc
    sha256: HexDigest
    thumbnail: Annotated[bytes, Field(min_length=THUMBNAIL_BYTES, max_length=THUMBNAIL_BYTES)]


class Dawn(MemoryRecord):
    """The earliest clear photo of a local day's early morning, and the wilting it showed."""

    day: date
    taken_at: Utc
    wilting_score: Annotated[float, Field(ge=0.0, le=4.0)]


class CameraMemory(MemoryRecord):
    """Everything a gateway remembers of one camera; bounded, about 110 kB as a file."""

    version: Literal[1] = 1
    camera_id: Identifier
    place: Place = Place()
    colours: ColourMemory = ColourMemory()
    last: LastPhoto | None = None
    dawn: Dawn | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One clear photo as the memory sees it."""

    taken_at: datetime
    sha256: str
    signature: bytes
    thumbnail: bytes

    @property
    def view(self) -> KeptView:
        """The view at its hour (UTC)."""
        return KeptView(hour=self.taken_at.hour, signature=self.signature)


def is_frozen(last: LastPhoto | None, look: Look) -> bool:
    """Whether a photo of another moment shows exactly what the last one showed, as a stuck camera's does."""
    if last is None or look.taken_at.replace(microsecond=0) == last.taken_at:
        return False
    if look.sha256 == last.sha256:
        return True
    return (
        abs(look.taken_at - last.taken_at) >= STILL
        and thumbnail_difference(last.thumbnail, look.thumbnail) < FROZEN_DIFFERENCE
    )


def is_elsewhere(place: Place, look: Look) -> bool:
    """Whether a photo shows another view than the camera's own."""
    return place.settled and likeness(look.signature, _signatures(place.views)) < SAME_VIEW


def placed(place: Place, look: Look) -> tuple[Place, Standing]:
    """The place after one more photo, and how the camera stands."""
    if place.settled and not is_elsewhere(place, look):
        return Place(views=_by_hour((*place.views, look.view))), "in_place"
    if place.counted_at is not None and look.taken_at - place.counted_at < APART:
        return place, "moved" if place.settled else "new"
    row = (*place.candidates, look.view)[-MOST_CANDIDATES:]
    agreeing = _agreeing(row)
    if len(agreeing) >= AGREEING_PHOTOS:
        return Place(views=_by_hour(agreeing)), "settled"
    away = place.away + 1 if place.settled else 0
    if away >= CARRIED_ABOUT_PHOTOS:
        return Place(candidates=row, counted_at=look.taken_at), "new"
    after = Place(views=place.views, candidates=row, away=away, counted_at=look.taken_at)
    return after, "moved" if place.settled else "new"


def showed_only(before: Place, after: Place) -> bool:
    """Whether every photo counted before a camera settled showed the view it settled on, and none was forgotten."""
    known = _signatures(after.views)
    row = before.candidates
    whole = not before.settled and len(row) < MOST_CANDIDATES
    return whole and all(likeness(view.signature, known) >= SAME_VIEW for view in row)


def _signatures(views: Sequence[KeptView]) -> list[bytes]:
    return [view.signature for view in views]


def _by_hour(views: Sequence[KeptView]) -> tuple[KeptView, ...]:
    return tuple({view.hour: view for view in views}.values())


def _agreeing(row: Sequence[KeptView]) -> list[KeptView]:
    """Views of a row that show what its newest shows, directly or through others of the row."""
    found, unseen = [row[-1]], list(row[:-1])
    for view in found:  # grows while it is walked
        near = [other for other in unseen if likeness(other.signature, [view.signature]) >= SETTLING_VIEW]
        unseen = [other for other in unseen if other not in near]
        found += near
    return sorted(found, key=row.index)
