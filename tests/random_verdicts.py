"""Random verdicts, notices and texts from a seed, which messages must survive: shared by tests and benchmarks."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, get_args
from zoneinfo import ZoneInfo

from cloud.records import Evidence, Language, Quantiles, Recommendation, Verdict
from cloud.speech import facts as told
from cloud.speech.advice_words import REASONS, Earlier
from cloud.speech.segments import GSM7_BASIC, GSM7_EXTENSION

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
ZONES: Final = ("Africa/Casablanca", "Africa/Casablanca", "Africa/Nairobi", "Africa/Lagos", "UTC")
NAMES: Final = (
    "Oliviers nord",
    "P12",
    "Nord 10 mm 3 m3",
    "Monday 22/07 at 6:00",
    "lundi 22/07 19h, 5 heures",
    "قطعة الشمال 5",
    "الفدان ديال السبت 12/07 مع 6",
    "ⵉⴳⵔ 7 n tsragin",
    "Igr n wakal 3 n tusdidin",
    "Verger 🌳 3️⃣",
    "Forêt d'Août: parcelle n° 4",
    "Replaces Monday 22/07 19:00, 5 m3. Stop by 3:00.",
    "",
    "9 = Nord, 8 = Sud",
    "Parcelle de la grande olivette au nord de la ferme des cousins",
    "x" * 80,
)
NO_DOSE: Final[dict[str, Any]] = {"start_window": None, "depth_mm": None, "volume_m3": None, "duration_h": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A verdict, and what was told before of its day where it is a correction."""

    verdict: Verdict
    replaces: Earlier | None


def cases(count: int, seed: int) -> Iterator[Case]:
    """Random verdicts of every action, a third of them corrections."""
    draw = random.Random(seed)
    for _ in range(count):
        spoken = _recommendation(draw)
        decision = draw.choice(("release", "release", "release", "shrink", "hold", "block"))
        verdict = Verdict.model_validate(
            {
                "proposed": spoken,
                "recommendation": spoken,
                "decision": decision,
                "checks": (),
                "explanation": "drawn at random",
                "valid_until": datetime(2040, 1, 1, tzinfo=UTC),
            }
        )
        yield Case(verdict=verdict, replaces=_earlier(draw, spoken.day) if draw.random() < 1 / 3 else None)


def _recommendation(draw: random.Random) -> Recommendation:
    day = date(2024, 1, 1) + timedelta(days=draw.randrange(2900))
    name = draw.choice(NAMES) if draw.random() < 0.7 else _letters(draw, draw.randrange(60))
    content: dict[str, Any] = {
        "parcel_id": "p1",
        "parcel_name": name,
        "timezone": draw.choice(ZONES),
        "day": day,
        "action": draw.choice(("irrigate", "irrigate", "irrigate", "wait", "skip_turn", "hold")),
        "reason_code": draw.choice((*REASONS, "rain_expected", "unheard_of")),
        "next_check_day": draw.choice((None, day + timedelta(days=draw.randrange(400)))),
        "stress_probability_if_ignored": draw.choice((None, draw.random())),
        "evidence": (Evidence(kind="forecast_rain_mm", value=draw.choice((0.2, draw.uniform(0, 150)))),),
        "code_version": "1",
        **NO_DOSE,
    }
    if content["action"] == "irrigate":
        content |= _dose(draw, day, ZoneInfo(content["timezone"]))
    return Recommendation.model_validate(content)


def _dose(draw: random.Random, day: date, zone: ZoneInfo) -> dict[str, Any]:
    begin = datetime.combine(day, datetime.min.time(), zone) + timedelta(minutes=5 * draw.randrange(288 * 3))
    end = begin.astimezone(UTC) + timedelta(minutes=5 * draw.choice((0, draw.randrange(60), draw.randrange(12 * 40))))
    middle = draw.choice((float(draw.randrange(1, 200)), round(draw.uniform(0.5, 150), 1)))
    hours = draw.choice((None, draw.randrange(1, 12 * 30) / 12))
    return {
        "start_window": (begin, end),
        "depth_mm": Quantiles(p10=middle * draw.random(), p50=middle, p90=middle * (1 + draw.random())),
        "volume_m3": draw.choice((float(draw.randrange(1, 99999)), round(draw.uniform(0.1, 999), 2))),
        "duration_h": hours,
        "stop_at": None if hours is None else end + timedelta(hours=hours),
    }


