"""What is asked of a weather service: a place, a request that says when its answer is final, and what came back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import cos, radians
from typing import Any, Final, Generic, Protocol, TypeVar

from cloud.errors import InputError
from cloud.records import Parcel
from cloud.variables import Days, Floats

T = TypeVar("T")

_FARTHEST_DEGREES: Final = 1.0
"""No grid in use is so coarse that its nearest cell lies farther from a place [deg of latitude]."""
_SHOWN_LENGTH: Final = 60
_SAID_LENGTH: Final = 200
_LARGEST: Final = 1e30
"""Nothing in weather is this large in any unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A point that weather is asked for; parcels near each other share one, so no field's own position is sent."""

    latitude: float
    longitude: float
    timezone: str

    @property
    def label(self) -> str:
        """The place, for people."""
        return f"{self.latitude:.2f}, {self.longitude:.2f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question to one service, without keys."""

    source: str
    host: str
    path: str
    query: tuple[tuple[str, str], ...]
    key: str
    """Name under which the answer is kept: the same question on another day has the same name."""
    calls: int = 1
    """Calls that the service counts for it."""
    settled_at: datetime | None = None
    """An answer fetched after this moment never changes."""
    ranges: tuple[tuple[int, int], ...] = ()
    """First and last byte of every part that is wanted of a large file; none: the whole answer."""
    shortened: Callable[[bytes], bytes] | None = None
    """What is kept and read of an answer or of each part, where that is less than what is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Daily:
    """Days of one place from one source; values (D, M) with M members, NaN = unknown."""

    source: str
    days: Days
    values: Mapping[str, Floats]
    elevation_m: float
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(Generic[T]):
    """An answer that was understood, and when the service gave it."""

    value: T
    fetched_at: datetime
    problem: str | None = None
    """Why an older answer had to serve."""


class Service(Protocol):
    """Whoever brings answers: over the network, or from those kept on disk."""

    def ask(self, request: Request, read: Callable[[bytes], T]) -> Told[T]:
        """The answer, read; a CloudError when there is none that can be read."""
        ...


def places_of(parcels: Sequence[Parcel], step_degrees: float) -> tuple[Place, ...]:
    """One place for all parcels of a square of ``step_degrees`` and a time zone, in a fixed order."""
    squares = {
        (round(one.latitude / step_degrees), round(one.longitude / step_degrees), one.timezone) for one in parcels
    }
    return tuple(
        Place(latitude=round(north * step_degrees, 4), longitude=round(east * step_degrees, 4), timezone=timezone)
        for north, east, timezone in sorted(squares)
    )


def json_object(body: bytes, subject: str) -> dict[str, Any]:
    """The JSON object of an answer; a page, a cut-off text or another shape is refused with what it looks like."""
    try:
        content = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        start = body[:_SHOWN_LENGTH].decode("utf-8", errors="replace").strip()
        kind = "a web page" if start[:1] == "<" else "nothing" if not body else "a text that is cut off or no JSON"
        raise InputError(f"{subject}: expected JSON, got {kind}; look at the network's login page or proxy") from None
    if not isinstance(content, dict):
        raise InputError(f"{subject}: expected a JSON object, got {type(content).__name__}; check the address")
    return content


def check_position(place: Place, latitude: object, longitude: object, subject: str) -> None:
    """Refuse an answer for somewhere else: swapped coordinates look plausible otherwise."""
    north, east = (number_or_nan(one, f"{subject}: position") for one in (latitude, longitude))
    across = ((east - place.longitude + 180.0) % 360.0 - 180.0) * cos(radians(place.latitude))
    near = abs(north - place.latitude) <= _FARTHEST_DEGREES and abs(across) <= _FARTHEST_DEGREES
    if not near:  # nor is an unknown position
        raise InputError(f"{subject}: expected weather near {place.label}, got {north:.2f}, {east:.2f}; not used")


def number_or_nan(value: object, subject: str) -> float:
    """A number of an answer; null is NaN, anything else is refused."""
    if value is None:
        return float("nan")
    if not isinstance(value, bool) and isinstance(value, int | float) and abs(value) < _LARGEST:
        return float(value)
    raise InputError(f"{subject}: expected a number or null, got {str(value)[:_SHOWN_LENGTH]!r}; not used")


def shown(said: object) -> str:
    """What a service said, short and on one line."""
    text = ", ".join(map(str, said)) if isinstance(said, dict) else str(said)
    return " ".join(text[:_SAID_LENGTH].split())


def _no_constant(name: str) -> float:
    raise ValueError(name)
