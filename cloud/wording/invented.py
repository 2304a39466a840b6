"""Invented parcels and what is told about them: for cards, for samples beside an entry, and for proving a catalogue."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from cloud.records import Evidence, Language, Quantiles, Recommendation, Verdict
from cloud.speech.facts import (
    Alive,
    BlockedEmitters,
    CallSoon,
    Confirm,
    Facts,
    Heat,
    Help,
    Offline,
    QuotaWarning,
    Start,
    Stop,
    StressSeen,
    Thanks,
    TurnSwap,
    Welcome,
    WhichParcel,
    choices_of,
)

PARCEL: Final = "invented"
TIMEZONE: Final = "Africa/Casablanca"
_NAMES: Final[dict[str, tuple[str, str]]] = {
    "arabic": ("الزيتون", "البير"),
    "tifinagh": ("ⴰⵣⵎⵎⵓⵔ", "ⴰⵏⵓ"),
    "latin": ("Zitoun", "Bir"),
}
_SCRIPTS: Final[dict[Language, str]] = {"ar": "arabic", "ary": "arabic", "zgh": "tifinagh"}
_ACTIONS: Final = ("irrigate", "wait", "skip_turn", "hold")
_REASONS: Final = ("soil_has_water", "rain_expected", "stress_expected", "turn_not_now", "season_over")
_DAYS_OF_A_WEEK: Final = 7
PHONE: Final = "+212600000000"
"""A number that is nobody's."""


def names_of(language: Language) -> tuple[str, str]:
    """An invented parcel and its neighbour in the script of a language."""
    return _NAMES[_SCRIPTS.get(language, "latin")]


def invented_verdict(name: str, day: date, **changed: Any) -> Verdict:  # noqa: ANN401 -- any field of a recommendation
    """A released irrigation of an invented parcel at six in the morning, with fields changed."""
    begin = datetime.combine(day, time(6), ZoneInfo(TIMEZONE))
    content: dict[str, Any] = {
        "parcel_id": PARCEL,
        "parcel_name": name,
        "timezone": TIMEZONE,
        "day": day,
        "action": "irrigate",
        "start_window": (begin, begin),
        "depth_mm": Quantiles(p10=17.0, p50=21.0, p90=25.0),
        "volume_m3": 105.0,
        "duration_h": 3.5,
        "reason_code": "stress_expected",
        "code_version": "invented",
    } | changed
    if content["action"] != "irrigate":
        content |= {"start_window": None, "depth_mm": None, "volume_m3": None, "duration_h": None}
    advice = Recommendation.model_validate(content)
    return Verdict.model_validate(
        {
            "proposed": advice,
            "recommendation": advice,
            "decision": "hold" if advice.action == "hold" else "release",
            "checks": (),
            "explanation": "invented",
            "valid_until": datetime.combine(day, time(23), UTC) + timedelta(days=1),
        }
    )


def window(day: date, begin: time, hours: float) -> tuple[datetime, datetime]:
    """A start window on a day, of some hours."""
    first = datetime.combine(day, begin, ZoneInfo(TIMEZONE))
    return first, first + timedelta(hours=hours)


def worst_verdicts(name: str, day: date) -> Iterator[Verdict]:
    """Advice with its longest values, on every day of a week and with every count of hours that changes its noun."""
    rain = (Evidence(kind="forecast_rain_mm", value=123.0),)
    for shift in range(_DAYS_OF_A_WEEK):
        on = day + timedelta(days=shift)
        content: dict[str, Any] = {"next_check_day": on + timedelta(days=8), "evidence": rain, "volume_m3": 12345.0}
        for action in _ACTIONS:
            for reason in _REASONS:
                yield invented_verdict(name, on, action=action, reason_code=reason, **content)
        for hours, span in ((1.0, 0.0), (2.0, 2.0), (3 + 1 / 60, 3.0), (11.0, 5.5), (12 + 55 / 60, 3.0), (24.0, 30.0)):
            starts = window(on, time(19, 35), span)
            yield invented_verdict(name, on, duration_h=hours, start_window=starts, **content)
        yield invented_verdict(name, on, duration_h=None, start_window=window(on, time(22, 5), 8.0), **content)


def random_verdicts(name: str, day: date, number: int, random: np.random.Generator) -> Iterator[Verdict]:
    """Advice with numbers and hours as chance has them."""
    for _ in range(number):
        on = day + timedelta(days=int(random.integers(0, 360)))
        minutes = 5 * int(random.integers(0, 288))
        starts = window(on, time(minutes // 60, minutes % 60), 5 * int(random.integers(0, 144)) / 60)
        middle = float(random.integers(1, 200))
        yield invented_verdict(
            name,
            on,
            start_window=starts,
            depth_mm=Quantiles(p10=middle / 2, p50=middle, p90=2 * middle),
            volume_m3=float(random.integers(1, 99_999)),
            duration_h=None if random.random() < 0.2 else int(random.integers(1, 300)) / 12,  # noqa: PLR2004 -- one in five has no flow
        )


def every_notice(language: Language, day: date) -> Iterator[Facts]:
    """Every kind of notice with long values."""
    name, other = names_of(language)
    own: dict[str, Any] = {"parcel_id": PARCEL, "parcel_name": name, "day": day}
    yield StressSeen(**own, seen_on=day, share_percent=100)
    yield Offline(**own, since=day, phone=PHONE)
    yield Confirm(**own, irrigated_on=day)
    for meaning in ("done", "not_done", "half", "no_water", "rain"):
        yield Thanks(**own, meaning=meaning, about_day=day, depth_mm=123.0)
    yield Stop(**own, phone=PHONE)
    yield Start(**own)
    yield Help(**own, phone=PHONE)
    yield Heat(**own, first=day, last=day, temperature_c=48)
    yield Heat(**own, first=day, last=day + timedelta(days=5), temperature_c=48)
    yield BlockedEmitters(**own, rows=(12, 14, 18, 23, 41, 42, 57), seen_on=day)
    for left in (0, 1, 2, 10, 100):
        yield QuotaWarning(**own, left_m3=12345.0, until=day + timedelta(days=left))
    yield Alive(**own)
    yield Welcome(**own, phone=PHONE)
    yield WhichParcel(**own, choices=choices_of((name, other, f"{name} 2")))
    start, end = window(day, time(21, 30), 6.5)
    for state in ("asked", "agreed", "kept"):
        yield TurnSwap(**own, state=state, other_name=other, starts_at=start, ends_at=end)
    yield CallSoon(**own, phone=PHONE)