def _earlier(draw: random.Random, day: date) -> Earlier:
    if draw.random() < 0.3:
        return Earlier(day=day)
    begin = datetime.combine(day, datetime.min.time()) + timedelta(minutes=5 * draw.randrange(288 * 2))
    return Earlier(day=day, begin=begin, volume_m3=draw.choice((None, float(draw.randrange(1, 99999)))))


def notices(count: int, seed: int) -> Iterator[told.Facts]:
    """Random facts of every kind in turn."""
    draw = random.Random(seed)
    for number in range(count):
        yield _facts(draw, number)


def _facts(draw: random.Random, number: int) -> told.Facts:
    day = date(2024, 1, 1) + timedelta(days=draw.randrange(2900))
    near = day - timedelta(days=draw.randrange(30))
    about: dict[str, Any] = {"parcel_id": "p1", "parcel_name": draw.choice(NAMES), "day": day}
    phone = draw.choice((None, "+2126" + "".join(draw.choice("0123456789") for _ in range(8))))
    starts = datetime.combine(day, datetime.min.time(), UTC) + timedelta(minutes=5 * draw.randrange(576))
    other = draw.choice(NAMES)
    apart = [f"{letter} {draw.choice(NAMES)}" for letter in "abcdefghi"[: draw.randrange(2, 6)]]
    drawn = (
        lambda: told.StressSeen(**about, seen_on=near, share_percent=draw.choice((None, draw.randrange(1, 101)))),
        lambda: told.Offline(**about, since=near, phone=phone),
        lambda: told.Confirm(**about, irrigated_on=near),
        lambda: told.Thanks(
            **about,
            meaning=draw.choice(get_args(told.Noted)),
            about_day=near,
            depth_mm=draw.choice((None, round(draw.uniform(0, 200), 1))),
        ),
        lambda: told.Stop(**about, phone=phone),
        lambda: told.Start(**about),
        lambda: told.Help(**about, phone=phone),
        lambda: told.Heat(
            **about, first=day, last=day + timedelta(days=draw.randrange(8)), temperature_c=draw.randrange(38, 52)
        ),
        lambda: told.BlockedEmitters(
            **about, rows=tuple(sorted(draw.sample(range(1, 400), draw.randrange(1, 30)))), seen_on=near
        ),
        lambda: told.QuotaWarning(
            **about, left_m3=draw.uniform(0, 99999), until=day + timedelta(days=draw.randrange(365))
        ),
        lambda: told.Alive(**about),
        lambda: told.Welcome(**about, phone=phone),
        lambda: told.WhichParcel(**about, choices=told.choices_of(tuple(apart))),
        lambda: told.TurnSwap(
            **about,
            state=draw.choice(get_args(told.Swap)),
            other_name=other,
            starts_at=starts,
            ends_at=starts + timedelta(minutes=5 * draw.randrange(1, 600)),
        ),
        lambda: told.CallSoon(**about, phone=phone),
    )
    return drawn[number % len(drawn)]()


def texts(count: int, seed: int) -> Iterator[str]:
    """Random texts, half of them of the cheap alphabet alone."""
    draw = random.Random(seed)
    cheap = sorted(GSM7_BASIC | GSM7_EXTENSION)
    for number in range(count):
        length = draw.randrange(700)
        yield "".join(draw.choice(cheap) for _ in range(length)) if number % 2 else _letters(draw, length)


def _letters(draw: random.Random, length: int) -> str:
    blocks = ((32, 0x24F), (32, 0x7E), (0x600, 0x6FF), (0x2D30, 0x2D7F), (0x1F300, 0x1F6FF), (0x3A0, 0x3A9))
    return "".join(chr(draw.randint(*draw.choice(blocks))) for _ in range(length))
