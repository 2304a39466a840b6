"""An installation whose judge withheld a day: invented doses of the days before, from which its own jump away."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cloud.commands import cloud_site
from cloud.records import Quantiles, Recommendation, Verdict
from tests.office import DAY, cloud, furnish, new_office, store_of

NIGHT = datetime(2026, 6, 9, 20, tzinfo=UTC)
MORNING = datetime(2026, 6, 10, 7, tzinfo=UTC)
ZONE = ZoneInfo("Africa/Casablanca")


class Clock:
    """The moment that every command of an installation reads."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock(NIGHT)
    monkeypatch.setattr(cloud_site, "system_clock", made)
    return made


def small_dose(parcel_id: str, days_before: int) -> Verdict:
    """A released dose of 5 mm on an earlier day."""
    day = DAY - timedelta(days=days_before)
    begin = datetime(day.year, day.month, day.day, 18, tzinfo=ZONE)
    spoken = Recommendation(
        parcel_id=parcel_id,
        parcel_name=parcel_id,
        timezone="Africa/Casablanca",
        day=day,
        action="irrigate",
        start_window=(begin, begin + timedelta(hours=2)),
        depth_mm=Quantiles(p10=5.0, p50=5.0, p90=5.0),
        volume_m3=52.0,
        duration_h=1.75,
        reason_code="stress_expected",
        code_version="test",
    )
    return Verdict(
        proposed=spoken,
        recommendation=spoken,
        decision="release",
        checks=(),
        explanation="Invented for a test.",
        valid_until=begin + timedelta(hours=2),
    )


def held_office(folder: Path, prepare: Callable[[Path], object] = lambda _: None) -> Path:
    """An installation after a night that withheld two doses for one cause."""
    data = new_office(folder)
    furnish(data)
    prepare(data)
    with store_of(data) as store:
        for back in (3, 2, 1):
            verdicts = [small_dose(name, back) for name in ("one", "two")]
            store.save_day(DAY - timedelta(days=back), (), verdicts)
    done = cloud("nightly", "--data", data, "--day", DAY)
    assert done.exit_code == 0, done.output
    assert "hold (hold): 2" in done.stdout
    return data
