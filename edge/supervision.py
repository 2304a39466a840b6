"""A camera over days: frozen, slipped, turned away, dirty, dark, overexposed, blurred, drifted. Pure.

One bad photo is weather; what stays is the camera's. A watch and a photo's findings give a new watch, and a watch says
what is wrong with its camera, in words for whoever goes there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Annotated, Final, Literal

from pydantic import Field

from edge.contract import Detection, FieldRecord, Identifier, Rounded, Utc
from edge.displacement import LIGHT_BYTES, displacement
from edge.history import APART, MemoryRecord, Signature
from edge.views import SAME_VIEW, SETTLING_VIEW, likeness

CameraTrouble = Literal["frozen", "tilted", "turned", "dirty", "dark", "overexposed", "blurred", "drifted"]
IN_A_ROW: Final = 3
"""So many looks in a row make a finding the camera's own."""
FEWEST_LOOKS: Final = 4
"""A day with fewer looks in daylight says nothing of the camera."""
DAYS_IN_A_ROW: Final = 2
MOST_OF_A_DAY: Final = 0.5
SHARPNESS_LOSS: Final = 0.6
"""Share of its first days' sharpness below which a lens counts as dirty."""
REFERENCE_DAYS: Final = 5
RECENT_DAYS: Final = 3
SETTLES_AFTER: Final = timedelta(days=7)
"""A new view that stays so long becomes the camera's own: somebody meant it."""
_MOST_DAYS: Final = 14
_MOST_HOMES: Final = 12
_MOST_SHARPNESSES: Final = 48
_WHOLE_DAY: Final = timedelta(hours=6)
_FAULTS: Final = {
    "overexposed": {"overexposed", "glare"},
    "blurred": {"blurred"},
    "dirty": {"lens_covered", "fog", "low_contrast"},
    "drifted": {"camera_drifted"},
}
_UNFIT: Final = frozenset({"dark", "no_colour", "not_a_crop_view"}).union(*_FAULTS.values()) - {"camera_drifted"}


class HomeView(MemoryRecord):
    """A camera's own view at one hour of the day."""

    hour: Annotated[int, Field(ge=0, le=23)]
    signature: Signature
    light: Annotated[bytes, Field(min_length=LIGHT_BYTES, max_length=LIGHT_BYTES)]


class CameraDay(FieldRecord):
    """What a camera's looks in the daylight of one day were like."""

    day: date
    looks: Annotated[int, Field(ge=0)] = 0
    dark: Annotated[int, Field(ge=0)] = 0
    faults: Annotated[dict[str, int], Field(default_factory=dict)]
    sharpness: Annotated[tuple[Rounded, ...], Field(max_length=_MOST_SHARPNESSES)] = ()
    first_at: Utc
    last_at: Utc


class CameraWatch(MemoryRecord):
    """What is remembered of one camera for its supervision; bounded, at most 120 kB as text."""

    version: Literal[1] = 1
    camera_id: Identifier
    home: Annotated[tuple[HomeView, ...], Field(max_length=_MOST_HOMES)] = ()
    row: Annotated[tuple[HomeView, ...], Field(max_length=IN_A_ROW)] = ()
    """The newest views that are not the camera's own."""
    row_at: Utc | None = None
    away: Annotated[int, Field(ge=0)] = 0
    away_since: Utc | None = None
    displaced: str | None = None
    """How it now stands, in words, where it still shows its own field."""
    frozen: Annotated[int, Field(ge=0)] = 0
    dark: Annotated[int, Field(ge=0)] = 0
    """Looks in a row that were dark though the sun was up."""
    days: Annotated[tuple[CameraDay, ...], Field(max_length=_MOST_DAYS)] = ()
    first_sharpness: Annotated[tuple[Rounded, ...], Field(max_length=REFERENCE_DAYS)] = ()
    """Medians of its first days."""
    last_at: Utc | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraLook:
    """One photo as its supervision sees it."""

    taken_at: datetime
    day: date
    sun_up: bool | None
    """None: not known, since nobody said where the gateway stands."""
    detection: Detection
    view: HomeView | None
    """None for what is no colour photo."""


