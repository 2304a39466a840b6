"""The measures of a period, asked of a store that is known only by what it can count."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from cloud.errors import InputError
from cloud.outreach.counts import Counts
from cloud.outreach.measures import Comprehension, Measures, measures_of
from cloud.wording.signature import SignedCatalogue, standings

ZONE: Final = ZoneInfo("Africa/Casablanca")
USUAL_DAYS: Final = 365
LONGEST_DAYS: Final = 3700


class MeasuredStore(Protocol):
    """What remembers messages, what became of them, and who signed their words."""

    def outreach_counts(self, since: datetime, until: datetime, *, now: datetime) -> Counts:
        """Counts of messages queued from one moment on and before another."""
        ...

    def catalogue_words(self) -> Sequence[SignedCatalogue]:
        """Every signature and revocation, oldest first."""
        ...


def measures_between(
    store: MeasuredStore, days: tuple[date | None, date | None], *, clock: Callable[[], datetime], price: float | None
) -> Measures:
    """Measures of local days, the last one included; by default of the year up to now."""
    now = clock()
    last = days[1] or now.astimezone(ZONE).date()
    first = days[0] or last - timedelta(days=USUAL_DAYS - 1)
    if first > last or (last - first).days >= LONGEST_DAYS:
        raise InputError(
            f"period: expected a first day before the last and {LONGEST_DAYS} days at most, got {first} to {last};"
            " correct --from or --to"
        )
    since, until = (datetime.combine(day, time(), ZONE) for day in (first, last + timedelta(days=1)))
    counts = store.outreach_counts(since, until, now=now)
    known = standings(store.catalogue_words())
    comprehension = {
        language: Comprehension(
            language=language,
            state=standing.state,
            understood=None if standing.newest is None else standing.newest.word.understood,
        )
        for language, standing in known.items()
    }
    return measures_of(counts, comprehension, days=(first, last), price=price)
