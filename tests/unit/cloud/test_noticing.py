"""What is worth a notice, and what is said already, or has its answer in the advice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cloud.messages import Message
from cloud.noticing import (
    HotDays,
    NoticeRules,
    QuotaLeft,
    Scene,
    Sighting,
    Thirst,
    alive_for,
    lasts_until,
    notice_for,
)
from cloud.records import IrrigationSystem, Parcel, Verdict
from cloud.speech import facts as told
from cloud.speech.notices import speak
from tests.spoken import NO_DOSE, TUESDAY, verdict
from tests.telling_double import Said

NOW = datetime(2026, 7, 20, 17, 0, tzinfo=UTC)
SEEN = NOW - timedelta(hours=5)
DRIP = IrrigationSystem(method="drip")
PARCEL = Parcel(id="p1", name="Nord", crop="maize", latitude=32.3, longitude=-6.4, irrigation=DRIP)
WAIT: dict[str, Any] = {**NO_DOSE, "action": "wait", "reason_code": "turn_not_now"}
HOT = HotDays(first=TUESDAY, last=TUESDAY + timedelta(days=1), temperature_c=44)
QUOTA = QuotaLeft(since=date(2026, 4, 1), until=date(2026, 9, 30), volume_m3=1000.0, left_m3=900.0)


def scene(spoken: Verdict | None = None, **facts: Any) -> Scene:  # noqa: ANN401 -- any part of a scene
    waiting = verdict(**WAIT) if spoken is None else spoken
    said: Sequence[Said] = facts.pop("said", ())
    return Scene(
        day=TUESDAY,
        now=NOW,
        rules=facts.pop("rules", NoticeRules()),
        verdicts={"p1": waiting},
        said=lambda _: said,
        recent={"p1": [one for one in said if NOW - one.queued_at < timedelta(days=7)]},
        **facts,
    )


def said_before(facts: told.Facts, days: float) -> Said:
    message = speak(facts, language="en", farmer_id="f1", valid_until=NOW)
    return Said(message_id="m", message=message, state="delivered", queued_at=NOW - timedelta(days=days))


def about(day: date = TUESDAY) -> dict[str, Any]:
    return {"parcel_id": "p1", "parcel_name": "Nord", "day": day}


def test_an_ordinary_night_is_worth_no_notice() -> None:
    assert notice_for(PARCEL, scene()) is None


def test_thirst_is_told_where_tonights_advice_gives_no_water() -> None:
    thirst = {"p1": Thirst(parcel_id="p1", taken_at=SEEN)}
    found = notice_for(PARCEL, scene(thirst=thirst))
    assert found == told.StressSeen(**about(), seen_on=date(2026, 7, 20), share_percent=None)
    assert notice_for(PARCEL, scene(verdict(), thirst=thirst)) is None
    held = verdict("hold", **NO_DOSE, action="hold", reason_code="no_data")
    assert isinstance(notice_for(PARCEL, scene(held, thirst=thirst)), told.StressSeen)


def test_the_share_of_thirsty_plants_is_told_only_from_the_same_days_picture() -> None:
    thirst = {"p1": Thirst(parcel_id="p1", taken_at=SEEN)}
    same = {"p1": Sighting(parcel_id="p1", taken_at=SEEN, thirsty_percent=30)}
    old = {"p1": Sighting(parcel_id="p1", taken_at=SEEN - timedelta(days=1), thirsty_percent=30)}
    none = {"p1": Sighting(parcel_id="p1", taken_at=SEEN, thirsty_percent=0)}
    shares = []
    for sightings in (same, old, none):
        found = notice_for(PARCEL, scene(thirst=thirst, sightings=sightings))
        assert isinstance(found, told.StressSeen)
        shares.append(found.share_percent)
    assert shares == [30, None, None]


@pytest.mark.parametrize(("days", "again"), [(2, False), (6.9, False), (7, True)])
def test_a_field_is_not_called_thirsty_twice_in_a_week(days: float, again: bool) -> None:  # noqa: FBT001 -- a test parameter
    thirst = {"p1": Thirst(parcel_id="p1", taken_at=SEEN)}
    before = said_before(told.StressSeen(**about(), seen_on=TUESDAY), days)
    assert (notice_for(PARCEL, scene(thirst=thirst, said=[before])) is not None) is again


def test_dry_rows_are_told_where_emitters_may_be_blocked() -> None:
    sightings = {"p1": Sighting(parcel_id="p1", taken_at=SEEN, dry_rows=(7, 3, 7))}
    found = notice_for(PARCEL, scene(sightings=sightings))
    assert found == told.BlockedEmitters(**about(), rows=(3, 7), seen_on=date(2026, 7, 20))
    furrow = PARCEL.model_copy(update={"irrigation": IrrigationSystem(method="furrow")})
    assert notice_for(furrow, scene(sightings=sightings)) is None
    old = {"p1": replace(sightings["p1"], taken_at=SEEN - timedelta(days=4))}
    assert notice_for(PARCEL, scene(sightings=old)) is None
    before = said_before(told.BlockedEmitters(**about(), rows=(3,), seen_on=TUESDAY), 3)
    assert notice_for(PARCEL, scene(sightings=sightings, said=[before])) is None


@pytest.mark.parametrize(("days", "silent"), [(2, False), (3, True), (20, True), (31, False)])
def test_a_field_that_fell_silent_is_told_of(days: int, silent: bool) -> None:  # noqa: FBT001 -- a test parameter
    last = SEEN - timedelta(days=days)
    found = notice_for(PARCEL, scene(last_seen={"p1": last}, rules=NoticeRules(phone="+212612345678")))
    assert (found is not None) is silent
    if silent:
        assert found == told.Offline(**about(), since=last.date(), phone="+212612345678")


def test_one_silence_is_told_once_and_the_next_one_again() -> None:
    last = {"p1": SEEN - timedelta(days=10)}
    told_of_it = said_before(told.Offline(**about(), since=TUESDAY), 5)
    assert notice_for(PARCEL, scene(last_seen=last, said=[told_of_it])) is None
    an_earlier_one = said_before(told.Offline(**about(), since=TUESDAY), 20)
    assert notice_for(PARCEL, scene(last_seen=last, said=[an_earlier_one])) is not None


def warned(left_m3: float, day: date = date(2026, 7, 1)) -> Said:
    facts = told.QuotaWarning(**about(day), left_m3=left_m3, until=QUOTA.until)
    return said_before(facts, (TUESDAY - day).days)


@pytest.mark.parametrize(
    ("left_m3", "before", "told_again"),
    [
        (300.0, (), False),
        (250.0, (), True),
        (240.0, (250.0,), False),
        (100.0, (250.0,), True),
        (90.0, (250.0, 100.0), False),
        (90.0, (), True),
        (200.0, (90.0,), False),
    ],
)
def test_a_quota_is_warned_of_at_a_quarter_and_at_a_tenth_once_each(
    left_m3: float,
    before: tuple[float, ...],
    told_again: bool,  # noqa: FBT001 -- a test parameter
) -> None:
    quotas = {"p1": replace(QUOTA, left_m3=left_m3)}
    found = notice_for(PARCEL, scene(quotas=quotas, said=[warned(left) for left in before]))
    assert (found is not None) is told_again
    if told_again:
        assert found == told.QuotaWarning(**about(), left_m3=left_m3, until=QUOTA.until)


def test_warnings_of_an_earlier_quota_and_quotas_that_ended_do_not_count() -> None:
    left = replace(QUOTA, left_m3=200.0)
    earlier = warned(200.0, date(2026, 3, 20))
    assert notice_for(PARCEL, scene(quotas={"p1": left}, said=[earlier])) is not None
    over = replace(left, until=TUESDAY - timedelta(days=1))
    assert notice_for(PARCEL, scene(quotas={"p1": over})) is None
    assert notice_for(PARCEL, scene(quotas={"p1": replace(left, volume_m3=0.0)})) is None


def test_great_heat_is_told_and_kept_until_it_is_over() -> None:
    found = notice_for(PARCEL, scene(heat={"p1": HOT}))
    assert found == told.Heat(**about(), first=HOT.first, last=HOT.last, temperature_c=44)
    assert found is not None
    assert lasts_until(found, NOW) == datetime(2026, 7, 22, 22, 0, tzinfo=UTC)
    assert lasts_until(told.Alive(**about()), NOW) == NOW + timedelta(hours=36)


def test_what_presses_most_is_told_first() -> None:
    everything: dict[str, Any] = {
        "thirst": {"p1": Thirst(parcel_id="p1", taken_at=SEEN)},
        "sightings": {"p1": Sighting(parcel_id="p1", taken_at=SEEN, dry_rows=(3,))},
        "last_seen": {"p1": SEEN - timedelta(days=9)},
        "quotas": {"p1": replace(QUOTA, left_m3=50.0)},
        "heat": {"p1": HOT},
    }
    kinds = []
    for part in tuple(everything):
        found = notice_for(PARCEL, scene(**everything))
        assert found is not None
        kinds.append(found.kind)
        del everything[part]
    assert kinds == ["stress_seen", "blocked_emitters", "offline", "quota_warning", "heat"]


@pytest.mark.parametrize("reason", ["not_planted", "season_over"])
def test_out_of_season_nothing_is_worth_a_notice(reason: str) -> None:
    idle = verdict(**(WAIT | {"reason_code": reason}))
    assert notice_for(PARCEL, scene(idle, heat={"p1": HOT})) is None
    assert alive_for(PARCEL, scene(idle), NOW - timedelta(days=30)) is None


def test_a_parcel_that_nobody_judged_gets_no_notice() -> None:
    bare = replace(scene(heat={"p1": HOT}), verdicts={})
    assert notice_for(PARCEL, bare) is None
    assert alive_for(PARCEL, bare, NOW - timedelta(days=30)) is None


@pytest.mark.parametrize(("days", "spoken"), [(None, False), (6.9, False), (7, True), (40, True)])
def test_somebody_is_there_after_a_week_of_silence_and_no_sooner(days: float | None, spoken: bool) -> None:  # noqa: FBT001 -- a test parameter
    last = None if days is None else NOW - timedelta(days=days)
    assert (alive_for(PARCEL, scene(), last) is not None) is spoken


def test_a_text_without_a_day_of_its_own_is_no_warning() -> None:
    undated: Message = warned(200.0).message.model_copy(update={"day": None})
    before = Said(message_id="m", message=undated, state="delivered", queued_at=NOW - timedelta(days=2))
    assert notice_for(PARCEL, scene(quotas={"p1": replace(QUOTA, left_m3=200.0)}, said=[before])) is not None