def watched(watch: CameraWatch, look: CameraLook) -> CameraWatch:
    """The watch after one more photo; a photo older than the newest changes nothing."""
    taken_at, reasons = look.taken_at.replace(microsecond=0), set(look.detection.reasons)
    if watch.last_at is not None and taken_at <= watch.last_at:
        return watch
    watch = watch.model_copy(update={"last_at": taken_at})
    if "dark" in reasons and look.sun_up is False:  # night: nothing is expected of it
        return watch
    is_dark = "dark" in reasons
    watch = watch.model_copy(
        update={
            "frozen": watch.frozen + 1 if "frozen_frame" in reasons else 0,
            "dark": watch.dark + 1 if is_dark and look.sun_up else 0,
            "days": _with_look(watch.days, look, taken_at),
        }
    )
    watch = watch.model_copy(update={"first_sharpness": _first_sharpness(watch)})
    if look.view is None or "frozen_frame" in reasons or reasons & _UNFIT:
        return watch
    return _placed(watch, look.view, taken_at)


def troubles_of(watch: CameraWatch) -> dict[CameraTrouble, str]:
    """What is wrong with a camera now, each with what to do about it; empty when all is well."""
    found: dict[CameraTrouble, str] = {}
    if watch.frozen >= IN_A_ROW:
        found["frozen"] = f"its last {watch.frozen} pictures are one and the same; restart it"
    if watch.away >= IN_A_ROW and watch.away_since is not None:
        since = f"{watch.away_since:%Y-%m-%d %H:%M} UTC"
        if watch.displaced is None:
            found["turned"] = f"it shows another view since {since}: turned away, or taken; go and see"
        else:
            found["tilted"] = f"it slipped, {watch.displaced}, seen first {since}; set it back and fasten it"
    found |= _light_troubles(watch)
    found |= _day_troubles(watch)
    return found


def accepted(watch: CameraWatch) -> CameraWatch:
    """The watch once an installer has said that the camera stands as it should: its newest views are its own."""
    home = watch.row or watch.home
    return watch.model_copy(update={"home": home, "row": (), "away": 0, "away_since": None, "displaced": None})


def _light_troubles(watch: CameraWatch) -> dict[CameraTrouble, str]:
    if watch.dark >= IN_A_ROW:
        return {"dark": f"its last {watch.dark} pictures are dark though the sun is up; see what covers it"}
    whole = [day for day in watch.days[:-1] if day.looks >= FEWEST_LOOKS and day.last_at - day.first_at >= _WHOLE_DAY]
    if whole and whole[-1] is watch.days[-2] and whole[-1].dark == whole[-1].looks:
        return {"dark": f"all its {whole[-1].looks} pictures of {whole[-1].day} are dark; see what covers it"}
    return {}


def _day_troubles(watch: CameraWatch) -> dict[CameraTrouble, str]:
    full = [day for day in watch.days if day.looks >= FEWEST_LOOKS][-DAYS_IN_A_ROW:]
    words: dict[CameraTrouble, str] = {
        "dirty": "veiled or covered; clean its lens",
        "overexposed": "too bright or show the sun; turn it from the sun, or see its exposure",
        "blurred": "blurred; fasten it, see its focus and its lens",
        "drifted": "of other colours than its first; clean its lens (ripening leaves look the same)",
    }
    found: dict[CameraTrouble, str] = {}
    for trouble, what in words.items():
        if len(full) == DAYS_IN_A_ROW and all(day.faults.get(trouble, 0) >= MOST_OF_A_DAY * day.looks for day in full):
            found[trouble] = f"most pictures of {DAYS_IN_A_ROW} days are {what}"
    share = _sharpness_share(watch)
    if "dirty" not in found and share is not None and share < SHARPNESS_LOSS:
        found["dirty"] = f"its pictures are {1 - share:.0%} less sharp than in its first days; clean its lens"
    return found


