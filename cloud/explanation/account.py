"""How the water missing from a root zone came to be: an account that opens, lists what moved, and closes.

Every amount is shown to 0.1 mm, and the amounts shown add up exactly: what rounding leaves over goes to the movements
that were rounded most.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, Literal

from cloud.bounds import NonNegative, Positive
from cloud.records import Record
from cloud.water_day import WaterDay

WINDOW_DAYS: Final = 14
"""Days that an account covers unless its season is younger or another first day is asked for."""

MovementKind = Literal[
    "use",
    "rain",
    "runoff",
    "irrigation",
    "drainage",
    "capillary_rise",
    "root_growth",
    "observations",
    "unrecorded",
]

FLOWS: Final[tuple[tuple[MovementKind, str, float], ...]] = (
    ("use", "etc_adj_mm", 1.0),
    ("rain", "rain_mm", -1.0),
    ("runoff", "runoff_mm", 1.0),
    ("irrigation", "irrigation_mm", -1.0),
    ("drainage", "deep_percolation_mm", 1.0),
    ("capillary_rise", "capillary_rise_mm", -1.0),
    ("root_growth", "root_growth_mm", 1.0),
    ("observations", "correction_mm", 1.0),
)
"""Each movement, the column it is the sum of, and whether it adds to what is missing."""


class Movement(Record):
    """One kind of movement over the whole window; positive where it leaves more water missing."""

    kind: MovementKind
    depth_mm: float


class WaterAccount(Record):
    """Water missing from the root zone from one evening to another [mm]."""

    opened_on: date
    """The evening before the first day."""
    closed_on: date
    opening_mm: float
    movements: tuple[Movement, ...]
    closing_mm: float
    closing_p10_mm: float
    closing_p90_mm: float
    from_bare_soil_mm: NonNegative
    """Part of the use that evaporated from the soil's surface, about."""
    root_depth_m: Positive
    total_available_mm: NonNegative
    readily_available_mm: NonNegative
    opens_the_record: bool
    """Whether nothing is known before the first day: the season begins there, or the record does."""
    missing_days: tuple[date, ...]

    @property
    def days(self) -> int:
        """Number of days in the account."""
        return (self.closed_on - self.opened_on).days

    def moved_mm(self, kind: MovementKind) -> float:
        """Depth that one kind of movement added to what is missing [mm]."""
        return next((one.depth_mm for one in self.movements if one.kind == kind), 0.0)


def account_of(rows: Sequence[WaterDay], day: date, first: date | None = None) -> WaterAccount | None:
    """Account of one parcel up to the last row not after ``day``; None where there is none.

    ``rows`` are one parcel's, oldest first; ``first`` is the first day to count (default: 14 days to the last row).
    """
    known = [row for row in rows if row.day <= day]
    if not known:
        return None
    last = known[-1]
    begin = first or last.day - timedelta(days=WINDOW_DAYS - 1)
    counted = [row for row in known if row.day >= begin] or [last]
    opening = opening_of(counted[0])
    amounts = [sign * sum(float(getattr(row, name)) for row in counted) for _, name, sign in FLOWS]
    # What no row of the window explains: days without a row, or rows of different computations.
    amounts.append(last.depletion_mm - opening - sum(amounts))
    kinds: list[MovementKind] = [*(kind for kind, _, _ in FLOWS), "unrecorded"]
    opening_tenths, shown, closing_tenths = closed_in_tenths(opening, amounts, last.depletion_mm)
    return WaterAccount(
        opened_on=counted[0].day - timedelta(days=1),
        closed_on=last.day,
        opening_mm=opening_tenths / 10.0,
        movements=tuple(
            Movement(kind=kind, depth_mm=tenths / 10.0) for kind, tenths in zip(kinds, shown, strict=True) if tenths
        ),
        closing_mm=closing_tenths / 10.0,
        closing_p10_mm=round(last.depletion_p10_mm, 1),
        closing_p90_mm=round(last.depletion_p90_mm, 1),
        from_bare_soil_mm=round(sum(_from_soil(row) for row in counted), 1),
        root_depth_m=round(last.root_depth_m, 2),
        total_available_mm=round(last.total_available_mm, 1),
        readily_available_mm=round(last.readily_available_mm, 1),
        opens_the_record=counted[0].day == known[0].day,
        missing_days=_missing([row.day for row in counted]),
    )


def opening_of(row: WaterDay) -> float:
    """Water missing on the evening before a row, by the row's own account [mm]."""
    return row.depletion_mm - sum(sign * float(getattr(row, name)) for _, name, sign in FLOWS)


def closed_in_tenths(opening: float, amounts: Sequence[float], closing: float) -> tuple[int, list[int], int]:
    """Opening, amounts and closing in tenths of a millimetre, so that the first two add up to the last."""
    opening_tenths, closing_tenths = round(10.0 * opening), round(10.0 * closing)
    shown = [round(10.0 * amount) for amount in amounts]
    spare = closing_tenths - opening_tenths - sum(shown)
    step = 1 if spare > 0 else -1
    # An amount of nothing stays nothing: only what moved may bear the rounding.
    moved = [place for place, amount in enumerate(amounts) if abs(amount) > _NOTHING_MM] or [0]
    order = sorted(moved, key=lambda place: step * (shown[place] - 10.0 * amounts[place]))
    for turn in range(abs(spare)):
        shown[order[turn % len(order)]] += step
    return opening_tenths, shown, closing_tenths


_NOTHING_MM: Final = 1e-9


def _from_soil(row: WaterDay) -> float:
    through_leaves = row.ks * row.kcb
    both = through_leaves + row.ke
    return row.etc_adj_mm * row.ke / both if both > 0.0 else 0.0


def _missing(days: Sequence[date]) -> tuple[date, ...]:
    known = set(days)
    span = (days[-1] - days[0]).days
    every = (days[0] + timedelta(days=offset) for offset in range(span + 1))
    return tuple(day for day in every if day not in known)
