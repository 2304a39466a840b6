"""When a camera looks: around solar noon, when a canopy's temperature tells thirst, at dawn, and as the battery allows.

Pure: a moment, the last look and the power in; whether to look, and how long to rest, out. A gateway whose clock cannot
be believed does not know the sun: it looks at even intervals, and the picture's own quality says what it is worth.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from edge.power import DUTIES, Duty, PowerMode
from edge.sun import Place, elevation_deg, solar_noon

Purpose = Literal["cwsi", "dawn", "daylight", "interval"]
WINDOW: Final = timedelta(hours=2)
"""So long before and after solar noon a canopy's temperature is compared with the air's."""
DAWN_FROM_DEG: Final = 2.0
DAWN_TO_DEG: Final = 12.0
"""The sun is up and has not yet dried anything: the leaves' own reference for the day."""
LIGHT_DEG: Final = 10.0
"""Below this no picture tells of a canopy."""
_REST_S: Final = (1.0, 60.0)
"""Least and longest rest: a battery or a clock may be another one after it."""
_UNDATED_FACTOR: Final = 2.0
"""Looks at even intervals go on at night too; they are rarer for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Whether to look now."""

    due: bool
    purpose: Purpose | None
    """What the look is for; None where none is due."""
    rest_s: float
    """How long nothing needs to be asked again [s]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What a camera's schedule depends on."""

    place: Place | None
    """None: unknown, so that the sun is too."""
    mode: PowerMode = "normal"
    window_every_s: float | None = None
    """Another interval within the hours of the CWSI than the mode's own; it is never shortened by a poorer mode."""


def due(now: datetime | None, since_last_s: float | None, watch: Watch) -> Look:
    """Whether a camera should look now.

    ``now`` is None where the clock cannot be believed; ``since_last_s`` is None where it has not looked since its start
    or its last look is not known, and is counted by a clock that nobody sets.
    """
    duty = DUTIES[watch.mode]
    if not duty.looks_at_all:
        return _rest(_REST_S[1])
    if now is None or watch.place is None:
        return _every(_window_every_s(duty, watch) * _UNDATED_FACTOR, since_last_s, "interval")
    noon = solar_noon(now, watch.place)
    elevation = elevation_deg(now, watch.place)
    if abs(now - noon) <= WINDOW and elevation >= LIGHT_DEG:
        return _in_window(duty, watch, now - noon, since_last_s)
    if duty.looks_at_dawn and now < noon and DAWN_FROM_DEG <= elevation <= DAWN_TO_DEG:
        # One look a dawn: a dawn passes in less than this.
        return _every(3.0 * 3600.0, since_last_s, "dawn")
    if duty.daylight_every_s is not None and elevation >= LIGHT_DEG:
        return _every(duty.daylight_every_s, since_last_s, "daylight")
    return _rest(_until_window_s(now, noon))


def _in_window(duty: Duty, watch: Watch, after_noon: timedelta, since_last_s: float | None) -> Look:
    if duty.window_every_s is not None:
        return _every(_window_every_s(duty, watch), since_last_s, "cwsi")
    if after_noon < timedelta():
        return _rest(-after_noon.total_seconds())
    # One look a day, in the hotter half of the window.
    return _every(2.0 * WINDOW.total_seconds(), since_last_s, "cwsi")


def _window_every_s(duty: Duty, watch: Watch) -> float:
    usual = 2.0 * WINDOW.total_seconds() if duty.window_every_s is None else duty.window_every_s
    if watch.window_every_s is None:
        return usual
    return watch.window_every_s if watch.mode == "normal" else max(usual, watch.window_every_s)


def _every(interval_s: float, since_last_s: float | None, purpose: Purpose) -> Look:
    if since_last_s is None or since_last_s >= interval_s:
        return Look(due=True, purpose=purpose, rest_s=_REST_S[0])
    return _rest(interval_s - since_last_s)


def _until_window_s(now: datetime, noon: datetime) -> float:
    begins = noon - WINDOW
    return (begins - now).total_seconds() if now < begins else _REST_S[1]


def _rest(seconds: float) -> Look:
    return Look(due=False, purpose=None, rest_s=max(_REST_S[0], min(seconds, _REST_S[1])))