def _sharpness_share(watch: CameraWatch) -> float | None:
    recent = [median(day.sharpness) for day in watch.days if len(day.sharpness) >= FEWEST_LOOKS][-RECENT_DAYS:]
    if len(watch.first_sharpness) < REFERENCE_DAYS or len(recent) < RECENT_DAYS:
        return None
    return median(recent) / max(median(watch.first_sharpness), 1e-6)


def _first_sharpness(watch: CameraWatch) -> tuple[float, ...]:
    """Medians of the first days that are over."""
    if len(watch.first_sharpness) == REFERENCE_DAYS:
        return watch.first_sharpness
    over = [day for day in watch.days[:-1] if len(day.sharpness) >= FEWEST_LOOKS]
    return tuple(median(day.sharpness) for day in over[:REFERENCE_DAYS])


def _with_look(days: Sequence[CameraDay], look: CameraLook, taken_at: datetime) -> tuple[CameraDay, ...]:
    reasons, quality = set(look.detection.reasons), look.detection.quality
    day = days[-1] if days and days[-1].day >= look.day else None
    if day is None:
        day, days = CameraDay(day=look.day, faults={}, first_at=taken_at, last_at=taken_at), (*days,)
    else:
        days = days[:-1]
    sharpness = () if quality is None or quality.sharpness is None or "dark" in reasons else (quality.sharpness,)
    counted = {name: day.faults.get(name, 0) + bool(reasons & codes) for name, codes in _FAULTS.items()}
    day = day.model_copy(
        update={
            "looks": day.looks + 1,
            "dark": day.dark + ("dark" in reasons),
            "faults": counted,
            "sharpness": (*day.sharpness, *sharpness)[-_MOST_SHARPNESSES:],
            "last_at": taken_at,
        }
    )
    return (*days, day)[-_MOST_DAYS:]


def _placed(watch: CameraWatch, view: HomeView, taken_at: datetime) -> CameraWatch:
    if watch.home and likeness(view.signature, [home.signature for home in watch.home]) >= SAME_VIEW:
        home = {each.hour: each for each in watch.home} | {view.hour: view}
        kept = tuple(home.values())[-_MOST_HOMES:]
        return watch.model_copy(
            update={"home": kept, "row": (), "row_at": None, "away": 0, "away_since": None, "displaced": None}
        )
    if watch.row_at is not None and taken_at - watch.row_at < APART:
        return watch
    row = (*watch.row, view)[-IN_A_ROW:]
    agrees = len(row) == IN_A_ROW and all(
        likeness(other.signature, [view.signature]) >= SETTLING_VIEW for other in row[:-1]
    )
    if not watch.home:
        return watch.model_copy(update={"home": row, "row": ()} if agrees else {"row": row, "row_at": taken_at})
    since = watch.away_since or taken_at
    if agrees and taken_at - since >= SETTLES_AFTER:
        return accepted(watch.model_copy(update={"row": row, "row_at": taken_at}))
    return watch.model_copy(
        update={
            "row": row,
            "row_at": taken_at,
            "away": watch.away + 1,
            "away_since": since,
            "displaced": _displaced(watch, view),
        }
    )


def _displaced(watch: CameraWatch, view: HomeView) -> str | None:
    found = displacement(view.light, [home.light for home in watch.home])
    if not found.same_field:
        return None
    side = "right" if found.right_fraction >= 0 else "left"
    height = "down" if found.down_fraction >= 0 else "up"
    shift = f"{abs(found.right_fraction):.0%} {side} and {abs(found.down_fraction):.0%} {height}"
    return f"by {shift} of the picture, turned by {found.turned_deg:.0f} degrees"
