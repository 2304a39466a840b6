"""What is told beside advice: one small set of facts for each kind of notice, its numbers checked where it is made.

``day`` is the local day on which a notice is told; other days are told by name and date.
"""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import ClassVar, Final, Literal

from cloud.errors import InputError

SERVICE: Final = "Seguia"
"""The name by which farmers know who writes to them."""
FREE_DIGITS: Final = ("7", "8", "9")
"""Digits that mean nothing else: 0 to 6 keep their meaning in every question."""
MOST_CHOICES: Final = 9
Noted = Literal["done", "not_done", "half", "no_water", "rain"]
Swap = Literal["asked", "agreed", "kept"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What every notice rests on: a parcel, by id and name, its clock, and the day of telling."""

    kind: ClassVar[str]
    parcel_id: str
    parcel_name: str
    day: date
    timezone: str = "Africa/Casablanca"


@dataclass(frozen=True, slots=True, kw_only=True)
class StressSeen(Facts):
    """A camera saw thirst; advice follows."""

    kind: ClassVar[str] = "stress_seen"
    seen_on: date
    share_percent: int | None = None
    """Share of the field that shows it [%]; None where nobody measured it."""

    def __post_init__(self) -> None:
        share = 1 if self.share_percent is None else self.share_percent
        _expect(self, 1 <= share <= 100, f"a share from 1 to 100 %, got {share}")  # noqa: PLR2004 -- percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Offline(Facts):
    """Nothing has come from the field since a day."""

    kind: ClassVar[str] = "offline"
    since: date
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm(Facts):
    """The question whether an irrigation was given on a day."""

    kind: ClassVar[str] = "confirm"
    irrigated_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Thanks(Facts):
    """An answer was understood and kept."""

    kind: ClassVar[str] = "thanks"
    meaning: Noted
    about_day: date
    depth_mm: float | None = None
    """Water that the answer counts as; None to say no number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop(Facts):
    """Nothing more will be said."""

    kind: ClassVar[str] = "stop"
    service: str = SERVICE
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Start(Facts):
    """Advice comes again after a stop."""

    kind: ClassVar[str] = "start"
    service: str = SERVICE


@dataclass(frozen=True, slots=True, kw_only=True)
class Help(Facts):
    """What answers mean."""

    kind: ClassVar[str] = "help"
    service: str = SERVICE
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat(Facts):
    """Days of great heat are forecast."""

    kind: ClassVar[str] = "heat"
    first: date
    last: date
    temperature_c: int

    def __post_init__(self) -> None:
        _expect(self, self.first <= self.last, f"days in order, got {self.first} to {self.last}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedEmitters(Facts):
    """Rows that stood drier than their neighbours."""

    kind: ClassVar[str] = "blocked_emitters"
    rows: tuple[int, ...]
    """Numbers of the rows, from 1."""
    seen_on: date

    def __post_init__(self) -> None:
        ordered = all(one < other for one, other in pairwise(self.rows))
        _expect(self, bool(self.rows) and ordered and self.rows[0] > 0, f"row numbers in order, got {self.rows}")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaWarning(Facts):
    """How much of a quota is left, and until when it must last."""

    kind: ClassVar[str] = "quota_warning"
    left_m3: float
    until: date

    def __post_init__(self) -> None:
        _expect(self, self.left_m3 >= 0.0, f"a volume left of 0 m3 or more, got {self.left_m3:g}")
        _expect(self, self.until >= self.day, f"a quota that still runs on {self.day}, got one until {self.until}")

    @property
    def days_left(self) -> int:
        """Days that the rest must last, the day of telling counted."""
        return (self.until - self.day).days + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive(Facts):
    """Somebody is still there; nothing to do."""

    kind: ClassVar[str] = "alive"
    service: str = SERVICE


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome(Facts):
    """The first message: who speaks and how to stop it."""

    kind: ClassVar[str] = "welcome"
    service: str = SERVICE
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One answer that may be given, and what it stands for."""

    digits: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WhichParcel(Facts):
    """The question which of several parcels an answer is about."""

    kind: ClassVar[str] = "which_parcel"
    choices: tuple[Choice, ...]
    service: str = SERVICE

    def __post_init__(self) -> None:
        _expect(self, len(self.choices) > 1, f"two choices or more, got {len(self.choices)}")
        codes = [one.digits for one in self.choices]
        usable = all(code.isascii() and code.isdigit() and int(code) > 6 for code in codes)  # noqa: PLR2004 -- 0 to 6 are taken
        _expect(self, usable and len(set(codes)) == len(codes), f"distinct numbers above 6, got {codes}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnSwap(Facts):
    """Two neighbours' water turns: asked to swap, swapped, or kept; the moments are the hearer's own turn."""

    kind: ClassVar[str] = "turn_swap"
    state: Swap
    other_name: str
    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        _expect(self, self.starts_at < self.ends_at, f"a turn that ends after it begins, got one from {self.starts_at}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSoon(Facts):
    """An agronomist was asked to call."""

    kind: ClassVar[str] = "call_soon"
    phone: str | None = None


KINDS: Final = tuple(
    kind.kind
    for kind in (
        StressSeen,
        Offline,
        Confirm,
        Thanks,
        Stop,
        Start,
        Help,
        Heat,
        BlockedEmitters,
        QuotaWarning,
        Alive,
        Welcome,
        WhichParcel,
        TurnSwap,
        CallSoon,
    )
)
"""Kinds of messages that rest on facts and need no verdict."""


def choices_of(names: tuple[str, ...]) -> tuple[Choice, ...]:
    """Choices numbered so that no number has another meaning: 7, 8, 9, or from 11 on when there are more than three."""
    if not 1 < len(names) <= MOST_CHOICES:
        raise InputError(f"question which parcel: expected 2 to {MOST_CHOICES} parcels, got {len(names)}; call them")
    codes = FREE_DIGITS if len(names) <= len(FREE_DIGITS) else tuple(str(11 + place) for place in range(len(names)))
    return tuple(Choice(digits=code, name=name) for code, name in zip(codes, names, strict=False))


def _expect(facts: Facts, held: bool, expected: str) -> None:  # noqa: FBT001 -- a condition
    if not held:
        raise InputError(f"parcel {facts.parcel_id}: notice {facts.kind} expected {expected}; correct what it rests on")
