"""When a renewed advice is told, and whose water it touches."""

from datetime import UTC, datetime, timedelta

import pytest

from cloud.records import Parcel, Verdict, WaterSource
from cloud.renewal import sharing_water, worth_correcting
from tests.spoken import EVENING, NO_DOSE, verdict

BEFORE = EVENING - timedelta(hours=8)
AFTER = EVENING + timedelta(hours=4)


def wait() -> Verdict:
    return verdict(action="wait", **NO_DOSE)


@pytest.mark.parametrize(
    ("renewed", "held", "now", "done", "told"),
    [
        (verdict(), None, BEFORE, False, True),
        (verdict(), None, AFTER, False, False),
        (verdict(), verdict(), BEFORE, True, True),
        (wait(), verdict(), BEFORE, False, True),
        (wait(), verdict(), BEFORE, True, False),
        (wait(), verdict(), AFTER, False, False),
        (wait(), wait(), BEFORE, False, False),
        (wait(), None, BEFORE, False, False),
        (verdict("hold", action="hold", **NO_DOSE), verdict(), BEFORE, False, True),
    ],
)
def test_only_what_can_still_be_acted_on_is_told(
    renewed: Verdict,
    held: Verdict | None,
    now: datetime,
    done: bool,  # noqa: FBT001 -- a test parameter
    told: bool,  # noqa: FBT001 -- a test parameter
) -> None:
    assert worth_correcting(renewed, held, now.astimezone(UTC), done=done) is told


def parcel(name: str, **water: str) -> Parcel:
    return Parcel(id=name, crop="maize", latitude=32.0, longitude=-6.0, water=WaterSource.model_validate(water))


def test_who_shares_a_canal_or_a_pump_is_looked_at_together() -> None:
    land = [parcel("a", canal="K"), parcel("b", canal="K"), parcel("c", pump="W"), parcel("d", pump="W"), parcel("e")]
    assert [one.id for one in sharing_water({"a"}, land)] == ["a", "b"]
    assert [one.id for one in sharing_water({"c"}, land)] == ["c", "d"]
    assert [one.id for one in sharing_water({"e"}, land)] == ["e"]
