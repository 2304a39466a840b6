"""Whether a day lies in Ramadan, by the tabulated calendar or by what the country's own sighting gave.

The Umm al-Qura calendar is computed ahead; Morocco sees the moon for itself and begins the same day or the day after.
Both days count here: a text by the fast's clock on the eve harms nobody, one at sunset on the first evening does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final

from hijridate import Gregorian, Hijri

NINTH_MONTH: Final = 9
SIGHTING: Final = timedelta(days=1)
"""How much later than the tabulated calendar the moon may be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fast:
    """The month of fasting; ``told`` are first and last days as the country announced them."""

    told: tuple[tuple[date, date], ...] = ()

    def on(self, day: date) -> bool:
        """Whether a day lies in it; an announced month replaces the computed one."""
        computed = _computed(day)
        if computed is None:
            return any(first <= day <= last for first, last in self.told)
        announced = _near(self.told, computed)
        first, last = announced or (computed[0], computed[1] + SIGHTING)
        return first <= day <= last


def _near(told: Sequence[tuple[date, date]], computed: tuple[date, date]) -> tuple[date, date] | None:
    """The announced month that is this computed one: they share days."""
    return next((one for one in told if one[0] <= computed[1] and one[1] >= computed[0]), None)


@cache
def _month(hijri_year: int) -> tuple[date, date]:
    first = _civil(Hijri(hijri_year, NINTH_MONTH, 1).to_gregorian())
    after = _civil(Hijri(hijri_year, NINTH_MONTH + 1, 1).to_gregorian())
    return first, after - timedelta(days=1)


def _computed(day: date) -> tuple[date, date] | None:
    """The computed month nearest behind or around a day; None outside the calendar's table (1924 to 2077)."""
    try:
        year = Gregorian(day.year, day.month, day.day).to_hijri().year
        return _month(year)
    except OverflowError:
        return None


def _civil(found: Gregorian) -> date:
    return date(found.year, found.month, found.day)
